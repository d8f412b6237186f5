"""The Kubernetes target: one API server, real or in-process, behind one transport.

`wire` is what goes over it · `resource_type` a kind and its paths · `discovery` what the server has · `status` its
refusals as values · `limit` how many requests at once · `client` the verbs · `watch` what it tells by itself ·
`kubeconfig` where it is · `credential` how we prove who we are.
"""
