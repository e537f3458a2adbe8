"""Whether a page's Content-Security-Policy lets the widget in (CSP Level 3, 6.7.2)."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

Policy = Mapping[str, Sequence[str]]

_PORTS: Final = {"http": 80, "https": 443}


def read_policies(text: str) -> Sequence[Policy]:
    """The policies of a header, which may hold several separated by commas."""
    return [policy for part in text.split(",") if (policy := _read(part))]


def governing(policy: Policy, *directives: str) -> str | None:
    """The first of `directives` that the policy has: those after it are what it falls back to."""
    return next((name for name in directives if name in policy), None)


def allows(sources: Sequence[str], url: str, page: str, nonce: str = "") -> bool:
    """Whether a source list lets a page at the address `page` load `url`.

    `nonce` is that of the script element which loads it.
    """
    lowered = [source.lower() for source in sources]
    if nonce and f"'nonce-{nonce}'" in sources:
        return True
    if "'strict-dynamic'" in lowered:  # then hosts are not looked at
        return False
    target, here = urlsplit(url), urlsplit(page)
    return any(_matches(source, target, here) for source in lowered)


def _read(text: str) -> Policy:
    policy: dict[str, Sequence[str]] = {}
    for directive in text.split(";"):
        words = directive.split()
        if words:
            policy.setdefault(words[0].lower(), words[1:])
    return policy


def _matches(source: str, target: SplitResult, page: SplitResult) -> bool:
    if source == "*":
        return target.scheme in _PORTS
    if source == "'self'":
        return _origin(target) == _origin(page)
    if source.startswith("'"):
        return False
    if source.endswith(":"):
        return _scheme_fits(source[:-1], target.scheme)
    given = urlsplit(source if "://" in source else f"//{source}")
    if not _scheme_fits(given.scheme or page.scheme, target.scheme):
        return False
    return (
        _host_fits(given.netloc.partition(":")[0], target.hostname or "")
        and _port_fits(given.netloc.partition(":")[2], target)
        and _path_fits(given.path, target.path)
    )


def _scheme_fits(wanted: str, scheme: str) -> bool:
    return wanted == scheme or (wanted == "http" and scheme == "https")


def _host_fits(wanted: str, host: str) -> bool:
    if wanted == "*":
        return True
    return host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted


def _port_fits(wanted: str, target: SplitResult) -> bool:
    port = target.port or _PORTS.get(target.scheme)
    if not wanted:
        return port == _PORTS.get(target.scheme)
    return wanted == "*" or wanted == str(port)


def _path_fits(wanted: str, path: str) -> bool:
    if not wanted or wanted == "/":
        return True
    return path.startswith(wanted) if wanted.endswith("/") else path == wanted


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)
