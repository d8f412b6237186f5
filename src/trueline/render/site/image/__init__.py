"""Images of a site: each becomes AVIF, WebP and its own format in several widths, without what a camera wrote into it.

`kind` knows formats by content and by name · `setting` is what a site may set · `info` is what an image is · `plan`
decides which files it becomes · `markup` writes the element · `finding` has the codes · `answer` goes over the pipe ·
`stage` asks the worker, keeps and names (the parent's side) · `bare` is for files that are published as they are.

In the worker: `operation` is the table that it serves · `describe` looks before anything is decoded · `encode` decodes
once and writes · `colour` makes sRGB · `container` and `gif` copy a file without its private parts · `svg` with `css`
reads strictly.
"""
