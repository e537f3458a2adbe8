"""Rules: the list with its tests and problems, and a message tried on them."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import gradio as gr

from knowledge.language import detect_language
from knowledge.rules.engine import evaluate
from knowledge.rules.model import ParsedMessage, RuleSet
from knowledge.rules.testing import RecogniseIntent, run_tests
from knowledge.sentiment import sentiment
from ui.handlers_admin import Desk
from ui.render_admin import render
from ui.views_rules import problem_view, rule_view, trial_view

_MAX_MESSAGE = 2000

# Why tests fail, by rule.
Failures = Mapping[str, Sequence[str]]


class RulesHandlers:
    """Shows and tries the rules of one assistant. Changes nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._recogniser = desk.assistant.recogniser
        self._testing = threading.Lock()
        self._tested: tuple[str, Failures] | None = None

    def folder(self) -> str:
        """Where rule files are put."""
        return str(self._desk.assistant.rules.folder)

    def show(self, request: gr.Request) -> Iterator[str]:
        """Every rule in force and every problem of the files; the tests follow when they have run."""
        self._desk.member(request)
        rules = self._desk.assistant.rules.current()
        tested = self._tested
        if tested is None or tested[0] != rules.fingerprint:
            yield self._page(rules, None)
            tested = self._test(rules)
        yield self._page(rules, tested[1])

    def attempt(self, message: str, request: gr.Request) -> str:
        """What the rules make of `message`."""
        self._desk.member(request)
        if not message.strip():
            raise gr.Error(self._desk.text("try_empty"), print_exception=False)
        rules = self._desk.assistant.rules.current()
        parsed = _parsed(message[:_MAX_MESSAGE], self._recogniser.for_rules(rules))
        outcome = evaluate(rules, self._facts(), parsed)
        trial = trial_view(outcome, self._recognised(parsed), self._desk.language)
        return render("trial", self._desk.language, trial=trial)

    def _page(self, rules: RuleSet, failures: Failures | None) -> str:
        problems, language = self._desk.assistant.rules.problems, self._desk.language
        return render(
            "rules",
            language,
            count=len(rules),
            folder=self.folder(),
            rules=[
                rule_view(rule, None if failures is None else failures.get(rule.id, ()), language)
                for rule in rules
            ],
            problems=[problem_view(problem, language) for problem in problems],
        )

    def _facts(self) -> dict[str, object]:
        """What the dialogue manager would say of a first message sent now."""
        now = datetime.now(ZoneInfo(self._desk.assistant.settings.time_zone))
        hour = now.hour + now.minute / 60
        return {"now_weekday": now.isoweekday(), "now_hour": hour, "turn_number": 1}

    def _recognised(self, message: ParsedMessage) -> str:
        say = self._desk.text
        intent = say("try_no_intent")
        if message.intent is not None:
            confidence = f"{message.confidence:.0%}"
            intent = say("try_intent", intent=message.intent, confidence=confidence)
        mood = say(f"sentiment_{message.sentiment}")
        return say("try_recognised", intent=intent, sentiment=mood)

    def _test(self, rules: RuleSet) -> tuple[str, Failures]:
        """Run the tests of `rules`, once however many members look."""
        with self._testing:
            tested = self._tested
            if tested is None or tested[0] != rules.fingerprint:
                tested = self._tested = rules.fingerprint, self._failures(rules)
            return tested

    def _failures(self, rules: RuleSet) -> Failures:
        """Why tests fail, by rule."""
        failures: defaultdict[str, list[str]] = defaultdict(list)
        for result in run_tests(rules, self._recogniser.for_rules(rules)):
            if not result.passed:
                failures[result.rule_id].append(f"{result.message}: {'; '.join(result.failures)}")
        return failures


def _parsed(message: str, recognise: RecogniseIntent) -> ParsedMessage:
    guess = recognise(message)
    return ParsedMessage(
        text=message,
        language=detect_language(message),
        intent=guess.intent,
        confidence=guess.confidence,
        sentiment=sentiment(message).label,
    )
