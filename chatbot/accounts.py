"""The team: who its members are, how they sign in, and what they may do."""

import hashlib
import math
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, TimestampSigner
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chatbot.account_tables import SessionRow, UserRow
from chatbot.errors import (
    InvalidUserName,
    LastAdministrator,
    TooManyAttempts,
    UserExists,
    WeakPassword,
    WrongPassword,
)
from chatbot.keys import Keys
from chatbot.members import Member, Role, active_member, member_of, user_row
from chatbot.throttle import Throttle
from knowledge.tables import now

__all__ = [
    "Accounts",
    "FirstUser",
    "Member",
    "Role",
    "ensure_first_user",
    "load_secret",
    "open_accounts",
]

SESSION_SECONDS: Final = 12 * 60 * 60
PASSWORD_CHARACTERS: Final = 10
ADMIN_PASSWORD_VARIABLE: Final = "ANSWERDESK_ADMIN_PASSWORD"  # noqa: S105 -- its name, not its value

_NAME = re.compile(r"[\w.@-]{1,64}")
_SECRET_BYTES = 32
_FAILURES_BY_NAME = 5
_FAILURES_BY_CLIENT = 30
_FAILURE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class FirstUser:
    """The administrator that the first start made. `password` None: it came from the environment."""

    name: str
    password: str | None


class Accounts:
    """Reads and writes the team. Every method is one transaction and safe in any thread.

    `keys` are the members' API keys.

    `hasher` is argon2id with the library's defaults (RFC 9106, low memory) unless given.
    """

    def __init__(
        self,
        engine: Engine,
        secret: bytes,
        clock: Callable[[], datetime] = now,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self.keys = Keys(engine, clock)
        self._engine = engine
        self._signer = TimestampSigner(secret, salt="answerdesk.session")
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._by_name = Throttle(_FAILURES_BY_NAME, _FAILURE_SECONDS)
        self._by_client = Throttle(_FAILURES_BY_CLIENT, _FAILURE_SECONDS)
        # Verified for names that do not exist, so that timing does not tell which do.
        self._nobody = self._hasher.hash(secrets.token_hex())

    def add(self, name: str, password: str, role: Role = Role.AGENT) -> Member:
        """A new member. Raises `InvalidUserName`, `WeakPassword`, `UserExists`."""
        if not _NAME.fullmatch(name):
            raise InvalidUserName(name=name)
        row = UserRow(
            id=secrets.token_urlsafe(24),
            name=name,
            role=role.label,
            password_hash=self._hash(password),
            suspended=False,
            created_at=self._clock(),
        )
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                session.add(row)
        except IntegrityError as error:
            raise UserExists(name=name) from error
        return member_of(row)

    def list(self) -> list[Member]:
        """All members, by name."""
        with Session(self._engine) as session:
            return [
                member_of(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))
            ]

    def set_password(self, name: str, password: str) -> None:
        """A new password; every session of the member ends. Raises `UserNotFound`, `WeakPassword`."""
        hashed = self._hash(password)
        with Session(self._engine) as session, session.begin():
            row = user_row(session, name)
            row.password_hash = hashed
            session.execute(delete(SessionRow).where(SessionRow.user_id == row.id))

    def set_suspended(self, name: str, *, suspended: bool) -> None:
        """Lock a member out, or let them in again. Raises `UserNotFound`, `LastAdministrator`."""
        with Session(self._engine) as session, session.begin():
            row = user_row(session, name)
            if suspended:
                _keep_an_administrator(session, row)
                session.execute(delete(SessionRow).where(SessionRow.user_id == row.id))
            row.suspended = suspended

    def remove(self, name: str) -> None:
        """Remove a member with their sessions and keys. Raises `UserNotFound`, `LastAdministrator`."""
        with Session(self._engine) as session, session.begin():
            row = user_row(session, name)
            _keep_an_administrator(session, row)
            session.delete(row)

    def sign_in(self, name: str, password: str, client: str = "") -> str:
        """A new session's token, for the cookie. `client` is the address the attempt came from.

        Raises `WrongPassword`, also for an unknown or suspended member, and `TooManyAttempts`.
        """
        person = f"{name} {client}"
        wait = max(self._by_name.wait(person), self._by_client.wait(client))
        if wait > 0:
            raise TooManyAttempts(seconds=math.ceil(wait))
        with Session(self._engine) as session:
            row = session.scalar(select(UserRow).where(UserRow.name == name))
        right = self._verify(self._nobody if row is None else row.password_hash, password)
        if row is None or row.suspended or not right:
            self._by_name.count(person)
            self._by_client.count(client)
            raise WrongPassword
        self._by_name.forget(person)
        return self._open_session(row.id)

    def by_session(self, token: str) -> Member | None:
        """The member a session token belongs to; None when forged, expired, ended or suspended."""
        session_id = self._session_id(token)
        if session_id is None:
            return None
        found = (
            select(UserRow)
            .join(SessionRow)
            .where(SessionRow.id_hash == _digest(session_id), SessionRow.expires_at > self._clock())
        )
        with Session(self._engine) as session:
            return active_member(session.scalar(found))

    def sign_out(self, token: str) -> None:
        """End the session of `token`, if there is one."""
        session_id = self._session_id(token)
        if session_id is not None:
            with Session(self._engine) as session, session.begin():
                session.execute(delete(SessionRow).where(SessionRow.id_hash == _digest(session_id)))

    def _open_session(self, user_id: str) -> str:
        session_id = secrets.token_urlsafe(_SECRET_BYTES)
        expires_at = self._clock() + timedelta(seconds=SESSION_SECONDS)
        row = SessionRow(id_hash=_digest(session_id), user_id=user_id, expires_at=expires_at)
        with Session(self._engine) as session, session.begin():
            session.execute(delete(SessionRow).where(SessionRow.expires_at <= self._clock()))
            session.add(row)
        return self._signer.sign(session_id).decode()

    def _session_id(self, token: str) -> str | None:
        try:
            return self._signer.unsign(token, max_age=SESSION_SECONDS).decode()
        except (BadSignature, UnicodeError):
            return None

    def _hash(self, password: str) -> str:
        if len(password) < PASSWORD_CHARACTERS:
            raise WeakPassword(minimum=PASSWORD_CHARACTERS)
        return self._hasher.hash(password)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError, UnicodeError):
            return False


def open_accounts(engine: Engine, data_dir: Path) -> Accounts:
    """The accounts in `engine`, signed with the secret of the data folder."""
    return Accounts(engine, load_secret(data_dir / "secret.key"))


def ensure_first_user(accounts: Accounts) -> FirstUser | None:
    """Make the administrator `admin` when there is no member yet; None when there is one.

    The password is that of `ANSWERDESK_ADMIN_PASSWORD`, or a random one to show once.
    Raises `WeakPassword` when the given one is too short.
    """
    if accounts.list():
        return None
    given = os.environ.get(ADMIN_PASSWORD_VARIABLE)
    password = given or secrets.token_urlsafe(12)
    member = accounts.add("admin", password, Role.ADMIN)
    return FirstUser(member.name, None if given else password)


def load_secret(path: Path) -> bytes:
    """The secret that signs sessions; made at random, readable by its owner only, when missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) >= _SECRET_BYTES:
            return secret
        path.unlink()  # cut short by a crash: sign everyone out rather than sign with less
        return load_secret(path)
    with os.fdopen(descriptor, "wb") as file:
        secret = secrets.token_bytes(_SECRET_BYTES)
        file.write(secret)
    return secret


def _keep_an_administrator(session: Session, leaving: UserRow) -> None:
    others = select(func.count()).where(
        UserRow.role == Role.ADMIN.label, ~UserRow.suspended, UserRow.id != leaving.id
    )
    if leaving.role == Role.ADMIN.label and not session.scalar(others):
        raise LastAdministrator(name=leaving.name)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
