"""Rule files: YAML text to rules, every error at once.

`parse_file` reads one file, `load_files` and `link` several together.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.documents import Language
from knowledge.rules.expressions import Expression, ExpressionError
from knowledge.rules.model import (
    SENTIMENTS,
    Action,
    Ask,
    Condition,
    Expectation,
    Lookup,
    Rule,
    RuleTest,
    Table,
)
from knowledge.rules.patterns import Keywords, Pattern, PatternError
from knowledge.rules.problems import Problem, Problems, suggest
from knowledge.rules.reading import Reader
from knowledge.rules.tables import read_table
from knowledge.rules.yaml import Node, read_yaml

_ID = re.compile(r"[\w.-]{1,100}")
_TOP_KEYS = ("title", "description", "intents", "tables", "facts", "slots", "rules")
_RULE_KEYS = ("id", "description", "priority", "when", "then", "stop", "tests")
_WHEN_KEYS = ("intents", "keywords", "pattern", "sentiment", "expression")
_THEN_KEYS = ("set", "lookup", "reply", "ask", "evidence", "handover")
_TEST_KEYS = ("message", "facts", "language", "intent", "sentiment", "expect")
_EXPECT_KEYS = ("fires", "reply_contains", "reply_excludes", "asks", "handover", "facts")
_LANGUAGES = [language.value for language in Language]


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file, read but not yet checked against the others. Lines are for messages."""

    name: str
    rules: tuple[Rule, ...] = ()
    intents: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    tables: Mapping[str, Table] = field(default_factory=dict[str, Table])
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
    slots: frozenset[str] = frozenset()
    lines: Mapping[str, int] = field(default_factory=dict[str, int])
    digest: str = ""
    problems: tuple[Problem, ...] = ()


def parse_file(name: str, text: str, folder: Path | None = None) -> RuleFile:
    """The rules of `text`; what is wrong with it is in `problems`. Tables are read from `folder`."""
    problems = Problems(name)
    return _FileParser(name, folder, problems, Reader(problems)).parse(text)


@dataclass(frozen=True, slots=True)
class _FileParser:
    name: str
    folder: Path | None
    problems: Problems
    read: Reader

    def parse(self, text: str) -> RuleFile:
        top = self.read.mapping(read_yaml(text, self.problems), "the file", _TOP_KEYS)
        tables = self.read.mapping(top.get("tables"), "tables")
        facts = self.read.values(top.get("facts"), "facts")
        intents = self._intents(top.get("intents"))
        rules = [self._rule(node) for node in self.read.items(top.get("rules"), "rules")]
        lines = {f"table {name}": node.line for name, node in tables.items()}
        if facts:
            nodes = self.read.mapping(top.get("facts"), "facts")
            lines |= {f"fact {name}": node.line for name, node in nodes.items()}
        return RuleFile(
            name=self.name,
            rules=tuple(rule for rule in rules if rule is not None),
            intents=intents,
            tables=self._tables(tables),
            facts=facts,
            slots=self._slots(top.get("slots")),
            lines=lines,
            digest=hashlib.sha256(text.encode()).hexdigest()[:16],
            problems=tuple(self.problems.found),
        )

    def _intents(self, node: Node | None) -> dict[str, tuple[str, ...]]:
        intents: dict[str, tuple[str, ...]] = {}
        for name, examples in self.read.mapping(node, "intents").items():
            self.read.check_name(name, examples.line, "intents")
            intents[name] = self._examples(name, examples)
        return intents

    def _examples(self, name: str, node: Node) -> tuple[str, ...]:
        """A list, or a list for each language."""
        where = f"intents.{name}"
        if isinstance(node.value, Mapping):
            by_language = self.read.mapping(node, where, _LANGUAGES)
            lists = [self.read.texts(value, where) for value in by_language.values()]
            return tuple(text for texts in lists for text in texts)
        return self.read.texts(node, where)

    def _slots(self, node: Node | None) -> frozenset[str]:
        if node is not None and isinstance(node.value, Mapping):
            entries = {name: entry.line for name, entry in self.read.mapping(node, "slots").items()}
        else:
            items = self.read.items(node, "slots")
            entries = {self.read.text(item, "slots"): item.line for item in items}
        good = [name for name, line in entries.items() if self.read.check_name(name, line, "slots")]
        return frozenset(good)

    def _tables(self, entries: Mapping[str, Node]) -> dict[str, Table]:
        tables: dict[str, Table] = {}
        for name, node in entries.items():
            self.read.check_name(name, node.line, "tables")
            path = self.read.text(node, f"tables.{name}")
            if not path:
                continue
            if self.folder is None:
                self.problems.add(node.line, "missing_table", path=path)
            elif table := read_table(name, path, self.folder, node.line, self.problems):
                tables[name] = table
        return tables

    def _rule(self, node: Node) -> Rule | None:
        entries = self.read.mapping(node, "a rule", _RULE_KEYS)
        if not entries:
            return None
        rule_id = self._rule_id(node, entries.get("id"))
        then = self._action(rule_id, entries.get("then"), node.line)
        stop = self.read.flag(entries.get("stop"), f"{rule_id}: stop")
        tests = self.read.items(entries.get("tests"), f"{rule_id}: tests")
        return Rule(
            id=rule_id,
            description=self.read.description(
                entries.get("description"), f"{rule_id}: description"
            ),
            priority=self.read.number(entries.get("priority"), f"{rule_id}: priority", 0),
            when=self._condition(rule_id, entries.get("when")),
            then=then,
            stop=then.speaks if stop is None else stop,
            tests=tuple(self._test(rule_id, test) for test in tests),
            file=self.name,
            line=node.line,
        )

    def _rule_id(self, node: Node, entry: Node | None) -> str:
        if entry is None:
            self.problems.add(node.line, "missing_key", where="A rule", key="id")
            return f"line-{node.line}"
        rule_id = self.read.text(entry, "id") or f"line-{node.line}"
        if not _ID.fullmatch(rule_id):
            self.problems.add(entry.line, "bad_id", name=rule_id)
        return rule_id

    def _condition(self, rule_id: str, node: Node | None) -> Condition:
        entries = self.read.mapping(node, f"{rule_id}: when", _WHEN_KEYS)
        patterns = self.read.items(entries.get("pattern"), f"{rule_id}: pattern")
        sentiments = self.read.items(entries.get("sentiment"), f"{rule_id}: sentiment")
        chosen = [self.read.choice(s, f"{rule_id}: sentiment", SENTIMENTS) for s in sentiments]
        return Condition(
            intents=self.read.texts(entries.get("intents"), f"{rule_id}: intents"),
            keywords=self._keywords(rule_id, entries.get("keywords")),
            patterns=tuple(p for item in patterns if (p := self._pattern(rule_id, item))),
            sentiments=tuple(sentiment for sentiment in chosen if sentiment),
            expression=self._expression(rule_id, entries.get("expression")),
        )

    def _keywords(self, rule_id: str, node: Node | None) -> Keywords | None:
        where = f"{rule_id}: keywords"
        if node is None:
            return None
        if isinstance(node.value, Mapping):
            lists = self.read.mapping(node, where, _LANGUAGES)
            words = [word for entry in lists.values() for word in self.read.texts(entry, where)]
        else:
            words = list(self.read.texts(node, where))
        return Keywords(words) if words else None

    def _pattern(self, rule_id: str, node: Node) -> Pattern | None:
        source = self.read.text(node, f"{rule_id}: pattern")
        if not source:
            return None
        try:
            pattern = Pattern(source)
        except PatternError as error:
            if error.slow:
                self.problems.add(node.line, "slow_pattern", suggest("unnest"), pattern=source)
            else:
                self.problems.add(node.line, "bad_pattern", pattern=source, reason=error)
            return None
        for name in pattern.names:
            self.read.check_name(name, node.line, f"{rule_id}: pattern")
        return pattern

    def _expression(self, rule_id: str, node: Node | None) -> Expression | None:
        if node is None:
            return None
        # `expression: true` reads as a boolean.
        plain = str(node.value).lower() if isinstance(node.value, bool) else ""
        source = plain or self.read.text(node, f"{rule_id}: expression")
        if not source:
            return None
        try:
            expression = Expression(source)
        except ExpressionError as error:
            self.problems.add(node.line, "bad_expression", source=source, reason=error)
            return None
        if expression.quoted_number:
            self.problems.add(
                node.line,
                "quoted_number",
                suggest("drop_quotes"),
                literal=expression.quoted_number,
            )
        return expression

    def _action(self, rule_id: str, node: Node | None, line: int) -> Action:
        where = f"{rule_id}: then"
        entries = self.read.mapping(node, where, _THEN_KEYS)
        if not entries:
            line = line if node is None else node.line
            self.problems.add(line, "empty", where=where)
        evidence = entries.get("evidence")
        listed = evidence.value if evidence and isinstance(evidence.value, tuple) else (evidence,)
        texts = [self.read.bilingual(item, f"{rule_id}: evidence") for item in listed]
        return Action(
            set=self._set(rule_id, entries.get("set")),
            lookups=self._lookups(rule_id, entries.get("lookup")),
            reply=self.read.bilingual(entries.get("reply"), f"{rule_id}: reply"),
            ask=self._ask(rule_id, entries.get("ask")),
            evidence=tuple(text for text in texts if text),
            handover=self.read.bilingual(entries.get("handover"), f"{rule_id}: handover"),
        )

    def _set(self, rule_id: str, node: Node | None) -> dict[str, object]:
        found: dict[str, object] = {}
        entries = self.read.mapping(node, f"{rule_id}: set")
        for name, value in self.read.values(node, f"{rule_id}: set").items():
            text = isinstance(value, str) and value.strip()
            found[name] = (
                self.read.template(entries[name], f"{rule_id}: set.{name}") if text else value
            )
        return found

    def _lookups(self, rule_id: str, node: Node | None) -> tuple[Lookup, ...]:
        where = f"{rule_id}: lookup"
        items = node.value if node and isinstance(node.value, tuple) else (node,)
        lookups: list[Lookup] = []
        for item in items:
            if item is None:
                continue
            entries = self.read.mapping(item, where, ("table", "key", "as"))
            self._need(entries, ("table", "key"), where, item.line)
            table = self.read.text(entries.get("table"), f"{where}.table")
            key = self.read.template(entries.get("key"), f"{where}.key")
            prefix = self.read.text(entries.get("as"), f"{where}.as") or table
            if table and key and self.read.check_name(prefix, item.line, where):
                lookups.append(Lookup(table, key, prefix))
        return tuple(lookups)

    def _ask(self, rule_id: str, node: Node | None) -> Ask | None:
        where = f"{rule_id}: ask"
        if node is None:
            return None
        entries = self.read.mapping(node, where, ("slot", "question", "pattern"))
        self._need(entries, ("slot", "question"), where, node.line)
        slot = self.read.text(entries.get("slot"), f"{where}.slot")
        question = self.read.bilingual(entries.get("question"), f"{where}.question")
        source = entries.get("pattern")
        pattern = self._pattern(rule_id, source) if source else None
        if not slot or question is None or not self.read.check_name(slot, node.line, where):
            return None
        return Ask(slot, question, pattern.source if pattern else None)

    def _need(
        self, entries: Mapping[str, Node], keys: tuple[str, ...], where: str, line: int
    ) -> None:
        for key in keys:
            if key not in entries:
                self.problems.add(line, "missing_key", where=where, key=key)

    def _test(self, rule_id: str, node: Node) -> RuleTest:
        where = f"{rule_id}: tests"
        entries = self.read.mapping(node, where, _TEST_KEYS)
        self._need(entries, ("message", "expect"), where, node.line)
        expect = self.read.mapping(entries.get("expect"), f"{where}.expect", _EXPECT_KEYS)
        language = self.read.choice(entries.get("language"), f"{where}.language", _LANGUAGES)
        return RuleTest(
            message=self.read.text(entries.get("message"), f"{where}.message"),
            expect=Expectation(
                fires=self.read.flag(expect.get("fires"), f"{where}.fires"),
                reply_contains=self.read.texts(expect.get("reply_contains"), where),
                reply_excludes=self.read.texts(expect.get("reply_excludes"), where),
                asks=self.read.text(expect.get("asks"), f"{where}.asks") or None,
                handover=self.read.flag(expect.get("handover"), f"{where}.handover"),
                facts=self.read.values(expect.get("facts"), f"{where}.facts"),
            ),
            line=node.line,
            facts=self.read.values(entries.get("facts"), f"{where}.facts"),
            language=Language(language) if language else None,
            intent=self.read.text(entries.get("intent"), f"{where}.intent") or None,
            sentiment=self.read.choice(entries.get("sentiment"), f"{where}.sentiment", SENTIMENTS),
        )
