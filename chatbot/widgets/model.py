"""What a widget is: values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from chatbot.widgets.hours import Hours
from knowledge.documents import DEFAULT_COLLECTION

LanguageCode = Literal["en", "zh"]
Position = Literal["right", "left"]
Theme = Literal["auto", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Texts:
    """What the widget says by itself. `offline` is shown outside the opening hours."""

    title: str
    greeting: str
    offline: str


def _texts() -> Mapping[LanguageCode, Texts]:
    return {
        "en": Texts(
            "Ask us anything",
            "Hello! How can we help you?",
            "Nobody is at the desk right now. Leave your address and we will write to you.",
        ),
        "zh": Texts(
            "有问题？问我们",
            "您好！请问有什么可以帮您？",
            "现在没有客服在线。请留下联系方式，我们会尽快与您联系。",
        ),
    }


def _suggestions() -> Mapping[LanguageCode, Sequence[str]]:
    return {"en": (), "zh": ()}


@dataclass(frozen=True, slots=True)
class Widget:
    """A widget as it was set up. `origins` are the sites it may stand on, in their normal form.

    `hours` None: someone is always there. `frame`: there is a page for an iframe too.
    """

    id: str
    name: str
    origins: Sequence[str] = ()
    collection: str = DEFAULT_COLLECTION
    color: str = "#2563eb"
    position: Position = "right"
    theme: Theme = "auto"
    texts: Mapping[LanguageCode, Texts] = field(default_factory=_texts)
    suggestions: Mapping[LanguageCode, Sequence[str]] = field(default_factory=_suggestions)
    languages: Sequence[LanguageCode] = ("en", "zh")
    feedback: bool = True
    require_identity: bool = False
    hours: Hours | None = None
    frame: bool = False

    def open_at(self, moment: datetime) -> bool:
        """Whether people are there at `moment`."""
        return self.hours is None or self.hours.open_at(moment)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone on a site, as one browser's ticket stands for them.

    `id_hash` is the ticket's, `key` the owner of conversations: of this browser alone, or of
    all browsers of a customer whom the site has `identified`.
    """

    id_hash: str
    widget_id: str
    key: str
    identified: bool = False
    name: str = ""
    email: str = ""
