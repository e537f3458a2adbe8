"""Widgets in SQL."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from chatbot.accounts import load_secret
from chatbot.widgets.errors import WidgetNotFound
from chatbot.widgets.model import Widget
from chatbot.widgets.origins import normal_origin
from chatbot.widgets.tables import WidgetRow
from chatbot.widgets.tokens import Tokens
from knowledge.tables import now

_WIDGETS = TypeAdapter(Widget)


class Widgets:
    """Reads and writes widgets. Every method is one transaction and safe in any thread."""

    def __init__(self, engine: Engine, tokens: Tokens) -> None:
        self._engine = engine
        self.tokens = tokens

    def list(self) -> Sequence[Widget]:
        """All widgets, oldest first."""
        oldest_first = select(WidgetRow).order_by(WidgetRow.created_at, WidgetRow.id)
        with Session(self._engine) as session:
            return [_widget(row) for row in session.scalars(oldest_first)]

    def get(self, widget_id: str) -> Widget:
        """The widget. Raises `WidgetNotFound`."""
        with Session(self._engine) as session:
            return _widget(_row(session, widget_id))

    def add(self, widget: Widget) -> Widget:
        """Keep a new widget, which gets an id. Raises `InvalidOrigin`."""
        widget = replace(_normal(widget), id=secrets.token_hex(8))
        with Session(self._engine) as session, session.begin():
            session.add(WidgetRow(id=widget.id, settings=asdict(widget)))
        return widget

    def change(self, widget: Widget) -> Widget:
        """Replace the widget of that id. Raises `WidgetNotFound` and `InvalidOrigin`."""
        widget = _normal(widget)
        with Session(self._engine) as session, session.begin():
            row = _row(session, widget.id)
            row.settings = asdict(widget)
            row.updated_at = now()
        return widget

    def remove(self, widget_id: str) -> None:
        """Delete the widget and its visitors' tickets; their conversations stay. Raises `WidgetNotFound`."""
        with Session(self._engine) as session, session.begin():
            session.delete(_row(session, widget_id))

    def identity_secret(self, widget_id: str) -> str:
        """The secret with which the widget's sites sign. Raises `WidgetNotFound`."""
        with Session(self._engine) as session:
            return self.tokens.identity_secret(widget_id, _row(session, widget_id).generation)

    def rotate_secret(self, widget_id: str) -> str:
        """Another secret, the only one from now on. Raises `WidgetNotFound`."""
        with Session(self._engine) as session, session.begin():
            row = _row(session, widget_id)
            row.generation += 1
            return self.tokens.identity_secret(widget_id, row.generation)

    def any_on(self, origin: str) -> bool:
        """Whether some widget may stand on `origin`, in its normal form."""
        return any(origin in widget.origins for widget in self.list())


def open_widgets(engine: Engine, data_dir: Path) -> Widgets:
    """The widgets in `engine`, whose visitors carry what the data folder's secret signed."""
    return Widgets(engine, Tokens(load_secret(data_dir / "secret.key")))


def _normal(widget: Widget) -> Widget:
    origins = dict.fromkeys(normal_origin(origin) for origin in widget.origins)
    return replace(widget, origins=tuple(origins))


def _row(session: Session, widget_id: str) -> WidgetRow:
    row = session.get(WidgetRow, widget_id)
    if row is None:
        raise WidgetNotFound(widget_id=widget_id)
    return row


def _widget(row: WidgetRow) -> Widget:
    return _WIDGETS.validate_python({**row.settings, "id": row.id})
