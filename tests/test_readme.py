"""The README tells the truth: its commands work as they stand, and what it points to exists."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import chatbot
from tests.knowledge.web.web_site import html, serving

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = Path(sys.executable).with_name("answerdesk")


def commands() -> list[str]:
    """The `answerdesk` command lines of the README, in order."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
    found = re.findall(r"^\.venv/bin/answerdesk (.+?)(?:\s+#.*)?$", blocks, re.MULTILINE)
    assert len(found) >= 6
    return found


@pytest.mark.models
@pytest.mark.timeout(400)
def test_its_commands_work(tmp_path: Path, models_dir: Path) -> None:
    (tmp_path / "manuals").mkdir()
    (tmp_path / "manuals" / "returns.md").write_text("# Returns\n\nThe refund window is 30 days.\n")
    (tmp_path / "faq.md").write_text("# Warranty\n\nThe warranty is two years.\n")
    line = {"id": "a", "title": "Delivery", "text": "Delivery takes three days."}
    (tmp_path / "passages.jsonl").write_text(json.dumps(line) + "\n")
    shutil.copytree(ROOT / "assets", tmp_path / "assets")
    environment = {
        **os.environ,
        "ANSWERDESK_MODELS_DIR": str(models_dir),
        "ANSWERDESK_FETCH__ALLOW_PRIVATE_ADDRESSES": "true",
    }
    pages = {"/help/": html("<p>Help."), "/help/returns": html("<p>Returns are free.")}
    with serving(pages) as site:
        for command in commands():
            done = subprocess.run(
                [COMMAND, *shlex.split(command.replace("https://docs.example.com", site.origin))],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stderr)
            assert done.stdout.strip(), command


def test_what_it_links_to_exists() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    assert linked
    assert not [path for path in linked if not (ROOT / path).exists()]


def test_the_changelog_has_this_release() -> None:
    assert f"## {chatbot.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
