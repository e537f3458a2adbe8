"""Checks of rule files and the tests written in them, for `answerdesk rules check|test`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.documents import Language
from knowledge.intents import IntentGuess
from knowledge.language import detect_language
from knowledge.rules.engine import evaluate
from knowledge.rules.expressions import comparable
from knowledge.rules.linking import load_files
from knowledge.rules.model import (
    Expectation,
    ParsedMessage,
    Rule,
    RuleOutcome,
    RuleSet,
    RuleTest,
)
from knowledge.rules.problems import Problem, Problems, RuleFileError
from knowledge.sentiment import sentiment
from knowledge.word_intents import WordIntents

RecogniseIntent = Callable[[str], IntentGuess]


@dataclass(frozen=True, slots=True)
class TestResult:
    """A test of a rule; `failures` say what was expected and what came instead."""

    rule_id: str
    number: int
    message: str
    file: str
    line: int
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failures


def check_files(paths: Sequence[Path]) -> list[Problem]:
    """Everything wrong with the files, taken together; empty when they can be used."""
    try:
        load_files(paths)
    except RuleFileError as error:
        return list(error.errors)
    return []


def run_tests(rules: RuleSet, recognise: RecogniseIntent | None = None) -> list[TestResult]:
    """Run the tests of all rules, each against the whole rule set.

    Without `recognise` intents are guessed from shared words, which needs no model:
    give `intent` in tests whose words differ from all examples.
    """
    guess = recognise or WordIntents(rules.intents).predict
    return [
        _run(rules, rule, number, test, guess)
        for rule in rules
        for number, test in enumerate(rule.tests, start=1)
    ]


def failed_tests(results: Sequence[TestResult]) -> list[Problem]:
    """The failures as problems of their files."""
    found: list[Problem] = []
    for result in results:
        problems = Problems(result.file)
        for failure in result.failures:
            problems.add(
                result.line,
                "failed_test",
                number=result.number,
                rule=result.rule_id,
                reason=failure,
            )
        found.extend(problems.found)
    return found


def _run(
    rules: RuleSet, rule: Rule, number: int, test: RuleTest, guess: RecogniseIntent
) -> TestResult:
    language = test.language or detect_language(test.message)
    recognised = guess(test.message)
    message = ParsedMessage(
        text=test.message,
        language=language,
        intent=test.intent or recognised.intent,
        confidence=1.0 if test.intent else recognised.confidence,
        sentiment=test.sentiment or sentiment(test.message).label,
    )
    # A weekday morning, the first turn: what a test does not say must not depend on the clock.
    facts = {"now_weekday": 2, "now_hour": 10.0, "turn_number": 1, **test.facts}
    outcome = evaluate(rules, facts, message)
    failures = tuple(_failures(rule, test.expect, outcome, language))
    return TestResult(rule.id, number, test.message, rule.file, test.line, failures)


def _failures(
    rule: Rule, expect: Expectation, outcome: RuleOutcome, language: Language
) -> list[str]:
    failures = _failures_of_reply(expect, outcome, language)
    fired = [firing.rule_id for firing in outcome.fired]
    if expect.fires is not None and expect.fires != (rule.id in fired):
        why = dict(outcome.lost).get(rule.id, "its conditions do not hold")
        names = ", ".join(fired) or "none"
        failures.append(
            f"it does not fire ({why}); fired: {names}" if expect.fires else "it fires all the same"
        )
    asked = outcome.ask.slot if outcome.ask else None
    if expect.asks is not None and expect.asks != asked:
        failures.append(f"it asks for {asked}, not for {expect.asks}")
    if expect.handover is not None and expect.handover != (outcome.handover is not None):
        failures.append("no handover" if expect.handover else "a handover")
    derived: Mapping[str, object] = {fact.name: fact.value for fact in outcome.facts}
    for name, value in expect.facts.items():
        if comparable(derived.get(name)) != comparable(value):
            failures.append(f"{name} is {derived.get(name)!r}, not {value!r}")
    return failures


def _failures_of_reply(expect: Expectation, outcome: RuleOutcome, language: Language) -> list[str]:
    said = outcome.reply or outcome.handover or (outcome.ask.question if outcome.ask else None)
    reply = said[language] if said else ""
    missing = [text for text in expect.reply_contains if text.lower() not in reply.lower()]
    present = [text for text in expect.reply_excludes if text.lower() in reply.lower()]
    return [
        *(f"the reply lacks {text!r}: {reply!r}" for text in missing),
        *(f"the reply has {text!r}: {reply!r}" for text in present),
    ]
