"""What can be wrong with a declared host, or with how it answers to a first greeting, as diagnostics."""

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin


def not_trusted(name: str, why: str, origin: Origin | None) -> Diagnostic:
    """A host whose key is not one of the declared ones. It was not logged in to."""
    return Diagnostic(
        code="TL1590",
        summary="the SSH key of a site's host is not known",
        detail=f"{name}: {why}",
        remedy="compare the fingerprint on the host itself (ssh-keygen -lf), then put its line into `knownHosts`",
        origin=origin,
    )


def not_let_in(name: str, why: str, origin: Origin | None) -> Diagnostic:
    """No key, one that is none, or one that the host does not take."""
    return Diagnostic(
        code="TL1591",
        summary="a site's host does not let us in",
        detail=f"{name}: {why}",
        remedy="declare a private key without a passphrase as `key`, and put its public key into the host's "
        "authorized_keys",
        origin=origin,
    )


def no_place(name: str, why: str, origin: Origin | None) -> Diagnostic:
    """A path that can be no link of ours."""
    return Diagnostic(
        code="TL1592",
        summary="a site cannot be published to that path of a host",
        detail=f"{name}: {why}",
        remedy="name the whole path of a directory that may be replaced by a link, such as /srv/www/site",
        origin=origin,
    )


def not_installed(name: str, origin: Origin | None) -> Diagnostic:
    """The extra is missing."""
    return Diagnostic(
        code="TL1593",
        summary="what publishes over SSH is not installed",
        detail=name,
        remedy="pip install 'trueline[ssh]'",
        origin=origin,
    )
