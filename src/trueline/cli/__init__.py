"""The command line: it reads what a person typed, asks the engine or a running `up`, and prints the answer.

Beneath the commands: `main` (the group, exit codes) · `blame` (whose fault) · `option` (what several commands take) ·
`answer` (stdout and stderr) · `place` (which data directory) · `call` (a question over its socket) · `question` (over
the socket, or here) · `survey` (a question about many applications) · `session` (the engine opened for one command) ·
`folder` (the repository that a PATH means) · `scratch` (a copy to look at) · `archive` (the tables without an engine) ·
`run` (the event loop). Each command is a module that imports its work (`serving`, `planning`, `applying`,
`previewing`, `offline`, `judging`, `checking`, `reading`, `decision`) only when it runs; `story` and `standing` say
what happens and how things stand.
"""
