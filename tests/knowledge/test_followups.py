"""Messages that lean on earlier ones."""

import pytest

from knowledge.followups import is_follow_up, topic_of
from knowledge.pools import Query
from knowledge.retrieval import contextual, query_vector, search_vector
from tests.fakes import HashEmbedder


@pytest.mark.parametrize(
    "message",
    [
        "And for express?",
        "What about the K3?",
        "How long does it take?",
        "那加急呢？",
        "它多少钱？",
        "为什么？",
        "And then?",
    ],
)
def test_leaning_messages_are_noticed(message: str) -> None:
    assert is_follow_up(message)


@pytest.mark.parametrize(
    "message",
    [
        "How much does express delivery to Shanghai cost?",
        "Can I return an engraved cup after 30 days?",
        "K2 电热水壶的保修期是多长时间？",
        "如何开具增值税专用发票？",
    ],
)
def test_messages_that_stand_alone_are_left_alone(message: str) -> None:
    assert not is_follow_up(message)
    assert contextual(message, ["How long is the warranty of the K2 kettle?"]) == Query(message)


def test_the_topic_is_the_last_message_that_stands_alone() -> None:
    history = ["How long is the warranty of the K2 kettle?", "And the K3?"]
    assert topic_of(history) == history[0]
    assert contextual("And the K1?", history) == Query(f"{history[0]} And the K1?")


def test_a_follow_up_that_says_enough_is_the_focus() -> None:
    message = "How long can it run without a break?"
    query = contextual(message, ["Tell me about the electric grinder."])
    assert query == Query(f"Tell me about the electric grinder. {message}", focus=message)


def test_without_history_there_is_no_topic() -> None:
    assert contextual("And the K3?", []) == Query("And the K3?")


def test_a_follow_up_is_searched_for_with_what_was_answered_but_not_asked_with_it() -> None:
    history, answered = (
        ["Tell me about the electric grinder."],
        "The G2 costs 699 yuan." + "x" * 900,
    )
    query = contextual("How long can it run?", history, answered)
    assert query.text == f"{history[0]} How long can it run?"
    assert query.keywords.startswith("The G2 costs")
    assert len(query.answered) < 400
    assert (
        contextual("How long is the K3 kettle's warranty in China?", history, answered).answered
        == ""
    )
    assert contextual("And it?", [], "The G2 is loud.") == Query(
        "And it?", answered="The G2 is loud."
    )


def test_what_was_answered_moves_the_search_vector_only() -> None:
    embedder = HashEmbedder()
    plain, leaning = (
        Query("How long can it run?"),
        Query("How long can it run?", answered="The G2 mill"),
    )
    assert (query_vector(embedder, plain) == query_vector(embedder, leaning)).all()
    mill = embedder.embed(["G2 mill"], "passage")[0]
    found = search_vector(embedder, leaning) @ mill
    assert found > search_vector(embedder, plain) @ mill
