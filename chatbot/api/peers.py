"""Who is at the other end, and under which address they reached us."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from chatbot.settings import ServerSettings

_HOPS: Final = 20

Address = IPv4Address | IPv6Address


def client_address(scope: Scope, settings: ServerSettings) -> str:
    """The address of the client: the peer's own, or what trusted proxies say of it.

    `X-Forwarded-For` counts only as far as trusted proxies have written it, from its end:
    what stands before was written by the client and is not looked at.
    """
    peer = _peer(scope)
    if not _trusted(_address(peer), settings):
        return peer
    for hop in _forwarded(scope):
        address = _address(hop)
        if address is None:
            break  # nobody can say what came before
        peer = str(address)
        if not _trusted(address, settings):
            break
    return peer


def throttled_as(address: str) -> str:
    """The key to count an address by: one household has a whole /64 of IPv6."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return address


def own_origin(scope: Scope, settings: ServerSettings) -> str:
    """Our own origin, as the client's browser knows it."""
    headers = Headers(scope=scope)
    scheme = scope["scheme"]
    if _trusted(_address(_peer(scope)), settings):
        named = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        scheme = named if named in ("http", "https") else scheme
    return f"{scheme}://{headers.get('host', '').lower()}"


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _forwarded(scope: Scope) -> Iterator[str]:
    """The hops that `X-Forwarded-For` names, the nearest first."""
    lines = Headers(scope=scope).getlist("x-forwarded-for")
    hops = ",".join(lines).rsplit(",", _HOPS)[-_HOPS:]
    return (hop.strip() for hop in reversed(hops))


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _trusted(address: Address | None, settings: ServerSettings) -> bool:
    return address is not None and any(
        address.version == network.version and address in network
        for network in settings.trusted_proxies
    )
