"""`answerdesk ingest URL`, as a process of its own, against a real site; with and without a server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.knowledge.web.web_site import WebSite, file, html, serving

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

_PATIENCE = 180
COMMAND = [sys.executable, "-m", "ui.main"]
PAGES = {
    "/help/": html("<p>Welcome to the help.</p><a href=a.html>a</a><a href=b.html>b</a>"),
    "/help/a.html": html("<p>Shoes may be returned within 30 days.</p>", title="Returns"),
    "/help/b.html": html("<p>运费为每单 10 元。</p>", title="运费"),
}


class Terminal:
    """Commands on a data folder."""

    def __init__(self, folder: Path, models_dir: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[str]] = []
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSWERDESK_", "LC_"))}
        self.environment = {
            **kept,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "ANSWERDESK_MODELS_DIR": str(models_dir),
            "ANSWERDESK_GENERATOR__ENGINE": "none",
            "ANSWERDESK_SAMPLE_KNOWLEDGE": "false",
            "ANSWERDESK_FETCH__ALLOW_PRIVATE_ADDRESSES": "true",
            "ANSWERDESK_FETCH__DELAY_SECONDS": "0",
        }

    def begin(self, *arguments: str, **changes: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *arguments, "--data-dir", self.folder],
            env={**self.environment, **changes},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        return process

    def run(self, *arguments: str, **changes: str) -> tuple[int, str, str]:
        process = self.begin(*arguments, **changes)
        out, err = process.communicate(timeout=_PATIENCE)
        return process.returncode, out, err

    def close(self) -> None:
        """End what a failed test has left running."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.communicate()


@pytest.fixture
def terminal(tmp_path: Path, models_dir: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "data", models_dir)
    yield terminal
    terminal.close()


@pytest.fixture
def shop() -> Iterator[WebSite]:
    with serving(PAGES) as site:
        yield site


def test_a_site_is_taken_in_and_cited_by_its_address(terminal: Terminal, shop: WebSite) -> None:
    start = f"{shop.origin}/help/"
    shop.files["/help/"] = html("<p>Hi.</p><a href=a.html>a</a><a href=b.html>b</a><a href=c>c</a>")
    code, out, err = terminal.run("ingest", start, "--site", "--json")
    assert code == 0, err
    result = json.loads(out)
    assert {(d["state"], d["url"]) for d in result["documents"]} == {
        ("ready", start),
        ("ready", f"{start}a.html"),
        ("ready", f"{start}b.html"),
    }
    (missing,) = result["unreadable"]
    assert missing["name"] == f"{start}c"
    code, out, err = terminal.run("ask", "How long may I return shoes?", "--json")
    answer = json.loads(out)
    assert "30 days" in answer["answer"], answer
    assert answer["citations"][0]["url"] == f"{start}a.html"
    again = terminal.run("ingest", start, "--site")
    assert "0 pages are new or changed, 3 are as before" in again[2]


def test_private_addresses_need_a_setting(terminal: Terminal, shop: WebSite) -> None:
    refused = {"ANSWERDESK_FETCH__ALLOW_PRIVATE_ADDRESSES": "false"}
    code, out, err = terminal.run("ingest", f"{shop.origin}/help/", "--json", **refused)
    assert code == 1
    assert "private or reserved network" in err
    assert json.loads(out)["documents"] == []
    assert shop.asked == []


def test_ctrl_c_stops_a_site_and_the_next_run_goes_on(terminal: Terminal, shop: WebSite) -> None:
    shop.files["/robots.txt"] = file("User-agent: *\nCrawl-delay: 30", "text/plain")
    ordered = ("ingest", f"{shop.origin}/help/", "--site")
    process = terminal.begin(*ordered)
    deadline = time.monotonic() + _PATIENCE
    while not shop.paths:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 130
    assert "run the same command again to go on" in err
    assert shop.paths == ["/help/"]
    del shop.files["/robots.txt"]
    code, _, err = terminal.run(*ordered)
    assert code == 0, err
    assert set(shop.paths) == set(PAGES)


def test_a_running_server_does_the_fetching(terminal: Terminal, shop: WebSite) -> None:
    server = terminal.begin("serve", "--port", "7977")
    try:
        deadline = time.monotonic() + _PATIENCE
        while not (terminal.folder / "server.json").exists():
            assert server.poll() is None, server.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        code, out, err = terminal.run("ingest", f"{shop.origin}/help/", "--site", "--json")
        assert code == 0, err
        assert [d["state"] for d in json.loads(out)["documents"]] == ["ready"] * 3
        code, _, err = terminal.run("ingest", f"{shop.origin}/none")
        assert (code, "does not exist" in err) == (1, True)
    finally:
        server.terminate()
        server.communicate(timeout=30)
