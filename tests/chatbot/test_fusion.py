"""Which route is chosen, in each mode."""

from dataclasses import replace

import pytest

from chatbot.fusion import (
    AskBack,
    Generate,
    HandOver,
    Quote,
    Refuse,
    RuleReply,
    RuleVerdict,
    SideBySide,
    Situation,
    arbitrate,
    asks_for_synthesis,
    decide,
)
from chatbot.messages import Mode

ANSWERABLE = Situation(
    mode="mixed", rules=RuleVerdict(), answerability=0.9, refuse_below=0.3, generator="ready"
)
MODES: tuple[Mode, ...] = ("serial", "parallel", "mixed")


@pytest.mark.parametrize("mode", MODES)
def test_a_rule_that_asks_for_a_person_wins_in_every_mode(mode: Mode) -> None:
    rules = RuleVerdict(reply="safety", hand_over="safety")
    assert decide(replace(ANSWERABLE, mode=mode, rules=rules)) == HandOver("safety")


@pytest.mark.parametrize("mode", MODES)
def test_a_rule_that_needs_a_fact_asks_for_it_in_every_mode(mode: Mode) -> None:
    assert decide(replace(ANSWERABLE, mode=mode, rules=RuleVerdict(ask="order"))) == AskBack(
        "order"
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answerability", [0.0, 0.29])
def test_what_the_evidence_cannot_support_is_refused(mode: Mode, answerability: float) -> None:
    decision = decide(replace(ANSWERABLE, mode=mode, answerability=answerability))
    assert isinstance(decision, Refuse)


def test_mixed_quotes_before_it_generates() -> None:
    assert isinstance(decide(ANSWERABLE), Quote)
    assert isinstance(decide(replace(ANSWERABLE, spread=True)), Generate)


def test_serial_always_lets_the_transformer_phrase() -> None:
    serial = replace(ANSWERABLE, mode="serial")
    assert decide(serial) == Generate("why_generate")
    decision = decide(replace(serial, rules=RuleVerdict(reply="window")))
    assert decision == Generate("why_rule_phrased", "window")


def test_parallel_runs_rule_and_transformer_side_by_side() -> None:
    parallel = replace(ANSWERABLE, mode="parallel", rules=RuleVerdict(reply="window"))
    assert decide(parallel) == SideBySide("window")
    assert decide(replace(parallel, answerability=0.1)) == RuleReply("window")


@pytest.mark.parametrize("mode", MODES)
def test_a_generator_that_does_not_write_the_language_is_not_asked(mode: Mode) -> None:
    unable = replace(ANSWERABLE, mode=mode, generator="wrong_language", spread=True)
    assert decide(unable) == Quote("why_quote_language")
    ruled = replace(unable, rules=RuleVerdict(reply="window"))
    assert decide(ruled) == RuleReply("window")


def test_a_rule_outranks_the_documents_when_mixed() -> None:
    assert decide(replace(ANSWERABLE, rules=RuleVerdict(reply="window"))) == RuleReply("window")


def test_the_arbiter_merges_only_what_agrees() -> None:
    reply = "Order 10023 can be returned within 30 days."
    assert arbitrate(reply, ["You have thirty days to return it."]) == "arbiter_merge"
    assert arbitrate(reply, ["You have 14 days to return it."]) == "arbiter_rule"
    assert arbitrate(reply, []) == "arbiter_rule"


@pytest.mark.parametrize(
    ("question", "spread"),
    [
        ("What is the difference between K2 and K3?", True),
        ("K2 和 K3 有什么区别？", True),
        ("How long is the warranty?", False),
        ("保修多久？", False),
    ],
)
def test_synthesis_is_recognised(question: str, spread: bool) -> None:
    assert asks_for_synthesis(question) is spread
