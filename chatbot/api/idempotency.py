"""Requests that are sent twice because their answer was lost are carried out once."""

import base64
import hashlib
import json
import re
from typing import Annotated, Final

from fastapi import Depends, Header, Request

from chatbot.api.access import caller_of, visitor_of
from chatbot.api.peers import client_address
from chatbot.errors import InvalidIdempotencyKey

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")


def scoped(*parts: str) -> str:
    """`parts` as one name of 43 characters, from which they cannot be read back.

    The last part is the key that a client made; those before it say whose it is, so that
    nobody reaches another's request by the same key.
    """
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def key_of(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="A random text of yours, new for each request. The same request sent "
            "again with it is not carried out a second time.",
            # Told, but not left to pydantic, whose words for it are not for people.
            json_schema_extra={"pattern": f"^{_KEY.pattern}$"},
        ),
    ] = None,
) -> str | None:
    """The request's `Idempotency-Key`, or None. Raises `InvalidIdempotencyKey`."""
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise InvalidIdempotencyKey
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(key_of)]


async def turn_id_of(request: Request, key: IdempotencyKey) -> str | None:
    """The id of the turn that the request's `Idempotency-Key` stands for; None without one."""
    if key is None:
        return None
    whose = caller_of(request).name, visitor_of(request)
    if not any(whose):  # strangers: the same key from elsewhere is somebody else's
        whose = "", client_address(request.scope, request.app.state.desk.settings.server)
    return scoped("chat", *whose, key)


TurnId = Annotated[str | None, Depends(turn_id_of)]
