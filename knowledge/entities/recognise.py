"""All recognisers over one text."""

import re
from functools import cache, lru_cache

from knowledge.entities.amounts import AMOUNTS, NUMBERS
from knowledge.entities.contacts import CODES, CONTACTS
from knowledge.entities.dates import DATES
from knowledge.entities.model import Entity, EntityKind, Recogniser
from knowledge.language import to_simplified

__all__ = ["Entity", "EntityKind", "find_entities"]

# Full-width forms as ASCII, one for one.
_FOLD = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: 0x20, 0xA0: 0x20}


@cache
def _compiled() -> tuple[tuple[Recogniser, re.Pattern[str]], ...]:
    # ASCII: Han characters next to figures must not hide them. A character belongs to the first recogniser that claims it.
    order = (*CONTACTS, *DATES, *AMOUNTS, *CODES, *NUMBERS)
    return tuple((r, re.compile(r.pattern, re.IGNORECASE | re.ASCII)) for r in order)


@lru_cache(4096)
def find_entities(text: str) -> tuple[Entity, ...]:
    """The entities of `text`, in order and disjoint; known again for the texts that are read most."""
    folded = to_simplified(text.translate(_FOLD))
    claimed = bytearray(len(folded))
    entities: list[Entity] = []
    for recogniser, pattern in _compiled():
        for match in pattern.finditer(folded):
            if any(claimed[match.start() : match.end()]):
                continue
            for found in recogniser.read(match):
                span = slice(found.start, found.end)
                entities.append(
                    Entity(recogniser.kind, text[span], found.value, found.start, found.end)
                )
                claimed[span] = b"\1" * (found.end - found.start)
    return tuple(sorted(entities, key=lambda entity: entity.start))
