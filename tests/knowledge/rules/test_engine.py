import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.documents import Language
from knowledge.rules.engine import evaluate, fill_slot
from knowledge.rules.expressions import Expression
from knowledge.rules.model import (
    Action,
    Condition,
    ParsedMessage,
    Rule,
    RuleSet,
    Texts,
    in_order,
)
from tests.knowledge.rules.shop import ask, rules_of, shop

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE


def test_a_chain_from_a_pattern_over_a_table_to_a_reply(tmp_path: Path) -> None:
    outcome = ask(shop(tmp_path), "May I have a refund for Order #10021?")
    assert outcome.reply == {
        ENGLISH: "Yes. Order 10021 came 12 days ago; you get 199.00 back.",
        CHINESE: "可以。订单 10021 于 12 天前送达，将退还 199.00 元。",
    }
    assert outcome.reply_rule == "refund-in-time"
    assert [firing.rule_id for firing in outcome.fired] == ["find-order", "refund-in-time"]
    assert outcome.fired[0].because == "pattern 'Order #10021'"
    assert "keyword 'refund'" in outcome.fired[1].because
    facts = {fact.name: (fact.value, fact.rule_id) for fact in outcome.facts}
    assert facts["order_status"] == ("delivered", "find-order")
    assert facts["refund_allowed"] == (True, "refund-in-time")
    assert facts["amount"] == ("199.00", "refund-in-time")
    assert outcome.slots == {"order_number": "10021"}
    assert dict(outcome.lost)["window"] == "refund-in-time stops lower priorities"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("訂單10022想退款", "refund-too-late"),
        ("订单１００２１ 我要退钱", "refund-in-time"),
        ("refunds for order 10022, please", "refund-too-late"),
        ("refunded order 10021", None),
        ("退款", None),
    ],
)
def test_which_rule_replies(tmp_path: Path, text: str, rule: str | None) -> None:
    assert ask(shop(tmp_path), text).reply_rule == rule


def test_a_remembered_slot_is_a_fact_and_a_new_value_replaces_it(tmp_path: Path) -> None:
    rules = shop(tmp_path)
    assert ask(rules, "refund", "refund", order_number="10021").reply_rule is None
    again = ask(rules, "and a refund for #10022?", "refund", order_number="10021")
    assert again.reply_rule == "refund-too-late"
    assert again.slots == {"order_number": "10022"}


def test_asks_for_what_is_missing(tmp_path: Path) -> None:
    outcome = ask(shop(tmp_path), "I want my money back", "refund")
    assert outcome.ask is not None
    assert outcome.ask.slot == "order_number"
    assert outcome.ask.question[CHINESE] == "请问您的订单号是多少？"
    assert outcome.reply is None


def test_an_unsure_intent_does_not_count_and_is_noted(tmp_path: Path) -> None:
    message = ParsedMessage("hm", ENGLISH, "refund", confidence=0.3)
    outcome = evaluate(shop(tmp_path), {}, message)
    assert outcome.ask is None
    assert dict(outcome.lost) == {"refund-which-order": "intent refund is only 30% sure"}


def test_hand_over_and_evidence(tmp_path: Path) -> None:
    rules = shop(tmp_path)
    outcome = ask(rules, "I will call my lawyer")
    assert outcome.handover == {ENGLISH: "An upset customer", CHINESE: "客户情绪激动"}
    evidence = ask(rules, "refund").evidence
    assert evidence[0].texts[ENGLISH] == "Refunds are possible within 30 days."
    assert evidence[0].rule_id == "window"


def test_facts_of_a_low_rule_make_a_high_rule_fire() -> None:
    rules = rules_of("""
rules:
  - {id: low, priority: 1, when: {keywords: [go]}, then: {set: {ready: true}}}
  - {id: high, priority: 9, when: {expression: ready}, then: {reply: {en: 'Ready', zh: '好了'}}}
  - {id: middle, priority: 5, when: {keywords: [go]}, then: {set: {seen: true}}}
""")
    outcome = ask(rules, "go")
    assert [firing.rule_id for firing in outcome.fired] == ["middle", "low", "high"]
    assert outcome.reply_rule == "high"


def test_the_first_reply_in_order_wins_and_the_other_is_told_why() -> None:
    rules = rules_of("""
rules:
  - {id: b, when: {keywords: [go]}, then: {reply: {en: 'B', zh: '乙'}}}
  - {id: a, when: {keywords: [go]}, then: {reply: {en: 'A', zh: '甲'}}}
  - {id: c, priority: -1, when: {keywords: [go]}, then: {reply: {en: 'C', zh: '丙'}}}
""")
    outcome = ask(rules, "go")
    assert outcome.reply_rule == "a"
    assert dict(outcome.lost) == {"b": "a comes first and answers", "c": "a stops lower priorities"}


def test_a_reply_may_let_lower_rules_go_on() -> None:
    rules = rules_of("""
rules:
  - {id: a, priority: 2, stop: false, when: {keywords: [go]}, then: {reply: {en: 'A', zh: '甲'}}}
  - {id: b, priority: 1, when: {keywords: [go]}, then: {set: {seen: yes}}}
""")
    assert [fact.name for fact in ask(rules, "go").facts] == ["seen"]


def test_a_reply_that_lacks_a_fact_is_lost_and_does_not_stop() -> None:
    rules = rules_of("""
slots: [city]
rules:
  - {id: a, priority: 2, when: {keywords: [go]}, then: {reply: {en: 'To {city}', zh: '去{city}'}}}
  - {id: b, priority: 1, when: {keywords: [go]}, then: {reply: {en: 'Where?', zh: '去哪儿？'}}}
""")
    outcome = ask(rules, "go")
    assert outcome.reply_rule == "b"
    assert dict(outcome.lost) == {"a": "reply: city not known"}
    assert ask(rules, "go", city="Rome").reply == {ENGLISH: "To Rome", CHINESE: "去Rome"}


def test_the_first_rule_to_derive_a_fact_keeps_it() -> None:
    rules = rules_of("""
rules:
  - {id: a, priority: 2, when: {keywords: [go]}, then: {set: {tone: warm}}}
  - {id: b, priority: 1, when: {keywords: [go]}, then: {set: {tone: cool}}}
""")
    outcome = ask(rules, "go", tone="before")
    assert [(fact.value, fact.rule_id) for fact in outcome.facts] == [("warm", "a")]
    assert dict(outcome.lost) == {"b": "tone is already set by a"}


def test_types_that_do_not_fit_are_no_match_and_noted_only_when_known() -> None:
    rules = rules_of("""
slots: [age]
rules:
  - {id: a, when: {expression: 'age >= 18'}, then: {reply: {en: 'Yes', zh: '是'}}}
""")
    assert ask(rules, "hi", age="20").reply_rule == "a"
    assert ask(rules, "hi").lost == ()
    assert "data type mismatch" in dict(ask(rules, "hi", age="old").lost)["a"]


def test_rules_that_feed_each_other_come_to_an_end() -> None:
    rules = rules_of("""
rules:
  - {id: a, when: {expression: 'y != false'}, then: {set: {x: true}}}
  - {id: b, when: {expression: 'x == true'}, then: {set: {y: false}}}
""")
    assert sorted(firing.rule_id for firing in ask(rules, "hi").fired) == ["a", "b"]


def test_facts_show_in_each_language() -> None:
    rules = rules_of("""
facts: {open: true, price: 10.0, rate: 0.5}
rules:
  - {id: a, when: {keywords: [go]}, then: {reply: {en: '{open} {price} {rate} {{x}}', zh: '{open}'}}}
""")
    assert ask(rules, "go").reply == {ENGLISH: "yes 10 0.5 {x}", CHINESE: "是"}


def test_text_from_the_visitor_is_never_a_template() -> None:
    rules = rules_of(r"""
facts: {secret: 42}
rules:
  - id: a
    when: {pattern: 'i am (?P<name>.+)'}
    then: {set: {greeting: 'Hi {name}'}, reply: {en: '{greeting}', zh: '{greeting}'}}
""")
    reply = ask(rules, "I am {secret}").reply
    assert reply is not None
    assert reply[ENGLISH] == "Hi {secret}"


@pytest.mark.parametrize(
    ("text", "value"),
    [("10023", "10023"), ("It is 10023.", "10023"), ("是１００２３", "10023"), ("hello", None)],
)
def test_a_bare_value_answers_the_question(tmp_path: Path, text: str, value: str | None) -> None:
    rules = shop(tmp_path)
    question = ask(rules, "I want my money back", "refund").ask
    assert question is not None
    assert fill_slot(rules, question, text) == ({"order_number": value} if value else {})


def test_a_slot_without_a_pattern_takes_a_short_text_that_is_no_question() -> None:
    rules = rules_of("""
rules:
  - id: a
    when: {keywords: [go], expression: 'city == null'}
    then: {ask: {slot: city, question: {en: 'Where?', zh: '哪里？'}}}
""")
    question = ask(rules, "go").ask
    assert question is not None
    assert fill_slot(rules, question, "Paris.") == {"city": "Paris"}
    assert fill_slot(rules, question, "Why do you ask?") == {}
    assert fill_slot(rules, question, "well " * 20) == {}


NAMES = ["p", "q", "r", "s"]


@st.composite
def random_rules(draw: st.DrawFn) -> list[Rule]:
    rules: list[Rule] = []
    for number in range(draw(st.integers(1, 7))):
        reads = draw(st.sampled_from(["true", *(f"{name} == null" for name in NAMES), *NAMES]))
        sets = draw(st.dictionaries(st.sampled_from(NAMES), st.booleans(), max_size=2))
        reply: Texts | None = draw(st.sampled_from([None, dict.fromkeys(Language, str(number))]))
        rules.append(
            Rule(
                id=f"rule-{number}",
                when=Condition(expression=Expression(reads)),
                then=Action(set=dict[str, object](sets), reply=reply),
                priority=draw(st.integers(0, 2)),
                stop=draw(st.booleans()),
            )
        )
    return rules


@settings(deadline=None)
@given(random_rules(), st.randoms(use_true_random=False))
def test_order_of_files_and_rules_does_not_matter(rules: list[Rule], chance: random.Random) -> None:
    message = ParsedMessage("hi", ENGLISH)
    shuffled = rules.copy()
    chance.shuffle(shuffled)
    outcome = evaluate(RuleSet(in_order(rules)), {}, message)
    assert evaluate(RuleSet(in_order(shuffled)), {}, message) == outcome


@settings(deadline=None)
@given(random_rules())
def test_each_rule_fires_at_most_once_and_a_stop_is_final(rules: list[Rule]) -> None:
    outcome = evaluate(RuleSet(in_order(rules)), {}, ParsedMessage("hi", ENGLISH))
    fired = [firing.rule_id for firing in outcome.fired]
    assert len(fired) == len(set(fired))
    by_id = {rule.id: rule for rule in rules}
    floor = -1
    for rule_id in fired:
        assert by_id[rule_id].priority >= floor
        if by_id[rule_id].stop:
            floor = max(floor, by_id[rule_id].priority)
