"""The directory target: a site's release in a directory that a web server serves.

`target` what the engine asks · `place` PATH, the folder beside it, and what stands there · `state` what is kept in that
folder · `stamp` what tells that a file is as it was · `tree` one release's files, by folder handles · `look` what is
live · `write` one act · `publish` how a release becomes live and how a file is put back · `remove` how one leaves ·
`disk` every write · `copy` a blob's bytes · `refusal` the system's errors as answers · `watch` sightings · `serve` what
is live, for a server. Bodies, paths and the terms of a render are `target.site`'s.
"""
