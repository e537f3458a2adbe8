"""API keys against a real SQLite file."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, text

from chatbot.accounts import Accounts, Role
from chatbot.errors import ExpiryInThePast, KeyNotFound, UserNotFound
from chatbot.keys import KEY_PREFIX, Keys
from knowledge.database import Base, open_engine, sqlite_url

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    moment = NOW

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    Base.metadata.create_all(engine)
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    Accounts(engine, b"0" * 32, hasher=quick).add("mei", "correct horse battery", Role.EDITOR)
    yield engine
    engine.dispose()


@pytest.fixture
def keys(engine: Engine, clock: Clock) -> Keys:
    return Keys(engine, clock)


def test_a_key_acts_as_its_owner_within_its_scopes(keys: Keys) -> None:
    made = keys.add("mei", "Shop", ["chat"])
    assert made.secret.startswith(KEY_PREFIX)
    assert len(made.secret) > 40
    holder = keys.holder(made.secret)
    assert holder is not None
    assert (holder.member.name, holder.member.role, holder.scopes) == ("mei", Role.EDITOR, ["chat"])
    everything = keys.holder(keys.add("mei").secret)
    assert everything is not None
    assert everything.scopes is None


def test_the_list_shows_the_last_four_characters_and_no_secret(keys: Keys, engine: Engine) -> None:
    made = keys.add("mei", "L" * 100, ["chat"])
    (listed,) = keys.list()
    assert listed == made.key
    assert (listed.tail, listed.owner, listed.label) == (made.secret[-4:], "mei", "L" * 64)
    assert (listed.created_at, listed.expires_at, listed.last_used_on) == (NOW, None, None)
    assert made.secret not in repr(listed)
    with engine.connect() as connection:
        rows = str(connection.execute(text("SELECT * FROM api_keys")).all())
    assert made.secret not in rows
    assert made.secret.removeprefix(KEY_PREFIX) not in rows


def test_a_key_is_over_when_it_expires(keys: Keys, clock: Clock) -> None:
    made = keys.add("mei", expires_at=NOW + timedelta(days=1))
    assert made.key.expires_at == NOW + timedelta(days=1)
    clock.moment = NOW + timedelta(days=1, seconds=-1)
    assert keys.holder(made.secret) is not None
    clock.moment = NOW + timedelta(days=1)
    assert keys.holder(made.secret) is None
    with pytest.raises(ExpiryInThePast):
        keys.add("mei", expires_at=clock.moment)
    assert [key.id for key in keys.list()] == [made.key.id]


def test_the_day_of_the_last_use_is_noted(keys: Keys, clock: Clock) -> None:
    used, unused = keys.add("mei"), keys.add("mei")
    keys.holder(used.secret)
    clock.moment = NOW + timedelta(days=2)
    keys.holder(used.secret)
    keys.holder("adk_unknown")
    days = {key.id: key.last_used_on for key in keys.list()}
    assert days == {used.key.id: (NOW + timedelta(days=2)).date(), unused.key.id: None}


def test_revoking_one_leaves_the_others(keys: Keys) -> None:
    gone, kept = keys.add("mei"), keys.add("mei")
    keys.revoke(gone.key.id)
    assert keys.holder(gone.secret) is None
    assert keys.holder(kept.secret) is not None
    with pytest.raises(KeyNotFound):
        keys.revoke(gone.key.id)
    with pytest.raises(UserNotFound):
        keys.add("nobody")
