"""What pages a site has, by its own account."""

from collections import deque
from typing import Final

from knowledge.fetching import AddressRefused, FetchFailed
from knowledge.web.addresses import Scope, origin_of, page_address
from knowledge.web.sitemaps import MAX_ADDRESSES, read_sitemap
from knowledge.web.visits import Visitor

_SITEMAP_BYTES: Final = 20 * 2**20
_MAX_SITEMAPS: Final = 50


def pages_of_sitemaps(visitor: Visitor, scope: Scope, url: str) -> list[str]:
    """The site's pages that its sitemaps name, in their order; empty without a sitemap.

    Sitemaps are those that robots.txt names, else `/sitemap.xml`. What lies at another origin is
    not asked for, whoever names it. Raises `Stopped`.
    """
    named = visitor.robots(url).sitemaps
    to_read = deque(dict.fromkeys(named or ("/sitemap.xml",)))
    read: set[str] = set()
    pages: dict[str, None] = {}
    while to_read and len(read) < _MAX_SITEMAPS and len(pages) < MAX_ADDRESSES:
        address = _own(to_read.popleft(), scope)
        if address is None or address in read:
            continue
        read.add(address)
        data = _fetched(visitor, address)
        sitemap = read_sitemap(data)
        to_read.extend(sitemap.sitemaps)
        for found in sitemap.pages:
            page = scope.page(found, address)
            if page is not None:
                pages[page] = None
    return list(pages)


def _own(address: str, scope: Scope) -> str | None:
    """A sitemap's address, if it is of the same origin."""
    try:
        url = page_address(address, scope.origin + "/")
    except (AddressRefused, ValueError):
        return None
    return url if origin_of(url) == scope.origin else None


def _fetched(visitor: Visitor, address: str) -> bytes:
    """A sitemap, as far as it came; empty where there is none. A site without one has links."""
    try:
        reply = visitor.file(address, _SITEMAP_BYTES)
    except (FetchFailed, AddressRefused):
        return b""
    return reply.body if reply is not None else b""
