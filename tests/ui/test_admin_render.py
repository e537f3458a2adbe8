"""What people wrote reaches the admin pages as text, never as markup."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents import (
    DocumentRecord,
    DocumentState,
    Language,
    Passage,
    Position,
    Ranked,
)
from knowledge.explaining_search import Explanation
from knowledge.rules.model import (
    Action,
    Condition,
    DerivedFact,
    Firing,
    Lost,
    Rule,
    RuleOutcome,
)
from knowledge.rules.patterns import Keywords
from knowledge.rules.problems import Problem
from ui.handlers_admin.search import found_page, why_page
from ui.prose import safe_link
from ui.render_admin import highlight, moment, render, share, size
from ui.views_document import TextWindow, VersionView, original_url, passages_view
from ui.views_knowledge import Words, document_row, edited_sources, state_text
from ui.views_rules import problem_view, rule_view, trial_view

EN, ZH = Language.ENGLISH, Language.CHINESE
_VECTORS = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onfocus=alert(1) autofocus '",
        "</textarea></style></title><svg onload=alert(1)>",
        "javascript:alert(1)",
        "{{constructor.constructor('alert(1)')()}}",
        "${alert(1)}",
        "{% raw %}{{7*7}}",
        "&lt;b&gt;",
        "退款<b>三十天</b>",
    ]
)
hostile = st.one_of(_VECTORS, st.text(max_size=40).map(lambda text: f"<i>{text}</i>"))


class _Shape(HTMLParser):
    """The tags and attribute names of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.values: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def record(text: str = "plain") -> DocumentRecord:
    return DocumentRecord(
        id=f"id{text}",
        collection=text,
        source=text,
        name=text,
        title=f"t{text}",
        language=EN,
        state=DocumentState.FAILED,
        content_hash="0",
        size_bytes=2048,
        total=3,
        reason=text,
        warnings=(text,),
    )


def documents(text: str) -> str:
    row = document_row(record(text), {}, None, 0.0, Words(EN, ZoneInfo("UTC")))
    rows = [row]
    return render(
        "documents",
        EN,
        count=1,
        matching=1,
        rows=rows,
        page=1,
        pages=1,
        may_edit=True,
        edited=edited_sources([replace(record(text), edited=True)]),
        swap=None,
    )


def document(text: str) -> str:
    passage = Passage(text, text, text, text, Position(0, 1, (text,)), document_id=text)
    shown = replace(record(text), url=text, bundle=text, edited=True)
    version = VersionView(1, text, 10, text, in_use=False)
    return "".join(
        render(
            "document",
            EN,
            document=shown,
            tab=tab,
            state_text=state_text(shown, EN),
            reason=text,
            warnings=[text],
            window=TextWindow(text, text, text, 1, 2, 9),
            passages=passages_view(shown, [passage], text, EN),
            found=text,
            editing=text if tab == "passages" else "",
            where=text,
            original=original_url(shown, None),
            versions=[version],
            bundle=text,
            bundle_count=2,
            collections=[text],
            url=safe_link(text),
            may_edit=True,
        )
        for tab in ("text", "passages", "manage")
    )


def confirm(text: str) -> str:
    edited = replace(record(text), edited=True)
    version = VersionView(1, text, 10, text, in_use=False)
    return (
        render("confirm_delete", EN, document=edited, earlier=2)
        + render("confirm_restore", EN, document=edited, version=version)
        + render("confirm_delete_bundle", EN, document=edited, bundle=text, count=2, passages=3)
    )


def why_not(text: str) -> str:
    passage = Passage(text, text, text, text, Position(0, 1, (text,)), text, document_id=text)
    explained = Explanation(passage, "duplicate", 5, duplicate_of=passage)
    return why_page(explained, text, EN)


def hits(text: str) -> str:
    passage = Passage(text, text, f"t{text}", text, Position(0, 1, (text,)), document_id=text)
    return found_page([Ranked(passage, 0.5, 1, None, 2.0)], "no such word", 3, EN)


def rules(text: str) -> str:
    rule = Rule(
        id=f"r{text}",
        when=Condition(intents=(text,), keywords=Keywords(["refund"])),
        then=Action(set={text: text}, reply={EN: text, ZH: text}),
        description={EN: f"d{text}"},
        file=text,
    )
    view = rule_view(replace(rule), [text], EN)
    problem = problem_view(Problem(text, 3, text, text), EN)
    return render("rules", EN, count=1, folder=text, rules=[view], problems=[problem])


def trial(text: str) -> str:
    outcome = RuleOutcome(
        reply={EN: text},
        handover={EN: text},
        reply_rule=text,
        facts=(DerivedFact(text, text, text),),
        fired=(Firing(text, text),),
        lost=(Lost(text, text),),
    )
    return render("trial", EN, trial=trial_view(outcome, text, EN))


PAGES = (documents, document, confirm, hits, why_not, rules, trial)


@pytest.mark.parametrize("page", PAGES)
@given(text=hostile)
def test_hostile_text_changes_no_tag(page: Callable[[str], str], text: str) -> None:
    assert _Shape(page(text)).tags == _Shape(page("plain")).tags


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_is_shown_as_it_is(page: Callable[[str], str]) -> None:
    assert "<b>&</b>" in _Shape(page("<b>&</b>")).text


@given(
    passage=st.text(alphabet="refund money 退款金额\n<", max_size=60), query=st.text(max_size=20)
)
def test_highlighted_pieces_join_to_the_passage(passage: str, query: str) -> None:
    assert "".join(piece for piece, _ in highlight(passage, query)) == passage


def test_terms_are_found_as_search_finds_them() -> None:
    english = highlight("Refunds arrive late. No refunding!", "When does a refund arrive?")
    assert [piece for piece, found in english if found] == ["Refunds", "arrive", "refunding"]
    chinese = highlight("我們會在三天內退款給您", "退款要多久")
    assert [piece for piece, found in chinese if found] == ["退款"]


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (1536, "2 KB"), (1_500_000, "1.4 MB")],
)
def test_sizes_have_units(count: int, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 0, "–"), (0, 9, "0%"), (1, 1000, "<1%"), (999, 1000, ">99%"), (3, 3, "100%")],
)
def test_a_share_says_all_or_nothing_only_when_it_is(part: int, whole: int, shown: str) -> None:
    assert share(part, whole) == shown


@pytest.mark.parametrize("language", Language)
def test_every_page_renders_in_both_languages(language: Language) -> None:
    for name in ("drop", "nav", "login", "waiting"):
        page = render(
            name,
            language,
            extensions=[".md"],
            formats="md",
            limit_mb=30,
            pages=["overview"],
            other="zh",
            other_language="zh",
            other_url="/admin/zh",
            head="",
            target="/admin",
            error=None,
        )
        assert "admin_" not in page


def test_a_moment_is_told_in_the_companys_time_zone() -> None:
    late = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    for value in (late, late.replace(tzinfo=None)):
        assert moment(value, ZoneInfo("Asia/Shanghai")) == "2026-03-02 01:30"
