import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.documents import Language
from knowledge.language import (
    detect_language,
    normalise,
    split_sentences,
    terms,
    to_simplified,
)
from knowledge.stemming import stem

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE
# Letters, marks and spaces that sentence boundaries turn on, more often than chance gives them.
TEXTS = st.text(
    st.sampled_from("aB1. \n。！？?!”\"'）)…，、您好Dr-*:/\u3000\u200b") | st.characters()
)


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel?", ENGLISH),
        ("我的包裹在哪里？", CHINESE),
        ("我的 iPhone 15 Pro Max 坏了", CHINESE),
        ("请问 VPN Connection Manager Pro 怎么安装", CHINESE),
        ("What does 保修期 mean?", ENGLISH),
        ("How do I use 微信支付 to pay?", ENGLISH),
        ("退款", CHINESE),
        ("refund", ENGLISH),
        ("OK 好的", CHINESE),
        ("電腦壞了怎麼辦", CHINESE),
        ("Please see https://example.com/帮助", ENGLISH),
    ],
)
def test_language_is_that_of_the_sentence_not_of_its_names(text: str, language: Language) -> None:
    assert detect_language(text, default=ENGLISH) == language
    assert detect_language(text, default=CHINESE) == language


@pytest.mark.parametrize("text", ["", "10023", "ORD-10023", "👍", "Привет", "a@example.com"])
def test_language_falls_back_where_nothing_tells(text: str) -> None:
    assert detect_language(text, default=CHINESE) == CHINESE
    assert detect_language(text, default=ENGLISH) == ENGLISH


def test_normalise_folds_width_spaces_and_invisible_characters() -> None:
    assert normalise(" Ｒｅｆｕｎｄ\u200b　１００\u00a0元\n\n？") == "Refund 100 元 ?"


@settings(deadline=None)
@given(TEXTS)
def test_normalise_is_idempotent(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_traditional_becomes_simplified() -> None:
    assert to_simplified("我的電腦壞了，請退款") == "我的电脑坏了，请退款"


@settings(deadline=None)
@given(TEXTS)
def test_simplified_keeps_offsets(text: str) -> None:
    assert len(to_simplified(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Dr. Smith paid $3.50. Then he left! Did he? Yes.",
            ["Dr. Smith paid $3.50.", "Then he left!", "Did he?", "Yes."],
        ),
        ("Version 2.4.1 is out. Get it.", ["Version 2.4.1 is out.", "Get it."]),
        (
            "See https://a.com/x?y=1.html. Then pay.",
            ["See https://a.com/x?y=1.html.", "Then pay."],
        ),
        ("It opens at 9 a.m. Please come.", ["It opens at 9 a.m.", "Please come."]),
        ("We are here 9 a.m. to 5 p.m. daily.", ["We are here 9 a.m. to 5 p.m. daily."]),
        ("Call No. 5 now. No. You cannot.", ["Call No. 5 now.", "No.", "You cannot."]),
        ("Fruit, e.g. Fuji apples, etc. are sold.", ["Fruit, e.g. Fuji apples, etc. are sold."]),
        ("The U.S. Government pays.", ["The U.S. Government pays."]),
        ("We ship to the U.S. The rest waits.", ["We ship to the U.S.", "The rest waits."]),
        ('"Really?" she said. "Yes!" He left.', ['"Really?" she said.', '"Yes!"', "He left."]),
        ("(It works.) Good.", ["(It works.)", "Good."]),
        ("Wait... what? Wait... What?", ["Wait... what?", "Wait...", "What?"]),
        (
            "您好！请问多少钱？价格是 3.50 元。",
            ["您好！", "请问多少钱？", "价格是 3.50 元。"],
        ),
        ("他说：“好的。”然后走了。", ["他说：“好的。”", "然后走了。"]),
        ("“好的！”，他说。", ["“好的！”，他说。"]),
        ("多少钱?我想买iPhone!谢谢.", ["多少钱?", "我想买iPhone!", "谢谢."]),
        (
            "1. Open the box\n2. Press. Wait.\n- item one\n• item two",
            ["1. Open the box", "2. Press.", "Wait.", "- item one", "• item two"],
        ),
        ("1.打开盒子。2.按下按钮。", ["1.打开盒子。", "2.按下按钮。"]),
        ("第一行\n第二行", ["第一行", "第二行"]),
        (
            "This line was broken by the old editor that\nmade it. Short\nline",
            ["This line was broken by the old editor that\nmade it.", "Short", "line"],
        ),
        ("  \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@settings(deadline=None)
@given(TEXTS)
def test_sentences_are_ordered_disjoint_and_cover_the_text(text: str) -> None:
    end = 0
    for span in split_sentences(text):
        assert span.start >= end
        assert span.end > span.start
        assert not text[end : span.start].strip()
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        end = span.end
    assert not text[end:].strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How do I return the broken phones?", ["return", "break", "phone"]),
        ("ORD-10023 costs 1,299.00", ["ord", "10023", "cost", "1299.00"]),
        ("Install v2.4.1 on the K2", ["instal", "v2.4.1", "k2"]),
        ("I don't know the café", ["know", "cafe"]),
        ("我想退款", ["我想", "想退", "退款"]),
        ("電腦壞了", ["电脑", "脑坏", "坏了"]),
        ("K2 版", ["k2", "版"]),
        ("what is it", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("refund refunds refunded refunding", "refund"),
        ("deliver delivers delivered delivering", "deliv"),
        ("policy policies", "polici"),
        ("hop hopped hopping", "hop"),
        ("hope hoped hoping", "hope"),
        ("relate relates relational", "relat"),
        ("caress caresses", "caress"),
    ],
)
def test_forms_of_a_word_share_its_stem(words: str, expected: str) -> None:
    assert {stem(word) for word in words.split()} == {expected}
