"""Files of questions and queries."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.batch import (
    Progress,
    QuestionLine,
    answer_all,
    finished_ids,
    read_queries,
    read_questions,
    search_all,
)
from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed, InvalidLines
from chatbot.messages import Answer, Message, Question, ReplyEvent, TextDelta, TurnFinished
from knowledge.documents import Language, Passage, Position, Ranked
from knowledge.errors import PathNotFound

FIELDS = {
    "id",
    "answer",
    "language",
    "route",
    "refused",
    "answerability",
    "citations",
    "rules",
    "generator_called",
    "latency_ms",
    "first_token_ms",
}


class Echo:
    """Answers with the question; breaks on `boom`."""

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        self.asked.append(question)
        if question.text == "boom":
            raise GeneratorFailed(reason="no memory")
        yield TextDelta(question.text)
        refused = question.passages == ()
        yield TurnFinished(Answer("t", "", question.text, Language.ENGLISH, "quote", refused, 0.5))


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_lines_become_questions(tmp_path: Path) -> None:
    source = written(
        tmp_path / "in.jsonl",
        {"id": "1", "question": "A?"},
        {
            "id": 2,
            "question": "B?",
            "history": [{"role": "user", "text": "hi"}, {"role": "assistant", "text": "hello"}],
            "passages": [{"id": "p1", "text": "Text.", "title": "T"}],
            "slots": {"order": "A1"},
            "gold": "ignored",
        },
        {"id": "3", "question": "C?", "passages": []},
    )
    first, second, third = (line.ask("serial", "c") for line in read_questions(source, 100))
    assert first == Question("A?", mode="serial", collection="c", history=(), keep=False)
    assert second.history == (Message("user", "hi"), Message("assistant", "hello"))
    assert second.passages is not None
    assert second.passages[0] == Passage("p1", "p1", "T", "Text.", Position(0, 5))
    assert second.slots == {"order": "A1"}
    assert third.passages == ()
    assert first.passages is None


def test_a_byte_order_mark_and_blank_lines_are_no_lines(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'\xef\xbb\xbf{"id": "1", "question": "A?"}\r\n\r\n \n')
    assert [line.id for line in read_questions(source, 100)] == ["1"]


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    lines = [
        b'{"id": "1", "question": "A?"}',
        b"{",
        b'{"question": "A?"}',
        b'{"id": "4"}',
        b'{"id": "5", "question": 7}',
        b'{"id": "6", "question": " "}',
        b'{"id": "7", "question": "' + b"x" * 200 + b'"}',
        b'{"id": "1", "question": "again"}',
        b'{"id": "9", "question": "\xff"}',
        b'{"id": "10", "question": "a", "history": [{"role": "system", "text": "x"}]}',
        b'{"id": "11", "question": "a", "passages": [{"text": "x"}]}',
        b"[]",
        b'{"id": "13", "question": "\\u0000\\u0001"}',
        b'{"id": "14", "question": "\\ud800"}',
    ]
    source.write_bytes(b"\n".join(lines))
    with pytest.raises(InvalidLines) as caught:
        read_questions(source, 100)
    numbers = [error.details["line"] for error in caught.value.errors]
    assert numbers == list(range(2, 15))
    english = caught.value.text(Language.ENGLISH).splitlines()
    chinese = caught.value.text(Language.CHINESE).splitlines()
    assert english[1] == "in.jsonl, line 3: id: is missing"
    assert chinese[1] == "in.jsonl 第 3 行：id：缺少该字段"
    assert english[6] == "in.jsonl, line 8: the same id as line 1"
    assert len(english) == len(chinese) == 13


def test_many_mistakes_do_not_fill_the_screen(tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", *[{"id": n} for n in range(500)])
    with pytest.raises(InvalidLines) as caught:
        read_questions(source, 100)
    assert len(str(caught.value).splitlines()) == 21
    assert str(caught.value).endswith("480 more lines.")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound):
        read_questions(tmp_path / "none.jsonl", 100)


def test_answers_come_in_order_and_one_that_breaks_costs_no_other() -> None:
    lines = [QuestionLine(id=n, question=q) for n, q in enumerate(["A?", "boom", "问？"])]
    output = io.StringIO()
    progress = Progress(total=3)
    answer_all(lines, Echo(), output, progress, lambda line: line.ask(None, "default"))
    found = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [line["id"] for line in found] == [0, 1, 2]
    assert [line["answer"] for line in found] == ["A?", "", "问？"]
    assert "问？" in output.getvalue()
    assert set(found[0]) == FIELDS
    assert set(found[1]) == {*FIELDS, "error"}
    assert found[1]["error"]["code"] == "generator_failed"
    assert found[1]["refused"] is True
    assert (progress.done, progress.failed) == (3, 1)


def test_what_is_written_survives_an_interruption_and_is_not_done_again(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    output.write_bytes(b'{"id": "1", "answer": "a"}\n{"id": 2, "answer": "b"}\n{"id": "3", "ans')
    assert finished_ids(output) == {"1", 2}
    assert output.read_bytes().endswith(b'"b"}\n')
    assert finished_ids(output) == {"1", 2}
    assert finished_ids(tmp_path / "none.jsonl") == set()


def test_resuming_leaves_a_file_of_something_else_alone(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("these are\nmy notes\n", encoding="utf-8")
    with pytest.raises(InvalidLines):
        finished_ids(other)
    assert other.read_text(encoding="utf-8") == "these are\nmy notes\n"


def test_queries_take_the_visitors_words_as_history(tmp_path: Path) -> None:
    source = written(
        tmp_path / "q.jsonl",
        {"id": "1", "query": "and for shoes?", "history": ["returns?", "how long?"]},
        {
            "id": "2",
            "query": "b",
            "history": [{"role": "user", "text": "u"}, {"role": "assistant", "text": "a"}],
        },
    )
    first, second = read_queries(source, 100)
    assert first.said_before == ["returns?", "how long?"]
    assert second.said_before == ["u"]
    assert (first.answered_before, second.answered_before) == ("", "a")
    hit = Ranked(Passage("p", "d", "T", "text", Position(0, 4)), 1.5, keyword_rank=1)
    output = io.StringIO()
    search_all([first], lambda _: [hit], output, Progress(total=1))
    assert json.loads(output.getvalue()) == {
        "id": "1",
        "hits": [
            {
                "passage_id": "p",
                "document": "d",
                "title": "T",
                "position": {"start": 0, "end": 4, "headings": [], "place": None},
                "text": "text",
                "score": 1.5,
                "keyword_rank": 1,
                "dense_rank": None,
                "url": None,
            }
        ],
    }
