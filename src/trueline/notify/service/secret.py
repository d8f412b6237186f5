"""A secret that a message needs, read when it is sent; that it is not there is why the message waits."""

from trueline.model.fault import Fault
from trueline.model.masked import Masked
from trueline.notify.address import fault_of_http
from trueline.notify.protocol import Undelivered
from trueline.runtime.secret import SecretReference, Secrets


async def reveal(secrets: Secrets, reference: SecretReference) -> Masked:
    """The value.

    Raises:
        Undelivered: it cannot be read now.
    """
    try:
        return await secrets.resolve(reference)
    except Fault as fault:
        raise Undelivered(fault.diagnostics[0].line) from None


async def address(secrets: Secrets, reference: SecretReference) -> str:
    """An address that is a secret. INV-25: what is wrong with it is said, and the address is not.

    Raises:
        Undelivered: there is none, or it is no address over HTTP.
    """
    url = (await reveal(secrets, reference)).reveal().strip()
    if why := fault_of_http(url):
        raise Undelivered(f"the address in {reference}: {why}")
    return url
