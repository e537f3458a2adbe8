"""The tokens keep their contrast, and the Gradio theme says nothing that the tokens do not."""

import re
from pathlib import Path
from typing import cast

import pytest

from ui.theme import make_theme

TOKENS = Path("assets/styles/tokens.css").read_text(encoding="utf-8")
PAIRS = re.findall(r"--ad-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS)
COLOURS = [
    {name: light for name, light, _ in PAIRS},
    {name: dark for name, _, dark in PAIRS},
]
READ_ON = [
    *((ink, ground) for ink in ("ink", "muted", "accent") for ground in ("paper", "raised")),
    ("ink", "sunken"),
    ("muted", "sunken"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("ink", "accent-soft"),
    ("accent", "accent-soft"),
    ("on-evidence", "evidence"),
    ("person", "raised"),
    ("person", "person-soft"),
    ("warn", "raised"),
    ("warn", "warn-soft"),
    ("error", "raised"),
    ("error", "error-soft"),
]


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", COLOURS, ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), READ_ON)
def test_text_has_aa_contrast(colours: dict[str, str], ink: str, ground: str) -> None:
    assert _contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("colours", COLOURS, ids=["light", "dark"])
def test_the_edge_of_an_input_has_contrast(colours: dict[str, str]) -> None:
    assert _contrast(colours["line-strong"], colours["raised"]) >= 3


def _theme_values() -> dict[str, str]:
    values = cast("dict[str, object]", make_theme().to_dict()["theme"])
    return {name: str(value) for name, value in values.items()}


def test_the_theme_refers_only_to_tokens_that_exist() -> None:
    defined = set(re.findall(r"--(ad-[a-z0-9-]+):", TOKENS))
    used = set(re.findall(r"var\(--(ad-[a-z0-9-]+)\)", " ".join(_theme_values().values())))
    assert used
    assert used <= defined


def test_the_theme_loads_nothing_from_elsewhere() -> None:
    values = _theme_values()
    assert not [
        value for value in values.values() if re.search(r"(url\(|@import )['\"]?http", value)
    ]
    assert values["_stylesheets"] == "[]"


def test_the_theme_has_no_second_set_for_dark() -> None:
    assert not [name for name in _theme_values() if name.endswith("_dark")]
