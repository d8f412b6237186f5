"""A directory of a host over SSH, as a platform: releases beside it, and one link that is switched by one rename.

`platform` what the engine asks · `place` PATH and the folder beside it · `host` the port to a host, effect by effect ·
`state` what is kept in that folder · `tree` what really stands in a release · `look` what is live · `publish` how a
release becomes live and how files are put back · `bring` how a tree gets its files · `remove` how releases leave ·
`blob` bytes to send · `batch` many acts, some at a time · `refusal` what stops us, as the platform says it · `problem`
the same as diagnostics. Over `asyncssh`, which is imported by nothing else: `connection` one connection, kept ·
`session` the port over it · `command` the few commands that a host with a shell runs for us.
"""
