"""Which curated answer a question gets: on real vectors, without a server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.curated.matcher import CuratedMatcher, open_matcher
from knowledge.curated.store import CuratedAnswers
from knowledge.embedding import Embedder
from knowledge.embedding.loading import load_embedder
from tests.knowledge.curated.parts import answers_at, written

pytestmark = pytest.mark.models

JOBS = written("Are you hiring?", "Do you have any job openings?", answer_en="In March.")
TOURS = written("Can I visit your workshop?", answer_en="On Fridays.")
TIBET = written("你们送货到西藏吗？", answer_zh="送到，另加 12 元。")


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> Embedder:
    return load_embedder("multilingual-e5-small", models_dir)


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[CuratedAnswers]:
    with answers_at(tmp_path) as answers:
        for answer in (JOBS, TOURS, TIBET):
            answers.add(answer)
        yield answers


@pytest.fixture
def matcher(
    answers: CuratedAnswers, embedder: Embedder, tmp_path: Path
) -> Iterator[CuratedMatcher]:
    matcher = open_matcher(answers, embedder, tmp_path)
    yield matcher
    matcher.close()


def given(matcher: CuratedMatcher, question: str, collection: str = "default") -> str:
    near = matcher.nearest(question, collection, 3)
    return "".join((near[0].answer.answer_en, near[0].answer.answer_zh)) if near[0].matches else ""


def test_letter_for_letter_needs_no_vector(matcher: CuratedMatcher) -> None:
    assert matcher.waiting == 4
    assert given(matcher, "are you hiring") == "In March."


def test_other_words_are_found_once_the_vectors_are_there(matcher: CuratedMatcher) -> None:
    matcher.prepare()
    assert matcher.waiting == 0
    assert given(matcher, "Are you currently hiring?") == "In March."
    assert given(matcher, "可以送货到西藏吗？") == "送到，另加 12 元。"


@pytest.mark.parametrize(
    "question",
    [
        "Can I visit your doctor?",
        "你们送货到新疆吗？",
        "Are you not hiring?",
        "What is the weather?",
    ],
)
def test_another_question_gets_none(matcher: CuratedMatcher, question: str) -> None:
    matcher.prepare()
    assert given(matcher, question) == ""


def test_a_change_counts_at_once(matcher: CuratedMatcher, answers: CuratedAnswers) -> None:
    matcher.prepare()
    kept = next(a for a in answers.list() if a.questions == TOURS.questions)
    answers.change(replace(kept, answer_en="On Mondays."))
    assert given(matcher, "Can I visit your workshop?") == "On Mondays."
    answers.change(replace(kept, enabled=False))
    assert given(matcher, "Can I visit your workshop?") == ""


def test_vectors_outlive_a_restart_and_damage(
    matcher: CuratedMatcher, answers: CuratedAnswers, embedder: Embedder, tmp_path: Path
) -> None:
    matcher.prepare()
    again = open_matcher(answers, embedder, tmp_path)
    assert again.waiting == 0
    (tmp_path / "curated.npz").write_bytes(b"damaged")
    damaged = open_matcher(answers, embedder, tmp_path)
    assert damaged.waiting == 4
    damaged.prepare()
    assert damaged.waiting == 0


def test_two_answers_as_near_are_none(answers: CuratedAnswers, matcher: CuratedMatcher) -> None:
    answers.add(written("Do you give tours of the workshop?", answer_en="Never."))
    answers.add(written("Do you offer tours of the workshop?", answer_en="Always."))
    matcher.prepare()
    near = matcher.nearest("Do you do tours of the workshop?", "default", 3)
    assert not near[0].matches
    assert "rival" in {one.fit for one in near}


def test_collections_are_apart(answers: CuratedAnswers, matcher: CuratedMatcher) -> None:
    answers.add(written("Are you hiring?", collection="b2b", answer_en="Ask your agent."))
    matcher.prepare()
    assert given(matcher, "Are you hiring?", "b2b") == "Ask your agent."
    assert matcher.nearest("Are you hiring?", "none", 3) == ()
