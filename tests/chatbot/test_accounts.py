"""Accounts against a real SQLite file."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, text

from chatbot.accounts import (
    ADMIN_PASSWORD_VARIABLE,
    SESSION_SECONDS,
    Accounts,
    Member,
    Role,
    ensure_first_user,
    load_secret,
)
from chatbot.errors import (
    InvalidUserName,
    LastAdministrator,
    TooManyAttempts,
    UserExists,
    UserNotFound,
    WeakPassword,
    WrongPassword,
)
from knowledge.database import Base, open_engine, sqlite_url

# The real cost, half a second a password, is for attackers to bear.
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "correct horse battery"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def accounts(engine: Engine) -> Accounts:
    return Accounts(engine, b"0" * 32, hasher=QUICK)


def test_a_member_signs_in_with_the_right_password_only(accounts: Accounts) -> None:
    added = accounts.add("mei", PASSWORD, Role.EDITOR)
    assert accounts.by_session(accounts.sign_in("mei", PASSWORD)) == added
    with pytest.raises(WrongPassword):
        accounts.sign_in("mei", PASSWORD + "x")
    with pytest.raises(WrongPassword):
        accounts.sign_in("nobody", PASSWORD)


def test_signing_out_ends_that_session_and_no_other(accounts: Accounts) -> None:
    accounts.add("mei", PASSWORD)
    first, second = accounts.sign_in("mei", PASSWORD), accounts.sign_in("mei", PASSWORD)
    assert first != second
    accounts.sign_out(first)
    assert accounts.by_session(first) is None
    assert accounts.by_session(second) is not None


def test_a_session_expires(engine: Engine) -> None:
    moment = datetime.now(UTC)
    accounts = Accounts(engine, b"0" * 32, hasher=QUICK, clock=lambda: moment)
    accounts.add("mei", PASSWORD)
    token = accounts.sign_in("mei", PASSWORD)
    moment += timedelta(seconds=SESSION_SECONDS - 1)
    assert accounts.by_session(token) is not None
    moment += timedelta(seconds=2)
    assert accounts.by_session(token) is None


@pytest.mark.parametrize("forged", ["", "a", "a.b.c", "中文", "\ud800", "a" * 100_000])
def test_forged_tokens_and_keys_are_nobody(accounts: Accounts, forged: str) -> None:
    assert accounts.by_session(forged) is None
    assert accounts.keys.holder(forged) is None


def test_a_token_signed_with_another_secret_is_nobody(engine: Engine, accounts: Accounts) -> None:
    accounts.add("mei", PASSWORD)
    token = accounts.sign_in("mei", PASSWORD)
    assert Accounts(engine, b"1" * 32).by_session(token) is None


def test_changing_the_password_ends_every_session(accounts: Accounts) -> None:
    accounts.add("mei", PASSWORD)
    token = accounts.sign_in("mei", PASSWORD)
    accounts.set_password("mei", "another long password")
    assert accounts.by_session(token) is None
    with pytest.raises(WrongPassword):
        accounts.sign_in("mei", PASSWORD)
    assert accounts.by_session(accounts.sign_in("mei", "another long password"))


def test_a_suspended_member_gets_nowhere(accounts: Accounts) -> None:
    accounts.add("mei", PASSWORD)
    token, key = accounts.sign_in("mei", PASSWORD), accounts.keys.add("mei").secret
    accounts.set_suspended("mei", suspended=True)
    assert accounts.by_session(token) is None
    assert accounts.keys.holder(key) is None
    with pytest.raises(WrongPassword):
        accounts.sign_in("mei", PASSWORD)
    accounts.set_suspended("mei", suspended=False)
    assert accounts.keys.holder(key) is not None


def test_a_removed_members_keys_and_sessions_are_gone(accounts: Accounts, engine: Engine) -> None:
    accounts.add("mei", PASSWORD)
    token, key = accounts.sign_in("mei", PASSWORD), accounts.keys.add("mei").secret
    accounts.remove("mei")
    assert accounts.by_session(token) is None
    assert accounts.keys.holder(key) is None
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from api_keys")) == 0
        assert connection.scalar(text("select count(*) from user_sessions")) == 0


def test_keys_act_as_their_member_until_revoked(accounts: Accounts) -> None:
    mei = accounts.add("mei", PASSWORD)
    first, second = accounts.keys.add("mei", "shop").secret, accounts.keys.add("mei", "till").secret
    assert _member_of(accounts, first) == _member_of(accounts, second) == mei
    assert accounts.keys.revoke_all("mei") == 2
    assert accounts.keys.holder(first) is None
    assert accounts.keys.holder(second) is None


def test_no_secret_is_stored_readable(accounts: Accounts, engine: Engine, tmp_path: Path) -> None:
    accounts.add("mei", PASSWORD)
    secrets = [
        PASSWORD,
        accounts.keys.add("mei").secret,
        accounts.sign_in("mei", PASSWORD).split(".")[0],
    ]
    with engine.connect() as connection:
        connection.execute(text("pragma wal_checkpoint(truncate)"))
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("answerdesk.db*"))
    assert b"mei" in stored
    assert not [secret for secret in secrets if secret.encode() in stored]


def test_repeated_failures_have_to_wait_even_with_the_right_password(accounts: Accounts) -> None:
    accounts.add("mei", PASSWORD)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            accounts.sign_in("mei", "wrong", client="192.0.2.1")
    with pytest.raises(TooManyAttempts) as refused:
        accounts.sign_in("mei", PASSWORD, client="192.0.2.1")
    assert 0 < int(str(refused.value.details["seconds"])) <= 300
    # Someone elsewhere cannot lock a member out.
    assert accounts.sign_in("mei", PASSWORD, client="192.0.2.2")


def test_bad_names_and_passwords_are_refused(accounts: Accounts) -> None:
    for name in ("", " ", "a b", "x" * 65, "a\nb", "../x"):
        with pytest.raises(InvalidUserName):
            accounts.add(name, PASSWORD)
    with pytest.raises(WeakPassword):
        accounts.add("mei", "short")
    accounts.add("mei", PASSWORD)
    with pytest.raises(UserExists):
        accounts.add("mei", PASSWORD)
    for act in (accounts.remove, accounts.keys.add, accounts.keys.revoke_all):
        with pytest.raises(UserNotFound):
            act("nobody")


def test_the_last_administrator_stays(accounts: Accounts) -> None:
    accounts.add("root", PASSWORD, Role.ADMIN)
    accounts.add("mei", PASSWORD)
    with pytest.raises(LastAdministrator):
        accounts.remove("root")
    with pytest.raises(LastAdministrator):
        accounts.set_suspended("root", suspended=True)
    accounts.add("other", PASSWORD, Role.ADMIN)
    accounts.remove("root")
    assert [member.name for member in accounts.list()] == ["mei", "other"]


def test_the_first_start_makes_one_administrator(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ADMIN_PASSWORD_VARIABLE, raising=False)
    first = ensure_first_user(accounts)
    assert first is not None
    assert first.password is not None
    member = accounts.by_session(accounts.sign_in("admin", first.password))
    assert member is not None
    assert member.role is Role.ADMIN
    assert ensure_first_user(accounts) is None


def test_the_first_password_may_come_from_the_environment(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADMIN_PASSWORD_VARIABLE, PASSWORD)
    first = ensure_first_user(accounts)
    assert first is not None
    assert first.password is None
    assert accounts.sign_in("admin", PASSWORD)


def test_the_secret_is_random_kept_and_private(tmp_path: Path) -> None:
    first = load_secret(tmp_path / "a" / "secret.key")
    assert load_secret(tmp_path / "a" / "secret.key") == first
    assert load_secret(tmp_path / "b" / "secret.key") != first
    mode = (tmp_path / "a" / "secret.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    (tmp_path / "a" / "secret.key").write_bytes(b"")
    assert len(load_secret(tmp_path / "a" / "secret.key")) == 32


def _member_of(accounts: Accounts, key: str) -> Member | None:
    holder = accounts.keys.holder(key)
    return holder.member if holder else None
