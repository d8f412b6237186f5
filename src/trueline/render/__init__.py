"""Artifact → Resources: plain, kustomize, helm, jsonnet, sites; one renderer a module behind `protocol`.

`resource` is the value this stage produces · `options` says how to render · `detect` finds that out from the files ·
`dispatch` takes the renderer that the options ask for · `manifest` makes resources of what an engine gave: `body` makes
them normal, `annotation` reads order and hooks in every dialect · `cache` keeps renders under the identity of all they
looked at (D3) · `trace` notes what that was, `stored` is the kept form · `unstable` keeps what a chart makes up ·
`document` and `text` read and write YAML · `field_origin` says where a field was written, `misfit` what is wrong with
one · `decrypted` opens what SOPS encrypted, `clear_file` finds what it should have, `shown` leaves secrets out,
`private` marks what holds one and is no Secret · `kustomization` tells what Kustomize does not take ·
`pattern` are globs · `refusal` are this stage's diagnostics (TL03xx). `site` is our own builder of sites (TL15xx),
`generated` has other programs build them (TL16xx).
"""
