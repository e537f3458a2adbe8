"""Conditions over facts; the only user of the rule-engine library.

The language is cut down to what a condition needs: comparisons, `and`, `or`, `not`,
`in`, arithmetic, `?:`, `??` and a few string attributes. No functions, no patterns
(they have no time limit there), no comprehensions, no clock.
"""

import re
from collections.abc import Mapping
from decimal import DecimalException
from functools import cached_property
from typing import Any

import rule_engine
from rule_engine.errors import EngineError

MAX_LENGTH = 500
_STRING = re.compile(r"""[sd]?"(?:\\.|[^"\\])*"|[sd]?'(?:\\.|[^'\\])*'""")
_FORBIDDEN = (
    (re.compile(r"\$"), "functions beginning with $ are not available"),
    (re.compile("~"), "matching with =~ is not available; use 'pattern'"),
    (re.compile(r"\bfor\b"), "lists with 'for' are not available"),
    (re.compile(r"\*\*|<<|>>"), "powers and shifts are not available"),
    (re.compile(r"#"), "comments are not available"),
    (
        re.compile(r"(?<![.\w])(?!(?:and|or|not|in)\b)[A-Za-z_]\w*\s*\("),
        "functions are not available",
    ),
    (re.compile(r"\b_"), "names begin with a letter"),
    (re.compile(r"(?<![=<>!])=(?!=)"), "to compare, write =="),
)
_ATTRIBUTE = re.compile(r"(?:\.|&\.)\s*([A-Za-z_]\w*)")
_ATTRIBUTES = ("as_lower", "as_upper", "ends_with", "is_empty", "length", "starts_with")
_QUOTED_NUMBER = re.compile(r"""[=!]=\s*(["']-?[1-9]\d{0,14}["'])""")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?")


class ExpressionError(Exception):
    """Says why an expression is not valid, or could not be told true or false."""


class Expression:
    """A condition, compiled once. Thread-safe."""

    def __init__(self, source: str) -> None:
        """Raises `ExpressionError` unless `source` is a condition of the language above."""
        self.source = " ".join(source.split())
        _refuse_forbidden(self.source)
        try:
            context = rule_engine.Context(resolver=_resolve)
            self._rule = rule_engine.Rule(self.source, context=context)
        except EngineError as error:
            raise ExpressionError(error.message or "it cannot be read") from error
        except (ArithmeticError, DecimalException, RecursionError, ValueError) as error:
            raise ExpressionError(str(error) or type(error).__name__) from error
        self.names = frozenset(str(name) for name in context.symbols)

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    @cached_property
    def quoted_number(self) -> str | None:
        """A literal as in `== "10021"`, which never equals a value that reads as a number."""
        found = _QUOTED_NUMBER.search(self.source)
        return found.group(1) if found else None

    def holds(self, facts: Mapping[str, object]) -> bool:
        """Whether it is true of `facts`; a name they lack is null.

        Raises `ExpressionError` where the types do not fit (`null <= 30`).
        """
        try:
            return bool(self._rule.matches(_Facts(facts)))
        except EngineError as error:
            raise ExpressionError(error.message or "it cannot be evaluated") from error
        except (ArithmeticError, TypeError, ValueError, RecursionError) as error:
            raise ExpressionError(str(error)) from error


class _Facts:
    """Marks the root of a look-up, so that nothing else is ever looked into."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        self.facts = facts


def _resolve(thing: Any, name: str) -> object:
    if not isinstance(thing, _Facts):
        raise rule_engine.errors.AttributeResolutionError(name, type(thing).__name__, thing=thing)
    return comparable(thing.facts.get(name))


def comparable(value: object) -> object:
    """`value` as expressions see it: text that reads as a number or as true/false is one, empty is null."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return value


def _refuse_forbidden(source: str) -> None:
    if not source:
        raise ExpressionError("it is empty")
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"it is longer than {MAX_LENGTH} characters")
    bare = _STRING.sub('""', source)
    for pattern, reason in _FORBIDDEN:
        if pattern.search(bare):
            raise ExpressionError(reason)
    for match in _ATTRIBUTE.finditer(bare):
        if match.group(1) not in _ATTRIBUTES:
            raise ExpressionError(
                f"there is no attribute .{match.group(1)}; known: {', '.join(_ATTRIBUTES)}"
            )
