"""API keys as administrators hand them out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from chatbot.api.access import Caller, caller_of
from chatbot.api.schemas import PlainText, Strict
from chatbot.errors import ScopeMissing
from chatbot.keys import LABEL_CHARACTERS, ApiKey, Keys
from chatbot.scopes import SCOPES, KeyScope, known_scopes
from chatbot.serialise import Json, utc_json
from knowledge.tables import in_utc

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])


def _utc(moment: datetime) -> datetime:
    try:
        return in_utc(moment)
    except OverflowError as error:
        raise PydanticCustomError("too_far", "is too far away") from error


class KeyBody(Strict):
    """A key to be made. `owner` is the member it acts as, by default the caller.

    `scopes` null: whatever the owner may do. `expires_at` null: never.
    """

    label: Annotated[PlainText, Field(max_length=LABEL_CHARACTERS)] = ""
    owner: Annotated[str, Field(max_length=64)] | None = None
    scopes: Annotated[list[str], Field(min_length=1, max_length=len(SCOPES))] | None = None
    expires_at: Annotated[AwareDatetime, AfterValidator(_utc)] | None = None


class KeyShape(Strict):
    """A key, of which only the last four characters are known."""

    id: str
    owner: str
    label: str
    last_four: str
    scopes: list[KeyScope] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_on: date | None


class NewKeyShape(KeyShape):
    """`key` is the secret. It is shown this once."""

    key: str


class KeysAnswer(Strict):
    """All keys, the newest first."""

    keys: list[KeyShape]


@router.get("", response_model=KeysAnswer)
async def keys(request: Request) -> Json:
    """All keys of all members, expired ones too."""
    return {"keys": [_key(key) for key in await run_sync(_keys(request).list)]}


@router.post("", response_model=NewKeyShape, status_code=201)
async def add(request: Request, body: KeyBody) -> Json:
    """Make a key. It is shown in this answer and never again."""
    caller = caller_of(request)
    scopes = None if body.scopes is None else known_scopes(body.scopes)
    _refuse_wider(caller, scopes)
    owner = caller.name if body.owner is None else body.owner
    made = await run_sync(_keys(request).add, owner, body.label, scopes, body.expires_at)
    return {**_key(made.key), "key": made.secret}


@router.delete("/{key_id}", status_code=204)
async def revoke(request: Request, key_id: str) -> None:
    """End a key. The next request that brings it is refused."""
    await run_sync(_keys(request).revoke, key_id)


def _refuse_wider(caller: Caller, scopes: Sequence[KeyScope] | None) -> None:
    """A key makes none that may do more than itself. Raises `ScopeMissing`."""
    if caller.scopes is None:
        return
    beyond = [scope for scope in scopes or SCOPES if scope not in caller.scopes]
    if beyond:
        raise ScopeMissing(scope=beyond[0])


def _key(key: ApiKey) -> Json:
    return {
        "id": key.id,
        "owner": key.owner,
        "label": key.label,
        "last_four": key.tail,
        "scopes": None
        if key.scopes is None
        else [scope for scope in SCOPES if scope in key.scopes],
        "created_at": utc_json(key.created_at),
        "expires_at": utc_json(key.expires_at) if key.expires_at else None,
        "last_used_on": key.last_used_on.isoformat() if key.last_used_on else None,
    }


def _keys(request: Request) -> Keys:
    keys: Keys = request.app.state.desk.accounts.keys
    return keys
