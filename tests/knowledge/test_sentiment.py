import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.sentiment import SentimentLabel, sentiment

CASES: dict[SentimentLabel, tuple[str, ...]] = {
    "negative": (
        "This is the worst service ever!",
        "I am very disappointed",
        "I'm so angry, my parcel is late again",
        "Not happy with this at all",
        "the quality is not good",
        "Thanks for nothing, you are useless",
        "It is RIDICULOUS that nobody ANSWERS",
        "what a scam",
        "太差了，再也不买了",
        "你们就是骗子！",
        "我非常失望",
        "客服态度恶劣，我要投诉",
        "我對你們的服務很不滿意",
        "一点都不好用",
        "垃圾产品",
    ),
    "positive": (
        "Thank you so much, that was great",
        "I love it",
        "very helpful!",
        "谢谢，非常满意",
        "太棒了，很喜欢",
        "東西很好用",
    ),
    "neutral": (
        "Where is my order 10021?",
        "How do I return a lamp?",
        "I would like to know the price",
        "What kind of battery is it?",
        "no thanks",
        "我的订单到哪里了？",
        "麻烦您帮我查一下",
        "两款差不多吗？",
        "怎么退货",
        "My lamp is broken",
        "I received the wrong item",
        "我的台灯坏了",
        "",
    ),
}


@pytest.mark.parametrize(
    ("text", "label"), [(text, label) for label, texts in CASES.items() for text in texts]
)
def test_feeling(text: str, label: SentimentLabel) -> None:
    assert sentiment(text).label == label


def test_negation_turns_praise_but_only_softens_blame() -> None:
    assert sentiment("good").score > 0 > sentiment("not good").score
    assert sentiment("bad").score < sentiment("not bad").score
    assert sentiment("满意").score > 0 > sentiment("不满意").score


def test_says_what_it_rests_on() -> None:
    assert sentiment("I am very disappointed").words == ("very disappointed",)


@settings(deadline=None)
@given(st.text())
def test_any_text_has_a_label_that_fits_its_score(text: str) -> None:
    found = sentiment(text)
    expected = "negative" if found.score <= -1 else "positive" if found.score >= 1 else "neutral"
    assert found.label == expected
    assert bool(found.words) >= bool(found.score)
