"""The search page: layout and wiring."""

import gradio as gr

from knowledge.documents import DEFAULT_COLLECTION
from ui.handlers_admin import Desk
from ui.handlers_admin.document import DocumentHandlers
from ui.handlers_admin.search import SearchHandlers
from ui.handlers_admin.synonyms import SynonymHandlers
from ui.pages.admin_parts import action_html, on, page, waiting
from ui.render_admin import render


def add_search(desk: Desk, navigation: gr.HTML, sheet: gr.HTML) -> None:
    """The page that shows what a question finds, and the words that are taken for each other."""
    handlers, words = SearchHandlers(desk), SynonymHandlers(desk)
    with page(desk, "search"):
        with gr.Row(elem_classes="ad-ask"):
            query = gr.Textbox(
                label=desk.text("search_query"),
                placeholder=desk.text("search_placeholder"),
                max_lines=1,
                scale=4,
                min_width=200,
                elem_id="ad-search-query",
            )
            collection = gr.Dropdown(
                [DEFAULT_COLLECTION],
                value=DEFAULT_COLLECTION,
                label=desk.text("collection"),
                visible=False,
                min_width=140,
                elem_id="ad-search-collection",
            )
            run = gr.Button(
                desk.text("search_run"), variant="primary", min_width=96, elem_id="ad-search-run"
            )
        found = action_html("ad-found", waiting(desk))
        why = action_html("ad-why", render("why_not", desk.language, expected="", reason=""))
        synonyms = action_html("ad-synonyms", waiting(desk))
    on(navigation, "show_search", desk.guarded(handlers.show), None, [found, collection])
    look = desk.guarded(handlers.search)
    on(run, "click", look, [query, collection], found)
    on(query, "submit", look, [query, collection], found)
    on(why, "why_not", desk.guarded(handlers.why), [query, collection], why)
    for source in (found, why):
        on(source, "open_document", desk.guarded(DocumentHandlers(desk).open), None, sheet)
    on(navigation, "show_search", desk.guarded(words.show), None, synonyms)
    on(synonyms, "save_synonyms", desk.guarded(words.save), None, synonyms)
