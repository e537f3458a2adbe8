"""`/v1/models` and `/v1/embeddings`, asked by OpenAI's own client."""

import numpy as np
import openai
import pytest

from tests.chatbot.api.scripted_desk import ScriptedDesk


def test_models(openai_client: openai.OpenAI) -> None:
    listed = [model.id for model in openai_client.models.list()]
    assert listed == [
        "answerdesk",
        "answerdesk-serial",
        "answerdesk-parallel",
        "answerdesk-mixed",
        "answerdesk-embedding",
    ]
    assert openai_client.models.retrieve("answerdesk-mixed").owned_by == "answerdesk"


def test_embeddings_are_the_embedders(openai_client: openai.OpenAI, desk: ScriptedDesk) -> None:
    texts = ["How long?", "多久？"]
    expected = desk.embedder.embed(texts, "passage")
    by_default = openai_client.embeddings.create(
        model="answerdesk-embedding", input=texts
    )  # base64
    as_numbers = openai_client.embeddings.create(
        model="answerdesk-embedding", input=texts, encoding_format="float", dimensions=64
    )
    for made in (by_default, as_numbers):
        assert [item.index for item in made.data] == [0, 1]
        assert np.array([item.embedding for item in made.data]) == pytest.approx(expected)
        assert made.usage.prompt_tokens == made.usage.total_tokens == 6
    one = openai_client.embeddings.create(model="answerdesk-embedding", input="How long?")
    assert one.data[0].embedding == pytest.approx(expected[0])
    many = openai_client.embeddings.create(model="answerdesk-embedding", input=texts * 50)
    assert many.data[98].embedding == pytest.approx(expected[0])


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"input": [1, 2, 3]}, "input", "token_arrays_not_supported"),
        ({"input": [[1, 2], [3]]}, "input", "token_arrays_not_supported"),
        ({"input": []}, "input", "too_many_inputs"),
        ({"input": ["a"] * 2049}, "input", "too_many_inputs"),
        ({"input": ["a", "b" * 9000]}, "input[1]", "context_length_exceeded"),
        ({"dimensions": 3}, "dimensions", "unsupported_dimensions"),
        ({"extra_body": {"input_type": "riddle"}}, "input_type", "invalid_request"),
    ],
)
def test_texts_that_cannot_be_embedded(
    openai_client: openai.OpenAI, changes: dict[str, object], param: str, code: str
) -> None:
    body: dict[str, object] = {"model": "answerdesk-embedding", "input": "a", **changes}
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client.embeddings.create(**body)  # pyright: ignore[reportArgumentType] -- on purpose
    assert (caught.value.param, caught.value.code) == (param, code)


def test_bodies_beyond_the_limit(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        openai_client.embeddings.create(model="answerdesk-embedding", input=["x" * 8000] * 200)
    assert caught.value.status_code == 413
    assert caught.value.type == "invalid_request_error"
