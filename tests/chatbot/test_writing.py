"""Quotes, citations and the sentence stream."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from chatbot.grounding import Source
from chatbot.writing import cite, complete_sentences, gated, quoted_text, readable
from knowledge.documents import Language, Passage, Position
from knowledge.reading import Evidence

TEXT = "Express takes one day. It costs ¥22. Standard takes three days."
PASSAGE = Passage(
    "p1", "delivery.md", "Delivery", TEXT, Position(100, 100 + len(TEXT), ("Delivery",))
)
OTHER = Passage("p2", "returns.md", "Returns", "- Returns take 30 days.", Position(0, 23))


def evidence(passage: Passage, words: str) -> Evidence:
    start = passage.text.index(words)
    return Evidence(passage, start, start + len(words), 0.9)


def test_a_quote_is_cited_once_a_passage() -> None:
    quote = (
        evidence(PASSAGE, "Express takes one day."),
        evidence(PASSAGE, "It costs ¥22."),
        evidence(OTHER, "- Returns take 30 days."),
    )
    citations = cite(quote)
    text = "".join(quoted_text(quote, citations, Language.ENGLISH))
    assert text == "Express takes one day. It costs ¥22. [1] Returns take 30 days. [2]"
    assert [c.number for c in citations] == [1, 2]


def test_a_citation_points_to_its_words() -> None:
    (citation,) = cite([evidence(PASSAGE, "It costs ¥22.")])
    assert citation.quote == "It costs ¥22."
    assert citation.quote in citation.passage_text
    offset = citation.position.start - PASSAGE.position.start
    assert TEXT[offset : offset + len(citation.quote)] == citation.quote


def test_list_marks_and_line_breaks_are_not_read_out() -> None:
    assert (
        readable("Some things:\n\n- gift cards\n2. engraved cups")
        == "Some things: gift cards; engraved cups."
    )


def test_sentences_come_out_as_soon_as_they_are_whole() -> None:
    pieces = iter(["Express ta", "kes one day. It co", "sts ¥22. And th"])
    assert list(complete_sentences(pieces)) == ["Express takes one day.", "It costs ¥22."]


@given(st.lists(st.integers(min_value=1, max_value=9), max_size=30))
def test_the_cuts_of_the_stream_do_not_matter(cuts: list[int]) -> None:
    def pieces() -> Iterator[str]:
        place = 0
        for cut in cuts:
            yield TEXT[place : place + cut]
            place += cut
        yield TEXT[place:]

    assert list(complete_sentences(pieces())) == list(complete_sentences([TEXT]))


def test_the_gate_stops_the_stream_when_enough_is_said() -> None:
    taken: list[str] = []

    def pieces() -> Iterator[str]:
        for sentence in (
            "Express takes one day. ",
            "It costs ¥22. ",
            "Standard takes three days. ",
            "x ",
        ):
            taken.append(sentence)
            yield sentence

    verdicts = list(gated(pieces(), [Source(1, TEXT)], question="Fast?", max_sentences=1))
    assert [v.sentence for v in verdicts] == ["Express takes one day."]
    assert len(taken) == 2


def test_a_table_row_is_read_with_its_header() -> None:
    header = "Model | Capacity | Price"
    assert readable("K2 | 1.7 l | ¥299", header) == "K2 (Capacity: 1.7 l, Price: ¥299)"
    assert readable("K2 | 1.7 l", "Model | Capacity") == "K2: 1.7 l"
    assert readable("除垢 | 15 克 | 20 克", "| K1 | K2") == "除垢 (K1: 15 克, K2: 20 克)"


def test_repeating_the_question_is_no_answer() -> None:
    verdicts = gated(
        ["Express takes how long? Express takes one day."],
        [Source(1, TEXT)],
        question="How long does express take?",
        max_sentences=2,
    )
    assert [verdict.reason for verdict in verdicts] == ["echo", "supported"]
