"""Curated answers in SQL: what is kept, what is refused, and whose a way to ask is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.curated.errors import (
    AnswerNotFound,
    BadQuestion,
    InvalidAnswerFile,
    NoAnswer,
    NoQuestion,
    QuestionTaken,
)
from knowledge.curated.store import CuratedAnswers
from knowledge.documents import Language
from knowledge.errors import InvalidCollection
from tests.knowledge.curated.parts import answers_at, written


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[CuratedAnswers]:
    with answers_at(tmp_path) as answers:
        yield answers


def test_an_answer_is_kept_changed_and_removed(answers: CuratedAnswers) -> None:
    told: list[int] = []
    answers.on_change(lambda: told.append(1))
    kept = answers.add(
        written("Are you hiring?", " ", "招人吗？", "are you  hiring", answer_zh="招。\r\n好")
    )
    assert kept.questions == ("Are you hiring?", "招人吗？")
    assert kept.answer_zh == "招。\n好"
    assert kept.created_at is not None
    assert answers.get(kept.id) == kept
    changed = answers.change(replace(kept, answer_en="Yes.", enabled=False, updated_by="mei"))
    assert changed == replace(
        kept, answer_en="Yes.", enabled=False, updated_by="mei", updated_at=changed.updated_at
    )
    answers.remove(kept.id)
    assert answers.list() == []
    assert len(told) == 3
    for act in (answers.get, answers.remove):
        with pytest.raises(AnswerNotFound):
            act(kept.id)
    with pytest.raises(AnswerNotFound):
        answers.change(kept)


def test_the_answer_is_given_in_the_language_there_is() -> None:
    both = written("a?", answer_en="Yes.", answer_zh="是。")
    assert both.answer(Language.CHINESE) == ("是。", Language.CHINESE)
    assert both.answer(Language.ENGLISH) == ("Yes.", Language.ENGLISH)
    assert written("a?", answer_zh="是。").answer(Language.ENGLISH) == ("是。", Language.CHINESE)


def test_what_cannot_be_an_answer_is_refused(answers: CuratedAnswers) -> None:
    refused = (
        (written(), NoQuestion),
        (written(" ", "\n"), NoQuestion),
        (written(*(f"{number}?" for number in range(51))), NoQuestion),
        (written("a|b"), BadQuestion),
        (written("a" * 501), BadQuestion),
        (written("a?", answer_en=" \n"), NoAnswer),
        (written("a?", answer_en="x" * 5001), NoAnswer),
        (written("a?", collection=""), InvalidCollection),
    )
    for answer, error in refused:
        with pytest.raises(error):
            answers.add(answer)
    assert answers.list() == []


def test_a_way_to_ask_belongs_to_one_answer_of_its_collection(answers: CuratedAnswers) -> None:
    first = answers.add(written("Are you hiring?"))
    with pytest.raises(QuestionTaken, match="ARE you hiring"):
        answers.add(written("Jobs?", "ARE you hiring"))
    other = answers.add(written("Are you hiring?", collection="shop"))
    with pytest.raises(QuestionTaken):
        answers.change(replace(other, collection="default"))
    answers.change(replace(first, answer_en="No."))
    assert [answer.answer_en for answer in answers.list("default")] == ["No."]


def test_they_come_in_pages_oldest_first(answers: CuratedAnswers) -> None:
    kept = [answers.add(written(f"{number}?")) for number in range(5)]
    found = answers.list(limit=2)
    assert list(found) == kept[:2]
    last = found[-1]
    assert last.created_at is not None
    assert list(answers.list(after=(last.created_at, last.id))) == kept[2:]


def test_a_file_replaces_what_its_first_ways_to_ask_belong_to(answers: CuratedAnswers) -> None:
    kept = answers.add(written("Are you hiring?", "Jobs?", answer_en="Old."))
    lines = [(2, written("are you hiring", "Vacancies?")), (4, written("Tours?"))]
    assert answers.take_in("a.csv", lines, "mei") == (1, 1)
    assert answers.take_in("a.csv", lines, "mei") == (0, 2)
    replaced, new = answers.list()
    assert (replaced.id, replaced.questions) == (kept.id, ("are you hiring", "Vacancies?"))
    assert (new.questions, new.updated_by) == (("Tours?",), "mei")


def test_a_file_that_takes_others_ways_to_ask_changes_nothing(answers: CuratedAnswers) -> None:
    answers.add(written("Are you hiring?"))
    answers.add(written("Tours?"))
    before = answers.list()
    lines = [
        (2, written("New?", "Are you hiring?")),
        (3, written("Fine?")),
        (4, written("Tours?", "are you hiring?")),
    ]
    with pytest.raises(InvalidAnswerFile) as refused:
        answers.take_in("a.csv", lines)
    assert [line for line, _, _ in refused.value.problems] == [2, 4]
    assert "line 2" in refused.value.text(Language.ENGLISH)
    assert "第 4 行" in refused.value.text(Language.CHINESE)
    assert answers.list() == before
