"""Where something stands in the original, in words: "page 3", "Sheet Orders, row 12"."""

from knowledge.documents import Language, Place

_KINDS = {
    ("page", Language.ENGLISH): ("page {first}", "pages {first}–{last}"),
    ("page", Language.CHINESE): ("第 {first} 页", "第 {first}–{last} 页"),
    ("slide", Language.ENGLISH): ("slide {first}", "slides {first}–{last}"),
    ("slide", Language.CHINESE): ("第 {first} 张幻灯片", "第 {first}–{last} 张幻灯片"),
    ("sheet", Language.ENGLISH): ("row {first}", "rows {first}–{last}"),
    ("sheet", Language.CHINESE): ("第 {first} 行", "第 {first}–{last} 行"),
}
_SHEETS = {Language.ENGLISH: "Sheet {name}, {rows}", Language.CHINESE: "工作表“{name}”，{rows}"}


def place_text(place: Place | None, language: Language) -> str:
    """`place` in `language`; empty where there is none."""
    if place is None:
        return ""
    one, several = _KINDS[place.kind, language]
    template = one if place.first == place.last else several
    rows = template.format(first=place.first, last=place.last)
    return _SHEETS[language].format(name=place.name, rows=rows) if place.name else rows
