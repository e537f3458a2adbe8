"""Names and codes in a text: words that must stand in whatever is said to answer or support it."""

import re

from knowledge.language import normalise

# Latin letters and digits only: a run of Han around them is no part of the name.
_LETTER = r"[A-Za-z0-9\u00c0-\u024f]"
_NAME = re.compile(
    rf"(?<!{_LETTER})(?:[A-Z][A-Za-z0-9\u00c0-\u024f&'-]*|{_LETTER}+[A-Z]{_LETTER}*)"
)
_OPENER = re.compile(r"(?:^|[.!?:;\n\"“(。！？；：]\s*)([A-Z][a-z'-]+)(?![\w-]*\d)")
# Written with a capital wherever they stand, and names of nothing.
_ALWAYS_CAPITAL = frozenset({"i", "i'm", "i'll", "i've", "i'd", "ok", "yes", "no"})


def names_in(text: str) -> list[str]:
    """Capitalised and mixed-case words of `text` that do not merely open a sentence, in order."""
    plain = normalise(text)
    openers = {match.start(1) for match in _OPENER.finditer(plain)}
    return [
        match.group()
        for match in _NAME.finditer(plain)
        if match.start() not in openers and match.group().casefold() not in _ALWAYS_CAPITAL
    ]


def missing_names(text: str, source: str) -> list[str]:
    """Names of `text` that `source` does not have, in any case."""
    known = normalise(source).casefold()
    return [name for name in names_in(text) if name.casefold().removesuffix("'s") not in known]
