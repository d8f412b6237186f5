"""Who sends webhooks: one route each."""

from enum import Enum


class Forge(Enum):
    """A forge, by the last part of its route. `GENERIC` is whoever signs a body by a scheme that is described."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    BITBUCKET = "bitbucket"
    GENERIC = "generic"

    @property
    def path(self) -> str:
        """Where its deliveries come in."""
        return f"/hooks/{self.value}"
