"""Tokens, tickets and frame tickets: only the right one, in the right place, in time."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chatbot.widgets.errors import TokenExpired, TokenInvalid
from chatbot.widgets.tokens import FRAME_SECONDS, TOKEN_SECONDS, Tokens, new_visitor_id

SHOP = "https://shop.example"


class Clock:
    moment = 1_800_000_000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(b"0" * 32, clock)


def test_a_token_says_whose_it_is_until_it_expires(tokens: Tokens, clock: Clock) -> None:
    visitor = new_visitor_id()
    token = tokens.token(visitor, "w1", SHOP)
    found = tokens.read_token(token)
    assert (found.visitor_id, found.widget_id, found.origin) == (visitor, "w1", SHOP)
    clock.moment += TOKEN_SECONDS - 1
    assert tokens.check_time(found) == 1
    clock.moment += 1
    with pytest.raises(TokenExpired):
        tokens.check_time(tokens.read_token(token))


def test_a_ticket_is_for_one_widget_on_one_site(tokens: Tokens, clock: Clock) -> None:
    ticket = tokens.ticket("v", "w1", SHOP)
    clock.moment += 10**8
    assert tokens.read_ticket(ticket, "w1", SHOP) == "v"
    for widget, origin in (("w2", SHOP), ("w1", "https://evil.example"), ("w1", SHOP + ":8443")):
        assert tokens.read_ticket(ticket, widget, origin) is None


def test_a_frame_ticket_is_good_for_minutes(tokens: Tokens, clock: Clock) -> None:
    ticket = tokens.frame_ticket("w1")
    assert tokens.is_frame(ticket, "w1")
    assert not tokens.is_frame(ticket, "w2")
    clock.moment += FRAME_SECONDS
    assert not tokens.is_frame(ticket, "w1")


def test_one_kind_never_passes_for_another(tokens: Tokens) -> None:
    token, ticket = tokens.token("v", "w1", SHOP), tokens.ticket("v", "w1", SHOP)
    frame = tokens.frame_ticket("w1")
    for other in (ticket, frame):
        with pytest.raises(TokenInvalid):
            tokens.read_token(other)
    for other in (token, frame):
        assert tokens.read_ticket(other, "w1", SHOP) is None
    assert not tokens.is_frame(token, "w1")
    assert not tokens.is_frame(ticket, "w1")


def test_another_secret_reads_nothing(tokens: Tokens, clock: Clock) -> None:
    other = Tokens(b"1" * 32, clock)
    with pytest.raises(TokenInvalid):
        other.read_token(tokens.token("v", "w1", SHOP))
    assert other.read_ticket(tokens.ticket("v", "w1", SHOP), "w1", SHOP) is None
    assert other.identity_secret("w1", 1) != tokens.identity_secret("w1", 1)


def test_identity_secrets_differ_by_widget_and_by_generation(tokens: Tokens) -> None:
    secrets = {tokens.identity_secret(w, g) for w in ("w1", "w11") for g in (1, 2, 11)}
    assert len(secrets) == 6
    assert all(len(secret) == 64 for secret in secrets)


@given(position=st.integers(0, 10_000), character=st.characters())
def test_a_token_with_one_character_changed_is_none(position: int, character: str) -> None:
    tokens = Tokens(b"0" * 32)
    token = tokens.token("v", "w1", SHOP)
    position %= len(token)
    forged = token[:position] + character + token[position + 1 :]
    try:
        found = tokens.read_token(forged)
    except TokenInvalid:
        return
    # The last character of base64 carries bits that nothing reads: the content is the same.
    assert found == tokens.read_token(token)


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    tokens = Tokens(b"0" * 32)
    with pytest.raises(TokenInvalid):
        tokens.read_token(text)
    assert tokens.read_ticket(text, "w1", SHOP) is None
    assert not tokens.is_frame(text, "w1")
