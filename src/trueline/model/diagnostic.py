"""A diagnostic: what is wrong, where, why, and what to do about it."""

from dataclasses import dataclass

from trueline.model.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One message to a person. The summary is constant and searchable; user data goes in the detail.

    `code` (`TL0312`) never changes its meaning and has a page in `docs/reference/diagnostics.md`.

    >>> print(Diagnostic(code="TL0201", summary="declared twice", detail="Deployment.apps/shop/web",
    ...                  remedy="delete one of the manifests", origin=Origin(path="web.yaml", line=12)))
    TL0201 declared twice (web.yaml:12)
      Deployment.apps/shop/web
      remedy: delete one of the manifests
    """

    code: str
    summary: str
    detail: str
    remedy: str
    origin: Origin | None = None

    @property
    def line(self) -> str:
        """The same in one line, without the remedy: for tables and states."""
        where = f" ({self.origin})" if self.origin else ""
        return f"{self.summary}{where}: {self.detail}"

    def __str__(self) -> str:
        where = f" ({self.origin})" if self.origin else ""
        return f"{self.code} {self.summary}{where}\n  {self.detail}\n  remedy: {self.remedy}"
