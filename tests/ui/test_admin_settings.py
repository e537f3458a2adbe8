"""Settings are shown, secrets are not."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from chatbot.settings import GeneratorSettings, Settings
from knowledge.documents import Language
from ui.handlers_admin.settings import folder_size, lines_of, setting_groups

EN = Language.ENGLISH


def test_every_setting_is_listed_with_its_variable() -> None:
    groups = setting_groups(Settings(), EN)
    lines = {line.name: line for group in groups for line in group.lines}
    assert lines["server.port"].variable == "ANSWERDESK_SERVER__PORT"
    assert lines["mode"].value == "mixed"
    nested = sum(
        len(type(value).model_fields) for _, value in Settings() if isinstance(value, BaseModel)
    )
    plain = sum(not isinstance(value, BaseModel) for _, value in Settings())
    assert len(lines) == nested + plain


def test_what_differs_from_the_default_is_marked() -> None:
    settings = Settings(generator=GeneratorSettings(max_tokens=77))
    lines = {line.name: line for group in setting_groups(settings, EN) for line in group.lines}
    assert lines["generator.max_tokens"].changed
    assert not lines["generator.queue_size"].changed


class _Secrets(BaseModel):
    api_key: str = "hunter2"
    smtp_password: str = "hunter2"
    session_token: str = "hunter2"
    database_url: str = "postgresql://desk:hunter2@db.example/answers"
    api_key_variable: str = "OPENAI_API_KEY"


@pytest.mark.parametrize("language", Language)
def test_no_secret_is_ever_shown(language: Language) -> None:
    shown = {line.name: line.value for line in lines_of(_Secrets(), "x.", language)}
    assert not any("hunter2" in value for value in shown.values())
    assert shown["x.database_url"] == "postgresql://desk:…@db.example/answers"
    assert shown["x.api_key_variable"] == "OPENAI_API_KEY"


def test_the_size_of_the_data_folder_counts_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "a.db").write_bytes(b"x" * 100)
    (tmp_path / "index" / "b.bin").write_bytes(b"x" * 50)
    assert folder_size(tmp_path) == 150
    assert folder_size(tmp_path / "missing") == 0
