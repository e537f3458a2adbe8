"""What a site says on page after page: found in a sample, and left out of all pages but one.

So a cookie notice or a list of links is not the answer to every question, and nothing is lost:
one page keeps it. A page carries what is to be left out in a comment at its end, where its loader
finds it; the page itself stays as it was fetched.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from knowledge.loading.blocks import REPEATS_MARK, fingerprint

# Pages that are compared; fewer than the least say nothing about the site.
SAMPLE: Final = 8
_LEAST: Final = 5
# A block on more than this share of them is the site's, not the page's.
_SHARE: Final = 0.6
MAX_REPEATS: Final = 200
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")


def repeated(texts: Mapping[str, str]) -> dict[str, str]:
    """Blocks that repeat over `texts` (by address, in order): their fingerprints, and who keeps each."""
    if len(texts) < _LEAST:
        return {}
    seen: dict[str, list[str]] = {}
    for url, text in texts.items():
        for mark in dict.fromkeys(fingerprint(block) for block in text.split("\n\n")):
            seen.setdefault(mark, []).append(url)
    found = {mark: urls[0] for mark, urls in seen.items() if len(urls) > _SHARE * len(texts)}
    return dict(list(found.items())[:MAX_REPEATS])


def without(data: bytes, marks: Iterable[str]) -> bytes:
    """A page that leaves out the blocks with these fingerprints."""
    wanted: Sequence[str] = sorted(marks)
    if not wanted or data.startswith(_WIDE):
        return data
    return data + f"\n<!--{REPEATS_MARK} {' '.join(wanted)}-->".encode("ascii")
