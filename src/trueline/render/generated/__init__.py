"""Sites that another program builds: MkDocs, or any command, in a cell; what it leaves is checked and published.

`renderer` is the way of one site · `source` are the files that the program is given · `build` runs it and judges how it
ended · `driver` is what runs MkDocs inside the cell, `report` what it answers and `told` what that means, with file and
line · `page` reads one HTML file (in `worker`), `outline` is what it says, `check` follows its links · `digits` says
which names hold their content's digest · `finding` has the codes.
"""
