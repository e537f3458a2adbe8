"""Finding the server of a data folder, and talking to it."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.cancellation import Cancellation
from chatbot.client import Client, RemoteProblem
from chatbot.errors import GeneratorFailed, ServerUnreachable
from chatbot.local_server import SERVER_FILE, LocalServer, announced, describe_server, find_server
from chatbot.messages import Question, ReplyEvent, Working
from knowledge.documents import Language
from knowledge.intake import FoundFile
from tests.chatbot.api.conftest import desk
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk, serving

__all__ = ["desk"]


@pytest.fixture
def server(desk: ScriptedDesk) -> Iterator[LocalServer]:
    with serving(desk.app()) as url:
        yield LocalServer(url, os.getpid(), LOCAL_TOKEN)


def test_a_server_is_found_while_it_runs_and_no_longer(server: LocalServer, tmp_path: Path) -> None:
    assert find_server(tmp_path) is None
    with announced(server, tmp_path):
        mode = (tmp_path / SERVER_FILE).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
        assert find_server(tmp_path) == server
    assert find_server(tmp_path) is None
    assert not (tmp_path / SERVER_FILE).exists()


def test_what_a_crash_left_is_no_server(server: LocalServer, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    nobody = "http://127.0.0.1:9"
    for stale in (replace(server, pid=gone.pid), replace(server, url=nobody)):
        with announced(stale, tmp_path):
            assert find_server(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"url": 1, "pid": "x", "token": ""}'])
def test_a_damaged_file_is_no_server(tmp_path: Path, content: str) -> None:
    (tmp_path / SERVER_FILE).write_text(content, encoding="utf-8")
    assert find_server(tmp_path) is None


def test_a_second_servers_name_is_not_removed_by_the_first(tmp_path: Path) -> None:
    first, second = describe_server("127.0.0.1", 1), describe_server("::", 2)
    assert first.token != second.token
    assert second.url == "http://[::1]:2"
    assert describe_server("0.0.0.0", 3).url == "http://127.0.0.1:3"  # noqa: S104 -- not bound
    with announced(first, tmp_path):
        (tmp_path / SERVER_FILE).write_text(
            json.dumps({"url": second.url, "pid": second.pid, "token": second.token})
        )
    assert (tmp_path / SERVER_FILE).exists()


def test_the_client_asks_searches_and_uploads(
    server: LocalServer, desk: ScriptedDesk, tmp_path: Path
) -> None:
    file = tmp_path / "faq.txt"
    file.write_text("text", encoding="utf-8")
    with Client(server, Language.ENGLISH) as client:
        events = list(client.ask("How long?", "serial", "faq"))
        assert events[-1][0] == "finished"
        assert events[-1][1]["answer"] == "Within 14 days. [1]"
        assert desk.dialogue.asked[0].mode == "serial"
        assert desk.dialogue.asked[0].collection == "faq"
        assert client.search("returns", 3, "faq", ["before"])[0]["passage_id"] == "p1"
        (document,) = client.upload(FoundFile(file, "docs/faq.txt"), "faq")
        assert document["name"] == "docs/faq.txt"
        assert document["source"] == str(file)
        assert client.document(document["id"]) == document


def test_the_client_says_what_the_server_refuses_in_the_readers_language(
    server: LocalServer, desk: ScriptedDesk
) -> None:
    def fail(_: Question, __: Cancellation) -> Iterator[ReplyEvent]:
        yield Working("writing")
        raise GeneratorFailed(reason="内存不足")

    desk.dialogue.script = fail
    with Client(server, Language.CHINESE) as client:
        with pytest.raises(RemoteProblem, match="语言模型出错：内存不足"):
            list(client.ask("问题", None, "default"))
        with pytest.raises(RemoteProblem, match="没有文档"):
            client.document("none")
    forged = Client(replace(server, token="forged"), Language.ENGLISH)
    with forged, pytest.raises(RemoteProblem, match="needs a signed-in member"):
        forged.document("none")


def test_a_server_that_is_gone_is_said_in_one_sentence() -> None:
    client = Client(LocalServer("http://127.0.0.1:9", 1, "t"), Language.ENGLISH)
    with client, pytest.raises(ServerUnreachable, match="does not answer"):
        client.search("a", 1, "default")
