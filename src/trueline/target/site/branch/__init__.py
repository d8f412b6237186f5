"""A branch of a Git repository, as forges serve it for Pages: a release is one commit on top of what is there.

`place` which branch, and which folder of it · `tree` what stands on it, by Git's ids · `state` the file there that says
what is ours · `identity` Git's ids and our digests of the same bytes · `edit` what one commit changes (pure) ·
`stream`, `sending` that commit as `git fast-import` reads it · `memory` what is remembered between two processes ·
`repository` the bare copy, and what is asked of the other side · `refusal` what Git says, as a platform's answer ·
`platform` the port.
"""
