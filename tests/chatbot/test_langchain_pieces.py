"""The retriever and the assistant as parts of LangChain, and its chat models as generators."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ValidationError

from chatbot.assistant import Assistant, open_assistant
from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversations
from chatbot.errors import EmptyQuestion
from chatbot.generators import ModelCard
from chatbot.generators.langchain import LangChainGenerator
from chatbot.langchain import AnswerDeskRetriever, answer_runnable
from chatbot.messages import Message, Question, ReplyEvent, TextDelta
from chatbot.settings import Settings, load_settings
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import Language
from tests.chatbot.api.scripted_desk import OnePassage, ScriptedDialogue

ASKED = "How long is the warranty of the K3?"


Answers = Runnable[str | dict[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class ScriptedAssistant:
    """An assistant whose dialogue is scripted and whose conversations are real."""

    settings: Settings
    dialogue: ScriptedDialogue


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ScriptedAssistant]:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    Base.metadata.create_all(engine)
    yield ScriptedAssistant(Settings(data_dir=tmp_path), ScriptedDialogue(Conversations(engine)))
    engine.dispose()


@pytest.fixture
def answers(desk: ScriptedAssistant) -> Answers:
    return answer_runnable(desk)  # pyright: ignore[reportReturnType] -- an AddableDict is a dict


def test_the_retriever_gives_documents_with_where_they_come_from() -> None:
    retriever = AnswerDeskRetriever(search=OnePassage(), collection="faq")
    (found,) = retriever.invoke("returns")
    assert (found.page_content, found.id) == ("returns", "p1")
    assert found.metadata == {
        "passage_id": "p1",
        "document": "returns",
        "title": "Returns",
        "score": 0.5,
        "url": None,
    }
    assert asyncio.run(retriever.ainvoke("returns")) == [found]
    with pytest.raises(ValidationError):
        AnswerDeskRetriever(search=OnePassage(), top_k=0)


def test_invoke_gives_the_fields_of_the_chat_api(answers: Answers, desk: ScriptedAssistant) -> None:
    reply = answers.invoke("How long?")
    assert reply["answer"] == "Within 14 days. [1]"
    assert reply["route"] == "quote"
    assert [citation["number"] for citation in reply["citations"]] == [1]
    assert asyncio.run(answers.ainvoke("How long?"))["answer"] == reply["answer"]
    assert [question.keep for question in desk.dialogue.asked] == [False, False]


def test_a_dictionary_says_more(answers: Answers, desk: ScriptedAssistant) -> None:
    history = [SystemMessage("Obey."), HumanMessage("The K3?"), ("ai", "A kettle.")]
    answers.invoke(
        {
            "question": "How long?",
            "history": history,
            "mode": "serial",
            "language": "zh",
            "collection": "faq",
            "slots": {"order": "A1"},
        }
    )
    (question,) = desk.dialogue.asked
    assert question.history == (Message("user", "The K3?"), Message("assistant", "A kettle."))
    assert (question.mode, question.language) == ("serial", Language.CHINESE)
    assert (question.collection, question.slots) == ("faq", {"order": "A1"})


def test_a_kept_conversation_goes_on(answers: Answers, desk: ScriptedAssistant) -> None:
    first = answers.invoke({"question": "How long?", "keep": True})
    again = {"question": "And then?", "conversation_id": first["conversation_id"]}
    assert answers.invoke(again)["conversation_id"] == first["conversation_id"]
    assert [question.history for question in desk.dialogue.asked] == [None, None]


@pytest.mark.parametrize("asked", [{"question": "a", "colour": "red"}, {}, {"question": 3}])
def test_other_fields_are_refused(answers: Answers, asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        answers.invoke(asked)


def test_streams_add_up_to_the_reply(answers: Answers) -> None:
    async def astream() -> list[dict[str, Any]]:
        return [piece async for piece in answers.astream("How long?")]

    for pieces in (list(answers.stream("How long?")), asyncio.run(astream())):
        assert [piece["answer"] for piece in pieces] == ["Within 14 days", ". [1]", ""]
        assert pieces[-1]["route"] == "quote"
        assert "route" not in pieces[0]


def test_it_takes_its_place_in_a_chain(answers: Answers, desk: ScriptedAssistant) -> None:
    def in_pieces(text: str) -> Iterator[str]:
        yield from text.split("|")

    def said(reply: dict[str, Any]) -> str:
        return reply["answer"]

    chain: Runnable[str, str] = RunnableLambda(in_pieces) | answers | RunnableLambda(said)
    assert list(chain.stream("How |long?")) == ["Within 14 days. [1]"]
    assert desk.dialogue.asked[-1].text == "How long?"
    texts = [reply["answer"] for reply in answers.batch(["a b", "c d", "e f"])]
    assert texts == ["Within 14 days. [1]"] * 3


def test_errors_come_through(answers: Answers, desk: ScriptedAssistant) -> None:
    def fail(_: Question, __: Cancellation) -> Iterator[ReplyEvent]:
        raise EmptyQuestion
        yield

    desk.dialogue.script = fail
    with pytest.raises(EmptyQuestion):
        answers.invoke("a")
    with pytest.raises(EmptyQuestion):
        asyncio.run(answers.ainvoke("a"))


def slow(_: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
    yield TextDelta("With")
    while not cancellation.wait(0.05):
        yield TextDelta("in")


def test_leaving_a_stream_stops_the_turn(answers: Answers, desk: ScriptedAssistant) -> None:
    desk.dialogue.script = slow
    stream = answers.stream("a")
    assert next(stream) == {"answer": "With"}
    del stream
    assert desk.dialogue.ended.wait(1)


def test_cancelling_stops_the_turn_and_the_loop_goes_on(
    answers: Answers, desk: ScriptedAssistant
) -> None:
    desk.dialogue.script = slow

    async def cancelled() -> int:
        work = asyncio.create_task(answers.ainvoke("a"))
        ticks = 0
        for _ in range(20):
            await asyncio.sleep(0.01)
            ticks += 1
        assert not work.done()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        return ticks

    started = time.monotonic()
    assert asyncio.run(cancelled()) == 20
    assert time.monotonic() - started < 2
    assert desk.dialogue.ended.wait(1)
    assert desk.dialogue.cancelled


def test_many_at_once_wait_for_a_place(desk: ScriptedAssistant) -> None:
    at_once = 0
    most = 0
    lock = threading.Lock()

    def counted(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        yield from desk.dialogue.reply(question, cancellation)
        with lock:
            at_once -= 1

    desk.dialogue.script = counted
    server = desk.settings.server.model_copy(update={"max_turns_at_once": 3})
    settings = desk.settings.model_copy(update={"server": server})
    answers = answer_runnable(replace(desk, settings=settings))
    for _ in range(2):  # a new event loop each time
        assert len(asyncio.run(answers.abatch(["How long?"] * 12))) == 12
    assert 2 <= most <= 3


@pytest.mark.models
def test_the_real_shop(shop: Assistant) -> None:
    found = AnswerDeskRetriever(search=shop.retriever, top_k=3).invoke(ASKED)
    assert len(found) == 3
    assert any("K3" in document.page_content for document in found)
    assert found[0].metadata["score"] >= found[1].metadata["score"]
    answers = answer_runnable(shop)
    first = answers.invoke(ASKED)
    asked = {"question": "And the K1?", "history": [("human", ASKED), ("ai", first["answer"])]}
    assert "K1" in str(asyncio.run(answers.ainvoke(asked))["citations"])


@pytest.mark.models
def test_any_chat_model_may_phrase_the_answers(tmp_path: Path, models_dir: Path) -> None:
    said = "The warranty of the K9 is five years."
    generator = LangChainGenerator(FakeListChatModel(responses=[said]), ModelCard("fake"))
    settings = load_settings(data_dir=tmp_path, models_dir=models_dir, sample_knowledge=False)
    text = b"# K9\n\nThe warranty of the K9 is five years, counted from the day of delivery.\n"
    with open_assistant(settings, generator=generator) as assistant:
        assistant.library.add_file("k9.md", text, collection="default")
        assert assistant.library.wait(60).documents_done == 1
        assert assistant.generator is not None
        assert assistant.generator.name == "fake"
        asked = {"question": "How long is the warranty of the K9?", "mode": "serial"}
        reply = answer_runnable(assistant).invoke(asked)
    assert reply["generator_called"]
    assert reply["route"] == "generate"
    assert reply["answer"] == f"{said} [1]"
