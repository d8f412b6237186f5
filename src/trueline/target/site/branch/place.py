"""Which branch of which repository, and which folder of it; and which names a forge gives a meaning. Pure."""

from dataclasses import dataclass

from trueline.source.address import Address

STATE_FILE = ".trueline.json"
NO_JEKYLL = ".nojekyll"
_HEADS = "refs/heads/"
_GITS_OWN = frozenset({".git", "git~1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPlace:
    """A site's place. `folder` is normalised, `""` the branch's root; paths of the site are below it."""

    address: Address
    branch: str
    folder: str = ""

    def __str__(self) -> str:
        return f"{self.address}#{self.branch}" + (f":{self.folder}" if self.folder else "")

    @property
    def ref(self) -> str:
        """The branch as Git names it in full."""
        return f"{_HEADS}{self.branch}"

    @property
    def state(self) -> str:
        """Where the file stands that says what is ours."""
        return self.at(STATE_FILE)

    def at(self, path: str) -> str:
        """Where a path of the site stands on the branch."""
        return f"{self.folder}/{path}" if self.folder else path

    def path(self, at: str) -> str | None:
        """The site's path of what stands on the branch; `None` outside of the folder."""
        if not self.folder:
            return at
        inside = at.removeprefix(f"{self.folder}/")
        return inside if inside != at else None


def hostile_to_git(path: str) -> bool:
    """Whether Git, or a forge, refuses a tree with this path.

    >>> hostile_to_git("a/.GIT/config"), hostile_to_git("a/.github/x")
    (True, False)
    """
    return any(name.casefold() in _GITS_OWN for name in path.split("/"))


def needs_no_jekyll(path: str) -> bool:
    """Whether GitHub's Pages leave a file out where no `.nojekyll` stands beside the site.

    >>> needs_no_jekyll("_static/a.css"), needs_no_jekyll("a/.well-known/x"), needs_no_jekyll("a_b/c.html")
    (True, True, False)
    """
    return any(name.startswith(("_", ".", "#")) or name.endswith("~") for name in path.split("/"))
