"""The command line as people meet it: its exit codes, its one line of error, its help."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chatbot.accounts import Accounts
from chatbot.cli import make_app, run
from knowledge.database import open_engine, sqlite_url
from knowledge.owner import own

ROOT = Path(__file__).parents[2]
RULES = """
rules:
  - id: hello
    when: {keywords: {en: [hello]}}
    then: {reply: {en: "Hello.", zh: "您好。"}}
    tests:
      - message: hello there
        expect: {fires: true}
"""


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.startswith(("ANSWERDESK_", "LC_")):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("LANG", "en_US.UTF-8")


class Outcome:
    """What a command printed and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def line(self) -> str:
        """The one line of error."""
        (line,) = self.err.splitlines()
        return line


Command = Callable[..., Outcome]


@pytest.fixture
def answerdesk(capfd: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str | Path) -> Outcome:
        capfd.readouterr()
        code = run(make_app(), [str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


COMMANDS = [
    ["ingest"],
    ["ask"],
    ["batch"],
    ["search"],
    ["rules", "check"],
    ["rules", "test"],
    ["models", "list"],
    ["models", "pull"],
    ["users", "add"],
    ["users", "list"],
    ["users", "password"],
    ["users", "remove"],
    ["users", "key"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_helps_and_takes_a_data_folder(
    answerdesk: Command, command: list[str]
) -> None:
    shown = answerdesk(*command, "--help")
    assert shown.code == 0
    assert "--data-dir" in shown.out
    assert not shown.err


def test_help_comes_at_once() -> None:
    """Heavy libraries are not loaded for it: what counts is what is imported, not this machine."""
    code = (
        "import sys; from chatbot.cli import make_app, run; run(make_app(), ['ask', '--help']);"
        "heavy = {'torch', 'transformers', 'chromadb', 'sqlalchemy', 'fastapi', 'httpx', 'numpy'};"
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask"],
        ["ask", "a", "--mode", "fast"],
        ["ask", "a", "b"],
        ["ask", "a", "--nonsense"],
        ["search"],
        ["search", "a", "--k", "0"],
        ["search", "a", "--input", "x"],
        ["search", "--input", "x"],
        ["batch", "--input", "x"],
        ["users", "add", "a", "--role", "king"],
        ["rules", "check"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_exit_code_2(answerdesk: Command, arguments: list[str]) -> None:
    outcome = answerdesk(*arguments)
    assert outcome.code == 2
    assert outcome.line.startswith("answerdesk: ")
    assert not outcome.out


def test_no_command_shows_the_help(answerdesk: Command) -> None:
    outcome = answerdesk()
    assert outcome.code == 2
    assert "ingest" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["ask", "  "], "question is empty", "问题为空"),
        (["ask", "x" * 5000], "5000 characters", "5000 个字符"),
        (["search", "\x01\x02"], "not readable text", "不是可读的文字"),
        (["ingest", "file:///etc/passwd"], "does not begin with http", "网址须以 http"),
        (["ingest", "http://me@example.com/"], "holds a user name", "含有用户名"),
        (["ingest", "/no/such/file"], "no file or folder", "没有文件或文件夹"),
        (["rules", "check", "/no/such.yaml"], "no file or folder", "没有文件或文件夹"),
        (["batch", "--input", "/no/such", "--output", "x"], "no file or folder", "没有文件"),
        (["users", "remove", "nobody"], "no user 'nobody'", "没有用户“nobody”"),
        (["models", "pull", "nonsense"], "no model 'nonsense'", "没有模型 'nonsense'"),
    ],
)
def test_an_error_is_one_line_in_the_terminals_language(
    answerdesk: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    english: str,
    chinese: str,
) -> None:
    for locale, expected in (("en_GB.UTF-8", english), ("zh_CN.UTF-8", chinese)):
        monkeypatch.setenv("LANG", locale)
        outcome = answerdesk(*arguments, "--data-dir", tmp_path)
        assert outcome.code == 1
        assert outcome.line.startswith("answerdesk: ")
        assert expected in outcome.line
        assert not outcome.out


def test_a_wrong_setting_is_named(
    answerdesk: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answerdesk.toml").write_text("[retrieval]\ntop_k = 0\n", encoding="utf-8")
    outcome = answerdesk("ask", "a", "--data-dir", tmp_path)
    assert (outcome.code, "retrieval.top_k" in outcome.line) == (1, True)
    monkeypatch.setenv("ANSWERDESK_NONSENSE", "1")
    assert "ANSWERDESK_NONSENSE" in answerdesk("ask", "a").line


def test_a_folder_in_use_is_said_within_five_seconds(answerdesk: Command, tmp_path: Path) -> None:
    questions = tmp_path / "in.jsonl"
    questions.write_text('{"id": "1", "question": "A?"}\n', encoding="utf-8")
    output = tmp_path / "out.jsonl"
    output.write_text("earlier", encoding="utf-8")
    folder = tmp_path / "data"
    with own(folder):
        for arguments in (
            ["ask", "a"],
            ["search", "a"],
            ["ingest", questions],
            ["batch", "--input", questions, "--output", output],
        ):
            started = time.monotonic()
            outcome = answerdesk(*arguments, "--data-dir", folder)
            assert time.monotonic() - started < 5
            assert outcome.code == 1
            assert f"pid {os.getpid()}" in outcome.line
    assert output.read_text(encoding="utf-8") == "earlier"


def test_batch_names_every_bad_line_and_writes_nothing(answerdesk: Command, tmp_path: Path) -> None:
    questions = tmp_path / "in.jsonl"
    questions.write_text('{"id": "1"}\n{"id": "2", "question": "a"}\n[]\n', encoding="utf-8")
    output = tmp_path / "out.jsonl"
    outcome = answerdesk("batch", "--input", questions, "--output", output)
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "answerdesk: in.jsonl, line 1: question: is missing",
        "answerdesk: in.jsonl, line 3: must be a JSON object",
    ]
    assert not output.exists()


def test_batch_does_not_eat_its_input(answerdesk: Command, tmp_path: Path) -> None:
    questions = tmp_path / "in.jsonl"
    questions.write_text('{"id": "1", "question": "A?"}\n', encoding="utf-8")
    outcome = answerdesk("batch", "--input", questions, "--output", questions)
    assert outcome.code == 1
    assert "both the input and the output" in outcome.line
    assert questions.read_text(encoding="utf-8").startswith('{"id"')


def test_rules_are_checked_and_tested(answerdesk: Command, tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(RULES, encoding="utf-8")
    assert answerdesk("rules", "check", good).out == "1 rules, no mistakes.\n"
    assert answerdesk("rules", "test", good).out == "1 of 1 tests passed.\n"
    good.write_text(RULES.replace("message: hello there", "message: goodbye"), encoding="utf-8")
    failed = answerdesk("rules", "test", good)
    assert failed.code == 1
    assert failed.out == "0 of 1 tests passed.\n"
    assert "good.yaml" in failed.err
    bad = tmp_path / "bad.yaml"
    bad.write_text("rules: [{id: a, nonsense: 1}]\nmore: 1\n", encoding="utf-8")
    for command in ("check", "test"):
        outcome = answerdesk("rules", command, bad)
        assert outcome.code == 1
        assert len(outcome.err.splitlines()) >= 2
        assert all("bad.yaml" in line for line in outcome.err.splitlines())


def test_the_models_are_listed(answerdesk: Command, tmp_path: Path) -> None:
    listed = json.loads(answerdesk("models", "list", "--json", "--data-dir", tmp_path).out)
    states = {model["name"]: model["state"] for model in listed["models"]}
    assert states["smollm2-135m"] == states["multilingual-e5-small"] == "absent"
    assert "smollm2-135m" in answerdesk("models", "list", "--data-dir", tmp_path).out


def test_the_team_is_kept_from_the_command_line(
    answerdesk: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def typed(password: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))

    here = ("--data-dir", tmp_path)
    typed("correct horse battery")
    assert answerdesk("users", "add", "mei", "--role", "admin", *here).code == 0
    typed("short")
    assert "too short" in answerdesk("users", "add", "li", *here).line
    typed("correct horse battery")
    assert "already a user" in answerdesk("users", "add", "mei", *here).line
    typed("correct horse battery")
    assert answerdesk("users", "add", "li", *here).code == 0
    listed = json.loads(answerdesk("users", "list", "--json", *here).out)["users"]
    assert [user["name"] for user in listed] == ["li", "mei"]
    key = answerdesk("users", "key", "mei", "--label", "shop", *here).out.strip()
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    accounts = Accounts(engine, (tmp_path / "secret.key").read_bytes())
    holder = accounts.keys.holder(key)
    assert holder is not None
    assert holder.member.name == "mei"
    token = accounts.sign_in("mei", "correct horse battery")
    typed("another long password")
    assert answerdesk("users", "password", "mei", *here).code == 0
    assert accounts.by_session(token) is None
    assert "1 keys" in answerdesk("users", "key", "mei", "--revoke", *here).out
    assert accounts.keys.holder(key) is None
    assert "last administrator" in answerdesk("users", "remove", "mei", *here).line
    assert answerdesk("users", "remove", "li", *here).code == 0
    engine.dispose()


def test_keys_have_scopes_and_an_end_and_members_are_locked_out(
    answerdesk: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = ("--data-dir", tmp_path)
    for name in ("mei", "li"):
        monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
        assert answerdesk("users", "add", name, "--role", "admin", *here).code == 0
    asked = ("users", "key", "mei", "--scope", "chat", "--scope", "search", "--days", "30")
    key = answerdesk(*asked, *here).out.strip()
    assert "chat, search" in answerdesk("users", "key", "mei", "--scope", "all", *here).line
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    accounts = Accounts(engine, (tmp_path / "secret.key").read_bytes())
    (listed,) = accounts.keys.list()
    assert listed.scopes == ["chat", "search"]
    assert listed.expires_at is not None
    assert (listed.expires_at - listed.created_at).days in (29, 30)
    assert accounts.keys.holder(key) is not None
    assert "suspended" in answerdesk("users", "suspend", "mei", *here).out
    assert accounts.keys.holder(key) is None
    assert "last administrator" in answerdesk("users", "suspend", "li", *here).line
    assert answerdesk("users", "suspend", "mei", "--undo", *here).code == 0
    assert accounts.keys.holder(key) is not None
    engine.dispose()


def test_an_unexpected_error_is_one_line_with_its_details_in_a_file(
    answerdesk: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def break_down(**_: object) -> None:
        raise ZeroDivisionError("who would have thought")

    monkeypatch.setattr("chatbot.settings.load_settings", break_down)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    outcome = answerdesk("ask", "a")
    assert outcome.code == 1
    assert "who would have thought" in outcome.line
    (details,) = tmp_path.glob("answerdesk-*.log")
    assert "Traceback" in details.read_text(encoding="utf-8")


def test_a_stop_by_the_keyboard_is_no_crash(
    answerdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chatbot.settings.load_settings", interrupt)
    outcome = answerdesk("ask", "a")
    assert (outcome.code, outcome.line) == (130, "answerdesk: stopped")
