"""API keys: they act as a member, within scopes, until they expire or are revoked."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from chatbot.account_tables import KeyRow, UserRow
from chatbot.errors import ExpiryInThePast, KeyNotFound
from chatbot.members import Member, active_member, user_row
from knowledge.tables import in_utc, now

KEY_PREFIX: Final = "adk_"
LABEL_CHARACTERS: Final = 64
_SECRET_BYTES: Final = 32
_TAIL_CHARACTERS: Final = 4


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret, of which `tail` are the last four characters.

    `scopes` None: whatever its owner may do. `expires_at` None: never.
    """

    id: str
    owner: str
    label: str
    tail: str
    scopes: Sequence[str] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_on: date | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `secret` is what its bearer shows; nobody can read it again."""

    secret: str
    key: ApiKey


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The member that a key acts as, and the scopes it is limited to (None: all)."""

    member: Member
    scopes: Sequence[str] | None


class Keys:
    """Reads and writes keys. Every method is one transaction and safe in any thread."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._clock = clock

    def add(
        self,
        name: str,
        label: str = "",
        scopes: Sequence[str] | None = None,
        expires_at: datetime | None = None,
    ) -> NewKey:
        """A key that acts as the member `name`. Only its hash is kept.

        Raises `UserNotFound` and `ExpiryInThePast`.
        """
        if expires_at is not None and expires_at <= self._clock():
            raise ExpiryInThePast
        secret = KEY_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        with Session(self._engine) as session, session.begin():
            user = user_row(session, name)
            row = KeyRow(
                id=secrets.token_urlsafe(12),
                key_hash=_digest(secret),
                user_id=user.id,
                label=label[:LABEL_CHARACTERS],
                tail=secret[-_TAIL_CHARACTERS:],
                scopes=None if scopes is None else list(scopes),
                created_at=self._clock(),
                expires_at=expires_at,
            )
            session.add(row)
            return NewKey(secret, _key(row, user.name))

    def list(self) -> Sequence[ApiKey]:
        """All keys, expired ones too, the newest first."""
        newest_first = (
            select(KeyRow, UserRow.name)
            .join(UserRow)
            .order_by(KeyRow.created_at.desc(), KeyRow.id.desc())
        )
        with Session(self._engine) as session:
            return [_key(row, name) for row, name in session.execute(newest_first)]

    def revoke(self, key_id: str) -> None:
        """End one key at once. Raises `KeyNotFound`."""
        with Session(self._engine) as session, session.begin():
            row = session.get(KeyRow, key_id)
            if row is None:
                raise KeyNotFound(key_id=key_id)
            session.delete(row)

    def revoke_all(self, name: str) -> int:
        """End every key of the member; how many there were. Raises `UserNotFound`."""
        with Session(self._engine) as session, session.begin():
            user = user_row(session, name)
            gone = session.scalars(
                delete(KeyRow).where(KeyRow.user_id == user.id).returning(KeyRow.id)
            )
            return len(gone.all())

    def holder(self, secret: str) -> KeyHolder | None:
        """Whom a key acts as; None for one that is unknown, over, or a suspended member's."""
        wanted = select(KeyRow, UserRow).join(UserRow).where(KeyRow.key_hash == _digest(secret))
        with Session(self._engine) as session:
            found = session.execute(wanted).one_or_none()
        if found is None:
            return None
        row, member = found[0], active_member(found[1])
        over = row.expires_at is not None and in_utc(row.expires_at) <= self._clock()
        if member is None or over:
            return None
        self._note_use(row)
        return KeyHolder(member, row.scopes)

    def _note_use(self, row: KeyRow) -> None:
        today = self._clock().date()
        if row.last_used_on == today:  # a write a day, not one a request
            return
        mine = update(KeyRow).where(KeyRow.id == row.id)
        with Session(self._engine) as session, session.begin():
            session.execute(mine.values(last_used_on=today))


def _key(row: KeyRow, owner: str) -> ApiKey:
    return ApiKey(
        id=row.id,
        owner=owner,
        label=row.label,
        tail=row.tail,
        scopes=row.scopes,
        created_at=in_utc(row.created_at),
        expires_at=in_utc(row.expires_at) if row.expires_at else None,
        last_used_on=row.last_used_on,
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
