"""Markdown and MDX become text that reads well."""

import time

import pytest

from knowledge.loading import load


def text_of(source: str, name: str = "a.md") -> str:
    return load(name, source.encode()).text


def test_front_matter_gives_the_title_and_is_not_text() -> None:
    loaded = load(
        "a.md", '---\ntitle: "退货 & 换货"\ntags: [a]\n---\n\n# Other\n\nText.\n'.encode()
    )
    assert loaded.title == "退货 & 换货"
    assert loaded.text == "Other\n\nText."


def test_titles_fall_back_to_the_heading_then_the_file() -> None:
    assert load("a.md", b"## Small\n\n# Big `code`\n\ntext").title == "Big code"
    assert load("x/how-to.md", b"## Small\n\ntext").title == "how-to"


def test_heading_paths() -> None:
    loaded = load(
        "a.md", b"intro\n\n# A\n\n## B\n\nb\n\n### C {#anchor}\n\nc\n\n## D\n\nd\n\n# E\n\ne\n"
    )
    assert [(s.headings, loaded.text[s.start : s.end].strip()) for s in loaded.sections] == [
        ((), "intro"),
        (("A",), "A"),
        (("A", "B"), "B\n\nb"),
        (("A", "B", "C"), "C\n\nc"),
        (("A", "D"), "D\n\nd"),
        (("E",), "E\n\ne"),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**Bold** and *soft*, `code`, ~~gone~~.", "Bold and soft, code, gone."),
        ("See [the policy](/returns.md).", "See the policy."),
        ("Write to [us](mailto:help@shop.com?x).", "Write to us (help@shop.com)."),
        ("Call [+49 30 1](tel:+49301).", "Call +49 30 1 (+49301)."),
        ("![A photo](a.png)Text", "Text"),
        ("one\ntwo", "one two"),
        ("一行，\n又一行", "一行，又一行"),
        ("one  \ntwo", "one\ntwo"),
        ("- a\n- b\n  - c\n\n1. x\n2. y", "- a\n- b\n  - c\n\n1. x\n2. y"),
        ("3. x\n4. y", "3. x\n4. y"),
        ("| Plan | Price |\n|---|---|\n| S | **$5** |", "Plan | Price\nS | $5"),
        ("```sh\nls -l\n\ncd\n```", "ls -l\n\ncd"),
        ("> quoted\n> text", "quoted text"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("Use `<Card>` here", "Use <Card> here"),
        ("Replace <your-key> with it", "Replace <your-key> with it"),
        ("a <br> b", "a\nb"),
        ("<!-- secret -->shown", "shown"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("<kbd>Ctrl</kbd> + <b>C</b>", "Ctrl + C"),
        ("    indented code", "indented code"),
        ("<script>alert(1)</script>shown", "shown"),
        ('<div align="center">\n\ntext\n\n</div>', "text"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("a\n\n---\n\nb", "a\n\nb"),
        ("\\*not soft\\*", "*not soft*"),
    ],
)
def test_marks_go_and_words_stay(source: str, expected: str) -> None:
    assert text_of(source) == expected


def test_mdx_components_leave_their_text() -> None:
    source = """---
title: Setup
---
import { Card } from 'x'
import {
  Tabs
} from "y"

export const meta = { a: 1 }

{/* a comment */}
<Steps>
  <Step title="Install it">
    Run this:

    ```bash
    import os
    <Card>
    ```
  </Step>
  <Step title="Use it" icon={<Icon name="x" />}>
    Then **go**.
  </Step>
</Steps>

Import taxes are included. Export is free.

<Tip>Ask <Badge color="red">us</Badge> first.</Tip>
<img src="a.png" alt="x" />
"""
    loaded = load("a.mdx", source.encode())
    assert loaded.text == (
        "Install it\n\nRun this:\n\nimport os\n<Card>\n\nUse it\n\nThen go.\n\n"
        "Import taxes are included. Export is free.\n\nAsk us first."
    )


def test_html_headings_in_markdown_open_sections() -> None:
    loaded = load("a.mdx", b'<div>\n  <h1 className="big">Deploy</h1>\n  <p>Text</p>\n</div>')
    assert loaded.title == "Deploy"
    assert loaded.sections[0].headings == ("Deploy",)


def test_an_unclosed_capital_tag_in_plain_markdown_is_text() -> None:
    assert text_of("Set <Name> and <CLUSTER_ID> first.") == "Set <Name> and <CLUSTER_ID> first."
    assert text_of("<Note>\n\nMind this.\n\n</Note>") == "Mind this."


@pytest.mark.parametrize(
    "piece",
    ["<!--", "{/*", "<a ", "<a '", '<a "', "<a {", "`", "``` ", "[", "![", "*", "_a_", "> ", "- ", "<", "| ",
     "&", "\\", "<h1>", "<script>", "# ", "(", "[a](", "~~", "\n- ", "\n> ", "<A/>", "a`b``"],
)  # fmt: skip
def test_parsing_hostile_markdown_takes_bounded_time(piece: str) -> None:
    source = piece * (60_000 // len(piece))
    begin = time.monotonic()
    load("a.mdx", source.encode() + b"\n\nend")
    assert time.monotonic() - begin < 20
