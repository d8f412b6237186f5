"""An address over HTTP that messages may go to: what is wrong with one is said without repeating it. Pure."""

from urllib.parse import SplitResult, urlsplit

ADDRESS_CHARACTERS_MAX = 4_096


def fault_of_http(value: str) -> str:
    """Why a text is no address that may be spoken to; empty where it is one.

    >>> fault_of_http("https://example.com/in"), fault_of_http("ftp://example.com")
    ('', 'it does not begin with http:// or https://')
    """
    try:
        found = urlsplit(value)
        _ = found.port
    except ValueError:
        return "it is no address"
    if found.scheme not in {"http", "https"}:
        return "it does not begin with http:// or https://"
    if len(value) > ADDRESS_CHARACTERS_MAX:
        return "it is too long"
    if not value.isascii() or not value.isprintable() or " " in value or "\\" in value or "#" in value:
        return "it has a character that no address has"
    return _fault_of_server(found)


def _fault_of_server(found: SplitResult) -> str:
    if not found.hostname:
        return "it names no server"
    if "@" in found.netloc:
        return "it holds a credential, which belongs into a secret"
    return ""
