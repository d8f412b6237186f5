"""A ref: the identity of a resource on its target. Equal refs are the same thing, whatever its body says."""

import msgspec


class Ref(msgspec.Struct, frozen=True, order=True, gc=False):
    """Kind, namespace and name; `namespace` is empty for what has none.

    A kind that several groups may define carries its group, as `kubectl` writes it. The API version is not part of the
    identity: two versions of one kind are two spellings of the same object.

    >>> str(Ref("Deployment.apps", "shop", "web")), str(Ref("Namespace", "", "shop"))
    ('Deployment.apps/shop/web', 'Namespace/shop')
    """

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        if self.namespace and self.name:
            return f"{self.kind}/{self.namespace}/{self.name}"
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @classmethod
    def parse(cls, text: str) -> "Ref":
        """Read what `str` wrote.

        Raises:
            ValueError: the text does not have two parts or more. More than three are a name that is a path.

        >>> Ref.parse("PersistentVolumeClaim/shop/data")
        Ref(kind='PersistentVolumeClaim', namespace='shop', name='data')
        """
        match text.split("/"):
            case [kind, name] if kind and name:
                return cls(kind, "", name)
            case [kind, namespace, name] if kind and namespace and name:
                return cls(kind, namespace, name)
            case [kind, *parts] if len(parts) > 2 and kind and all(parts):  # noqa: PLR2004 - a file's path
                return cls(kind, "", "/".join(parts))
            case _:
                raise ValueError(f"{text!r} is not KIND/NAME or KIND/NAMESPACE/NAME")
