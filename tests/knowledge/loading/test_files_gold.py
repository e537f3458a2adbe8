"""Public files and the text expected of them: every one is read or refused, and well enough."""

import statistics
from collections.abc import Iterator

import pytest

from knowledge.documents import Language
from knowledge.loading.child import LoadingChild
from tests.benchmarks.data_sets import folder
from tests.benchmarks.files import SECONDS, by_format, outcomes, samples

pytestmark = [
    pytest.mark.data,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (folder() / "files_gold").is_dir(), reason="the public files are not on this machine"
    ),
]
# Medians; tests/benchmarks/files.md has what they are.
FLOORS = {".docx": 0.90, ".html": 0.90, ".csv": 0.90, ".xlsx": 0.90, ".md": 0.90, ".pdf": 0.80}


@pytest.fixture
def child() -> Iterator[LoadingChild]:
    reader = LoadingChild()
    yield reader
    reader.close()


def test_every_file_is_read_or_refused_and_read_well(child: LoadingChild) -> None:
    files = samples()
    done = list(outcomes(child, files))
    assert len(done) == len(files) > 250
    for outcome in done:
        assert outcome.seconds < SECONDS, outcome.sample.name
        if outcome.refusal is not None:
            for language in Language:
                assert outcome.sample.path.name in outcome.refusal.text(language)
            assert outcome.refusal.code not in {"reading_crashed", "ingest_failed"}
    scores = by_format(done)
    assert {kind: statistics.median(scores[kind]) >= floor for kind, floor in FLOORS.items()} == (
        dict.fromkeys(FLOORS, True)
    )
