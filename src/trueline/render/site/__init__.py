"""Markdown → a site: pages, navigation, search, feed and redirects, as files by content. Same inputs, same bytes.

`parsed` is what one Markdown file says · `context` is what a theme is given · `file` is what a published file is.
"""
