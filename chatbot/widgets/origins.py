"""Origins of web pages: scheme, host and port, compared exactly."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import httpx

from chatbot.widgets.errors import InvalidOrigin

_FORM: Final = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[^\s/?#@\\:*%\[\]]+)(?::([0-9]{1,5}))?", re.IGNORECASE
)
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_PORTS: Final = {"http": 80, "https": 443}
_ORIGIN_CHARACTERS: Final = 300


def normal_origin(origin: str) -> str:
    """`origin` as browsers write it: lower case, IDNA, no default port.

    Raises `InvalidOrigin` for all that is more or less than an origin: `null`, wildcards, a
    path (even `/`), a user name, and addresses that browsers would write differently.
    """
    if len(origin) > _ORIGIN_CHARACTERS or not origin.isprintable():
        raise _invalid(origin[:80], "it is not an address", "这不是网址")
    if "*" in origin:
        raise _invalid(
            origin, "wildcards are not understood; name each site", "不支持通配符，请逐个列出网站"
        )
    found = _FORM.fullmatch(origin)
    if found is None:
        raise _invalid(
            origin,
            "it has to be http:// or https://, a host and nothing else",
            "只能由 http:// 或 https:// 与主机名组成，不得包含其他内容",
        )
    scheme, port = found[1].lower(), found[3]
    host = _normal_host(found[2].lower(), origin)
    if port is None or int(port) == _PORTS[scheme]:
        return f"{scheme}://{host}"
    if not 0 < int(port) < 65536:
        raise _invalid(origin, "there is no such port", "端口号无效")
    return f"{scheme}://{host}:{int(port)}"


def _normal_host(host: str, origin: str) -> str:
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1])}]"
        # As httpx does it, so that what is compared and what is fetched are the same.
        host = httpx.URL(f"http://{host}").raw_host.decode("ascii")
        labels = host.removesuffix(".").split(".")
        if labels[-1].isdigit() or labels[-1].startswith("0x"):  # browsers read those as addresses
            return str(IPv4Address(host))
    except (AddressValueError, httpx.InvalidURL, ValueError) as error:
        raise _invalid(origin, "the host's name is not valid", "主机名无效") from error
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _invalid(origin, "the host's name is not valid", "主机名无效")
    return host


def _invalid(origin: str, reason: str, reason_zh: str) -> InvalidOrigin:
    return InvalidOrigin(origin=origin, reason=reason, reason_zh=reason_zh)
