"""Webhooks as administrators set them up."""

from datetime import datetime
from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import Field

from chatbot.api.page_query import Cursor, Limit
from chatbot.api.parts import Desk
from chatbot.api.problems import caller_language
from chatbot.api.schemas import PlainText, Strict
from chatbot.outbox import HAPPENINGS, Happening
from chatbot.serialise import Json, utc_json
from chatbot.webhooks.errors import WebhookNotFound
from chatbot.webhooks.model import Delivery, Webhook
from knowledge.documents import Language

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


class WebhookBody(Strict):
    """An address, and what it is to be told of."""

    url: Annotated[PlainText, Field(min_length=1, max_length=2000)]
    happenings: Annotated[list[Happening], Field(min_length=1, max_length=len(HAPPENINGS))]
    description: Annotated[PlainText, Field(max_length=200)] = ""
    active: bool = True


class WebhookShape(WebhookBody):
    """A webhook. One whose receiver answered 410 is not active any more."""

    id: str
    created_at: datetime


class WebhooksAnswer(Strict):
    """All webhooks, oldest first."""

    webhooks: list[WebhookShape]


class SigningSecret(Strict):
    """Begins with `whsec_`; what follows is the key in base64 (standardwebhooks.com)."""

    secret: str


class DeliveryShape(Strict):
    """How far one message has come. `next_try_at` is null when there is none to come."""

    id: str
    type: str
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    last_status: int | None
    error: str
    next_try_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class DeliveriesAnswer(Strict):
    """The deliveries of one webhook, the newest first; they are kept for 7 days."""

    deliveries: list[DeliveryShape]
    next: str | None


@router.get("", response_model=WebhooksAnswer)
async def webhooks(request: Request) -> Json:
    """All webhooks."""
    return {"webhooks": [_webhook(hook) for hook in await run_sync(_desk(request).webhooks.list)]}


@router.post("", response_model=WebhookShape, status_code=201)
async def add(request: Request, body: WebhookBody) -> Json:
    """Set up a webhook. It is told of what happens from now on."""
    return _webhook(await run_sync(_desk(request).webhooks.add, _given(body)))


@router.get("/{webhook_id}", response_model=WebhookShape)
async def webhook(request: Request, webhook_id: str) -> Json:
    """One webhook."""
    return _webhook(await run_sync(_desk(request).webhooks.get, webhook_id))


@router.put("/{webhook_id}", response_model=WebhookShape)
async def change(request: Request, webhook_id: str, body: WebhookBody) -> Json:
    """Set the webhook up anew. What waits to be sent goes to the new address."""
    return _webhook(await run_sync(_desk(request).webhooks.change, _given(body, webhook_id)))


@router.delete("/{webhook_id}", status_code=204)
async def remove(request: Request, webhook_id: str) -> None:
    """Delete the webhook, and what waits to be sent to it."""
    await run_sync(_desk(request).webhooks.remove, webhook_id)


@router.get("/{webhook_id}/secret", response_model=SigningSecret)
async def secret(request: Request, webhook_id: str) -> Json:
    """The secret with which its messages are signed."""
    return {"secret": await run_sync(_desk(request).webhooks.secret, webhook_id)}


@router.post("/{webhook_id}/secret", response_model=SigningSecret)
async def rotate_secret(request: Request, webhook_id: str) -> Json:
    """Make another secret. Messages carry a signature with the one before too, until the next."""
    return {"secret": await run_sync(_desk(request).webhooks.rotate_secret, webhook_id)}


@router.get("/{webhook_id}/deliveries", response_model=DeliveriesAnswer)
async def deliveries(
    request: Request, webhook_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Json:
    """What was sent to the webhook, and what waits to be sent."""
    page = await run_sync(_desk(request).courier.deliveries.page, webhook_id, limit, cursor)
    language = caller_language(request)
    return {"deliveries": [_delivery(row, language) for row in page.rows], "next": page.next}


@router.post("/{webhook_id}/test", response_model=DeliveryShape)
async def test(request: Request, webhook_id: str) -> Json:
    """Send a message of type `webhook.test` now, once, and say what came of it."""
    delivery = await run_sync(_desk(request).courier.test, webhook_id)
    if delivery is None:
        raise WebhookNotFound(webhook_id=webhook_id)
    return _delivery(delivery, caller_language(request))


def _given(body: WebhookBody, webhook_id: str = "") -> Webhook:
    return Webhook(body.url, body.happenings, body.description, body.active, webhook_id)


def _webhook(webhook: Webhook) -> Json:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "happenings": list(webhook.happenings),
        "description": webhook.description,
        "active": webhook.active,
        "created_at": utc_json(webhook.created_at) if webhook.created_at else None,
    }


def _delivery(delivery: Delivery, language: Language) -> Json:
    ends = {"next_try_at": delivery.next_try_at, "finished_at": delivery.finished_at}
    return {
        "id": delivery.id,
        "type": delivery.kind,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "last_status": delivery.last_status,
        "error": delivery.reason(language),
        "created_at": utc_json(delivery.created_at),
        **{name: utc_json(moment) if moment else None for name, moment in ends.items()},
    }


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
