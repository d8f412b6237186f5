"""The addresses of the page: within itself, and the only ones outside that it links to. Pure."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

HOME: Final = "/"
APPLICATIONS: Final = "/applications/"
DEPENDENCIES: Final = "/dependencies"
DRIFT: Final = "/drift"
JOURNAL: Final = "/journal"
NOTIFIERS: Final = "/notifiers"
SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
ACCOUNT: Final = "/account"
USERS: Final = "/users"
PROVIDER: Final = "/sign-in/provider"
PROVIDER_BACK: Final = "/sign-in/provider/return"
PROVIDER_END: Final = "/sign-in/provider/end"
_WEB: Final = frozenset({"http", "https"})
_ADDRESS_CHARACTERS_MAX: Final = 2_000
_ODD: Final = frozenset("\\ ")


def home(pairs: Iterable[tuple[str, str]] = ()) -> str:
    """The fleet, asked for something: what is empty is left out.

    >>> home([("find", "a b"), ("state", ""), ("label", "team=web")])
    '/?find=a+b&label=team%3Dweb'
    """
    return f"{HOME}{_asked(pairs)}"


def application(name: str) -> str:
    """Where an application is looked at.

    >>> application("shop"), application("a/b")
    ('/applications/shop', '/applications/a%2Fb')
    """
    return f"{APPLICATIONS}{quote(name, safe='')}"


def act(name: str, verb: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Where something is asked for of an application, and shown before; what is empty is left out.

    >>> act("shop", "rollback", [("revision", "7")]), act("shop", "plan"), act("a/b", "heal", [("ref", "")])
    ('/applications/shop/rollback?revision=7', '/applications/shop/plan', '/applications/a%2Fb/heal')
    """
    return f"{application(name)}/{verb}{_asked(pairs)}"


def resource(name: str, ref: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Where one object of an application is looked at.

    >>> resource("shop", "ConfigMap/shop/settings", [("show", "differs"), ("find", "")])
    '/applications/shop/resource?ref=ConfigMap%2Fshop%2Fsettings&show=differs'
    """
    return f"{application(name)}/resource{_asked([('ref', ref), *pairs])}"


def history(name: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Where it stands what happened to an application.

    >>> history("shop", [("kind", "drift"), ("who", "")])
    '/applications/shop/history?kind=drift'
    """
    return f"{application(name)}/history{_asked(pairs)}"


def journal(pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Where the journal is read.

    >>> journal([("before", "120")])
    '/journal?before=120'
    """
    return f"{JOURNAL}{_asked(pairs)}"


def drift(pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Where it stands what drifted.

    >>> drift([("application", "shop")])
    '/drift?application=shop'
    """
    return f"{DRIFT}{_asked(pairs)}"


def notifiers(pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Where it stands who is told of what.

    >>> notifiers([("after", "ops")])
    '/notifiers?after=ops'
    """
    return f"{NOTIFIERS}{_asked(pairs)}"


def sign_in(following: str) -> str:
    """Where one signs in who is led to an address of this server after it.

    >>> sign_in("/applications/shop?a=1"), sign_in("/"), sign_in("//evil.example")
    ('/sign-in?next=%2Fapplications%2Fshop%3Fa%3D1', '/sign-in', '/sign-in')
    """
    path = within(following)
    return f"{SIGN_IN}?{urlencode({'next': path})}" if path != HOME else SIGN_IN


def _asked(pairs: Iterable[tuple[str, str]]) -> str:
    given = [(key, value) for key, value in pairs if value]
    return f"?{urlencode(given, errors='replace')}" if given else ""


def within(text: str) -> str:
    r"""A path of this server as it was given; the fleet for everything that leads elsewhere, or in a circle (INV-25).

    Browsers read `\` as `/`, and overlook tabs and line ends: none of these is in a path that is followed.

    >>> [within(text) for text in ("/applications/shop", "//evil.example", "https://evil.example", "/\\evil.example")]
    ['/applications/shop', '/', '/', '/']
    """
    is_plain = text.isascii() and text.isprintable() and not _ODD & set(text)
    if not is_plain or len(text) > _ADDRESS_CHARACTERS_MAX or not text.startswith("/") or text.startswith("//"):
        return HOME
    path = text.partition("?")[0]
    return HOME if path in {SIGN_IN, SIGN_OUT} or path.startswith(f"{SIGN_IN}/") else text


def provider_address(base: str, following: str) -> str:
    """Where one is led to the provider, of the one host to which the provider sends people back.

    >>> provider_address("http://127.0.0.1:8600", "/applications/shop")
    'http://127.0.0.1:8600/sign-in/provider?next=%2Fapplications%2Fshop'
    """
    path = within(following)
    return f"{base}{PROVIDER}?{urlencode({'next': path})}" if path != HOME else f"{base}{PROVIDER}"


def web(text: str) -> str:
    """An address that may be linked to; empty for every other text (`javascript:`, `ssh:`, a path).

    >>> web("https://git.example/shop"), web("javascript:alert(1)"), web("git@host:shop")
    ('https://git.example/shop', '', '')
    """
    if len(text) > _ADDRESS_CHARACTERS_MAX or not text.isprintable():
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in _WEB and parts.hostname else ""
