"""What all places that serve a site have in common, and the port through which one is published to.

`body` a file and a release, marked · `path` which paths may be · `normalise` a render in these terms, with `problem` ·
`terms` what all places say alike · `platform` the port: what a platform says and does · `order` which file is seen
first · `target` any platform as the engine's target, with `access` one call at a time and the look that is shared,
`staged` what the next release will have, `view` both in the planner's terms, `write` one act, of what `written` reads,
`batch` files that come together, `retention` what stays, `watch` sightings, `refusal` faults as answers · `listen` an
address to serve at, `server/` what a request is answered with.
`directory/`, beside this package, does it with the engine's own words, because there all is at hand. Platforms do not
know each other.
"""
