"""The default theme: values → a whole HTML document. Pure, no template engine, no inline script, no other host.

`page` writes documents (`page`, `not_found`) · `asset` has the files they need · `navigation` writes the menu, table
of contents and crumbs · `version` tells of a page's version · `icon` holds the drawn signs · `escape` makes text and
addresses safe, here alone.
"""
