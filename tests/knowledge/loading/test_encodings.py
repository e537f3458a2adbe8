"""Whatever a text is saved in, its characters arrive, or a warning says that they may not."""

import csv
import json
import random
from collections.abc import Sequence
from difflib import SequenceMatcher
from io import StringIO

import pytest

from knowledge.errors import UnreadableDocument
from knowledge.loading import load
from knowledge.loading.warnings import DAMAGED, NOT_UTF8
from tests.benchmarks.data_sets import folder

SIMPLIFIED = (
    "本店所售台灯均可在收货后三十天内退货，运费由我们承担。请保留原包装与发票，并在寄回前联系客服"
    "获取退货单号。退款将在收到商品后五个工作日内退回原支付账户；如遇节假日，时间顺延。"
)
TRADITIONAL = (
    "本店所售檯燈均可在收貨後三十天內退貨，運費由我們承擔。請保留原包裝與發票，並在寄回前聯繫客服"
    "取得退貨單號。退款將在收到商品後五個工作天內退回原付款帳戶；如遇假日，時間順延。"
)
ENGLISH = (
    "Lamps can be returned within 30 days – we pay for the parcel. Café tables too: 49 € each."
)
ENCODINGS = [
    (SIMPLIFIED, "utf-8"),
    (SIMPLIFIED, "utf-8-sig"),
    (SIMPLIFIED, "gb18030"),
    (SIMPLIFIED, "gbk"),
    (SIMPLIFIED, "gb2312"),
    (SIMPLIFIED, "utf-16"),
    (SIMPLIFIED, "utf-32"),
    (TRADITIONAL, "big5"),
    (TRADITIONAL, "utf-16"),
    (TRADITIONAL, "gb18030"),
    (SIMPLIFIED + TRADITIONAL + ENGLISH, "gb18030"),
    (SIMPLIFIED + ENGLISH + "😀🧾", "utf-16"),
    (ENGLISH, "cp1252"),
    (ENGLISH, "utf-16-le"),
    (ENGLISH, "utf-16-be"),
    (ENGLISH, "utf-16"),
]


def _rightness(read: str, written: str) -> float:
    """How many of the characters arrived, in their order."""
    matched = SequenceMatcher(None, read, written, autojunk=False).get_matching_blocks()
    return sum(block.size for block in matched) / len(written)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv"])
@pytest.mark.parametrize(("text", "encoding"), ENCODINGS)
def test_characters_arrive_in_every_encoding(name: str, text: str, encoding: str) -> None:
    loaded = load(name, text.encode(encoding))
    assert _rightness(loaded.text, text) >= 0.99
    is_told = {DAMAGED, NOT_UTF8} & set(loaded.warnings)
    # What is no Unicode is guessed, which a person should look at.
    assert bool(is_told) == (not encoding.startswith("utf"))


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8"])
@pytest.mark.parametrize("other", ["gb18030", "big5", "utf-8", "utf-16-le", "cp1252"])
def test_two_encodings_in_one_file_are_told_of(encoding: str, other: str) -> None:
    if encoding == other:
        return
    first = TRADITIONAL if encoding == "big5" else SIMPLIFIED
    second = {"big5": TRADITIONAL, "cp1252": "Café – 49 €, Größe, naïve"}.get(other, SIMPLIFIED)
    data = (first + "\n").encode(encoding) * 5 + (second + "\n").encode(other)
    try:
        loaded = load("a.txt", data)
    except UnreadableDocument:
        return
    whole = first * 5 + second
    assert {DAMAGED, NOT_UTF8} & set(loaded.warnings) or _rightness(loaded.text, whole) >= 0.99


def test_random_text_in_every_encoding_is_right_or_told_of() -> None:
    rng = random.Random(32)  # noqa: S311 -- a repeatable sample
    for text, encoding in ENCODINGS * 20:
        start = rng.randrange(len(text) - 20)
        part = text[start : start + rng.randrange(12, 60)]
        loaded = load("a.txt", part.encode(encoding))
        assert _rightness(loaded.text, part.strip()) >= 0.99 or loaded.warnings


def _rows(count: int) -> list[Sequence[str]]:
    header = ("编号", "Name", "说明")
    return [
        header,
        *((f"{n}", f"Lamp {n}, large", f"第 {n} 号台灯；“暖光”") for n in range(1, count)),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_table_of_ten_thousand_lines_keeps_every_row(encoding: str) -> None:
    rows = _rows(10_000)
    out = StringIO()
    csv.writer(out).writerows(rows)
    loaded = load("lamps.csv", out.getvalue().encode(encoding))
    assert loaded.text.split("\n") == [" | ".join(row) for row in rows]
    assert [mark.place.first for mark in loaded.marks] == list(range(1, 10_001))


NAUGHTY = [
    "\u202etest\u202c", "Ω≈ç√∫˜µ≤≥÷", "👩\u200d👩\u200d👧 🏳️\u200d🌈", "ﷺ", "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "<script>alert(1)</script>", "{{7*7}} ${7*7} %s %n", "'; DROP TABLE passages; --", "\\x00\\u0000 NUL",
    "田中さんにあげて下さい", "﷽﷽﷽", "𝕋𝕙𝕖 𝕢𝕦𝕚𝕔𝕜", "\ufeffmark in the middle\ufeff", "a\tb\vc\fd", "١٢٣",
]  # fmt: skip


def _naughty() -> list[str]:
    """The public list of naughty strings where it is there, else some of their kind."""
    kept = folder() / "blns" / "blns.json"
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else NAUGHTY


@pytest.mark.parametrize("ending", ["txt", "csv", "json"])
def test_naughty_strings_arrive_as_text(ending: str) -> None:
    for text in [*_naughty(), *NAUGHTY]:
        lines = [" ".join(text.split()), "an ordinary line"]
        data = json.dumps({"a": lines}) if ending == "json" else "\n".join(lines)
        loaded = load(f"a.{ending}", data.encode("utf-8", "surrogatepass"))
        assert "an ordinary line" in loaded.text
        loaded.text.encode("utf-8")
        assert "\x00" not in loaded.text


def test_naughty_pages_are_read_or_refused() -> None:
    for text in [*_naughty(), *NAUGHTY]:
        for name in ("a.md", "a.html"):
            data = f"{text}\n\nan ordinary paragraph".encode("utf-8", "surrogatepass")
            try:
                load(name, data).text.encode("utf-8")
            except UnreadableDocument:
                continue
