"""JSON: `key: value` lines, lists of like objects as tables, questions with their answers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from knowledge.documents import LoadedText
from knowledge.errors import DamagedDocument, DocumentTooComplex
from knowledge.loading.blocks import TextBlocks, tidy
from knowledge.loading.rows import one_line, pair_columns, table_line
from knowledge.loading.source import file_stem, read_text

_MAX_DEPTH = 50
_DEEPEST_HEADING = 6
_TITLES = ("title", "name", "标题", "名称")


def load(name: str, data: bytes) -> LoadedText:
    """The text of a JSON file; its title is what it calls so, else the file's name.

    Raises `DamagedDocument` for what is no JSON.
    """
    source, warnings = read_text(name, data)
    try:
        content = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise DamagedDocument(name=name) from error
    writer = _Writer(name)
    writer.value(content, depth=0)
    return writer.blocks.loaded(_title(content) or file_stem(name), warnings)


def _title(content: object) -> str:
    if isinstance(content, dict):
        for key in _TITLES:
            if isinstance(found := cast("dict[str, Any]", content).get(key), str):
                return found
    return ""


class _Writer:
    def __init__(self, name: str) -> None:
        self.blocks = TextBlocks()
        self._name = name

    def value(self, value: object, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise DocumentTooComplex(name=self._name)
        if isinstance(value, dict):
            self._object(cast("dict[str, object]", value), depth)
        elif isinstance(value, list):
            self._list(cast("list[object]", value), depth)
        else:
            self.blocks.add(_plain(value))

    def _object(self, content: Mapping[str, object], depth: int) -> None:
        """Plain members as lines, then a section for each of the others."""
        pair = pair_columns(tuple(content))
        if pair is not None and _is_flat(content):
            self._pair(list(content.items()), pair, depth)
            return
        self.blocks.add(_lines((key, item) for key, item in content.items() if _is_plain(item)))
        for key, item in content.items():
            if not _is_plain(item):
                self.blocks.add_heading(min(depth + 1, _DEEPEST_HEADING), _plain(key))
                self.value(item, depth + 1)

    def _list(self, items: Sequence[object], depth: int) -> None:
        objects = [cast("dict[str, object]", item) for item in items if isinstance(item, dict)]
        if len(objects) == len(items) and all(map(_is_flat, objects)) and len(items) > 1:
            self._table(objects, depth)
        elif all(map(_is_plain, items)):
            self.blocks.add("\n".join(f"- {_inline(item)}" for item in items))
        else:
            for item in items:
                self.value(item, depth + 1)

    def _table(self, objects: Sequence[Mapping[str, object]], depth: int) -> None:
        """Like objects as rows under their keys; unlike ones, and pairs, each by itself."""
        keys = list(dict.fromkeys(key for item in objects for key in item))
        filled = sum(len(item) for item in objects) / (len(keys) * len(objects)) if keys else 0.0
        if pair_columns(tuple(keys)) is not None or filled < 0.5 or len(keys) < 2:
            for item in objects:
                self._object(item, depth)
            return
        rows = [[_inline(item.get(key, "")) for key in keys] for item in objects]
        self.blocks.add("\n".join([table_line(map(_plain, keys)), *map(table_line, rows)]))

    def _pair(
        self, members: Sequence[tuple[str, object]], pair: tuple[int, int], depth: int
    ) -> None:
        asked, told = pair
        self.blocks.add_heading(min(depth + 1, _DEEPEST_HEADING), _inline(members[asked][1]))
        self.blocks.add(_plain(members[told][1]))
        self.blocks.add(_lines(m for column, m in enumerate(members) if column not in pair))


def _lines(members: Iterable[tuple[str, object]]) -> str:
    """Members as `key: value`, those that hold nothing left out."""
    shown = ((_plain(key), _inline(item)) for key, item in members)
    return "\n".join(f"{key}: {text}" for key, text in shown if text)


def _is_plain(value: object) -> bool:
    """What fits on a line: a value, or a short list of values."""
    if isinstance(value, list):
        return all(not isinstance(item, dict | list) for item in cast("list[object]", value))
    return not isinstance(value, dict)


def _is_flat(content: Mapping[str, object]) -> bool:
    return all(map(_is_plain, content.values()))


def _inline(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_inline, cast("list[object]", value))))
    return one_line(_plain(value))


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str():
            return tidy(value)
        case _:
            return str(value)
