"""The settings in force, read only, and what this installation runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import gradio as gr
from pydantic import BaseModel

from chatbot import __version__
from chatbot.settings import CONFIG_FILE, PREFIX, Settings
from knowledge.documents import Language
from ui.handlers_admin import Desk
from ui.render_admin import render, size
from ui.texts import text

# A value of such a name is never shown, wherever it stands.
_SECRET_WORDS = ("password", "secret", "token", "api_key", "credential")
# Names of variables that hold secrets, not secrets.
_NAMES_ONLY = ("api_key_variable",)


@dataclass(frozen=True, slots=True)
class Line:
    """One setting: its name, its value in words, and the variable that changes it."""

    name: str
    value: str
    variable: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    value: str
    note: str = ""


class SettingsHandlers:
    """Shows the settings of one assistant."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, request: gr.Request) -> str:
        """Settings, models, version and the size of the data folder."""
        self._desk.member(request)
        settings = self._desk.assistant.settings
        return render(
            "settings",
            self._desk.language,
            about=self._about(settings),
            groups=setting_groups(settings, self._desk.language),
        )

    def config_file(self) -> str:
        """Where settings are written."""
        return str(self._desk.assistant.settings.data_dir / CONFIG_FILE)

    def _about(self, settings: Settings) -> list[Fact]:
        say = self._desk.text
        generator = self._desk.assistant.generator
        fingerprint = self._desk.assistant.embedder.fingerprint
        return [
            Fact(say("version"), __version__),
            Fact(say("model"), generator.name, say(f"model_{generator.state}"))
            if generator
            else Fact(say("model"), say("model_none")),
            Fact(
                say("embedding_model"),
                settings.embedder.model,
                say("fingerprint", fingerprint=fingerprint),
            ),
            Fact(say("data_folder"), str(settings.data_dir.resolve())),
            Fact(say("data_size"), size(folder_size(settings.data_dir))),
        ]


def setting_groups(settings: Settings, language: Language) -> list[Group]:
    """Every setting, grouped as in the file."""
    general: list[Line] = []
    groups: list[Group] = []
    for name, value in settings:
        if isinstance(value, BaseModel):
            groups.append(Group(name, tuple(lines_of(value, f"{name}.", language))))
        else:
            general += _line(settings, "", name, value, language)
    return [Group("general", tuple(general)), *groups]


def lines_of(group: BaseModel, path: str, language: Language) -> Iterator[Line]:
    """The settings of one group; `path` stands before their names."""
    for name, value in group:
        yield from _line(group, path, name, value, language)


def _line(
    group: BaseModel, path: str, name: str, value: object, language: Language
) -> Iterator[Line]:
    variable = PREFIX + f"{path}{name}".replace(".", "__").upper()
    default = type(group).model_fields[name].default
    yield Line(path + name, _shown(name, value, language), variable, value != default)


def _shown(name: str, value: object, language: Language) -> str:
    if value is None or value == ():
        return text("admin_not_set", language)
    if name not in _NAMES_ONLY and any(word in name for word in _SECRET_WORDS):
        return text("admin_secret", language)
    if isinstance(value, bool):
        return text("admin_yes" if value else "admin_no", language)
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in cast("tuple[object, ...]", value))
    return _without_password(str(value))


def _without_password(value: str) -> str:
    """A URL without the password that it may carry."""
    scheme, mark, rest = value.partition("://")
    account, at, host = rest.rpartition("@")
    if not (mark and at and ":" in account):
        return value
    return f"{scheme}://{account.partition(':')[0]}:…@{host}"


def folder_size(folder: Path) -> int:
    """The bytes of all files under `folder`; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
