"""OpenAI's own client, unchanged, asks a real server."""

import time
from collections.abc import Iterator

import openai
import pytest

from chatbot.cancellation import Cancellation
from chatbot.errors import AnswerDeskError, GeneratorFailed, ServerBusy, TooManyAttempts
from chatbot.messages import Message, Question, ReplyEvent, TextDelta
from tests.chatbot.api.openai_client import ask
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk


def test_a_completion_has_the_answer_its_usage_and_its_citations(
    openai_client: openai.OpenAI, desk: ScriptedDesk
) -> None:
    completion = ask(openai_client, temperature=0.2, max_tokens=5, user="u1", store=False)
    (choice,) = completion.choices
    assert completion.object == "chat.completion"
    assert completion.model == "answerdesk"
    assert abs(completion.created - time.time()) < 60
    assert choice.finish_reason == "stop"
    assert choice.message.role == "assistant"
    assert choice.message.content == "Within 14 days. [1]"
    assert choice.message.model_extra is not None
    (citation,) = choice.message.model_extra["citations"]
    assert (citation["number"], citation["quote"]) == (1, "Within 14 days.")
    usage = completion.usage
    assert usage is not None
    assert usage.prompt_tokens == 3  # the fake's tokens of "How long?"
    assert usage.completion_tokens == 7
    assert usage.total_tokens == 10
    assert not desk.dialogue.asked[0].keep


def test_earlier_messages_are_history_and_instructions_are_left_alone(
    openai_client: openai.OpenAI, desk: ScriptedDesk
) -> None:
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": [{"type": "text", "text": "The K3?"}]},
        {"role": "assistant", "content": "A kettle."},
        {"role": "user", "content": ""},
        {"role": "developer", "content": "Obey."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "How"}, {"type": "text", "text": "long?"}],
        },
    ]
    ask(openai_client, messages=messages, model="answerdesk-parallel")
    (question,) = desk.dialogue.asked
    assert question.text == "How\nlong?"
    assert question.history == (Message("user", "The K3?"), Message("assistant", "A kettle."))
    assert question.mode == "parallel"


def test_a_stream_is_the_answer_in_pieces_with_usage_at_the_end(
    openai_client: openai.OpenAI,
) -> None:
    stream = openai_client.chat.completions.create(
        model="answerdesk",
        messages=[{"role": "user", "content": "How long?"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks[:-1]]
    assert pieces == ["", "Within 14 days", ". [1]", ""]
    last = chunks[-2]
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None, None, None, "stop"]
    assert (last.choices[0].delta.model_extra or {})["citations"][0]["passage_id"] == "p1"
    assert (last.model_extra or {})["answerdesk"]["route"] == "quote"
    assert chunks[-1].choices == []
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * 4
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 10


@pytest.mark.parametrize("stream", [False, True])
def test_sources_may_be_appended_to_the_text(openai_client: openai.OpenAI, *, stream: bool) -> None:
    made = openai_client.chat.completions.create(
        model="answerdesk",
        messages=[{"role": "user", "content": "How long?"}],
        stream=stream,
        extra_body={"citations": "append"},
    )
    if isinstance(made, openai.Stream):
        text = "".join(chunk.choices[0].delta.content or "" for chunk in made)
    else:
        text = made.choices[0].message.content or ""
    assert text == "Within 14 days. [1]\n\nSources:\n[1] Returns"


def test_a_conversation_can_be_kept_and_gone_on_with(
    openai_client: openai.OpenAI, desk: ScriptedDesk
) -> None:
    first = ask(openai_client, extra_body={"conversation_id": "new"})
    about = (first.model_extra or {})["answerdesk"]
    assert about["turn_id"]
    ask(openai_client, extra_body={"conversation_id": about["conversation_id"]})
    assert [question.keep for question in desk.dialogue.asked] == [True, True]
    assert desk.dialogue.asked[1].conversation_id == about["conversation_id"]
    assert desk.dialogue.asked[1].history is None
    with pytest.raises(openai.NotFoundError, match="no conversation") as caught:
        ask(openai_client, extra_body={"conversation_id": "unknown"})
    assert caught.value.code == "conversation_not_found"


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"n": 2}, "n", "unsupported_parameter"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "unsupported_parameter"),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"modalities": ["text", "audio"]}, "modalities", "unsupported_parameter"),
        ({"messages": []}, "messages", "invalid_request"),
        ({"messages": [{"role": "system", "content": "Hi"}]}, "messages", "no_user_message"),
        ({"messages": [{"role": "user", "content": "  "}]}, None, "empty_question"),
        ({"messages": [{"role": "user", "content": "x" * 3000}]}, None, "context_length_exceeded"),
        ({"messages": [{"role": "tool", "content": "1", "tool_call_id": "a"}]}, "messages[0].role", "unsupported_parameter"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]},
            "messages[0].content[0]",
            "unsupported_content",
        ),
        ({"extra_body": {"citations": "loudly"}}, "citations", "invalid_request"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_named(
    openai_client: openai.OpenAI,
    desk: ScriptedDesk,
    changes: dict[str, object],
    param: str,
    code: str,
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(openai_client, **changes)
    assert caught.value.type == "invalid_request_error"
    assert (caught.value.param, caught.value.code) == (param, code)
    assert not desk.dialogue.asked


def test_the_harmless_forms_of_what_is_refused_are_accepted(openai_client: openai.OpenAI) -> None:
    ask(
        openai_client,
        n=1,
        tools=[],
        logprobs=False,
        response_format={"type": "text"},
        logit_bias={},
    )


def test_keys_and_roles(openai_url: str, openai_client: openai.OpenAI, desk: ScriptedDesk) -> None:
    with openai.OpenAI(base_url=openai_url, api_key="forged") as stranger:
        with pytest.raises(openai.AuthenticationError) as caught:
            stranger.models.list()
        assert caught.value.code == "invalid_api_key"
        assert caught.value.response.headers["www-authenticate"] == "Bearer"
        with pytest.raises(openai.AuthenticationError):
            ask(stranger)
    assert not desk.dialogue.asked


def test_an_unknown_model_or_route_is_not_found(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="answerdesk-serial") as caught:
        ask(openai_client, model="gpt-5")
    assert (caught.value.param, caught.value.code) == ("model", "model_not_found")
    with pytest.raises(openai.NotFoundError) as caught:
        openai_client.models.retrieve("gpt-5")
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError, match="/v1/chat/completions"):
        openai_client.responses.create(model="answerdesk", input="How long?")
    with pytest.raises(openai.NotFoundError) as caught:
        openai_client.files.list()
    assert caught.value.code == "not_found"


@pytest.mark.parametrize(
    ("error", "kind", "type_"),
    [
        (TooManyAttempts(seconds=3), openai.RateLimitError, "rate_limit_error"),
        (ServerBusy(seconds=2), openai.InternalServerError, "server_error"),
        (GeneratorFailed(reason="gone"), openai.InternalServerError, "server_error"),
        (ValueError("password=hunter2"), openai.InternalServerError, "server_error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_of_the_turn(
    openai_client: openai.OpenAI,
    desk: ScriptedDesk,
    error: Exception,
    kind: type[openai.APIStatusError],
    type_: str,
    *,
    stream: bool,
) -> None:
    def fail(_: Question, __: Cancellation) -> Iterator[ReplyEvent]:
        raise error
        yield

    desk.dialogue.script = fail
    with pytest.raises(kind) as caught:
        ask(openai_client, stream=stream)
    known = isinstance(error, AnswerDeskError)
    assert caught.value.status_code == (error.status if known else 500)
    assert caught.value.type == type_
    assert caught.value.code == (error.code if known else "unexpected")
    seconds = error.details.get("seconds") if known else None
    assert caught.value.response.headers.get("retry-after") == (str(seconds) if seconds else None)
    assert "hunter2" not in caught.value.message


def test_a_stream_that_breaks_off_is_an_error_in_it(
    openai_client: openai.OpenAI, desk: ScriptedDesk
) -> None:
    def fail(_: Question, __: Cancellation) -> Iterator[ReplyEvent]:
        yield TextDelta("With")
        raise GeneratorFailed(reason="gone")

    desk.dialogue.script = fail
    chunks = openai_client.chat.completions.create(
        model="answerdesk", messages=[{"role": "user", "content": "a"}], stream=True
    )
    with pytest.raises(openai.APIError, match="gone") as caught:
        list(chunks)
    assert caught.value.code == "generator_failed"


@pytest.mark.parametrize("stream", [False, True])
def test_leaving_stops_the_turn(openai_url: str, desk: ScriptedDesk, *, stream: bool) -> None:
    def wait(_: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield TextDelta("With")
        while not cancellation.wait(5):
            yield TextDelta("in")

    desk.dialogue.script = wait
    with openai.OpenAI(
        base_url=openai_url, api_key=LOCAL_TOKEN, max_retries=0, timeout=0.5
    ) as hasty:
        if stream:
            with hasty.chat.completions.create(
                model="answerdesk", messages=[{"role": "user", "content": "a"}], stream=True
            ) as chunks:
                next(iter(chunks))
        else:
            with pytest.raises(openai.APITimeoutError):
                ask(hasty)
    assert desk.dialogue.ended.wait(2)
    assert desk.dialogue.cancelled
