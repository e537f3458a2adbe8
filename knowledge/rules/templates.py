"""Texts with `{fact}` placeholders. Only names: no attributes, indexes or formats."""

import re
from collections.abc import Mapping

from knowledge.documents import Language

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{\s*([a-z][a-z0-9_]*)\s*\}|[{}]")
NAME = re.compile(r"[a-z][a-z0-9_]*")
_YES_NO = {
    (Language.ENGLISH, True): "yes",
    (Language.ENGLISH, False): "no",
    (Language.CHINESE, True): "是",
    (Language.CHINESE, False): "否",
}


class TemplateError(Exception):
    """A text that is not a template, or a fact that it needs and nobody has."""


def placeholders(template: str) -> frozenset[str]:
    """The names a template needs. Raises `TemplateError` on a brace that belongs to none."""
    names: set[str] = set()
    for match in _PLACEHOLDER.finditer(template):
        if match.group(1):
            names.add(match.group(1))
        elif len(match.group()) == 1:
            around = template[max(0, match.start() - 10) : match.end() + 20]
            raise TemplateError(
                f"a single brace near {around!r}; write {{name}}, or {{{{ for a brace itself"
            )
    return frozenset(names)


def fill(template: str, facts: Mapping[str, object], language: Language) -> str:
    """`template` with facts put in. Raises `TemplateError`, naming the facts that are not known."""
    missing = sorted(name for name in placeholders(template) if facts.get(name) in (None, ""))
    if missing:
        raise TemplateError(f"{', '.join(missing)} not known")

    def replace(match: re.Match[str]) -> str:
        if match.group(1):
            return shown(facts[match.group(1)], language)
        return match.group()[0]

    return _PLACEHOLDER.sub(replace, template)


def shown(value: object, language: Language) -> str:
    """A fact as it stands in a sentence."""
    if isinstance(value, bool):
        return _YES_NO[language, value]
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value)
