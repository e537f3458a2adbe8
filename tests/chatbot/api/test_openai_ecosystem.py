"""LangChain's clients and the `llm` command, unchanged; and the real shop, asked as OpenAI is."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openai
import pytest
import yaml
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import SecretStr

from chatbot.api.app import create_api
from chatbot.assistant import Assistant
from chatbot.messages import Message
from tests.chatbot.api.openai_client import ask
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk, serving

ASKED = "How long is the warranty of the K3?"
LLM = Path(sys.executable).with_name("llm")


def chat_model(openai_url: str, **changes: object) -> ChatOpenAI:
    values = {
        "model": "answerdesk",
        "base_url": openai_url,
        "api_key": SecretStr(LOCAL_TOKEN),
        **changes,
    }
    return ChatOpenAI.model_validate(values)


def test_langchains_chat_model(openai_url: str, desk: ScriptedDesk) -> None:
    model = chat_model(openai_url, temperature=0)
    said = model.invoke([SystemMessage("Be brief."), HumanMessage("Hi"), AIMessage("Hello"), HumanMessage("How long?")])  # fmt: skip
    assert said.text == "Within 14 days. [1]"
    assert isinstance(said, AIMessage)
    assert said.usage_metadata is not None
    assert said.usage_metadata["output_tokens"] == 7
    assert desk.dialogue.asked[0].history == (Message("user", "Hi"), Message("assistant", "Hello"))
    chunks = list(chat_model(openai_url, stream_usage=True).stream("How long?"))
    assert "".join(chunk.text for chunk in chunks) == said.text
    assert len([chunk for chunk in chunks if chunk.text]) == 2
    assert sum(c.usage_metadata["total_tokens"] for c in chunks if c.usage_metadata) == 10


def test_langchains_embeddings(openai_url: str, desk: ScriptedDesk) -> None:
    embeddings = OpenAIEmbeddings(
        model="answerdesk-embedding",
        base_url=openai_url,
        api_key=SecretStr(LOCAL_TOKEN),
        check_embedding_ctx_length=False,  # else it sends the tokens of another model
    )
    texts = [f"Text {number}" for number in range(40)]
    found = embeddings.embed_documents(texts)
    assert np.array(found) == pytest.approx(desk.embedder.embed(texts, "passage"))
    assert len(embeddings.embed_query("How long?")) == desk.embedder.dimension


@pytest.fixture
def run_llm(openai_url: str, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The `llm` command with our models in its configuration."""
    models = [
        {"model_id": name, "model_name": name, "api_base": openai_url, "api_key_name": "answerdesk"}
        for name in ("answerdesk", "answerdesk-serial")
    ]
    home = tmp_path / "llm"
    home.mkdir()
    (home / "extra-openai-models.yaml").write_text(yaml.safe_dump(models))
    environment = {**os.environ, "LLM_USER_PATH": str(home), "LLM_LOAD_PLUGINS": ""}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LLM, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert run("keys", "set", "answerdesk", "--value", LOCAL_TOKEN).returncode == 0
    return run


@pytest.mark.parametrize("options", [[], ["--no-stream"]])
def test_the_llm_command(
    run_llm: Callable[..., subprocess.CompletedProcess[str]],
    desk: ScriptedDesk,
    options: list[str],
) -> None:
    done = run_llm("-m", "answerdesk-serial", *options, "-s", "Be brief.", "How long?")
    assert (done.returncode, done.stdout.strip()) == (0, "Within 14 days. [1]"), done.stderr
    going_on = run_llm("-c", "And then?", *options)
    assert going_on.returncode == 0, going_on.stderr
    assert [question.mode for question in desk.dialogue.asked] == ["serial", "serial"]
    assert desk.dialogue.asked[1].history == (
        Message("user", "How long?"),
        Message("assistant", "Within 14 days. [1]"),
    )


@pytest.mark.models
def test_the_real_shop(shop: Assistant) -> None:
    with (
        serving(create_api(shop, local_token=LOCAL_TOKEN)) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key=LOCAL_TOKEN) as client,
    ):
        completion = ask(client, messages=[{"role": "user", "content": ASKED}])
        text = completion.choices[0].message.content or ""
        citation = (completion.choices[0].message.model_extra or {})["citations"][0]
        assert "[1]" in text
        assert citation["quote"].split()[0] in text
        assert completion.usage is not None
        assert 5 < completion.usage.prompt_tokens < 20
        followed = ask(
            client,
            messages=[
                {"role": "user", "content": ASKED},
                {"role": "assistant", "content": text},
                {"role": "user", "content": "And the K1?"},
            ],
        )
        assert "K1" in str((followed.choices[0].message.model_extra or {})["citations"])
        vectors = client.embeddings.create(
            model="answerdesk-embedding", input=[ASKED, "Where is my parcel?", text]
        )
        rows = np.array([item.embedding for item in vectors.data])
        assert rows.shape == (3, 384)
        assert rows[0] @ rows[2] > rows[0] @ rows[1]
        as_query = client.embeddings.create(
            model="answerdesk-embedding", input=ASKED, extra_body={"input_type": "query"}
        )
        asked = shop.embedder.embed([ASKED], "query")[0]
        assert as_query.data[0].embedding == pytest.approx(asked, abs=1e-4)
