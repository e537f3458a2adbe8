"""Several rule files made one rule set, checked against each other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.rules.file import RuleFile, parse_file
from knowledge.rules.model import BUILT_IN_FACTS, Rule, RuleSet, Table, in_order
from knowledge.rules.problems import Problem, Problems, RuleFileError, suggest, suggest_near
from knowledge.rules.templates import TemplateError, placeholders


def load_files(paths: Sequence[Path]) -> RuleSet:
    """The rules of all files together. Raises `RuleFileError` with every problem of every file."""
    return link([read_file(path) for path in sorted(paths)])


def read_file(path: Path) -> RuleFile:
    """The file at `path`, tables from its folder; unreadable files become a problem."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems = Problems(path.name)
        problems.add(1, "unreadable", reason=error)
        return RuleFile(path.name, problems=tuple(problems.found))
    return parse_file(path.name, text, path.parent)


def link(files: Sequence[RuleFile]) -> RuleSet:
    """One rule set of all files. Raises `RuleFileError` with every problem of every file."""
    rule_set = RuleSet(
        rules=in_order([rule for file in files for rule in file.rules]),
        intents=_join_intents(files),
        tables={name: table for file in files for name, table in file.tables.items()},
        facts={name: value for file in files for name, value in file.facts.items()},
        declared_slots=frozenset(slot for file in files for slot in file.slots),
        fingerprint="-".join(sorted(file.digest for file in files)),
    )
    problems = [problem for file in files for problem in file.problems]
    # Cross-checks against a file that could not be read would only blame the others.
    problems.extend(_duplicates(files))
    defined = {key for file in files for key in file.lines}
    setters = Counter(name for rule in rule_set.rules for name in _sets(rule, rule_set))
    always = _names_of_messages(rule_set)
    for rule in rule_set.rules:
        own = _sets(rule, rule_set)
        before = always | {name for name, count in setters.items() if count > (name in own)}
        problems.extend(_RuleCheck(rule, rule_set, defined, before).problems())
    if problems:
        raise RuleFileError(tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.message))))
    return rule_set


def _join_intents(files: Sequence[RuleFile]) -> dict[str, tuple[str, ...]]:
    joined: dict[str, tuple[str, ...]] = {}
    for file in files:
        for name, examples in file.intents.items():
            joined[name] = tuple(dict.fromkeys((*joined.get(name, ()), *examples)))
    return joined


def _duplicates(files: Sequence[RuleFile]) -> Iterator[Problem]:
    seen: dict[str, tuple[str, object]] = {}
    for file in files:
        problems = Problems(file.name)
        for rule in file.rules:
            place = f"{file.name}:{rule.line}"
            if (first := seen.setdefault(f"rule {rule.id}", (place, rule))[0]) != place:
                problems.add(rule.line, "duplicate_id", id=rule.id, other=first)
        for name in file.tables:
            if (first := seen.setdefault(f"table {name}", (file.name, name))[0]) != file.name:
                line = file.lines.get(f"table {name}", 1)
                problems.add(line, "duplicate_table", name=name, other=first)
        for name, value in file.facts.items():
            first, other = seen.setdefault(f"fact {name}", (file.name, value))
            if other != value:
                line = file.lines.get(f"fact {name}", 1)
                problems.add(line, "duplicate_fact", name=name, other=first)
        yield from problems.found


def _names_of_messages(rules: RuleSet) -> set[str]:
    """The facts that files, messages and the website can bring."""
    names = {*BUILT_IN_FACTS, *rules.facts, *rules.declared_slots}
    for rule in rules:
        names |= {name for pattern in rule.when.patterns for name in pattern.names}
        if rule.then.ask:
            names.add(rule.then.ask.slot)
    return names


class _RuleCheck:
    """Whether everything a rule refers to exists. `before` are the names set without this rule."""

    def __init__(self, rule: Rule, rules: RuleSet, defined: set[str], before: set[str]) -> None:
        self._rule = rule
        self._rules = rules
        self._defined = defined
        self._before = before
        self._own = _sets(rule, rules)
        self._problems = Problems(rule.file)

    def problems(self) -> list[Problem]:
        self._check_intents()
        self._check_tables()
        expression = self._rule.when.expression
        if expression is not None:
            self._check_names(sorted(expression.names), "expression", self._before)
        for where, template in _templates(self._rule):
            try:
                names = sorted(placeholders(template))
            except TemplateError:
                continue  # reported while reading the file
            self._check_names(names, where, self._before | self._own)
        return self._problems.found

    def _check_intents(self) -> None:
        for intent in self._rule.when.intents:
            if not self._rules.intents.get(intent):
                near = suggest_near(intent, sorted(self._rules.intents))
                self._problems.add(
                    self._rule.line, "unknown_intent", near, rule=self._rule.id, intent=intent
                )

    def _check_tables(self) -> None:
        for lookup in self._rule.then.lookups:
            if f"table {lookup.table}" not in self._defined:
                near = suggest_near(lookup.table, sorted(self._rules.tables))
                self._problems.add(
                    self._rule.line, "unknown_table", near, rule=self._rule.id, table=lookup.table
                )

    def _check_names(self, names: Sequence[str], where: str, known: set[str]) -> None:
        for name in names:
            if name in known or self._from_broken_table(name):
                continue
            near = suggest_near(name, sorted(known), list_all=False)
            hint = suggest("own_lookup") if name in self._own else near
            hint = hint if hint[0] else suggest("declare_slot")
            self._problems.add(
                self._rule.line, "unknown_name", hint, rule=self._rule.id, name=name, where=where
            )

    def _from_broken_table(self, name: str) -> bool:
        """Whether `name` may be a column of a table that could not be read: that is reported already."""
        return any(
            name.startswith(f"{lookup.prefix}_") and lookup.table not in self._rules.tables
            for rule in self._rules.rules
            for lookup in rule.then.lookups
        )


def _sets(rule: Rule, rules: RuleSet) -> set[str]:
    """The facts that firing `rule` can set."""
    names = set(rule.then.set)
    for lookup in rule.then.lookups:
        table: Table | None = rules.tables.get(lookup.table)
        columns = table.columns if table else ()
        names |= {f"{lookup.prefix}_{column}" for column in ("found", *columns)}
    return names


def _templates(rule: Rule) -> Iterator[tuple[str, str]]:
    then = rule.then
    for name, value in then.set.items():
        if isinstance(value, str):
            yield f"set.{name}", value
    for lookup in then.lookups:
        yield "lookup.key", lookup.key
    questions = then.ask.question if then.ask else None
    named = [("reply", then.reply), ("ask", questions), ("handover", then.handover)]
    for where, texts in [*named, *(("evidence", texts) for texts in then.evidence)]:
        yield from ((f"{where}.{language.value}", text) for language, text in (texts or {}).items())
