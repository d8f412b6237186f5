"""YAML → Applications: the only place that knows dialects.

`application` (the values, whatever the dialect) · `protocol` (Dialect, Declared, BrokenDeclaration) · `native` (the
dialect `trueline.dev/v1`) · `document` (which files, which documents) · `kind` (which kinds there are) · `form` (how
our kinds are written, one table; `notifier_form` and `notifier_text`: a Notifier) · `conformity` (every fault against a
form) · `text` (what a text may say) · `translation` (a form → values; `notifier_translation`: a Notifier) · `finding`
(faults and their codes) · `schema` (the forms for editors) · `graph` (order by `dependsOn`) · `folder` (no fleet).
"""
