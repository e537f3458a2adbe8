"""Answers that a person wrote, over the real shop: given to the letter, in every mode."""

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from chatbot.answering import Answering, QuoteLimits
from chatbot.assistant import Assistant
from chatbot.cancellation import Cancellation
from chatbot.dialogue import DialogueManager
from chatbot.generators.scripted import ScriptedGenerator
from chatbot.messages import Answer, Mode, Question, TextDelta, TurnFinished
from knowledge.curated.model import CuratedAnswer
from knowledge.documents import Language, Passage, Position

pytestmark = pytest.mark.models

LIMITS = QuoteLimits(max_sentences=2, max_characters=300, max_tokens=80)
ENGLISH = "Yes: two a day,\n- on [1] weekdays only.  <b>Ask</b> Ms Li, ¥5."
OPENS = "可以参观吗？"


@pytest.fixture
def answer(shop: Assistant) -> Iterator[CuratedAnswer]:
    ways = ("May I tour your workshop?", "Do you offer tours of the workshop?", OPENS)
    kept = shop.answers.add(CuratedAnswer(ways, answer_en=ENGLISH))
    shop.curated.prepare()
    yield kept
    shop.answers.remove(kept.id)


@pytest.fixture
def dialogue(shop: Assistant) -> DialogueManager:
    generator = ScriptedGenerator(["The Transformer was here."])
    return replace(shop.dialogue, answering=Answering(generator, LIMITS))


def said(dialogue: DialogueManager, question: Question) -> tuple[str, Answer]:
    events = list(dialogue.respond(replace(question, keep=False), Cancellation()))
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    return "".join(e.text for e in events if isinstance(e, TextDelta)), finished.answer


@pytest.mark.parametrize("mode", get_args(Mode))
def test_a_paraphrase_gets_the_answer_to_the_letter(
    dialogue: DialogueManager, answer: CuratedAnswer, mode: Mode
) -> None:
    text, given = said(dialogue, Question("Do you give tours of your workshop?", mode=mode))
    assert text == given.text == ENGLISH
    assert given.route == "curated"
    assert not given.refused
    assert not given.generator_called
    assert given.citations == ()
    step = next(step for step in given.trace if step.stage == "curated")
    assert step.details["answer_id"] == answer.id
    decided = next(step for step in given.trace if step.stage == "decide")
    assert any(way in decided.reason for way in answer.questions)


@pytest.mark.usefixtures("answer")
def test_another_question_about_the_same_gets_no_curated_answer(dialogue: DialogueManager) -> None:
    for question in ("How long is a tour of the workshop?", "Who repairs kettles in the workshop?"):
        assert said(dialogue, Question(question))[1].route != "curated"


@pytest.mark.usefixtures("answer")
def test_what_lacks_the_visitors_language_is_given_in_the_other_one(
    dialogue: DialogueManager,
) -> None:
    text, given = said(dialogue, Question(OPENS))
    assert (text, given.route, given.language) == (ENGLISH, "curated", Language.CHINESE)
    assert "只有英文" in given.trace[-1].reason


@pytest.mark.usefixtures("answer")
def test_an_answer_belongs_to_its_collection_and_gives_way_to_given_passages(
    dialogue: DialogueManager,
) -> None:
    asked = "May I tour your workshop?"
    assert said(dialogue, Question(asked))[1].route == "curated"
    assert said(dialogue, Question(asked, collection="other"))[1].route == "refuse"
    passage = Passage("p", "p", "Tours", "Tours of the workshop are on Friday.", Position(0, 36))
    given = said(dialogue, Question(asked, passages=(passage,)))[1]
    assert given.route != "curated"
    assert said(dialogue, Question(asked, passages=()))[1].route == "refuse"


def test_a_rule_comes_before_a_curated_answer(shop: Assistant, dialogue: DialogueManager) -> None:
    asked = "Can I still return order 10023?"
    kept = shop.answers.add(CuratedAnswer((asked,), answer_en="Ask again later."))
    try:
        given = said(dialogue, Question(asked))[1]
        assert given.route == "rule"
        assert "refund-out-of-window" in given.rules
    finally:
        shop.answers.remove(kept.id)


def test_one_that_rests_is_not_given(
    shop: Assistant, dialogue: DialogueManager, answer: CuratedAnswer
) -> None:
    shop.answers.change(replace(answer, enabled=False))
    assert said(dialogue, Question("May I tour your workshop?"))[1].route != "curated"


@pytest.mark.parametrize(
    "question",
    ["Do you currently have any job openings?", "请问你们现在招人吗？", "Who designs your kettles"],
)
def test_the_sample_shop_has_curated_answers(dialogue: DialogueManager, question: str) -> None:
    assert said(dialogue, Question(question))[1].route == "curated"
