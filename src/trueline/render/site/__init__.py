"""Markdown → a site: pages, navigation, search, feed and redirects, as files by content. Same inputs, same bytes.

Values: `parsed` is what one Markdown file says · `context` is what a theme is given · `file` is a published file.

In the worker: `worker` serves · `markdown` reads a page · `admonition` before the parser, `markup` with `element`,
`slug` and `highlight` after it.

In the parent: `renderer` is the way of one site · `discover` finds files and addresses · `read` has pages parsed,
`front` their front matter · `link`, `picture`, `navigation` and `redirect` say what leads where · `assemble` makes a
page · `extra` has what no Markdown says (`theme`, `search`, `feed`, `sitemap`) · `media` types · `release` makes
resources · `keep` and `engine` are the keys · `finding` has the codes.

Of a release that is asked for: `address` is what a request names, `pattern` and `rule` are redirects and header rules
at work, `served` is all of it, and `course` follows each redirect to its end.

Of several versions: `version` says which refs are some, and where they stand · `versioned` renders each by itself into
a `part` · `joined` makes one site of the parts, `signpost` their redirects and headers.
"""
