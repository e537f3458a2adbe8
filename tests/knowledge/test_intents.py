from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from knowledge.embedding import Embedder
from knowledge.embedding.loading import load_embedder
from knowledge.intents import IntentModel
from knowledge.word_intents import WordIntents
from tests.fakes import HashEmbedder

EXAMPLES: Mapping[str, Sequence[str]] = {
    "refund": (
        "I want my money back",
        "please refund my order",
        "can I return this for a refund",
        "how do I get a refund",
        "我想退款",
        "怎么申请退货退款",
    ),
    "delivery": (
        "where is my parcel",
        "when will my order arrive",
        "track my package",
        "has my order been shipped",
        "我的快递到哪了",
        "什么时候发货",
    ),
    "invoice": (
        "I need an invoice",
        "can you send me a receipt",
        "how do I get a tax invoice for my company",
        "please email the invoice",
        "能开发票吗",
        "我需要电子发票",
    ),
    "human": (
        "let me talk to a person",
        "I want to speak with a human agent",
        "connect me to customer service",
        "is there a real person here",
        "转人工",
        "我要找人工客服",
    ),
}


def test_an_example_is_its_own_intent() -> None:
    model = IntentModel.train(EXAMPLES, HashEmbedder(256))
    for intent, texts in EXAMPLES.items():
        for guess in model.predict_all(texts):
            assert guess.intent == intent
            assert 0.5 <= guess.confidence <= 1
            assert guess.runner_up in EXAMPLES


@pytest.mark.parametrize(
    "examples", [{}, {"empty": []}, {"blank": [" ", "\u200b"]}], ids=["none", "empty", "blank"]
)
def test_without_examples_everything_is_out_of_scope(examples: Mapping[str, list[str]]) -> None:
    model = IntentModel.train(examples, HashEmbedder())
    assert model.intents == ()
    assert model.predict("I want my money back").intent is None


def test_a_single_intent_with_a_single_example() -> None:
    model = IntentModel.train({"refund": ["I want my money back"]}, HashEmbedder(256))
    assert model.predict("I want my money back").intent == "refund"
    assert model.predict("zzz qqq").intent is None


def test_an_empty_text_has_no_intent() -> None:
    model = IntentModel.train(EXAMPLES, HashEmbedder(256))
    assert [guess.intent for guess in model.predict_all(["", "  "])] == [None, None]
    assert model.predict_all([]) == []


def test_order_of_the_examples_does_not_matter() -> None:
    turned = {name: EXAMPLES[name] for name in reversed(list(EXAMPLES))}
    texts = ["a refund please", "my parcel", "退货"]
    first = IntentModel.train(EXAMPLES, HashEmbedder(256)).predict_all(texts)
    assert IntentModel.train(turned, HashEmbedder(256)).predict_all(texts) == first


def test_the_same_examples_are_learnt_once(tmp_path: Path) -> None:
    first = IntentModel.train(EXAMPLES, HashEmbedder(256), cache=tmp_path)
    kept = list(tmp_path.iterdir())
    assert len(kept) == 1
    stamp = kept[0].stat().st_mtime_ns
    again = IntentModel.train(EXAMPLES, HashEmbedder(256), cache=tmp_path)
    assert kept[0].stat().st_mtime_ns == stamp
    assert again.predict("refund my parcel") == first.predict("refund my parcel")
    IntentModel.train(EXAMPLES, HashEmbedder(128), cache=tmp_path)
    IntentModel.train({**EXAMPLES, "new": ["one more"]}, HashEmbedder(256), cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not really", b"\x80\x04."])
def test_a_damaged_cache_is_learnt_again(tmp_path: Path, damage: bytes) -> None:
    IntentModel.train(EXAMPLES, HashEmbedder(256), cache=tmp_path)
    kept = next(tmp_path.iterdir())
    kept.write_bytes(damage)
    model = IntentModel.train(EXAMPLES, HashEmbedder(256), cache=tmp_path)
    assert model.predict("I want my money back").intent == "refund"
    assert kept.stat().st_size > 1000


IN_SCOPE = (
    ("could you give me a refund please?", "refund"),
    ("I'd like my money returned", "refund"),
    ("東西不想要了，可以退錢嗎", "refund"),
    ("where's my package?", "delivery"),
    ("我買的東西什麼時候到", "delivery"),
    ("包裹还没收到", "delivery"),
    ("send the invoice to my company", "invoice"),
    ("发票怎么开", "invoice"),
    ("get me a real human", "human"),
    ("人工客服在吗", "human"),
)
OUT_OF_SCOPE = (
    "what's the weather in Paris",
    "do you sell bananas",
    "who won the football match",
    "tell me a story",
    "今天股市怎么样",
    "北京有什么好吃的",
    "怎么学好英语",
    "asdf qwer",
)


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> Embedder:
    return load_embedder("multilingual-e5-small", models_dir)


@pytest.fixture(scope="module")
def trained(embedder: Embedder) -> IntentModel:
    return IntentModel.train(EXAMPLES, embedder)


@pytest.mark.models
def test_other_words_for_an_intent(trained: IntentModel) -> None:
    guesses = trained.predict_all([text for text, _ in IN_SCOPE])
    wrong = [
        (text, guess.intent)
        for (text, intent), guess in zip(IN_SCOPE, guesses, strict=True)
        if guess.intent != intent
    ]
    assert len(wrong) <= 1, wrong


@pytest.mark.models
def test_what_nobody_asked_about(trained: IntentModel) -> None:
    guesses = trained.predict_all(OUT_OF_SCOPE)
    accepted = [
        (text, guess)
        for text, guess in zip(OUT_OF_SCOPE, guesses, strict=True)
        if guess.intent is not None
    ]
    assert len(accepted) <= 1, accepted
    assert all(guess.confidence < 0.5 for guess in guesses if guess.intent is None)


@pytest.mark.models
def test_examples_out_of_scope_move_the_threshold(embedder: Embedder) -> None:
    near = ["do you sell parcels", "what is an invoice", "are you a person"]
    lenient = IntentModel.train(EXAMPLES, embedder)
    strict = IntentModel.train(EXAMPLES, embedder, out_of_scope=near)
    doubts = sum(guess.intent is None for guess in strict.predict_all(near))
    assert doubts >= sum(guess.intent is None for guess in lenient.predict_all(near))
    assert doubts >= 2


def test_shared_words_are_enough_for_close_paraphrases() -> None:
    words = WordIntents(EXAMPLES)
    assert words.predict("my money back please").intent == "refund"
    assert words.predict("我要退款").intent == "refund"
    assert words.predict("bananas").intent is None
    assert WordIntents({}).predict("refund").intent is None
