"""Connections to an endpoint that do not outlive the call they were made for."""

import ssl
from collections.abc import AsyncIterator
from urllib.request import getproxies, proxy_bypass

import httpx


class OwnConnection(httpx.AsyncBaseTransport):
    """Opens a connection for each request and closes it with the response.

    A pooled one that is cancelled while it is being opened stays "active" in the pool
    for ever (httpcore 1.0.9); after a hundred visitors who pressed Stop at the wrong
    moment, the next would wait in vain. A handshake is little beside a generation.
    """

    def __init__(self) -> None:
        self._verify: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._verify is None:
            self._verify = httpx.create_ssl_context()
        transport = httpx.AsyncHTTPTransport(verify=self._verify, proxy=_proxy(request.url))
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await transport.aclose()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 -- httpx's promise
        response.stream = _Closing(response.stream, transport)
        return response


class _Closing(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, transport: httpx.AsyncHTTPTransport) -> None:
        self._stream = stream
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            await self._transport.aclose()


def _proxy(url: httpx.URL) -> str | None:
    """The proxy of the environment for `url`; a client with its own transport looks for none."""
    if proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")
