"""Coming in by a provider of identities (OpenID Connect): `registration` how it knows us · `metadata` what it says of
itself · `errand` the way there and back, bound to one browser · `id_token` the checks of what it signs · `claim` who
that is · `provider` asks it · `door` the handlers · `refusal` why somebody does not come in.
"""  # noqa: D205 - one sentence needs more than a line
