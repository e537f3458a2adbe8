"""YAML as a plain tree with line numbers; the only reader of ruamel.yaml.

Only composes, never constructs: no tag can make an object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from knowledge.rules.problems import Problems

# A rule file of 500 rules has about 150 KB; the pure parser reads some 100 KB a second.
MAX_BYTES = 512 * 1024
MAX_DEPTH = 12
MAX_NODES = 50_000

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file. `line` counts from 1 and is that of its key or list item."""

    line: int
    value: "Scalar | tuple[Node, ...] | Mapping[str, Node]"


def read_yaml(text: str, problems: Problems) -> Node | None:
    """The tree of `text`; None with the reason in `problems` if it cannot be read, or if it is empty."""
    size = len(text.encode())
    if size > MAX_BYTES:
        problems.add(1, "too_large", size=size, limit=MAX_BYTES)
        return None
    try:
        return _Tree(problems).convert(YAML(typ="safe", pure=True).compose(StringIO(text)))  # pyright: ignore[reportUnknownMemberType] -- ruamel.yaml has no types
    except MarkedYAMLError as error:
        fault: Any = error
        mark = fault.problem_mark or fault.context_mark
        problems.add(mark.line + 1 if mark else 1, "syntax", reason=fault.problem or fault.context)
    except YAMLError as error:
        problems.add(1, "syntax", reason=str(error).splitlines()[0])
    except (RecursionError, OverflowError):
        problems.add(1, "too_complex")
    return None


class _Tree:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._count = 0

    def convert(self, node: Any, line: int | None = None, depth: int = 0) -> Node | None:
        if node is None:
            return None
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise OverflowError
        line = line or int(node.start_mark.line) + 1
        content: Any = node.value
        if type(node) is MappingNode:
            return Node(line, self._mapping(content, depth))
        if type(node) is SequenceNode:
            items = [self.convert(item, None, depth + 1) for item in content]
            return Node(line, tuple(item for item in items if item is not None))
        return Node(line, _scalar(str(node.tag), str(content)))

    def _mapping(self, pairs: list[tuple[Any, Any]], depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key, value in pairs:
            line = int(key.start_mark.line) + 1
            content: Any = key.value
            name = str(content) if type(key) is ScalarNode else "?"
            if name in entries:
                self._problems.add(line, "duplicate_key", key=name)
            elif converted := self.convert(value, line, depth + 1):
                entries[name] = converted
        return entries


def _scalar(tag: str, text: str) -> Scalar:
    kind = tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0 if text[:2].lower() in ("0x", "0o") else 10)
        return float(text.replace("_", "")) if kind == "float" else text
    except ValueError:
        return text
