"""A folder that declares nothing, taken as one application: what `trueline plan PATH` does with plain manifests."""

import re
from typing import Final

from trueline.declare.application import Application, ClusterTarget, SourceSpec, SyncOptions
from trueline.model.origin import Origin

NAME_LENGTH_MAX: Final = 63
_FALLBACK: Final = "application"


def folder_application(  # noqa: PLR0913 - one for each thing that a command line may say
    folder: str,
    *,
    path: str = "",
    cluster: str = "",
    namespace: str = "",
    create_namespace: bool = False,
    commit: str = "",
    sync: SyncOptions | None = None,
) -> Application:
    """The application of `path` in its source, named after the folder.

    >>> folder_application("apps/My Shop_2").name
    'my-shop-2'
    """
    return Application(
        name=name_of(folder),
        sources=(SourceSpec(path=path),),
        target=ClusterTarget(cluster=cluster, namespace=namespace, create_namespace=create_namespace),
        origin=Origin(path=path, commit=commit),
        sync=sync if sync is not None else SyncOptions(),
    )


def name_of(folder: str) -> str:
    """A name that Kubernetes accepts, from the last part of a path.

    >>> name_of("/srv/Fleet/"), name_of("/")
    ('fleet', 'application')
    """
    last = folder.rstrip("/").rpartition("/")[2].lower()
    return re.sub(r"[^a-z0-9]+", "-", last)[:NAME_LENGTH_MAX].strip("-") or _FALLBACK
