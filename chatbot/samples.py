"""The sample shop that a first start is furnished with."""

import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from knowledge.curated.csv_file import parsed
from knowledge.curated.store import CuratedAnswers
from knowledge.documents import DEFAULT_COLLECTION, Language

# What the sources of sample documents begin with.
SAMPLE_SOURCE = "sample:"

_SAMPLES = resources.files("assets").joinpath("samples")


def install_rules(folder: Path) -> None:
    """Copy the sample rules into `folder`; files that are there already stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    with resources.as_file(_SAMPLES.joinpath("rules")) as rules:
        for file in sorted(rules.iterdir()):
            if not (folder / file.name).exists():
                shutil.copyfile(file, folder / file.name)


def sample_documents() -> Iterator[tuple[str, bytes]]:
    """Name and content of each sample document, English ones first."""
    for language in Language:
        for file in sorted(_SAMPLES.joinpath("documents", language).iterdir(), key=str):
            yield f"{language}/{file.name}", file.read_bytes()


def add_sample_answers(answers: CuratedAnswers) -> None:
    """Put the sample shop's curated answers in, where there are none yet."""
    if not answers.list(limit=1):
        file = _SAMPLES.joinpath("answers.csv")
        answers.take_in(file.name, parsed(file.name, file.read_bytes(), DEFAULT_COLLECTION))
