"""A question in the documents' words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents import Language, Passage, Position
from knowledge.errors import InvalidSynonyms
from knowledge.pools import GivenPool, Query
from knowledge.rewording import Change, Reworded, Rewording, is_slip
from knowledge.synonyms import SynonymFile, Synonyms, parse
from tests.fakes import HashEmbedder

PAGES = (
    "A refund for a kettle takes five working days. Delivery is free.",
    "退货请在三十天内申请，退款会在五个工作日内到账。水壶保修两年。",
    "The warranty of a kettle lasts two years. Parts are sent by post.",
)


def reworded(question: str, synonyms: str = "") -> Reworded:
    passages = [Passage(str(n), "p", "", text, Position(0, 9)) for n, text in enumerate(PAGES)]
    pool = GivenPool(passages, HashEmbedder())
    return Rewording().reworded(Query(question), pool, parse(synonyms))


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("refnud?", "refund?"),
        ("warrnty?", "warranti?"),
        ("delivvery", "deliveri"),
        ("如何退或", "如何退货"),
        ("保休多久", "保修多久"),
    ],
)
def test_a_slip_is_mended_when_nothing_else_is_known(question: str, read: str) -> None:
    found = reworded(question)
    assert found.query.text == read
    assert len(found.changes) == 1


@pytest.mark.parametrize(
    "question",
    [
        "Is the weather in Paris nice?",  # nothing of it is a slip
        "refund and free delivery of my ketttle",  # enough of it is known
        "Where is Warrenty?",  # a name
        "退款到账",
        "天气怎么样",
        "",
        "???",
    ],
)
def test_what_is_no_slip_stays(question: str) -> None:
    assert reworded(question) == Reworded(Query(question))


@pytest.mark.parametrize(
    ("word", "other", "is_one"),
    [
        ("refnud", "refund", True),
        ("kettl", "ketttl", True),
        ("paris", "parts", False),
        ("delivary", "delivery", True),
        ("refund", "refund", False),
        ("abcd", "badc", False),
        ("short", "shor", True),
    ],
)
def test_slips(word: str, other: str, *, is_one: bool) -> None:
    assert is_slip(word, other) is is_one
    assert is_slip(other, word) is is_one


@given(st.text("abc", min_size=6, max_size=9), st.text("abc", min_size=6, max_size=9))
def test_a_slip_is_a_slip_both_ways(word: str, other: str) -> None:
    assert is_slip(word, other) == is_slip(other, word)


def test_a_synonym_is_read_in_place_of_a_word_that_no_document_has() -> None:
    found = reworded("How long do Boilers last?", "kettle, boiler, 水壶")
    assert found.query.text.casefold().startswith("how long do kettle")
    assert found.changes == (Change("boiler", "kettle", "synonym"),)


def test_a_synonym_is_searched_for_beside_a_word_that_documents_have() -> None:
    found = reworded("kettle", "kettle, boiler, 水壶")
    assert (found.query.text, found.query.also) == ("kettle", "boiler 水壶")
    assert found.changes == ()


def test_synonyms_of_chinese_words_are_found_within_a_sentence() -> None:
    assert reworded("热水瓶保多久", "水壶，热水瓶").query.text == "水壶保多久"
    assert reworded("熱水瓶保修", "水壶，热水瓶").query.also == "水壶"


def test_groups_with_every_mistake_told_at_once() -> None:
    text = "kettle, boiler # ours\n\n# a comment\nalone\nthe, a\n水壶、热水壶；电水壶"
    with pytest.raises(InvalidSynonyms) as caught:
        parse(text)
    lines = caught.value.text(Language.ENGLISH).splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == ["line 4", "line 5"]
    assert "第 4 行" in caught.value.text(Language.CHINESE)
    good = parse("kettle, boiler # ours\n水壶、热水壶；电水壶 = kettle")
    assert good.groups == (("kettle", "boiler"), ("水壶", "热水壶", "电水壶", "kettle"))


def test_the_file_in_force_is_the_last_good_one(tmp_path: Path) -> None:
    file = SynonymFile(tmp_path / "synonyms.txt")
    assert (file.text(), file.current()) == ("", Synonyms())
    file.replace("kettle, boiler")
    with pytest.raises(InvalidSynonyms):
        file.replace("alone")
    assert file.current().groups == (("kettle", "boiler"),)
    (tmp_path / "synonyms.txt").write_text("alone, but by hand\nalone", "utf-8")
    assert file.current().groups == (("kettle", "boiler"),)
    (tmp_path / "synonyms.txt").write_text("pot, pan, wok", "utf-8")
    assert file.current().groups == (("pot", "pan", "wok"),)
