"""Real parts for tests: a Kubernetes control plane, the cloud around it, Git over HTTP and SSH.

- `build`: the binaries, from the Go modules beside it, into a cache outside the repository.
- `process`, `leash`: a server of the testbed as an operating-system process, and what ends it when we die.
- `kubeconfig`: how a control plane is reached.
- `control_plane`, `audit`: a real API server with etcd, controllers, scheduler and kwok; what was asked of it.
- `cloud`, `metrics`: what gives load balancers their addresses, and serves `metrics.k8s.io`.
- `git_server`, `ssh_server`, `repository`: Git remotes with faults, and the repositories that tests fill.
"""
