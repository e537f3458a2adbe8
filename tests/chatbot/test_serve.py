"""The server as a process of its own, and the commands beside it; real embedder, no Transformer."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from knowledge.owner import own

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

# The commands take a second or two; a machine that is busy with other things takes many.
_PATIENCE = 120
LINES = (
    '{"id": "q1", "question": "How long may I return shoes?"}\n'
    '{"id": "q2", "question": "您好", "passages": []}\n'
)


@dataclass(frozen=True)
class Desk:
    """A data folder with one document, and the commands on it."""

    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *map(str, arguments), "--data-dir", self.folder],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )

    def start(self, port: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), "--data-dir", self.folder],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


COMMAND = [sys.executable, "-m", "ui.main"]


@pytest.fixture(scope="module")
def desk(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ANSWERDESK_")}
    environment = {
        **kept,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "ANSWERDESK_MODELS_DIR": str(models_dir),
        "ANSWERDESK_GENERATOR__ENGINE": "none",
        "ANSWERDESK_SAMPLE_KNOWLEDGE": "false",
    }
    environment.pop("LC_ALL", None)
    desk = Desk(tmp_path_factory.mktemp("desk") / "data", environment)
    document = desk.folder.parent / "returns.md"
    document.write_text("# Returns\n\nShoes may be returned within 30 days.\n", encoding="utf-8")
    done = desk.run("ingest", document, "--json")
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)["documents"]
    assert (record["state"], record["source"]) == ("ready", str(document))
    return desk


@pytest.fixture
def server(desk: Desk) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = desk.start(port)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + _PATIENCE
        while not (desk.folder / "server.json").exists() or not answers(url):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield url, process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False


def test_the_server_and_the_commands_share_a_folder(
    desk: Desk, server: tuple[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    url, process = server
    alone = httpx.post(f"{url}/api/v1/chat", json={"message": "How long may I return shoes?"})
    asked = desk.run("ask", "How long may I return shoes?", "--json")
    assert json.loads(asked.stdout)["answer"] == alone.json()["answer"]
    assert json.loads(asked.stdout)["citations"] == alone.json()["citations"]
    found = desk.run("search", "return shoes", "--json")
    assert json.loads(found.stdout)["hits"][0]["document"] == "returns.md"

    more = tmp_path / "more"
    more.mkdir()
    (more / "hours.txt").write_text("The shop opens at nine.", encoding="utf-8")
    (more / "picture.xyz").write_bytes(b"\x00\x01\x02")
    taken = desk.run("ingest", more, "--json")
    assert taken.returncode == 1
    assert "picture.xyz" in taken.stderr
    (record,) = json.loads(taken.stdout)["documents"]
    assert (record["name"], record["state"]) == ("more/hours.txt", "ready")
    assert record["source"] == str(more / "hours.txt")

    (tmp_path / "in.jsonl").write_text(LINES, encoding="utf-8")
    refused = desk.run("batch", "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out")
    assert refused.returncode == 1
    assert re.fullmatch(r"answerdesk: Another AnswerDesk process .*\n", refused.stderr)
    assert not (tmp_path / "out").exists()

    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0
    assert not (desk.folder / "server.json").exists()
    password = re.search(r"Sign in as admin with the password (\S+)", out)
    assert password is not None


def test_the_first_password_works_and_is_not_shown_again(desk: Desk, tmp_path: Path) -> None:
    fresh = Desk(tmp_path / "data", desk.environment)
    for start in range(2):
        process = fresh.start(_free_port())
        lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if "Ctrl+C" in line:
                break
        shown = re.search(r"the password (\S+)", "".join(lines))
        if start == 0:
            assert shown is not None
            url = json.loads((fresh.folder / "server.json").read_text(encoding="utf-8"))["url"]
            given = {"name": "admin", "password": shown[1]}
            signed_in = _patient_post(f"{url}/login", given)
            assert signed_in.json() == {"name": "admin", "role": "admin"}
        else:
            assert shown is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_PATIENCE)
        assert process.returncode == 0


def test_a_port_in_use_is_said_before_anything_is_loaded(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = desk.run("serve", "--port", str(port))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"answerdesk: Port {port} on 127.0.0.1 is in use. "
        "Stop the other program or choose another with --port.\n"
    )
    assert not refused.stdout


def test_search_beside_a_long_ingest_finds_by_words(desk: Desk) -> None:
    with own(desk.folder):
        found = desk.run("search", "return shoes", "--json")
        refused = desk.run("ask", "How long?")
    (hit,) = json.loads(found.stdout)["hits"]
    assert (hit["document"], hit["keyword_rank"], hit["dense_rank"]) == ("returns.md", 1, None)
    assert "keyword matches only" in found.stderr
    assert refused.returncode == 1
    assert f"pid {os.getpid()}" in refused.stderr


def test_batch_answers_in_order_and_resumes(desk: Desk, tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(LINES, encoding="utf-8")
    done = desk.run("batch", "--input", source, "--output", output)
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    assert (first["id"], second["id"]) == ("q1", "q2")
    assert "30 days" in first["answer"]
    assert first["citations"][0]["document"] == "returns.md"
    assert second["citations"] == []
    kept = output.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    output.write_text(kept + '{"id": "q2", "ans', encoding="utf-8")
    source.write_text(LINES + '{"id": "q3", "question": "And hats?"}\n', encoding="utf-8")
    again = desk.run("batch", "--input", source, "--output", output, "--resume")
    assert again.returncode == 0, again.stderr
    lines = output.read_text(encoding="utf-8").splitlines(keepends=True)
    assert lines[0] == kept
    assert [json.loads(line)["id"] for line in lines] == ["q1", "q2", "q3"]


def test_many_searches_go_from_file_to_file(desk: Desk, tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": 7, "query": "shoes"}\n', encoding="utf-8")
    assert desk.run("search", "--input", source, "--output", output, "--k", "1").returncode == 0
    (line,) = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    assert line["id"] == 7
    assert line["hits"][0]["document"] == "returns.md"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _patient_post(url: str, body: dict[str, str]) -> httpx.Response:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return httpx.post(url, json=body, timeout=_PATIENCE)
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
