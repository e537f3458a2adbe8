"""The knowledge page: layout and wiring."""

import gradio as gr

from knowledge.bundles import ARCHIVE_ENDING
from knowledge.documents import DEFAULT_COLLECTION, DocumentState
from knowledge.loading import readable_endings
from ui.handlers_admin import Desk
from ui.handlers_admin.document import DocumentHandlers
from ui.handlers_admin.knowledge import ALL, KnowledgeHandlers, TableView
from ui.pages.admin_parts import action_html, on, page, waiting
from ui.pages.knowledge_web import add_web
from ui.render_admin import render
from ui.views_knowledge import OFF

# A file of ready passages, which the API takes beside documents.
READY_PASSAGES = ".jsonl"
# The table shows one state of the session: its events run one after the other, or a tick that
# began before a change of the filter would end after it and undo it.
_IN_TURN = {"concurrency_id": "admin-documents", "concurrency_limit": 1}
# Seconds between looks at documents under way: progress moves, the server hardly notices.
_TICK = 1.0


def add_knowledge(desk: Desk, navigation: gr.HTML, sheet: gr.HTML) -> None:
    """The page with the documents; `sheet` is what opens over every page."""
    handlers, one = KnowledgeHandlers(desk), DocumentHandlers(desk)
    with page(desk, "knowledge"):
        with gr.Row(elem_classes="ad-bring"):
            drop = action_html("ad-drop", _drop(desk), behaviour="admin_drop")
            target = gr.Dropdown(
                [DEFAULT_COLLECTION],
                value=DEFAULT_COLLECTION,
                label=desk.text("upload_collection"),
                allow_custom_value=True,
                elem_id="ad-upload-collection",
                min_width=160,
            )
        fetching = add_web(desk, navigation, target)
        with gr.Row(elem_classes="ad-filters"):
            query, state, collection = _filters(desk)
        table = action_html("ad-documents", waiting(desk))
    view, timer = gr.State(TableView()), gr.Timer(_TICK, active=False)

    filters, shown = [query, state, collection], [table, view, timer]
    show, choices = desk.guarded(handlers.table), desk.guarded(handlers.collections)
    for source, event in ((navigation, "show_knowledge"), (drop, "upload")):
        on(source, event, show, view, shown, **_IN_TURN)
        on(source, event, choices, None, [collection, target])
    for clock in (timer, fetching):
        on(clock, "tick", show, view, shown, trigger_mode="once", **_IN_TURN)
    narrowed = desk.guarded(handlers.narrowed)
    for condition in filters:
        options = {"trigger_mode": "always_last", **_IN_TURN}
        # Not `input`, which Gradio raises for keys only: not for pasting, nor for typed Chinese.
        on(condition, "change", narrowed, [*filters, view], shown, **options)
    on(table, "turn_page", desk.guarded(handlers.turned), view, shown, **_IN_TURN)
    on(table, "clear_filter", desk.guarded(handlers.cleared), view, [*filters, *shown], **_IN_TURN)
    for source in (table, sheet):
        for event, action in (
            ("open_document", one.open),
            ("edit_passage", one.open),
            ("ask_restore", one.ask_restore),
            ("ask_delete", handlers.ask_delete),
            ("ask_delete_bundle", handlers.ask_delete_bundle),
        ):
            on(source, event, desk.guarded(action), None, sheet)
        for event, change in (
            ("switch_document", one.switch),
            ("retry_document", one.retry),
            ("say_language", one.say_language),
            ("move_document", one.move),
            ("save_passage", one.save_passage),
            ("restore_version", one.restore),
        ):
            changing = desk.guarded(handlers.changing(change))
            on(source, event, changing, view, [sheet, *shown], **_IN_TURN)
    for event, delete in (
        ("delete_document", handlers.delete),
        ("delete_bundle", handlers.delete_bundle),
    ):
        on(sheet, event, desk.guarded(delete), view, [sheet, *shown], **_IN_TURN)
    bundle = desk.guarded(handlers.show_bundle)
    on(sheet, "show_bundle", bundle, view, [sheet, *filters, *shown], **_IN_TURN)


def _filters(desk: Desk) -> tuple[gr.Textbox, gr.Dropdown, gr.Dropdown]:
    names = [*(state.value for state in DocumentState), OFF]
    states = [(desk.text(f"filter_{name}"), name) for name in names]
    query = gr.Textbox(
        label=desk.text("filter"), max_lines=1, scale=2, min_width=180, elem_id="ad-filter-query"
    )
    state = gr.Dropdown(
        [(desk.text("all_states"), ALL), *states],
        value=ALL,
        label=desk.text("filter_state"),
        min_width=140,
        elem_id="ad-filter-state",
    )
    collection = gr.Dropdown(
        [(desk.text("all_collections"), ALL)],
        value=ALL,
        label=desk.text("filter_collection"),
        visible=False,
        min_width=160,
        elem_id="ad-filter-collection",
    )
    return query, state, collection


def _drop(desk: Desk) -> str:
    endings = (*readable_endings(), ARCHIVE_ENDING, READY_PASSAGES)
    return render(
        "drop",
        desk.language,
        extensions=endings,
        formats=", ".join(ending.removeprefix(".") for ending in endings),
        limit_mb=desk.assistant.settings.server.max_upload_mb,
    )
