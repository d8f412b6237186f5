"""The page: what people look at. Server-rendered, live where there is script, readable where there is none.

`state` (the one word for how an application stands) · `age`, `span` (how long ago, how long) · `address` (where
links lead) · `line` (every application a tick) · `row` (an application as the page shows it) · `question` (what is
asked of the fleet) · `fleet` (the whole of it: counts, what needs a look first, the list) · `matrix` (applications
by target) · `application` (one of them: objects, plan, deployments, what happened; `order`: its waves and hooks;
`growth`: its objects drawn) · `resource` (one object, field by field; `value`, `forge`: what a field says, and
where its line is looked at) · `journal`, `history` (records, by `entry`) · `drift` (what differs, and was put back)
· `dependency` (what needs what) · `layout` (a graph, drawn) · `doubt` (what of it is not sure) · `asset` (style and
script by content) · `template` (values to HTML, by Jinja2) · `rendering` (each page made once for all who may read
the same) · `grown` (what targets tell of objects, seldom asked for) · `planned` (a plan before it is agreed to) ·
`verb`, `offer`, `deed` and `desk` (what can be asked for: its words, where it is offered, its page, the forms) ·
`visitor` (who looks) · `pages` (what is asked, to a page) · `route` (addresses, what each needs, headers, errors).

A page is added in four steps: a module of its subject, with a pure function from bodies to a frozen view; a template
`template/NAME.html` that extends `frame.html` and fills its block `content` (and `position` with the place in the
events, `as_of` with the time, where it is to be live; `{% set here = WORD %}` marks its entry of the navigation); a
method of `pages.Pages` that keeps the rendering with `Renderings.get`, under facts that hold whatever the view is
made of and for the readers that may have it; a route in `route.add_pages`, with the right it needs in `route.PAGES`; an
entry of `template.NAVIGATION` where people are to find it from everywhere. `address.application` is the one place that
says where an application is looked at. Rows, times, signs and diagnostics are macros of `rows.html` and `part.html`,
records of `entries.html`, drawings of `graph.html`. An element that is to keep focus and open details has an `id`. What
one may do stands in the block `actions` of each page.
"""
