"""The sample shop's forty questions, end to end with the real models."""

import pytest

from chatbot.assistant import Assistant
from chatbot.messages import Answer
from tests.samples import SampleQuestion, ask, faults, sample_questions, unsupported_in

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]

LEAST_RIGHT = 36

Answered = list[tuple[SampleQuestion, Answer]]


@pytest.fixture(scope="module")
def answered(shop: Assistant) -> Answered:
    """Every question with its answer in `mixed` mode."""
    return [(question, ask(shop, question)) for question in sample_questions()]


def test_there_are_forty_in_two_languages() -> None:
    languages = [question.language for question in sample_questions()]
    assert (languages.count("en"), languages.count("zh")) == (20, 20)


def test_most_are_right(answered: Answered) -> None:
    wrong = {q.id: (a.text, faults(q, a)) for q, a in answered if faults(q, a)}
    assert len(answered) - len(wrong) >= LEAST_RIGHT, wrong


def test_none_states_an_unsupported_value(answered: Answered) -> None:
    assert not {q.id: unsupported_in(a) for q, a in answered if unsupported_in(a)}


def test_what_cannot_be_answered_is_refused_with_the_offer_of_a_person(answered: Answered) -> None:
    unanswerable = [(q, a) for q, a in answered if q.kind == "unanswerable"]
    assert len(unanswerable) == 8
    assert not {q.id: (a.text, faults(q, a)) for q, a in unanswerable if faults(q, a)}


def test_most_turns_need_no_transformer(answered: Answered) -> None:
    assert sum(answer.generator_called for _, answer in answered) <= 2


def test_every_decision_can_be_read_from_the_trace(answered: Answered) -> None:
    for question, answer in answered:
        stages = [step.stage for step in answer.trace]
        assert stages[:2] == ["understand", "rules"], question.id
        assert stages[-2:] == ["decide", "answer"], question.id
        assert answer.trace[-1].details["route"] == answer.route
