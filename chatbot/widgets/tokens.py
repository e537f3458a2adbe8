"""What visitors carry, signed with the data folder's secret: nothing in it can be changed or guessed."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from chatbot.widgets.errors import TokenExpired, TokenInvalid

TOKEN_SECONDS: Final = 10 * 60
FRAME_SECONDS: Final = 5 * 60
_CHARACTERS: Final = 1000


@dataclass(frozen=True, slots=True)
class Pass:
    """Whom a token or a ticket stands for: a visitor on one site with one widget.

    `expires_at` is in seconds since 1970, 0 for a ticket.
    """

    visitor_id: str
    widget_id: str
    origin: str
    expires_at: int = 0


class Tokens:
    """Writes and reads tokens, tickets and frame tickets; one kind never passes for another."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self.clock = clock
        self._tokens = _serializer(secret, "token")
        self._tickets = _serializer(secret, "ticket")
        self._frames = _serializer(secret, "frame")

    def token(self, visitor_id: str, widget_id: str, origin: str) -> str:
        """A token, good for `TOKEN_SECONDS`."""
        expires_at = int(self.clock()) + TOKEN_SECONDS
        return _text(self._tokens.dumps([visitor_id, widget_id, origin, expires_at]))

    def read_token(self, token: str) -> Pass:
        """What `token` says, whenever it was made. Raises `TokenInvalid`."""
        fields = _read(self._tokens, token)
        if fields is None:
            raise TokenInvalid
        return Pass(fields[0], fields[1], fields[2], int(fields[3]))

    def check_time(self, found: Pass) -> float:
        """Seconds that a token is still good for. Raises `TokenExpired`."""
        left = found.expires_at - self.clock()
        if left <= 0:
            raise TokenExpired
        return left

    def ticket(self, visitor_id: str, widget_id: str, origin: str) -> str:
        """A ticket, good for as long as the visitor's row is there."""
        return _text(self._tickets.dumps([visitor_id, widget_id, origin]))

    def read_ticket(self, ticket: str, widget_id: str, origin: str) -> str | None:
        """The visitor's id, when `ticket` is for that widget on that site."""
        fields = _read(self._tickets, ticket)
        return fields[0] if fields is not None and fields[1:] == [widget_id, origin] else None

    def frame_ticket(self, widget_id: str) -> str:
        """What lets a frame page of ours open sessions, for `FRAME_SECONDS`."""
        return _text(self._frames.dumps([widget_id, int(self.clock()) + FRAME_SECONDS]))

    def is_frame(self, ticket: str, widget_id: str) -> bool:
        """Whether `ticket` is one of that widget's frame page, and fresh."""
        fields = _read(self._frames, ticket)
        return fields is not None and fields[0] == widget_id and int(fields[1]) > self.clock()

    def identity_secret(self, widget_id: str, generation: int) -> str:
        """The secret with which a site signs who its visitors are. Derived, never stored."""
        purpose = f"widget-identity:{widget_id}:{generation}".encode()
        return hmac.new(self._secret, purpose, hashlib.sha256).hexdigest()


def new_visitor_id() -> str:
    """An id for a ticket: 192 random bits."""
    return secrets.token_urlsafe(24)


def _serializer(secret: bytes, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret,
        salt=f"answerdesk.widget.{purpose}",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )


def _read(serializer: URLSafeSerializer, text: str) -> list[str] | None:
    if len(text) > _CHARACTERS:
        return None
    try:
        return serializer.loads(text)
    except (BadSignature, UnicodeError):
        return None


def _text(signed: str | bytes) -> str:
    return signed if isinstance(signed, str) else signed.decode()
