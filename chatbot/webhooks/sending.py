"""One attempt to send a message."""

from datetime import datetime
from typing import Final

from chatbot.webhooks.model import Outcome, Outgoing
from chatbot.webhooks.signing import signed_headers
from knowledge.documents import Language
from knowledge.errors import AnswerDeskError
from knowledge.fetching import Limits, send

# What a receiver says beside its status is not read on.
_LIMITS: Final = Limits(seconds=10, body_bytes=16 * 1024, redirects=0)

_REDIRECTS: Final = (
    "It leads elsewhere, where a signed message does not follow. Enter the last address.",
    "该地址发生跳转，签名消息不会随之转发。请填写最终地址。",
)
_GONE: Final = (
    "The receiver wants no more messages. The webhook was switched off.",
    "接收方不再接收消息，Webhook 已停用。",
)
_REFUSED: Final = ("The receiver did not accept it.", "接收方未接受该消息。")


def attempt(message: Outgoing, moment: datetime, *, allow_private: bool) -> Outcome:
    """Send `message` now and see what comes of it. Blocks for 10 s at most; raises nothing of the web's."""
    headers = signed_headers(message.secrets, message.delivery_id, moment, message.body)
    try:
        reply = send(
            "POST",
            message.url,
            headers=headers,
            content=message.body,
            limits=_LIMITS,
            allow_private=allow_private,
        )
    except AnswerDeskError as error:
        return Outcome(None, error.text(Language.ENGLISH), error.text(Language.CHINESE))
    return Outcome(reply.status, *_explained(reply.status))


def _explained(status: int) -> tuple[str, str]:
    if 200 <= status < 300:
        return "", ""
    if 300 <= status < 400:
        return _REDIRECTS
    return _GONE if status == 410 else _REFUSED
