"""What a site pastes to have a widget, and what the page of widgets shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chatbot.widgets.model import Widget
from knowledge.documents import Language

DAYS: Final = ("1", "2", "3", "4", "5", "6", "7")
_USUAL: Final = ("09:00", "18:00")

_STUB: Final = """\
<script>
  window.AnswerDesk ??= { queue: [] };
  for (const name of ["open", "close", "toggle", "reset", "identify", "setContext", "on"])
    AnswerDesk[name] ??= (...given) => AnswerDesk.queue?.push([name, given]);
</script>"""
_IDENTITY: Final = """\
# Python, with PyJWT. Make a new one for every page view.
import time, uuid, jwt

token = jwt.encode(
    {{
        "sub": customer.id,             # your own name for the customer, never changing
        "name": customer.name,
        "email": customer.email,
        "aud": "{widget}",
        "jti": str(uuid.uuid4()),       # used once
        "exp": int(time.time()) + 300,  # at most 15 minutes ahead
    }},
    os.environ["ANSWERDESK_IDENTITY_SECRET"],
    algorithm="HS256",
)"""


@dataclass(frozen=True, slots=True)
class Recipes:
    """Texts to copy. `policy` are the directives that a site with a policy of its own needs."""

    script: str
    stub: str
    frame: str
    policy: str
    identity: str
    identify: str


@dataclass(frozen=True, slots=True)
class DayView:
    """A day of the opening hours."""

    number: str
    open: bool
    opens: str
    closes: str


def recipes(widget: Widget, desk: str, language: Language) -> Recipes:
    """How `widget` comes onto a site, from an AnswerDesk that browsers know as `desk`."""
    frame = (
        f'<iframe src="{desk}/widget/frame/{widget.id}?lang={language}" title="AnswerDesk"\n'
        '  style="width: 400px; height: 640px; border: 0" allow="clipboard-write"></iframe>'
    )
    directives = [f"script-src {desk}", f"connect-src {desk}"]
    if widget.frame:
        directives.append(f"frame-src {desk}")
    return Recipes(
        script=f'<script src="{desk}/widget.js" data-widget="{widget.id}" async></script>',
        stub=_STUB,
        frame=frame,
        policy="; ".join(directives),
        identity=_IDENTITY.format(widget=widget.id),
        identify="AnswerDesk.identify(token);",
    )


def days(widget: Widget) -> Sequence[DayView]:
    """The week; a day without hours proposes the usual ones, on working days as open."""
    if widget.hours is None:
        return [DayView(day, day < "6", *_USUAL) for day in DAYS]
    known: Mapping[str, tuple[str, str]] = widget.hours.days
    return [DayView(day, day in known, *known.get(day, _USUAL)) for day in DAYS]
