"""Widgets as the team sets them up."""

from dataclasses import asdict

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import TypeAdapter

from chatbot.api.parts import Desk
from chatbot.api.peers import own_origin
from chatbot.api.problems import caller_language
from chatbot.api.widget_schemas import (
    CheckBody,
    FindingsAnswer,
    SecretAnswer,
    WidgetBody,
    WidgetsAnswer,
    WidgetShape,
)
from chatbot.serialise import Json
from chatbot.settings import is_loopback
from chatbot.widgets.checking import Page, check_page
from chatbot.widgets.model import Widget

router = APIRouter(prefix="/api/v1/widgets", tags=["widgets"])


@router.get("", response_model=WidgetsAnswer)
async def widgets(request: Request) -> Json:
    """All widgets."""
    found = await run_sync(_desk(request).widgets.list)
    return {"widgets": [asdict(widget) for widget in found]}


@router.post("", response_model=WidgetShape, status_code=201)
async def add(request: Request, body: WidgetBody) -> Json:
    """Set up a new widget. It stands nowhere until `origins` names a site."""
    return asdict(await run_sync(_desk(request).widgets.add, _widget(body, "")))


@router.get("/{widget_id}", response_model=WidgetShape)
async def widget(request: Request, widget_id: str) -> Json:
    """One widget."""
    return asdict(await run_sync(_desk(request).widgets.get, widget_id))


@router.put("/{widget_id}", response_model=WidgetShape)
async def change(request: Request, widget_id: str, body: WidgetBody) -> Json:
    """Set the widget up anew. It holds at once, for sessions that are open too."""
    return asdict(await run_sync(_desk(request).widgets.change, _widget(body, widget_id)))


@router.delete("/{widget_id}", status_code=204)
async def remove(request: Request, widget_id: str) -> None:
    """Delete the widget. Its sessions end; its conversations stay."""
    await run_sync(_desk(request).widgets.remove, widget_id)


@router.get("/{widget_id}/secret", response_model=SecretAnswer)
async def secret(request: Request, widget_id: str) -> Json:
    """The secret with which the widget's sites sign who their visitors are."""
    return {"secret": await run_sync(_desk(request).widgets.identity_secret, widget_id)}


@router.post("/{widget_id}/secret", response_model=SecretAnswer)
async def rotate_secret(request: Request, widget_id: str) -> Json:
    """Make another secret. What was signed with the one before is refused from now on."""
    return {"secret": await run_sync(_desk(request).widgets.rotate_secret, widget_id)}


@router.post("/{widget_id}/check", response_model=FindingsAnswer)
async def check(request: Request, widget_id: str, body: CheckBody) -> Json:
    """Fetch a page on which the widget is to stand, and say what is in the way."""
    desk = _desk(request)
    settings = desk.settings
    found = await run_sync(desk.widgets.get, widget_id)
    allowed = settings.widget.check_private_addresses
    private = is_loopback(settings.server.host) if allowed is None else allowed
    page = Page(body.url, own_origin(request.scope, settings.server), allow_private=private)
    findings = await run_sync(check_page, found, page)
    language = caller_language(request)
    return {
        "findings": [
            {"code": finding.code, "level": finding.level, "detail": finding.text(language)}
            for finding in findings
        ]
    }


_WIDGETS = TypeAdapter(Widget)


def _widget(body: WidgetBody, widget_id: str) -> Widget:
    given = body.model_dump(exclude_none=True)
    return _WIDGETS.validate_python({**given, "id": widget_id})


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
