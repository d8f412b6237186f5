"""The server: the engine over HTTP, the same on the data directory's socket and on a listener.

`shape` (values as JSON) · `answer` (what is asked of the engine, as JSON) · `route` (which path asks what, told once
for the router and for the OpenAPI document) · `http` (bounds, errors, the two listeners) · `stream` (records as they
come) · `metric` (the figures for Prometheus) · `preview/` (a site as it would be).
"""
