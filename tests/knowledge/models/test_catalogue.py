"""The catalogue that ships, and the ones that are refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from chatbot.settings import EmbedderSettings, GeneratorSettings
from knowledge.documents import Language
from knowledge.errors import UnknownModel
from knowledge.models import load_catalogue

ENTRY = """
[a-model]
use = "embedder"
title = "A model"
languages = ["en"]
licence = "MIT"
engine = "sentence_transformers"
files = [{{ name = "{name}", sha256 = "{sha256}" }}]
sources = [{{ kind = "{kind}", folder = "somewhere" }}]
"""
GOOD = {"name": "model.safetensors", "sha256": "0" * 64, "kind": "local"}


def test_the_default_settings_name_the_default_models() -> None:
    assert set(load_catalogue().defaults) == {EmbedderSettings().model, GeneratorSettings().model}


def test_what_a_first_start_fetches_is_pinned() -> None:
    catalogue = load_catalogue()
    assert all(catalogue.entry(name).pinned for name in catalogue.defaults)


def test_the_default_embedder_speaks_both_languages() -> None:
    assert set(load_catalogue().entry(EmbedderSettings().model).languages) == set(Language)


def test_every_model_has_a_source() -> None:
    assert all(entry.sources for entry in load_catalogue())


def test_an_unknown_model_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownModel, match="smollm2-135m"):
        load_catalogue().entry("gpt-9")


def test_a_catalogue_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(ENTRY.format(**GOOD), encoding="utf-8")
    entry = load_catalogue(path).entry("a-model")
    assert entry.weights.name == "model.safetensors"
    assert entry.size is None


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../outside"},
        {"name": "/etc/passwd"},
        {"name": "folder/../../outside"},
        {"name": ".hidden"},
        {"name": "back\\\\slash"},
        {"sha256": "abc"},
        {"kind": "torrent"},
    ],
)
def test_an_unsafe_or_unknown_value_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    path = tmp_path / "models.toml"
    path.write_text(ENTRY.format(**{**GOOD, **change}), encoding="utf-8")
    with pytest.raises(ValidationError):
        load_catalogue(path)
