"""Presentations: a section a slide, in reading order, with tables, charts and notes."""

from io import BytesIO
from typing import Any

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from knowledge.chunking import chunk
from knowledge.documents import Place
from knowledge.errors import DamagedDocument
from knowledge.loading import load
from knowledge.loading.warnings import HIDDEN_SLIDES
from tests.knowledge.loading.office_files import zipped


def saved(presentation: Any) -> bytes:
    out = BytesIO()
    presentation.save(out)
    return out.getvalue()


def box(slide: Any, text: str, left: float, top: float) -> Any:
    shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(1))
    shape.text_frame.text = text
    return shape


@pytest.fixture
def deck() -> Any:
    presentation: Any = Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "Delivery\vtimes"
    first.placeholders[1].text_frame.text = "Berlin: two days"
    first.notes_slide.notes_text_frame.text = "Not on Sundays."
    second = presentation.slides.add_slide(presentation.slide_layouts[6])
    box(second, "below", 1, 5)
    box(second, "right", 4, 1)
    box(second, "left", 1, 1)
    return presentation


def test_slides_are_sections_with_their_notes(deck: Any) -> None:
    loaded = load("x/deck.pptx", saved(deck))
    assert loaded.title == "Delivery times"
    assert [(s.headings, loaded.text[s.start : s.end].strip()) for s in loaded.sections] == [
        (("Delivery times",), "Delivery times\n\nBerlin: two days\n\nNot on Sundays."),
        ((), "left\n\nright\n\nbelow"),
    ]
    assert [(loaded.text[m.start :].partition("\n")[0], m.place) for m in loaded.marks] == [
        ("Delivery times", Place("slide", 1, 1)),
        ("left", Place("slide", 2, 2)),
    ]
    assert len(chunk(loaded)) == 2


def test_hidden_slides_are_left_out_and_told(deck: Any) -> None:
    deck.slides[0]._element.set("show", "0")
    loaded = load("deck.pptx", saved(deck))
    assert "Sundays" not in loaded.text
    assert loaded.warnings == (HIDDEN_SLIDES,)
    assert loaded.marks[0].place == Place("slide", 2, 2)


def test_tables_with_merged_cells(deck: Any) -> None:
    shape = deck.slides[1].shapes.add_table(3, 3, Inches(1), Inches(3), Inches(4), Inches(1))
    texts = ["Model", "Red", "", "K1", "5", "6", "", "7", "8"]
    for n, text in enumerate(texts):
        shape.table.cell(n // 3, n % 3).text = text
    shape.table.cell(0, 1).merge(shape.table.cell(0, 2))
    shape.table.cell(1, 0).merge(shape.table.cell(2, 0))
    assert "Model | Red | Red\nK1 | 5 | 6\nK1 | 7 | 8" in load("a.pptx", saved(deck)).text


@pytest.mark.parametrize("is_solid", [False, True])
def test_the_numbers_of_a_chart(deck: Any, *, is_solid: bool) -> None:
    data: Any = CategoryChartData()
    data.categories = ["Berlin", "Paris"]
    data.add_series("Days", (2, 3.5))
    place = (Inches(1), Inches(3), Inches(4), Inches(3))
    chart = deck.slides[1].shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data).chart
    if is_solid:  # python-pptx reads no such chart, and writes none
        bars = chart._chartSpace.chart.plotArea.xpath("c:barChart")[0]
        bars.tag = bars.tag.replace("barChart", "bar3DChart")
    assert " | Days\nBerlin | 2\nParis | 3.5" in load("a.pptx", saved(deck)).text


def test_groups_are_read_in_their_place(deck: Any) -> None:
    group = deck.slides[1].shapes.add_group_shape()
    inner = group.shapes.add_textbox(Inches(1), Inches(2), Inches(1), Inches(1))
    inner.text_frame.text = "grouped"
    assert "left\n\nright\n\ngrouped\n\nbelow" in load("a.pptx", saved(deck)).text


@pytest.mark.parametrize("data", [zipped({"ppt/presentation.xml": "<p>"}), b"PK\x03\x04..."])
def test_what_is_no_presentation_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedDocument):
        load("a.pptx", data)
