"""What the widget weighs, and what its files must not do."""

import gzip
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "ui" / "widget"
TOKENS = Path(__file__).parents[2] / "assets" / "styles" / "tokens.css"
FILES = sorted(FOLDER.rglob("*.js"))
LIMIT = 20 * 1024


def test_all_of_it_weighs_at_most_20_kilobytes() -> None:
    assert [path for path in FOLDER.rglob("*") if path.is_file()].sort() == FILES.sort()
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in FILES) <= LIMIT


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\.innerHTML",
        r"\.outerHTML",
        r"insertAdjacentHTML",
        r"document\.write",
        r"\beval\(",
        r"new Function",
        r"document\.cookie",
        r"""setAttribute\(\s*["']style""",
        r"""el\(\s*["'](?:style|script|img|iframe)""",
        r"https?://(?!www\.w3\.org)[a-z]",
    ],
)
def test_no_markup_no_styles_in_attributes_no_cookies_no_other_hosts(forbidden: str) -> None:
    found = [path.name for path in FILES if re.search(forbidden, path.read_text(encoding="utf-8"))]
    assert found == []


def test_its_colours_are_those_of_the_other_pages() -> None:
    tokens = TOKENS.read_text(encoding="utf-8")
    light, dark = (FOLDER / "style.js").read_text(encoding="utf-8").split("color-scheme: light;")
    ours = "ink muted paper raised sunken line line-strong evidence on-evidence person warn error"
    for name in ours.split():
        pair = re.search(rf"--ad-{name}: light-dark\((#\w+), (#\w+)\)", tokens)
        assert pair is not None
        assert f"--{name}: {pair[1]};" in light
        assert f"--{name}: {pair[2]};" in dark


def test_both_languages_say_the_same_things() -> None:
    texts = (FOLDER / "texts.js").read_text(encoding="utf-8")
    english, chinese = re.findall(r"^  \w\w: \{\n(.*?)\n  \}", texts, re.DOTALL | re.MULTILINE)
    names = [re.findall(r"^    (\w+): ", part, re.MULTILINE) for part in (english, chinese)]
    assert names[0] == names[1]
    holes = [
        re.findall(r"^    (\w+): .*?\{(\w+)\}", part, re.MULTILINE) for part in (english, chinese)
    ]
    assert holes[0] == holes[1]
    assert not re.search(r"\bAI\b|vector|embedding", texts, re.IGNORECASE)
