"""Search as a member of the team sees it: passages with their ranks and scores."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from chatbot.why_not import index_text, reason_text
from knowledge.documents import DEFAULT_COLLECTION, Language, Ranked
from knowledge.explaining_search import Explanation, Wanted, explain
from ui.handlers_admin import Desk, pressed
from ui.render_admin import highlight, render
from ui.texts import text

_TOP_K = 10
_MAX_QUERY = 2000


@dataclass(frozen=True, slots=True)
class HitView:
    """One ranked passage; `pieces` join to its text."""

    title: str
    headings: str
    document_id: str
    passage_id: str
    pieces: list[tuple[str, bool]]
    keyword: str
    keyword_none: bool
    dense: str
    dense_none: bool
    score: str


class SearchHandlers:
    """Searches with the retriever that answers are made with."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, request: gr.Request) -> tuple[str, gr.Dropdown]:
        """The page before a search, and the collections to choose from."""
        self._desk.member(request)
        names = {document.collection for document in self._desk.assistant.library.list()}
        known = sorted(names | {DEFAULT_COLLECTION})
        page = render("found", self._desk.language, hits=None, milliseconds=0)
        return page, gr.Dropdown(choices=known, visible=len(known) > 1)

    def search(self, query: str, collection: str, request: gr.Request) -> str:
        """The best passages for `query`."""
        self._desk.member(request)
        if not query.strip():
            raise gr.Error(self._desk.text("search_empty"), print_exception=False)
        start = time.perf_counter()
        found = self._desk.assistant.retriever.search(
            query[:_MAX_QUERY], collection or DEFAULT_COLLECTION, _TOP_K
        )
        milliseconds = round(1000 * (time.perf_counter() - start))
        return found_page(found, query, milliseconds, self._desk.language)

    def why(self, query: str, collection: str, event: gr.EventData, request: gr.Request) -> str:
        """Why `query` does not find the passage that was expected, named by its id or by words of it."""
        self._desk.member(request)
        expected = pressed(event, "expected").strip()
        if not query.strip():
            raise gr.Error(self._desk.text("search_empty"), print_exception=False)
        if not expected:
            raise gr.Error(self._desk.text("why_empty"), print_exception=False)
        among = collection or DEFAULT_COLLECTION
        wanted = Wanted(query[:_MAX_QUERY], self._passage_id(expected, among), among, _TOP_K)
        assistant = self._desk.assistant
        explained = explain(assistant.library, assistant.retriever, wanted)
        return why_page(explained, expected, self._desk.language)

    def _passage_id(self, expected: str, collection: str) -> str:
        assistant = self._desk.assistant
        if assistant.library.named_passage(collection, expected) is not None:
            return expected
        nearest = assistant.retriever.search(expected[:_MAX_QUERY], collection, 1)
        if not nearest:
            raise gr.Error(self._desk.text("why_unknown"), print_exception=False)
        return nearest[0].passage.id


def why_page(explained: Explanation, expected: str, language: Language) -> str:
    """What became of the expected passage, and the form to ask for another."""
    passage = explained.passage
    return render(
        "why_not",
        language,
        expected=expected,
        reason=reason_text(explained, language),
        keyword=index_text(explained.keyword, language),
        dense=index_text(explained.dense, language),
        place=explained.place,
        title=passage.title or passage.document,
        text=passage.text,
        document_id=passage.document_id,
        passage_id=passage.id,
    )


def found_page(found: Sequence[Ranked], query: str, milliseconds: int, language: Language) -> str:
    """The ranked passages, with the terms of `query` highlighted."""
    hits = [_hit(ranked, query, language) for ranked in found]
    return render("found", language, hits=hits, milliseconds=milliseconds)


def _hit(ranked: Ranked, query: str, language: Language) -> HitView:
    passage = ranked.passage
    headings = [h for h in passage.position.headings if h != passage.title]
    return HitView(
        title=passage.title or passage.document,
        headings=" › ".join(headings),
        document_id=passage.document_id,
        passage_id=passage.id,
        pieces=highlight(passage.text, query),
        keyword=_place(ranked.keyword_rank, ranked.keyword_score, language),
        keyword_none=ranked.keyword_rank is None,
        dense=_place(ranked.dense_rank, ranked.similarity, language),
        dense_none=ranked.dense_rank is None,
        score=f"{ranked.score:.4f}",
    )


def _place(rank: int | None, score: float | None, language: Language) -> str:
    if rank is None:
        return text("admin_rank_none", language)
    if score is None:
        return text("admin_rank", language, rank=rank)
    return text("admin_rank_score", language, rank=rank, score=f"{score:.2f}")
