"""The sample shop's forty questions and the rubric they are judged by."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import PurePosixPath

from pydantic import TypeAdapter

from chatbot.assistant import Assistant
from chatbot.cancellation import Cancellation
from chatbot.grounding import Source, unsupported_values
from chatbot.messages import Answer, Message, Mode, Question, Role, TurnFinished
from knowledge.language import normalise

_MARK = re.compile(r"\s*\[\d+\]")
_OFFERS_PERSON = re.compile(r"person|colleague|agent|team member|人工|同事|客服")


@dataclass(frozen=True, slots=True)
class Expected:
    """What makes an answer right; see assets/samples/README.md."""

    contains_all: list[list[str]] = field(default_factory=list[list[str]])
    contains_none: list[str] = field(default_factory=list[str])
    refused: bool = False
    offers_person: bool = False
    route_in: list[str] = field(default_factory=list[str])
    cites: list[str] = field(default_factory=list[str])
    rules: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Said:
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """One of the forty."""

    id: str
    language: str
    question: str
    kind: str
    expected: Expected
    note: str = ""
    history: list[Said] = field(default_factory=list[Said])


def sample_questions() -> list[SampleQuestion]:
    """All forty, in the order of the file."""
    text = resources.files("assets").joinpath("samples/questions.jsonl").read_text("utf-8")
    adapter = TypeAdapter(SampleQuestion)
    return [adapter.validate_python(json.loads(line)) for line in text.splitlines() if line]


def ask(assistant: Assistant, question: SampleQuestion, mode: Mode = "mixed") -> Answer:
    """The finished answer to one of the questions."""
    history = tuple(Message(said.role, said.text) for said in question.history)
    asked = Question(question.question, mode=mode, history=history, keep=False)
    *_, last = assistant.dialogue.respond(asked, Cancellation())
    assert isinstance(last, TurnFinished)
    return last.answer


def faults(question: SampleQuestion, answer: Answer) -> list[str]:
    """What is wrong with the answer; nothing when it is right."""
    expected = question.expected
    text = normalise(_MARK.sub("", answer.text)).casefold()
    found = [f"lacks {a}" for a in expected.contains_all if not _any_in(a, text)]
    found += [f"says {w!r}" for w in expected.contains_none if normalise(w).casefold() in text]
    found += _route_faults(expected, answer)
    if expected.offers_person and not (
        answer.route == "handover" or _OFFERS_PERSON.search(answer.text)
    ):
        found.append("offers no person")
    if answer.language != question.language:
        found.append(f"is in {answer.language}")
    if unsupported := unsupported_in(answer):
        found.append(f"unsupported: {unsupported}")
    return found


def unsupported_in(answer: Answer) -> list[str]:
    """Values in a quoted or generated answer that none of its citations holds.

    Sentences that rest on a rule have no citation; the gate compared them with its words.
    """
    sources = [Source(c.number, f"{c.title}\n{c.passage_text}") for c in answer.citations]
    return [
        value
        for sentence in _cited_sentences(answer)
        for value in unsupported_values(sentence, sources)
    ]


def _cited_sentences(answer: Answer) -> list[str]:
    if answer.route == "quote":
        return [_MARK.sub("", answer.text)]
    if answer.route != "generate":
        return []
    verdicts = TypeAdapter(list[dict[str, object]]).validate_python(
        answer.trace[-1].details["verdicts"]
    )
    return [
        str(verdict["sentence"])
        for verdict in verdicts
        if verdict["supported"] and isinstance(verdict["source"], int)
    ]


def _route_faults(expected: Expected, answer: Answer) -> list[str]:
    found: list[str] = []
    routes = expected.route_in or (["refuse", "handover", "clarify"] if expected.refused else [])
    if routes and answer.route not in routes:
        found.append(f"took the route {answer.route}")
    if not expected.refused and answer.refused:
        found.append("refused")
    documents = {PurePosixPath(c.document).stem for c in answer.citations}
    if expected.cites and answer.route == "quote" and not documents & set(expected.cites):
        found.append(f"cites {sorted(documents)}")
    if expected.rules and not set(expected.rules) & set(answer.rules):
        found.append(f"rules {list(answer.rules)}")
    return found


def _any_in(alternatives: Sequence[str], text: str) -> bool:
    return any(normalise(words).casefold() in text for words in alternatives)
