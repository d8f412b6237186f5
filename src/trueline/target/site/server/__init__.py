"""The built-in server of sites: what a request of a release is answered with, and the bytes of it.

`answer` the whole decision, pure: `resolve(release, request)`, of a release as `render.site.served` has it ·
`condition` validators and ranges · `coding` compressed forms · `shelf` small and compressed bytes, kept by content ·
`live` the port through which the bytes of a release come · `server` carries an answer out · `blob` a release whose
bytes are blobs. Who listens is `runtime.http_listener`'s; TLS is a reverse proxy's.
"""
