"""The server: the engine over HTTP, the same on the data directory's socket and on a listener.

`body` (what the API says, as types) · `shape` (values as bodies) · `standings` (every application, put together once) ·
`tree` and `sight` (its objects, and one of them) · `reading` (what is asked, as types) · `answer` (what is asked of the
engine) · `route` (which path asks what, told once for the router and the document) · `openapi` (the document) · `http`
(bounds, errors, the listeners) · `stream` (what happens, as it happens) · `metric` (the figures for Prometheus) ·
`access/` (who may do what) · `page/` (what people look at) · `preview/` (a site as it would be).
"""
