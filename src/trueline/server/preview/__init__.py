"""A site as it would be: built from a working tree, looked at in a browser, beside the site that the last commit makes.

`build` one build as a value · `change` what two of them differ in, and the lines for a terminal · `word` the words of a
page, and how two texts differ · `page` the preview's own pages · `asset` their files · `stream` what a browser is told
as it happens · `site` answers requests. Nothing here renders, watches or listens, and nothing asks another host.
"""
