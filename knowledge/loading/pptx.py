"""Presentations: each slide a section under its title, its notes at its end."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from pptx import Presentation

from knowledge.documents import LoadedText, Place
from knowledge.loading.blocks import TextBlocks, tidy
from knowledge.loading.charts import chart_lines
from knowledge.loading.rows import one_line, table_line
from knowledge.loading.source import check_length, file_stem
from knowledge.loading.warnings import BROKEN_PARTS, HIDDEN_SLIDES, PICTURES
from knowledge.loading.zips import damage_told, open_package

_MAX_DEPTH = 20
_TITLES = frozenset((1, 3, 5))  # title, centred title, vertical title
_FURNITURE = frozenset((13, 15, 16))  # slide number, footer, date
_SUBTITLE = 4
_PICTURE = 13
_GROUP = 6
_SAME_LINE = 100_000  # shapes whose tops differ by less, in EMU (about 3 mm), stand side by side


def load(name: str, data: bytes) -> LoadedText:
    """The text of a `.pptx`, titled by its first slide's title, else the file's name.

    Shapes are read from top to bottom and left to right. Hidden slides, footers and slide
    numbers are left out. Raises `EncryptedDocument`, `DamagedDocument` or `UnpacksTooLarge`.
    """
    open_package(name, data).close()
    reader = _Slides()
    with damage_told(name):
        presentation: Any = Presentation(BytesIO(data))
        for number, slide in enumerate(presentation.slides, 1):
            reader.add(number, slide)
    loaded = reader.blocks.loaded(reader.title or file_stem(name), reader.warnings)
    check_length(name, loaded.text)
    return loaded


class _Slides:
    """Writes slides; python-pptx has no types, so shapes are `Any` here."""

    def __init__(self) -> None:
        self.blocks = TextBlocks()
        self.title = ""
        self._told: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self._told)

    def add(self, number: int, slide: Any) -> None:
        if slide._element.get("show") in {"0", "false"}:  # noqa: SLF001 -- it has no other name
            self._told[HIDDEN_SLIDES] = None
            return
        shapes = list(self._shapes(slide.shapes, depth=0))
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        heading = " ".join(one_line(tidy(shape.text_frame.text)) for shape in titles)
        self.blocks.at(Place("slide", number, number))
        if heading.strip():
            self.blocks.add_heading(1, heading)
            self.title = self.title or heading
        else:
            self.blocks.end_section()
        for shape in shapes:
            if _placeholder(shape) not in _TITLES | _FURNITURE:
                self._add_shape(shape)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            self.blocks.add(_paragraphs(slide.notes_slide.notes_text_frame))

    def _shapes(self, shapes: Iterable[Any], depth: int) -> Iterator[Any]:
        """The shapes in reading order, those of groups in the place of their group."""
        for shape in sorted(shapes, key=_place):
            if _kind(shape) == _GROUP and depth < _MAX_DEPTH:
                yield from self._shapes(shape.shapes, depth + 1)
            else:
                yield shape

    def _add_shape(self, shape: Any) -> None:
        try:
            if getattr(shape, "has_table", False):
                self.blocks.add("\n".join(_table(shape.table)))
            elif getattr(shape, "has_chart", False):
                self.blocks.add(tidy("\n".join(chart_lines(shape.chart_part.blob))))
            elif shape.has_text_frame:
                self.blocks.add(_paragraphs(shape.text_frame))
            elif _kind(shape) == _PICTURE:
                self._told[PICTURES] = None
        except (AttributeError, LookupError, ValueError, SyntaxError):
            # One broken table or chart (`ParseError` is a `SyntaxError`) must not cost the other slides.
            self._told[BROKEN_PARTS] = None


def _place(shape: Any) -> tuple[int, int]:
    """Where a shape stands; one that does not say so comes first."""
    return ((shape.top or 0) // _SAME_LINE, shape.left or 0)


def _kind(shape: Any) -> int:
    try:
        return int(shape.shape_type or 0)
    except NotImplementedError:  # a shape that python-pptx does not know; its text may be read
        return 0


def _placeholder(shape: Any) -> int:
    return int(shape.placeholder_format.type or 0) if shape.is_placeholder else 0


def _paragraphs(frame: Any) -> str:
    """The lines of a text; those of deeper levels as items of a list."""
    lines: list[str] = []
    for paragraph in frame.paragraphs:
        text = tidy(paragraph.text).strip()
        if text:
            lines.append(f"{'  ' * (paragraph.level - 1)}- {text}" if paragraph.level else text)
    return "\n".join(lines)


def _table(table: Any) -> Iterator[str]:
    """Its rows; the text of a merged cell stands in every cell that it covers."""
    texts = [[one_line(tidy(cell.text)) for cell in row.cells] for row in table.rows]
    for number, row in enumerate(table.rows):
        for column, cell in enumerate(row.cells):
            if cell.is_merge_origin:
                for covered in texts[number : number + cell.span_height]:
                    width = len(covered[column : column + cell.span_width])
                    covered[column : column + width] = [texts[number][column]] * width
    yield from map(table_line, texts)
