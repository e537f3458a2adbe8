"""What a loader may warn of, in both languages. Warnings are stored in English.

To add one, name its two texts in `_CHINESE`; `{fields}` in them are filled by `str.format`.
"""

import re
from collections.abc import Iterable, Mapping

NOT_UTF8 = "The file is not UTF-8; its encoding was guessed. Please check that the text reads well."
DAMAGED = "Some characters of the file are damaged and were replaced by \ufffd."
PICTURES = "Pictures in the file were not read, only its text."
COMMENTS = "Comments in the margin were left out."
HIDDEN_TEXT = "Hidden text was left out."
HIDDEN_SHEETS = "Hidden sheets were left out."
HIDDEN_SLIDES = "Hidden slides were left out."
ATTACHMENTS = "Attachments were listed by name but not read. Please add them by themselves."
BROKEN_PARTS = "Some parts of the file are damaged and were left out."
BROKEN_QUOTES = "A quotation mark in the file is never closed; quotation marks were read as text."
READ_FROM_PICTURE = "The text was read from a picture and may hold errors. Please check it."
PAGES_READ_FROM_PICTURES = (
    "The text of these pages was read from pictures and may hold errors: {pages}. Please check it."
)
PAGES_WITHOUT_TEXT = "Nothing could be read on these pages: {pages}."
PAGES_DAMAGED = "These pages are damaged and were left out: {pages}."
PAGES_LEFT_OUT = (
    "At most {limit} pages are read from pictures. These were left out: {pages}. "
    "Please split the file to have them read."
)

_CHINESE: Mapping[str, str] = {
    NOT_UTF8: "文件不是 UTF-8 编码，已自动猜测编码。请检查文字是否正确。",
    DAMAGED: "文件中有部分字符已损坏，已替换为 \ufffd。",
    PICTURES: "未读取文件中的图片，只读取了文字。",
    COMMENTS: "未读取页边批注。",
    HIDDEN_TEXT: "未读取隐藏文字。",
    HIDDEN_SHEETS: "未读取隐藏的工作表。",
    HIDDEN_SLIDES: "未读取隐藏的幻灯片。",
    ATTACHMENTS: "只列出了附件名称，未读取附件内容。请单独添加附件。",
    BROKEN_PARTS: "文件中有部分内容已损坏，未能读取。",
    BROKEN_QUOTES: "文件中有引号未闭合，已将引号当作普通文字读取。",
    READ_FROM_PICTURE: "文字由图像识别得出，可能有误，请核对。",
    PAGES_READ_FROM_PICTURES: "第 {pages} 页的文字由图像识别得出，可能有误，请核对。",
    PAGES_WITHOUT_TEXT: "第 {pages} 页未能读出文字。",
    PAGES_DAMAGED: "第 {pages} 页已损坏，未能读取。",
    PAGES_LEFT_OUT: "最多识别 {limit} 页图像，第 {pages} 页未读取。如需读取，请拆分文件。",
}

_FIELD = re.compile(r"\\\{(\w+)\\\}")


def in_chinese(warning: str) -> str:
    """The Chinese text of a stored warning; the warning itself if it has none."""
    for english, chinese in _CHINESE.items():
        pattern = _FIELD.sub(r"(?P<\1>.+?)", re.escape(english))
        found = re.fullmatch(pattern, warning)
        if found is not None:
            fields = {name: text.replace(", ", "、") for name, text in found.groupdict().items()}
            return chinese.format(**fields)
    return warning


def page_list(pages: Iterable[int]) -> str:
    """Page numbers in order, runs of them shortened: `1-3, 7`."""
    runs: list[tuple[int, int]] = []
    for page in sorted(pages):
        if runs and page == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], page)
        else:
            runs.append((page, page))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
