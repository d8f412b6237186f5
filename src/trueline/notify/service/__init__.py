"""How each service wants a message.

`chat` (Slack, Teams, Discord: an address that is a secret, and a body) · `pagerduty` · `webhook` (our own body,
signed) · `mail` · `announce` (whatever apprise knows) · `forge` (the status of a commit) · `answer` (what an answer
over HTTP means for what was sent) · `secret` (what a message needs to be sent).
"""
