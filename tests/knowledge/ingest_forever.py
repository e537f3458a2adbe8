"""Adds documents to the library of a folder until it is killed; prints each that was acknowledged."""

import itertools
import sys
from pathlib import Path

from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import COLLECTION, add, library_at


def main(folder: Path, first: int) -> None:
    with library_at(folder, HashEmbedder(delay=0.002)) as library:
        for number in itertools.count(first):
            # Every third document is one that comes again and again with new content.
            name = f"{number}.md" if number % 3 else "again.md"
            text = f"# Lamp {number}\n\nLamp number {number} is lit.\n\n" + "More of it. " * 150
            record = add(library, name, text)
            passage = f'{{"id": "p{number}", "title": "", "text": "lamp passage {number}"}}'
            library.add_passages("x.jsonl", passage.encode(), collection=COLLECTION)
            print(number, record.id, flush=True)  # noqa: T201 -- read by the test


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
