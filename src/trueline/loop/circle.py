"""A site that is published to the branch it is made from: each release would be a commit that asks for the next one."""

from collections.abc import Iterable

from trueline.declare.application import Application, BranchTarget
from trueline.model.diagnostic import Diagnostic
from trueline.source.address import Address

_BRANCHES = "refs/heads/"


def find_circle(application: Application, target: BranchTarget, read: Iterable[tuple[str, str]]) -> Diagnostic | None:
    """What is wrong where an application publishes to one of the branches that are `read`: addresses with refs.

    The same repository is known under addresses of every transport; a folder of its own on the branch does not help.
    """
    repository = Address.parse(target.url).repository
    for address, ref in read:
        if ref == f"{_BRANCHES}{target.branch}" and Address.parse(address).repository == repository:
            return Diagnostic(
                code="TL1596",
                summary="a site is published to the branch that it is made from",
                detail=f"{application.name}: {target.branch} of {target.url} is read from, and each release adds to it",
                remedy="publish to a branch that nothing is read from, such as gh-pages",
                origin=application.origin,
            )
    return None
