"""Webhooks: what a forge says after a push. They are heard as "look again", and as nothing else (D2).

`forge`: who sends them · `key`: the secrets they are signed with · `signature`: whether one is right · `event`: what it
speaks of · `aim`: which applications that is about · `replay`: what was heard before · `reading`: how bodies come in ·
`pace`: how often one is listened to, and looked · `refusal`: why one goes no further · `hooks`: the parts together ·
`route`: the way in.
"""
