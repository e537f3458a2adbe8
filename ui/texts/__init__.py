"""Every visible string, in both languages.

The tables are `<area>.<language>.toml` beside this file; a key starts with its area
(`chat_send`, `admin_save`) and a value is a `str.format` template.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from knowledge.documents import Language


def text(key: str, language: Language, **values: object) -> str:
    """The string `key` in `language`, its placeholders filled. An unknown key is a KeyError."""
    template = texts(language)[key]
    return template.format(**values) if values else template


@cache
def texts(language: Language) -> Mapping[str, str]:
    """All strings of `language` by key."""
    tables: dict[str, str] = {}
    for entry in files(__name__).iterdir():
        if entry.name.endswith(f".{language}.toml"):
            tables |= tomllib.loads(entry.read_text(encoding="utf-8"))
    return tables


def texts_of(area: str, language: Language) -> dict[str, str]:
    """The strings of one area, as a page hands them to its script."""
    return {key: value for key, value in texts(language).items() if key.startswith(f"{area}_")}
