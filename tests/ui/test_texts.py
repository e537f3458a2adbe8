"""Both languages say the same things."""

import string

import pytest

from knowledge.documents import Language
from ui.texts import text, texts, texts_of


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert texts(Language.ENGLISH).keys() == texts(Language.CHINESE).keys()


def test_both_languages_fill_the_same_placeholders() -> None:
    for key, template in texts(Language.ENGLISH).items():
        chinese = texts(Language.CHINESE)[key]
        assert _placeholders(template) == _placeholders(chinese), key


def test_a_key_starts_with_its_area() -> None:
    assert all(key.startswith(("chat_", "admin_")) for key in texts(Language.ENGLISH))


def test_an_area_holds_only_its_own_strings() -> None:
    chat = texts_of("chat", Language.ENGLISH)
    assert chat
    assert all(key.startswith("chat_") for key in chat)


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("chat_no_such_string", Language.ENGLISH)
