"""Which kinds there are, and the form of each; those that this version only knows by name beside them."""

from trueline.declare.form import ApplicationForm, Form, ProjectForm, RemovalForm, SourceKindForm, TargetKindForm
from trueline.declare.notifier_form import NotifierForm

KINDS: dict[str, type[Form]] = {
    "Application": ApplicationForm,
    "Notifier": NotifierForm,
    "Project": ProjectForm,
    "Removal": RemovalForm,
    "Source": SourceKindForm,
    "Target": TargetKindForm,
}
LATER_KINDS = ("ApplicationSet", "ImageUpdate", "Policy", "Promotion")
