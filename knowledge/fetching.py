"""The one way out to the web: no request of ours reaches a network that its address should not name.

The host is resolved once, every address it has is judged, and the connection goes to one of
those very addresses (DNS rebinding finds nothing to change), with the name kept for `Host`
and for TLS. Redirects are judged like the first address.
"""

import asyncio
import socket
import threading
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpx

from knowledge.errors import AnswerDeskError

_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# IPv4 addresses written within IPv6 ones: NAT64 (RFC 6052); the others `ipaddress` knows.
_NAT64: Final = ip_network("64:ff9b::/96")
# Where clouds hand out credentials outside the link-local network: Alibaba, AWS, Google, Oracle, Azure.
_OF_CLOUDS: Final = frozenset(
    map(
        ip_address,
        ("100.100.100.200", "fd00:ec2::254", "fd20:ce::254", "192.0.0.192", "168.63.129.16"),
    )
)
_ADDRESSES_TRIED: Final = 3
_PACKED: Final = ("gzip", "x-gzip", "deflate")

Address = IPv4Address | IPv6Address


class AddressRefused(AnswerDeskError):
    """The address may not be asked, whatever would answer there."""

    code = "address_refused"
    status = 422
    en = "{url} cannot be fetched: {reason}."
    zh = "无法访问 {url}：{reason_zh}。"


class FetchFailed(AnswerDeskError):
    """The address may be asked, but no answer came."""

    code = "fetch_failed"
    status = 502
    en = "{url} does not answer: {reason}."
    zh = "{url} 没有响应：{reason_zh}。"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one exchange may cost. `seconds` is for all of it, redirects included.

    At most `redirects` are followed, and only those of GET and HEAD; the next one is the reply.
    """

    seconds: float = 10.0
    body_bytes: int = 1024 * 1024
    redirects: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from `url`, the last address asked.

    `headers` has lower-case names, and joins those sent twice by commas. `complete` is False
    where the body was cut at the limit.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        charset = self.headers.get("content-type", "").partition("charset=")[2].strip(" \"';")
        try:
            return self.body.decode(charset or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes = b""


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    limits: Limits | None = None,
    allow_private: bool = False,
) -> Reply:
    """Ask `url` once and return what it says, whatever its status. Blocks; call it in a thread.

    `allow_private` admits loopback and private networks; link-local and other addresses where
    clouds keep credentials, multicast and reserved ones are never admitted. Proxies and credentials
    of the environment are not used. Raises `AddressRefused` and `FetchFailed`.
    """
    limits = limits or Limits()
    request = _Request(method.upper(), _parsed(url), dict(headers or {}), content)
    return asyncio.run(_within(request, limits, allow_private=allow_private))


def check_form(url: str) -> None:
    """Raises `AddressRefused` unless `url` has the form of an address that `send` takes."""
    _parsed(url)


def normal_form(url: str) -> str:
    """`url` as it is asked for: host in lower-case ASCII, no default port, percent-encoded.

    Raises `AddressRefused` unless it has the form of an address that `send` takes.
    """
    return str(_parsed(url))


async def _within(request: _Request, limits: Limits, *, allow_private: bool) -> Reply:
    try:
        async with asyncio.timeout(limits.seconds):
            return await _follow(request, limits, allow_private=allow_private)
    except TimeoutError as error:
        raise _failed(
            request.url, f"it took longer than {limits.seconds:g} s", "响应超时"
        ) from error


async def _follow(request: _Request, limits: Limits, *, allow_private: bool) -> Reply:
    for _ in range(limits.redirects):
        reply = await _exchange(request, limits, allow_private=allow_private)
        target = reply.headers.get("location")
        if reply.status not in _REDIRECTS or not target or request.method not in ("GET", "HEAD"):
            return reply
        request = _redirected(request, target)
    return await _exchange(request, limits, allow_private=allow_private)


def _redirected(request: _Request, target: str) -> _Request:
    try:
        url = _parsed(str(request.url.join(target)))
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused(
            target, "it leads to something that is no address", "跳转地址无效"
        ) from error
    same = (url.scheme, url.host, url.port) == (
        request.url.scheme,
        request.url.host,
        request.url.port,
    )
    # What the caller sent was meant for the site it named, not for where that leads.
    return _Request(request.method, url, request.headers if same else {})


async def _exchange(request: _Request, limits: Limits, *, allow_private: bool) -> Reply:
    addresses = await _addresses(request.url, allow_private=allow_private)
    # trust_env: a proxy would resolve the name again, and elsewhere.
    async with httpx.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=limits.seconds
    ) as client:
        try:
            for address in addresses[:-1]:
                with suppress(httpx.ConnectError):  # then the next address of the same host
                    return await _ask(client, request, address, limits.body_bytes)
            return await _ask(client, request, addresses[-1], limits.body_bytes)
        except (httpx.HTTPError, OSError, ValueError) as error:
            # ValueError: httpx reads a redirect's address, followed or not, and lets that slip.
            reason = str(error) or type(error).__name__
            raise _failed(request.url, reason, reason) from error


async def _ask(
    client: httpx.AsyncClient, request: _Request, address: Address, body_bytes: int
) -> Reply:
    url = request.url
    headers = {
        "User-Agent": "AnswerDesk",
        "Accept-Encoding": "identity",
        **request.headers,
        "Host": url.netloc.decode("ascii"),
    }
    pinned = client.build_request(
        request.method,
        url.copy_with(host=str(address)),
        headers=headers,
        content=request.content or None,
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )
    response = await client.send(pinned, stream=True)
    try:
        body, complete = await _body(response, body_bytes)
    finally:
        await response.aclose()
    return Reply(str(url), response.status_code, dict(response.headers), body, complete)


async def _body(response: httpx.Response, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes, unpacked, and whether that is all. Raises `httpx.DecodingError`."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", *_PACKED):
        raise httpx.DecodingError(f"it is packed in a way that was not asked for ({packing[:20]})")
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if packing in _PACKED else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:  # one byte more than allowed tells that there is more; a bomb goes no further
            body += unpack.decompress(chunk, limit + 1 - len(body)) if unpack else chunk
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error
        if len(body) > limit:
            return bytes(body[:limit]), False
    return bytes(body), True


async def _addresses(url: httpx.URL, *, allow_private: bool) -> Sequence[Address]:
    """The addresses of the host, all of which may be asked. Raises `AddressRefused`, `FetchFailed`."""
    addresses: Sequence[Address] = ()
    with suppress(OSError, ValueError):
        addresses = await _resolved(url.raw_host.decode("ascii"))
    if not addresses:
        raise _failed(url, "there is no such host", "找不到该主机")
    if not all(may_be_asked(address, allow_private=allow_private) for address in addresses):
        raise _refused(
            str(url), "its host is in a private or reserved network", "其主机位于内网或保留网段"
        )
    return addresses[:_ADDRESSES_TRIED]


async def _resolved(host: str) -> Sequence[Address]:
    answer: Future[Sequence[Address]] = Future()

    def look_up() -> None:
        answer.set_running_or_notify_cancel()
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answer.set_result(list(dict.fromkeys(ip_address(entry[4][0]) for entry in found)))
        except (OSError, ValueError) as error:
            answer.set_exception(error)

    # A thread of its own: nobody waits for a name server that hangs, not even the end of the loop.
    threading.Thread(target=look_up, daemon=True).start()
    return await asyncio.wrap_future(answer)


def may_be_asked(address: Address, *, allow_private: bool = False) -> bool:
    """Whether `address` is on the public internet, or private and that is allowed."""
    inner = _written_within(address)
    if inner is not None:
        return may_be_asked(inner, allow_private=allow_private)
    if address in _OF_CLOUDS:
        return False
    if address.is_loopback:
        return allow_private
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    if address.is_multicast or address.is_reserved or address.is_unspecified or site_local:
        return False
    return address.is_global or (allow_private and not address.is_link_local)


def _written_within(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _parsed(url: str) -> httpx.URL:
    """`url`, which has a web address's form. Raises `AddressRefused`."""
    try:
        parsed = httpx.URL(url)
        parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise _refused(url, "it is not a web address", "这不是有效的网址") from error
    if parsed.scheme not in _PORTS or not parsed.host:
        raise _refused(
            url, "it does not begin with http:// or https://", "网址须以 http:// 或 https:// 开头"
        )
    if not 0 < (parsed.port or 80) < 65536:
        raise _refused(url, "there is no such port", "端口号无效")
    if parsed.userinfo:
        raise _refused(url, "it holds a user name", "网址中含有用户名")
    return parsed


def _refused(url: str, reason: str, reason_zh: str) -> AddressRefused:
    return AddressRefused(url=url, reason=reason, reason_zh=reason_zh)


def _failed(url: httpx.URL, reason: str, reason_zh: str) -> FetchFailed:
    return FetchFailed(url=str(url), reason=reason, reason_zh=reason_zh)
