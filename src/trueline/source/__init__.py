"""Git → Artifact: finds the revision that a source asks for and gives its files, addressed by content.

`artifact` (Revision, Artifact) · `listing` (the whole tree by Git ids) · `protocol` (what the loop calls) · `lineage`
(is one revision newer than another) · `address`, `branch`, `selector` (what a declaration says) · `refusal` (what went
wrong, as diagnostics) · `git_command`, `bare_copy`, `object_reader`, `git_object`, `listing_reader`, `tree` (objects
without a work tree) · plug-ins: `git`, `directory`.
"""
