"""Passages in the order and the portions in which they are worked off."""

from collections.abc import Sequence

from knowledge.passages import Staged

# Passages looked at to form batches of like length: padding costs as much as text.
WINDOW = 256
# A batch is over within some tenths of a second, which a question may have to wait.
_BATCH_PASSAGES = 32
_BATCH_CHARACTERS = 8_000


def by_collection(passages: Sequence[Staged]) -> dict[str, list[Staged]]:
    """The passages of each collection."""
    grouped: dict[str, list[Staged]] = {}
    for passage in passages:
        grouped.setdefault(passage.collection, []).append(passage)
    return grouped


def of_like_length(window: Sequence[Staged]) -> list[list[Staged]]:
    """Passages of like length together, longest first, each batch within its limits."""
    batches: list[list[Staged]] = []
    longest = 0
    for passage in sorted(window, key=lambda p: -len(p.searchable_text)):
        if batches and len(batches[-1]) < min(_BATCH_PASSAGES, _BATCH_CHARACTERS // longest):
            batches[-1].append(passage)
        else:
            longest = max(1, len(passage.searchable_text))
            batches.append([passage])
    return batches
