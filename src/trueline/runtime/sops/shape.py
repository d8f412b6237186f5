"""Whether SOPS encrypted a file, and in which format it stands, told from its bytes alone. Pure; cheap for others."""

import re
from enum import Enum
from typing import Final

import msgspec

FILE_BYTES_MAX: Final = 16 << 20
_MARK: Final = b"ENC[AES256_GCM,"
_KEY: Final = b"sops"
_YAML: Final = re.compile(rb"^[\"']?sops[\"']?[ ]*:", re.MULTILINE)
_DOTENV: Final = re.compile(rb"^sops_mac=" + re.escape(_MARK), re.MULTILINE)
_INI: Final = re.compile(rb"^\[sops\][ \t\r]*$", re.MULTILINE)
_VALUE: Final = re.compile(
    rb"ENC\[AES256_GCM,data:[A-Za-z0-9+/=]*,iv:[A-Za-z0-9+/=]{8,},tag:[A-Za-z0-9+/=]{8,},type:\w+\]"
)
_ENVELOPE: Final = frozenset({"data", "sops"})


class Shape(Enum):
    """How an encrypted file is written. `LOST`: it holds encrypted values, and nothing that says how to open them."""

    YAML = "yaml"
    JSON = "json"
    DOTENV = "dotenv"
    BINARY = "binary"
    INI = "ini"
    LOST = "lost"


def shape_of(path: str, data: bytes) -> Shape | None:
    """The shape of an encrypted file; `None` for every other one.

    >>> shape_of("a.yaml", b"a: 1"), shape_of("a.env", b"sops_mac=ENC[AES256_GCM,..]")
    (None, <Shape.DOTENV: 'dotenv'>)
    """
    if _MARK not in data:
        return None
    if _KEY in data:
        if data.lstrip()[:1] == b"{" and (keys := _json_keys(data)) is not None:
            if "sops" in keys:
                is_envelope = keys == _ENVELOPE and not path.endswith(".json")
                return Shape.BINARY if is_envelope else Shape.JSON
        elif _DOTENV.search(data):
            return Shape.DOTENV
        elif _YAML.search(data):
            return Shape.YAML
        elif _INI.search(data):
            return Shape.INI
    is_manifest = path.endswith((".yaml", ".yml", ".json", ".env"))
    return Shape.LOST if is_manifest and _VALUE.search(data) else None


def _json_keys(data: bytes) -> frozenset[str] | None:
    try:
        return frozenset(msgspec.json.decode(data, type=dict[str, msgspec.Raw]))
    except RecursionError:  # deeper than anybody writes: the toolbox, which counts, says so
        return frozenset({"sops"})
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
