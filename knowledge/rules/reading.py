"""Typed readers over the YAML tree: each reports what is wrong and goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.documents import Language
from knowledge.rules.model import Texts
from knowledge.rules.problems import Problems, suggest, suggest_near
from knowledge.rules.templates import NAME, TemplateError, placeholders
from knowledge.rules.yaml import Node, Scalar

_TYPES: dict[str, tuple[str, str]] = {
    "text": ("a text", "文本"),
    "number": ("a whole number", "整数"),
    "flag": ("true or false", " true 或 false "),
    "list": ("a list", "列表"),
    "mapping": ("a mapping (name: value)", "映射（名称: 值）"),
    "value": ("a single value", "单个值"),
    "nothing": ("empty", "空值"),
}
_LANGUAGE_NAMES = {Language.ENGLISH: ("English", "英文"), Language.CHINESE: ("Chinese", "中文")}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads values of one file. `where` names the place for the person who wrote it."""

    problems: Problems

    def mapping(
        self, node: Node | None, where: str, known: Sequence[str] | None = None
    ) -> Mapping[str, Node]:
        """The entries; with `known` given, other keys are reported and left out."""
        if node is None or node.value is None:
            return {}
        if isinstance(node.value, tuple) or not isinstance(node.value, Mapping):
            self.wrong_type(node, where, "mapping")
            return {}
        if known is None:
            return node.value
        for key, value in node.value.items():
            if key not in known:
                self.problems.add(
                    value.line, "unknown_key", suggest_near(key, known), key=key, where=where
                )
        return {key: value for key, value in node.value.items() if key in known}

    def items(self, node: Node | None, where: str) -> tuple[Node, ...]:
        """The items of a list; a single value counts as a list of one."""
        if node is None or node.value is None:
            return ()
        if isinstance(node.value, tuple):
            return node.value
        if isinstance(node.value, Mapping):
            self.wrong_type(node, where, "list")
            return ()
        return (node,)

    def texts(self, node: Node | None, where: str) -> tuple[str, ...]:
        found = [self.text(item, where) for item in self.items(node, where)]
        if node is not None and not found and node.value in (None, ()):
            self.problems.add(node.line, "empty", where=where)
        return tuple(text for text in found if text)

    def text(self, node: Node | None, where: str) -> str:
        """A non-empty text; numbers are taken as they are written."""
        if node is None:
            return ""
        if isinstance(node.value, bool) or not isinstance(node.value, str | int | float):
            if node.value is None:
                self.problems.add(node.line, "empty", where=where)
            else:
                self._wrong_text(node, where)
            return ""
        text = str(node.value).strip()
        if not text:
            self.problems.add(node.line, "empty", where=where)
        return text

    def _wrong_text(self, node: Node, where: str) -> None:
        suggestion = suggest("quote_template") if isinstance(node.value, Mapping) else ("", "")
        self.wrong_type(node, where, "text", suggestion)

    def number(self, node: Node | None, where: str, default: int) -> int:
        if node is None:
            return default
        if isinstance(node.value, bool) or not isinstance(node.value, int):
            self.wrong_type(node, where, "number")
            return default
        return node.value

    def flag(self, node: Node | None, where: str) -> bool | None:
        if node is None or isinstance(node.value, bool):
            return None if node is None else bool(node.value)
        self.wrong_type(node, where, "flag")
        return None

    def choice(self, node: Node | None, where: str, known: Sequence[str]) -> str | None:
        value = self.text(node, where)
        if node is not None and value and value not in known:
            self.problems.add(
                node.line,
                "bad_choice",
                suggest_near(value, known),
                where=where,
                value=value,
                known=", ".join(known),
            )
            return None
        return value or None

    def values(self, node: Node | None, where: str) -> dict[str, Scalar]:
        """Facts: names with single values."""
        found: dict[str, Scalar] = {}
        for name, value in self.mapping(node, where).items():
            self.check_name(name, value.line, where)
            if isinstance(value.value, tuple | Mapping):
                braces = isinstance(value.value, Mapping)
                hint = suggest("quote_template") if braces else ("", "")
                self.wrong_type(value, f"{where}.{name}", "value", hint)
            else:
                found[name] = value.value
        return found

    def check_name(self, name: str, line: int, where: str) -> bool:
        if NAME.fullmatch(name):
            return True
        self.problems.add(line, "bad_name", name=name, where=where)
        return False

    def bilingual(self, node: Node | None, where: str) -> Texts | None:
        """A template in both languages."""
        if node is None:
            return None
        if not isinstance(node.value, Mapping):
            self.wrong_type(node, where, "mapping", suggest("write_both"))
            return None
        entries = self.mapping(node, where, [language.value for language in Language])
        texts: dict[Language, str] = {}
        for language in Language:
            entry = entries.get(language.value)
            if entry is None:
                english, chinese = _LANGUAGE_NAMES[language]
                self.problems.add(
                    node.line,
                    "missing_language",
                    where=where,
                    language_en=english,
                    language_zh=chinese,
                )
            else:
                texts[language] = self.template(entry, f"{where}.{language.value}")
        return texts

    def template(self, node: Node | None, where: str) -> str:
        text = self.text(node, where)
        try:
            placeholders(text)
        except TemplateError as error:
            self.problems.add(node.line if node else 1, "bad_template", where=where, reason=error)
        return text

    def description(self, node: Node | None, where: str) -> Texts:
        """A text for both languages, or one for each."""
        if node is None:
            return {}
        if isinstance(node.value, Mapping):
            return self.bilingual(node, where) or {}
        return dict.fromkeys(Language, self.text(node, where))

    def wrong_type(
        self, node: Node, where: str, expected: str, suggestion: tuple[str, str] = ("", "")
    ) -> None:
        found, found_zh = _TYPES[_kind(node)]
        wanted, wanted_zh = _TYPES[expected]
        self.problems.add(
            node.line,
            "wrong_type",
            suggestion,
            where=where,
            expected=wanted,
            found=found,
            expected_zh=wanted_zh,
            found_zh=found_zh,
        )


def _kind(node: Node) -> str:
    match node.value:
        case None:
            return "nothing"
        case bool():
            return "flag"
        case int():
            return "number"
        case str() | float():
            return "text"
        case tuple():
            return "list"
        case _:
            return "mapping"
