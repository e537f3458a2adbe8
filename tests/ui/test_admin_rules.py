"""Rules in words."""

import pytest

from knowledge.documents import Language
from knowledge.rules.expressions import Expression
from knowledge.rules.model import (
    Action,
    Ask,
    Condition,
    DerivedFact,
    Firing,
    Lookup,
    Lost,
    Rule,
    RuleOutcome,
)
from knowledge.rules.patterns import Keywords, Pattern
from knowledge.rules.problems import Problem
from ui.views_rules import problem_view, rule_view, trial_view

EN, ZH = Language.ENGLISH, Language.CHINESE
RULE = Rule(
    id="refund-window",
    when=Condition(
        intents=("refund", "return"),
        keywords=Keywords(["money back", "退款"]),
        patterns=(Pattern(r"order (?P<order_number>\d{5})"),),
        sentiments=("negative",),
        expression=Expression("order_days <= 30"),
    ),
    then=Action(
        set={"refund_allowed": True},
        lookups=(Lookup("orders", "{order_number}", "order"),),
        reply={EN: "Yes.", ZH: "可以。"},
        ask=Ask("order_number", {EN: "Which order?", ZH: "哪个订单？"}),
        evidence=({EN: "The window is 30 days.", ZH: "退货期为 30 天。"},),
        handover={EN: "It is complicated.", ZH: "情况复杂。"},
    ),
    priority=50,
    stop=True,
    description={EN: "Refunds within 30 days", ZH: "30 天内退款"},
    file="shop.yaml",
    line=12,
)


def test_a_rule_is_said_in_english() -> None:
    view = rule_view(RULE, ["it does not fire"], EN)
    assert view.description == "Refunds within 30 days"
    assert view.place == "shop.yaml:12"
    assert view.conditions == (
        "the intent is refund or return",
        "the message has “money back” or “退款”",
        r"the message matches order (?P<order_number>\d{5})",
        "the mood is upset",
        "order_days <= 30",
    )
    assert view.outcomes == (
        "looks up {order_number} in table orders",
        "notes refund_allowed = yes",
        "gives the fact: The window is 30 days.",
        "asks for order_number: Which order?",
        "replies: Yes.",
        "hands over to a person: It is complicated.",
    )
    assert view.failed == ("it does not fire",)


def test_a_rule_is_said_in_chinese() -> None:
    view = rule_view(RULE, None, ZH)
    assert view.description == "30 天内退款"
    assert view.conditions[0] == "意图为 refund 或 return"
    assert "答复：可以。" in view.outcomes
    assert view.failed is None


def test_a_rule_without_conditions_holds_always() -> None:
    view = rule_view(Rule("hello", Condition(), Action()), (), EN)
    assert view.conditions == ("always",)


def test_a_text_missing_in_one_language_is_shown_in_the_other() -> None:
    only_english = Rule("x", Condition(), Action(), description={EN: "Greets"})
    assert rule_view(only_english, (), ZH).description == "Greets"


@pytest.mark.parametrize(
    ("language", "message", "suggestion"),
    [(EN, "Unknown key.", "Did you mean 'reply'?"), (ZH, "未知的键。", "您是想写 'reply' 吗？")],
)
def test_a_problem_keeps_its_line_and_speaks_the_language(
    language: Language, message: str, suggestion: str
) -> None:
    problem = Problem(
        "a.yaml", 7, "Unknown key.", "Did you mean 'reply'?", "未知的键。", "您是想写 'reply' 吗？"
    )
    view = problem_view(problem, language)
    assert (view.file, view.line) == ("a.yaml", 7)
    assert (view.message, view.suggestion) == (message, suggestion)


def test_a_trial_tells_who_fired_who_lost_and_what_is_known() -> None:
    outcome = RuleOutcome(
        reply={EN: "Yes.", ZH: "可以。"},
        reply_rule="refund-window",
        facts=(DerivedFact("refund_allowed", True, "refund-window"),),
        fired=(Firing("refund-window", "keyword 'refund'"),),
        lost=(Lost("greeting", "refund-window comes first and answers"),),
    )
    trial = trial_view(outcome, "refund, neutral", EN)
    assert trial.reply == "Yes."
    assert trial.fired == (("refund-window", "keyword 'refund'"),)
    assert trial.lost == (("greeting", "refund-window comes first and answers"),)
    assert [(fact.name, fact.value) for fact in trial.facts] == [("refund_allowed", "yes")]


def test_a_question_back_is_the_reply_of_a_trial() -> None:
    asked = RuleOutcome(ask=Ask("order_number", {EN: "Which?", ZH: "哪个？"}), reply_rule="ask")
    assert trial_view(asked, "", ZH).reply == "哪个？"
