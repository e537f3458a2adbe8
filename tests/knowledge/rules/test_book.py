import threading
from pathlib import Path

import pytest

from knowledge.intents import IntentGuess
from knowledge.rules.book import RuleBook
from knowledge.rules.problems import RuleFileError
from tests.knowledge.rules.shop import ORDERS, SHOP, ask

HELLO = "rules: [{id: hello, when: {keywords: [hi]}, then: {reply: {en: 'Hello', zh: '您好'}}}]\n"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> RuleBook:
    return RuleBook(tmp_path / "rules", clock=clock)


def write(book: RuleBook, name: str, text: str) -> None:
    book.folder.mkdir(exist_ok=True)
    (book.folder / name).write_text(text, encoding="utf-8")


def test_no_folder_means_no_rules(book: RuleBook) -> None:
    assert len(book.current()) == 0
    assert book.problems == ()


def test_changes_come_into_force_within_a_second(book: RuleBook, clock: Clock) -> None:
    write(book, "a.yaml", HELLO)
    assert [rule.id for rule in book.current()] == ["hello"]
    first = book.current().fingerprint
    write(book, "a.yaml", HELLO.replace("id: hello", "id: hello2"))
    clock.now = 0.5
    assert [rule.id for rule in book.current()] == ["hello"]
    clock.now = 1.0
    assert [rule.id for rule in book.current()] == ["hello2"]
    assert book.current().fingerprint != first
    (book.folder / "a.yaml").unlink()
    clock.now = 2.0
    assert len(book.current()) == 0


def test_a_table_that_changes_is_read_again(book: RuleBook, clock: Clock) -> None:
    write(book, "orders.csv", ORDERS)
    write(book, "shop.yaml", SHOP)
    assert ask(book.current(), "refund order 10022").reply_rule == "refund-too-late"
    write(book, "orders.csv", ORDERS.replace(",45,", ",5,"))
    clock.now = 1.0
    assert ask(book.current(), "refund order 10022").reply_rule == "refund-in-time"


def test_a_broken_file_leaves_the_old_rules_in_force(book: RuleBook, clock: Clock) -> None:
    write(book, "a.yaml", HELLO)
    assert len(book.current()) == 1
    write(book, "b.yaml", "rules: [")
    clock.now = 1.0
    assert [rule.id for rule in book.current()] == ["hello"]
    assert [problem.file for problem in book.problems] == ["b.yaml"]
    write(book, "b.yaml", "")
    clock.now = 2.0
    assert book.problems == ()


def test_publishing_puts_a_file_in_force_at_once(book: RuleBook) -> None:
    rules = book.publish("hello.yaml", HELLO)
    assert ask(rules, "hi").reply_rule == "hello"
    assert [path.name for path in book.folder.iterdir()] == ["hello.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "rules: [",
        HELLO.replace("id: hello", "id: shared"),
        HELLO.replace("}}}]", "}}, tests: [{message: bye, expect: {fires: true}}]}]"),
    ],
)
def test_what_is_wrong_is_not_published(book: RuleBook, text: str) -> None:
    book.publish("shared.yaml", HELLO.replace("id: hello", "id: shared"))
    with pytest.raises(RuleFileError):
        book.publish("bad.yaml", text)
    assert [path.name for path in book.folder.iterdir()] == ["shared.yaml"]
    assert [rule.id for rule in book.reload()] == ["shared"]


@pytest.mark.parametrize(
    "name", ["../x.yaml", "x.csv", "", ".yaml", "a/b.yaml", "x.yaml\n", "..yaml"]
)
def test_names_that_are_no_rule_file(book: RuleBook, name: str, tmp_path: Path) -> None:
    with pytest.raises(RuleFileError):
        book.publish(name, HELLO)
    assert list(tmp_path.rglob("*.yaml")) == []


def test_a_file_that_others_need_stays(book: RuleBook) -> None:
    book.publish("facts.yaml", "facts: {days: 3}")
    book.publish("hello.yaml", HELLO.replace("keywords: [hi]", "expression: days == 3"))
    with pytest.raises(RuleFileError):
        book.remove("facts.yaml")
    assert len(book.remove("hello.yaml")) == 0
    book.remove("facts.yaml")
    with pytest.raises(RuleFileError):
        book.remove("facts.yaml")


def test_tests_in_files_use_the_given_recogniser(tmp_path: Path) -> None:
    text = """
intents: {bye: [see you]}
rules:
  - id: bye
    when: {intents: [bye]}
    then: {reply: {en: Bye, zh: 再见}}
    tests: [{message: farewell, expect: {fires: true}}]
"""
    assert RuleBook(tmp_path).check("bye.yaml", text) != []
    knows = RuleBook(tmp_path, lambda rules: lambda message: IntentGuess("bye", 0.9))
    assert knows.check("bye.yaml", text) == []


def test_readers_never_see_half_a_change(book: RuleBook) -> None:
    counts: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            counts.add(len(book.reload()))

    two = HELLO + "# more\n"
    book.publish("a.yaml", HELLO)
    readers = [threading.Thread(target=watch) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(20):
        book.publish("a.yaml", two if turn % 2 else HELLO)
    done.set()
    for reader in readers:
        reader.join()
    assert counts == {1}
    assert book.problems == ()
