"""What all places that serve a site have in common, and the port through which one is published to.

`body` a file and a release, marked · `path` which paths may be · `normalise` a render in these terms, with `problem` ·
`platform` the port: what a platform says and does · `listen` an address to serve at · `server/` the built-in server's
answers. `directory/`, beside this package, does it with the engine's own
words, because there all is at hand. Platforms do not know each other.
"""
