"""Nothing that people or models wrote becomes markup, and what is shown is what was said."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from chatbot.messages import Answer, Citation, Delivered, Route, TextDelta, TraceStep, TurnFinished
from chatbot.timeline import EventEntry, MessageEntry
from knowledge.documents import Language, Position
from ui import render
from ui.prose import plain, prose, safe_link
from ui.turns import TurnView, advance, asked, finished
from ui.why import source, why

OWN_TAGS = {
    *("article", "div", "span", "p", "br", "ul", "ol", "li", "button", "i", "section", "h3"),
    *("dl", "dt", "dd", "mark", "a", "h2"),
}
OWN_ATTRIBUTES = {
    *("class", "type", "role", "aria-label", "aria-busy", "aria-hidden", "title", "hidden", "dir"),
    *("lang", "start", "href", "target", "rel"),
}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    'https://a.example/" onclick="alert(1)',
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "`${alert(1)}`",
    "<!--",
    "-->",
    "]]>",
    "</div></article>",
    "[1]<b>",
    "&lt;script&gt;",
]
written = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from([*HOSTILE, " ", "\n", "- ", "1. ", "[1]", "[2]", "好。"])).map(
        "".join
    ),
)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.tags.append(f"declaration {decl}")


def _elements(markup: str) -> _Elements:
    elements = _Elements()
    elements.feed(markup)
    elements.close()
    return elements


def _citation(words: str, number: int = 1, url: str | None = None) -> Citation:
    position = Position(0, 1, (words, "heading"))
    return Citation(number, "p", words, words, position, words, f"before {words} after", url)


def _answer(words: str, route: Route = "generate", url: str | None = None) -> Answer:
    details = {words: words, "rows": [{words: words, "sentence": words, "supported": False}]}
    return Answer(
        turn_id="t",
        conversation_id=words,
        text=words,
        language=Language.ENGLISH,
        route=route,
        refused=route == "refuse",
        answerability=0.5,
        citations=(_citation(words, url=url),),
        rules=(words,),
        suggestions=(words,),
        trace=(TraceStep("decide", words, 1.0, details),),
    )


@given(written, written, st.sampled_from(list(Language)), st.sampled_from(["refuse", "rule"]))
def test_no_text_becomes_an_element(
    question: str, words: str, language: Language, route: Route
) -> None:
    view = finished(question, _answer(words, route, url=words))
    elements = _elements(render.turn(view, language, question))
    assert set(elements.tags) <= OWN_TAGS
    foreign = {
        name
        for name, _ in elements.attributes
        if name not in OWN_ATTRIBUTES and not name.startswith("data-")
    }
    assert not foreign
    links = [value or "" for name, value in elements.attributes if name == "href"]
    assert all(
        link.startswith(("http://", "https://", "HTTP://", "HTTPS://")) for link in links
    ) or all(safe_link(link) for link in links)


@given(written)
def test_no_error_or_suggestion_becomes_an_element(words: str) -> None:
    failed = render.turn(TurnView(words, error=words), Language.ENGLISH)
    page = render.empty(Language.CHINESE, [words])
    assert set(_elements(failed + page).tags) <= OWN_TAGS


@given(written, written, st.sampled_from(list(Language)), st.booleans())
def test_no_word_between_people_becomes_an_element(
    words: str,
    agent: str,
    language: Language,
    by_agent: bool,
) -> None:
    moment = datetime.now(UTC)
    said = MessageEntry(1, "m", moment, agent, words, by_agent)
    left = EventEntry(2, "e", moment, "handed_back", agent)
    standing = render.Standing("person", agent, words)
    page = render.message(said, words, language) + render.event(left, words, language)
    assert set(_elements(page).tags) <= OWN_TAGS
    header = _elements(render.header(language, standing))
    assert set(header.tags) <= OWN_TAGS | {"header", "h1"}
    assert dict(header.attributes)["data-agent"] == agent


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=60))
def test_an_answer_is_shown_word_for_word(words: str) -> None:
    assert "".join(_elements(prose(words, (), Language.ENGLISH)).shown) == words


def test_a_mark_becomes_a_chip_that_stays_with_its_word() -> None:
    shown = prose("Within 30 days. [1] Yes.", [_citation("Returns")], Language.ENGLISH)
    assert '<span class="ad-together">days.<button' in shown
    assert 'data-open="source-1"' in shown
    assert 'aria-label="Source 1: Returns"' in shown
    assert shown.endswith("</span> Yes.</p>")


def test_a_mark_without_a_citation_is_dropped() -> None:
    assert prose("Within 30 days [7].", (), Language.ENGLISH) == "<p>Within 30 days.</p>"


def test_a_mark_that_is_still_arriving_is_not_shown() -> None:
    assert prose("Within 30 days. [1", (), Language.ENGLISH) == "<p>Within 30 days.</p>"


def test_lists_and_paragraphs_are_kept() -> None:
    shown = prose("Do this:\n\n1. Open it\n2. Close it\n\n- a\n- b", (), Language.ENGLISH)
    assert shown == (
        '<p>Do this:</p><ol start="1"><li>Open it</li><li>Close it</li></ol>'
        "<ul><li>a</li><li>b</li></ul>"
    )


def test_a_web_address_becomes_a_link_without_its_full_stop() -> None:
    shown = prose("See https://shop.example/a?b=1.", (), Language.ENGLISH)
    assert 'href="https://shop.example/a?b=1"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown
    assert shown.endswith("</a>.</p>")


def test_a_decimal_at_the_start_of_a_line_is_no_list() -> None:
    assert prose("3.5 kg is the limit.", (), Language.ENGLISH) == "<p>3.5 kg is the limit.</p>"


def test_the_quote_is_marked_in_its_passage() -> None:
    citation = Citation(
        1, "p", "d", "Returns", Position(0, 9, ("Returns", "Window")), "30 days", "In 30 days."
    )
    shown = source(citation, Language.ENGLISH)
    assert "In <mark>30 days</mark>." in shown
    assert '<p class="ad-path">Window</p>' in shown


def test_a_link_that_is_no_web_address_is_not_offered() -> None:
    assert safe_link("javascript:alert(1)") is None
    assert safe_link("https://[") is None
    assert safe_link("//other.example") is None
    assert safe_link("https://shop.example/") == "https://shop.example/"


def test_a_copied_answer_has_no_marks() -> None:
    assert plain("Yes. [1] No.[2]") == "Yes. No."


def test_while_working_the_step_and_stop_are_shown() -> None:
    shown = render.turn(asked("Where is it?"), Language.CHINESE)
    assert "正在查找资料" in shown
    assert 'data-do="stop"' in shown
    assert 'aria-busy="true"' in shown


def test_what_goes_to_a_person_gets_no_reply_of_ours() -> None:
    view = asked("Are you there?", to_person=True, entry="m1")
    shown = render.turn(view, Language.ENGLISH)
    assert "Sending" in shown
    assert 'data-do="stop"' not in shown
    for event in (Delivered(), TurnFinished(replace(_answer("Passed on."), conversation_id="c"))):
        view = advance(view, event)
    shown = render.turn(view, Language.ENGLISH)
    assert 'aria-busy="false"' in shown
    assert "Passed on" not in shown
    assert 'data-by="visitor"' in shown


def test_when_the_person_has_left_meanwhile_the_assistant_answers() -> None:
    view = asked("Are you there?", to_person=True)
    answer = _answer("Within 30 days.")
    for event in (TextDelta("Within 30 days."), TurnFinished(answer)):
        view = advance(view, event)
    assert "Within 30 days." in render.turn(view, Language.ENGLISH)
    assert view == finished("Are you there?", answer)


def test_a_refusal_offers_topics_and_a_person() -> None:
    shown = render.turn(finished("?", _answer("Cards", "refuse")), Language.ENGLISH)
    assert 'data-ask="Cards"' in shown
    assert "Talk to a person" in shown


def test_every_route_has_a_mark_and_a_headline() -> None:
    routes: list[Route] = [
        *("rule", "curated", "quote", "generate", "clarify", "refuse", "handover"),
    ]
    for route in routes:
        for language in Language:
            shown = render.turn(finished("?", _answer("x", route)), language)
            assert 'class="ad-headline"' in shown
            assert 'data-open="why"' in shown


def test_the_trace_is_shown_in_words() -> None:
    details = {
        "follow_up": False,
        "intent": "refund",
        "fired": [{"rule": "window", "because": "days <= 30"}],
        "passages": [{"title": "Returns", "headings": ["Returns", "Window"], "keyword_rank": 1}],
        "verdicts": [{"sentence": "In 24 hours.", "supported": False, "reason": "value"}],
        "features": {"overlap": 0.1},
    }
    step = TraceStep("rules", "window", 1300.0, details)
    answer = replace(_answer("Yes."), trace=(step,))
    shown = " ".join(_elements(why(answer, Language.ENGLISH)).shown)
    assert "Applied the house rules" in shown
    assert "1.3 s" in shown
    assert "Because days <= 30" in shown
    assert "Returns › Window" in shown
    assert "a figure is not in the source" in shown
    assert "Supported no" in shown
    assert "Follows on" not in shown
    assert "overlap" not in shown
