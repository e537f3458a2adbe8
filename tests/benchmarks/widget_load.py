"""Many visitors in widgets at once: what is lost or doubled, and how long answers take.

    pip install -e '.[load]'
    python -m tests.benchmarks.widget_load --visitors 200 --minutes 5

Starts a server of its own with the sample shop. Every visitor asks one of the sample
questions, or one that needs the Transformer, every 10 to 30 seconds. Writes widget_load.md.
"""

import argparse
import csv
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from chatbot.settings import Settings
from tests.benchmarks.machine import machine
from tests.samples import sample_questions

HERE = Path(__file__).parent
PORT = 7893
URL = f"http://127.0.0.1:{PORT}"
ORIGIN = "https://shop.example"
# One in twenty asks for what only the Transformer can put together.
SPREAD = ["Compare the K1 with the K3", "Give me an overview of your kettles"]
LIMITS = tuple(f"{what}_PER_ADDRESS" for what in ("SESSIONS", "MESSAGES", "REQUESTS", "STREAMS"))
PASSWORD = secrets.token_urlsafe(16)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with serving(work) as process, _watched(process) as watch:
            widget = make_widget(ORIGIN)
            _locust(work, widget, options)
        tally = json.loads((work / "tally.json").read_text("utf-8"))
        rows = _rows(work / "load_stats.csv")
    report = _report(options, tally, rows, watch)
    (HERE / "widget_load.md").write_text(report, encoding="utf-8")
    print(report)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5)
    return parser.parse_args()


@contextmanager
def serving(work: Path) -> Generator[subprocess.Popen[bytes]]:
    """A server with the sample shop in a folder of its own, ready to answer."""
    environment = {
        **os.environ,
        "ANSWERDESK_DATA_DIR": str(work / "data"),
        "ANSWERDESK_MODELS_DIR": str(Settings().models_folder.resolve()),
        "ANSWERDESK_ADMIN_PASSWORD": PASSWORD,
        # All visitors come from one address here.
        **{f"ANSWERDESK_WIDGET__{name}": "1000000" for name in LIMITS},
    }
    command = [sys.executable, "-m", "ui.main", "serve", "--port", str(PORT)]
    with (work / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_ready(process)
            yield process
        finally:
            process.terminate()
            process.wait(30)
        print((work / "server.log").read_text("utf-8")[-2000:], file=sys.stderr)


def _wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    while True:
        if process.poll() is not None:
            raise SystemExit("the server has stopped")
        try:
            if httpx.get(f"{URL}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)


class Watch:
    """The server's health while it works: answers of /healthz in milliseconds, memory in MB."""

    def __init__(self) -> None:
        self.health: list[float] = []
        self.memory: list[float] = []


@contextmanager
def _watched(process: subprocess.Popen[bytes]) -> Generator[Watch]:
    watch, over = Watch(), threading.Event()

    def look() -> None:
        server = psutil.Process(process.pid)
        with httpx.Client(base_url=URL, timeout=30) as client:
            while not over.wait(1):
                started = time.monotonic()
                client.get("/healthz")
                watch.health.append((time.monotonic() - started) * 1000)
                watch.memory.append(server.memory_info().rss / 2**20)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


def make_widget(origin: str) -> str:
    with httpx.Client(base_url=URL, timeout=30) as client:
        signed_in = client.post("/login", json={"name": "admin", "password": PASSWORD})
        signed_in.raise_for_status()
        made = client.post(
            "/api/v1/widgets",
            json={"name": "Load", "origins": [origin]},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        made.raise_for_status()
        return made.json()["id"]


def _locust(work: Path, widget: str, options: argparse.Namespace) -> None:
    plain = [question.question for question in sample_questions() if not question.history]
    questions = work / "questions.json"
    questions.write_text(json.dumps([*plain, *SPREAD]), encoding="utf-8")
    environment = {
        **os.environ,
        "LOAD_WIDGET": widget,
        "LOAD_ORIGIN": ORIGIN,
        "LOAD_QUESTIONS": str(questions),
        "LOAD_TALLY": str(work / "tally.json"),
    }
    command = [
        *(sys.executable, "-m", "locust", "-f", str(HERE / "widget_visitors.py"), "--headless"),
        *("-u", str(options.visitors), "-r", "10", "-t", f"{int(options.minutes * 60)}s"),
        *("--host", URL, "--csv", str(work / "load"), "--stop-timeout", "60", "--only-summary"),
    ]
    subprocess.run(command, env=environment, check=False)


def _rows(path: Path) -> list[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _report(
    options: argparse.Namespace,
    tally: Mapping[str, int],
    rows: list[Mapping[str, str]],
    watch: Watch,
) -> str:
    shown = [row for row in rows if row["Type"] in ("turn", "POST", "GET")]
    lines = [
        "# Many visitors in widgets at once",
        "",
        f"`python -m tests.benchmarks.widget_load --visitors {options.visitors}"
        f" --minutes {options.minutes:g}` on {machine()}; the visitors ran on the same machine.",
        "Each asks every 10 to 30 seconds; times in milliseconds, from the first attempt to the",
        "end of what is named, waits for a busy desk included.",
        "",
        "| | count | p50 | p95 | p99 |",
        "|---|---|---|---|---|",
        *(
            f"| {row['Name']} | {row['Request Count']} | {row['50%']} | {row['95%']} | {row['99%']} |"
            for row in sorted(shown, key=lambda row: (row["Type"], row["Name"]))
        ),
        "",
        "| messages | |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in sorted(tally.items())),
        "",
        f"`/healthz` meanwhile: p50 {_quantile(watch.health, 0.5):.0f} ms,"
        f" p99 {_quantile(watch.health, 0.99):.0f} ms. Memory of the server: {watch.memory[0]:.0f} MB"
        f" at first, {max(watch.memory):.0f} MB at most.",
    ]
    return "\n".join(lines) + "\n"


def _quantile(values: list[float], share: float) -> Any:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


if __name__ == "__main__":
    main()
