"""Who may do what: from a request to who asks, and from who asks to what they may.

`right` (what may be allowed, and what a role allows) · `identity` (who asks) · `grant` (what somebody may on which
application now) · `secret`, `password` (what is kept of them) · `user`, `session`, `token` (in the store) · `attempt`
(pauses after what fails) · `front` (where the server is found; foreign hosts and pages) · `gate` (every request goes
through it) · `refusal` (why one goes no further) · `door`, `page` (coming in, going out) · `answer`, `body` (users and
tokens over the API) · `access` (all of it, for one server) · `change` (when those who listen for long are asked anew).
"""
