"""Curated answers and what is found among them: values only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from knowledge.documents import DEFAULT_COLLECTION, Language

MOST_QUESTIONS = 50
QUESTION_CHARACTERS = 500
ANSWER_CHARACTERS = 5_000
# Parts the questions of a cell in CSV, as a new line does.
SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class CuratedAnswer:
    """Ways to ask, and the answer that is given word for word. One that is not `enabled` rests.

    At least one of `answer_en` and `answer_zh` has text. Without an `id` it is not kept yet.
    """

    questions: tuple[str, ...]
    answer_en: str = ""
    answer_zh: str = ""
    collection: str = DEFAULT_COLLECTION
    enabled: bool = True
    id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""

    def answer(self, language: Language) -> tuple[str, Language]:
        """The answer in `language`, or else in the one it was written in; and which that is."""
        texts = {Language.ENGLISH: self.answer_en, Language.CHINESE: self.answer_zh}
        if texts[language]:
            return texts[language], language
        return next((text, known) for known, text in texts.items() if text)


Fit = Literal["same", "fits", "far", "values", "negation", "asks", "words", "swapped", "rival"]
"""Why a way to ask is the question (`same` letter for letter, or it `fits`), or is not.

far       the meanings are too far apart
values    a number, code or name is in one of them only
negation  one is denied, the other not
asks      one asks how long, say, and the other how much
words     too many words of one are not in the other
swapped   the same sentence but for a word: Tibet, Xinjiang
rival     a way to ask for another answer is about as near
"""


@dataclass(frozen=True, slots=True)
class Near:
    """A way to ask for `answer` beside a question; `similarity` is a centred cosine in [-1, 1]."""

    answer: CuratedAnswer
    question: str
    similarity: float
    fit: Fit

    @property
    def matches(self) -> bool:
        """Whether the question is to get the answer."""
        return self.fit in ("same", "fits")
