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
    assert sorted(path for path in FOLDER.rglob("*") if path.is_file()) == FILES
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
    style = (FOLDER / "style.js").read_text(encoding="utf-8")
    ours = dict(re.findall(r"--([\w-]+): (light-dark\(.+?\));", style))
    assert len(ours) >= 10
    for name, colors in ours.items():
        assert f"--ad-{name}: {colors};" in tokens


def test_both_languages_say_the_same_things() -> None:
    texts = (FOLDER / "texts.js").read_text(encoding="utf-8")
    pairs = re.findall(r'^  (\w+): \["(.+?)", "(.+?)"\],$', texts, re.MULTILINE)
    assert len(pairs) == texts.count(": [")
    for name, english, chinese in pairs:
        assert re.findall(r"{\w+}", english) == re.findall(r"{\w+}", chinese), name
        assert re.search("[一-鿿]", chinese) or name == "title", name
    assert not re.search(r"\bAI\b|vector|embedding", texts, re.IGNORECASE)
    said = set(re.findall(r'say\(\s*"(\w+)"', "".join(path.read_text() for path in FILES)))
    own = {"title", "greeting", "offline"}  # what each widget says itself
    assert said - own <= {name for name, _, _ in pairs}
