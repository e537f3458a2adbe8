"""Which Chinese terms serve keyword search best? Figures go to keyword_segmentation.md.

Run `python -m tests.benchmarks.keyword_segmentation` (see `data_sets.folder` for the sets). Every
answerable question is put to all paragraphs of its set.
"""

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rjieba

from knowledge.indexes import keyword
from knowledge.language import is_han, normalise, terms, to_simplified
from tests.benchmarks import data_sets

Terms = Callable[[str], list[str]]
_HAN_RUN = re.compile("[\u3400-\u9fff]+|[^\u3400-\u9fff]+")


def words_of_rjieba(text: str) -> list[str]:
    """The project's terms, but Han runs cut into words by rjieba's search mode."""
    found: list[str] = []
    for run in _HAN_RUN.findall(to_simplified(normalise(text))):
        found.extend(rjieba.cut_for_search(run) if is_han(run[0]) else terms(run))
    return found


def words_and_pairs(text: str) -> list[str]:
    """Both: rjieba's words of two characters and more beside the character pairs."""
    longer = [word for word in words_of_rjieba(text) if len(word) > 2 and is_han(word[0])]
    return terms(text) + longer


def pairs_and_characters(text: str) -> list[str]:
    """The project's terms and every single Han character."""
    return terms(text) + [character for character in to_simplified(text) if is_han(character)]


def load_set(path: Path) -> tuple[list[str], list[tuple[str, int]]]:
    """Paragraphs, and answerable questions with the number of theirs."""
    paragraphs: dict[str, int] = {}
    questions: list[tuple[str, int]] = []
    for paragraph, items in _paragraphs(path):
        number = paragraphs.setdefault(paragraph, len(paragraphs))
        questions += [(qa["question"], number) for qa in items if not qa.get("is_impossible")]
    return list(paragraphs), questions


def _paragraphs(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"], paragraph["qas"]


def measure(paragraphs: list[str], questions: list[tuple[str, int]], make: Terms) -> str:
    """hit@1, hit@5, the milliseconds of a query and the seconds of indexing, as a table row."""
    keyword.terms = make
    with tempfile.TemporaryDirectory() as folder:
        index = keyword.KeywordIndex(Path(folder) / "keyword.db")
        begin = time.perf_counter()
        index.add("all", list(enumerate(paragraphs, 1)))
        indexed = time.perf_counter() - begin
        begin = time.perf_counter()
        ranks = [
            [hit.key - 1 for hit in index.search("all", question, 5)] for question, _ in questions
        ]
        searched = (time.perf_counter() - begin) / len(questions)
        index.close()
        size = (Path(folder) / "keyword.db").stat().st_size / 2**20
    gold = [number for _, number in questions]
    first = sum(rank[:1] == [g] for rank, g in zip(ranks, gold, strict=True)) / len(gold)
    five = sum(g in rank for rank, g in zip(ranks, gold, strict=True)) / len(gold)
    return f"{first:.3f} | {five:.3f} | {1000 * searched:.1f} | {indexed:.1f} | {size:.1f}"


def main() -> None:
    data = data_sets.folder()
    sets = {
        "cmrc2018 (zh)": data / "cmrc2018" / "cmrc2018_dev.json",
        "squad2 dev half (en)": data / "squad2_dev_half" / "dev-v2.0.json",
    }
    ways: dict[str, Terms] = {
        "character pairs (as built)": terms,
        "rjieba search mode": words_of_rjieba,
        "pairs + rjieba words": words_and_pairs,
        "pairs + single characters": pairs_and_characters,
    }
    print(
        "| set | terms | hit@1 | hit@5 | ms a query | s to index | MB |\n|---|---|---|---|---|---|---|"
    )
    for name, path in sets.items():
        paragraphs, questions = load_set(path)
        for way, make in ways.items():
            if "(en)" not in name or make is terms:
                print(f"| {name} | {way} | {measure(paragraphs, questions, make)} |", flush=True)


if __name__ == "__main__":
    main()
