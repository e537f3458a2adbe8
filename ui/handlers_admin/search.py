"""Search as a member of the team sees it: passages with their ranks and scores."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from knowledge.documents import DEFAULT_COLLECTION, Language, Ranked
from ui.handlers_admin import Desk
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
