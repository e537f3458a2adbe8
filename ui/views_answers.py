"""Curated answers as the page of answers shows them: filter and rows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from knowledge.curated.model import CuratedAnswer
from knowledge.documents import Language
from knowledge.language import normalise, to_simplified
from ui.render_admin import moment

_SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A line of the table. `only` names the language, where the answer is in one."""

    id: str
    question: str
    more: int
    text: str
    language: str
    only: str
    enabled: bool
    collection: str
    updated: str


def matching(
    answers: Sequence[CuratedAnswer], query: str, collection: str
) -> Sequence[CuratedAnswer]:
    """The answers that hold every word of `query`, what was changed last first."""
    words = _plain(query).split()
    found = [
        answer
        for answer in answers
        if collection in ("", answer.collection)
        and all(word in _searched(answer) for word in words)
    ]
    return sorted(found, key=lambda answer: (_changed(answer), answer.id), reverse=True)


def answer_row(answer: CuratedAnswer, language: Language, zone: ZoneInfo) -> AnswerRow:
    """The line of `answer`, its text in `language` where there is one."""
    text, written_in = answer.answer(language)
    both = answer.answer_en and answer.answer_zh
    shown = " ".join(text.split())
    cut = len(shown) > _SHOWN_CHARACTERS
    return AnswerRow(
        id=answer.id,
        question=answer.questions[0],
        more=len(answer.questions) - 1,
        text=shown[:_SHOWN_CHARACTERS] + ("…" if cut else ""),
        language=written_in.value,
        only="" if both else written_in.value,
        enabled=answer.enabled,
        collection=answer.collection,
        updated=moment(answer.updated_at, zone) if answer.updated_at else "",
    )


def _changed(answer: CuratedAnswer) -> str:
    return answer.updated_at.isoformat() if answer.updated_at else ""


def _searched(answer: CuratedAnswer) -> str:
    return _plain("\n".join((*answer.questions, answer.answer_en, answer.answer_zh)))


def _plain(text: str) -> str:
    return to_simplified(normalise(text)).casefold()
