"""What may be wrong with curated answers."""

from collections.abc import Sequence
from typing import ClassVar

from knowledge.documents import Language
from knowledge.errors import AnswerDeskError


class AnswerNotFound(AnswerDeskError):
    code = "answer_not_found"
    status = 404
    en = "There is no answer {answer_id!r}."
    zh = "没有答案 {answer_id!r}。"


class InvalidAnswer(AnswerDeskError):
    """Something about one answer that a person can mend."""

    code = "invalid_answer"
    status = 422


class NoQuestion(InvalidAnswer):
    en = "Write at least one way to ask, and at most {limit}."
    zh = "请至少填写一种问法，最多 {limit} 种。"


class BadQuestion(InvalidAnswer):
    en = "“{question}” cannot be a way to ask: it has 1 to {limit} characters on one line, without “|”."
    zh = "“{question}”不能作为问法：须为一行，1 到 {limit} 个字符，且不含“|”。"


class NoAnswer(InvalidAnswer):
    en = "Write the answer in English or Chinese, with at most {limit:,} characters each."
    zh = "请用中文或英文填写答案，每种语言最多 {limit:,} 个字符。"


class QuestionTaken(InvalidAnswer):
    code = "question_taken"
    status = 409
    en = "“{question}” is a way to ask for another answer of this collection already."
    zh = "“{question}”已是本知识库中另一条答案的问法。"


Problem = tuple[int, str, str]
"""A line counted from 1, and what is wrong with it in English and Chinese."""


class InvalidAnswerFile(AnswerDeskError):
    """`problems` is everything that is wrong; the message names up to a screenful."""

    code = "invalid_answer_file"
    status = 422
    shown: ClassVar[int] = 30
    en = "Nothing was taken from {name}; {count} of its lines need mending:"
    zh = "未从 {name} 导入任何内容，其中 {count} 行需要修改："

    def __init__(self, *, name: str, problems: Sequence[Problem]) -> None:
        self.problems = problems
        super().__init__(name=name, count=len({line for line, _, _ in problems}))

    def text(self, language: Language) -> str:
        """The message in `language`, a line for each problem."""
        if language is Language.CHINESE:
            lines = [f"第 {line} 行：{zh}" for line, _, zh in self.problems]
        else:
            lines = [f"line {line}: {en}" for line, en, _ in self.problems]
        rest = ["..."] if len(lines) > self.shown else []
        return "\n".join([super().text(language), *lines[: self.shown], *rest])
