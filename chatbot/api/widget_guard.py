"""The widget's door: which page calls, for which visitor, and whether it may."""

from dataclasses import dataclass
from typing import Annotated, Final

from anyio.to_thread import run_sync
from fastapi import Depends, Request

from chatbot.api.access import bearer_of, caller_of
from chatbot.api.limits import WidgetLimits
from chatbot.api.parts import Desk
from chatbot.api.peers import client_address, own_origin, throttled_as
from chatbot.api.widget_cors import ALLOWED
from chatbot.api.widget_schemas import SessionBody
from chatbot.widgets.errors import (
    IdentityRequired,
    InvalidOrigin,
    OriginNotAllowed,
    TokenInvalid,
    WidgetNotFound,
)
from chatbot.widgets.identity import check_fresh, read_identity
from chatbot.widgets.model import Visitor, Widget
from chatbot.widgets.origins import normal_origin
from chatbot.widgets.visitors import customer_key

# What a token names instead of an origin where the page is one of ours: a frame, which its
# ticket lets in, or the preview of a member.
FRAME: Final = "frame"
MEMBER: Final = "member"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call comes from. `own`: from a page of AnswerDesk itself."""

    origin: str
    own: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor's call, let in. `until` is when their token ends, in seconds since 1970."""

    widget: Widget
    visitor: Visitor
    visitor_id: str
    bound: str
    until: float


def place_of(request: Request) -> Place:
    """The page that calls. Raises `OriginNotAllowed` where a browser would name none.

    Browsers leave the origin out of a page's requests to its own host, and say so otherwise.
    """
    desk: Desk = request.app.state.desk
    own = own_origin(request.scope, desk.settings.server)
    at_home = request.headers.get("sec-fetch-site") == "same-origin"
    named = request.headers.get("origin", own if at_home else "")
    try:
        origin = normal_origin(named)
        return Place(origin, own=at_home or origin == normal_origin(own))
    except InvalidOrigin as error:
        raise OriginNotAllowed from error


def address_of(request: Request) -> str:
    """What limits count the request under."""
    desk: Desk = request.app.state.desk
    return throttled_as(client_address(request.scope, desk.settings.server))


async def visit_of(request: Request) -> Visit:
    """Whose call it is. Raises `TokenInvalid`, `TokenExpired`, `OriginNotAllowed`, `TooManyRequests`."""
    limits: WidgetLimits = request.app.state.widget_limits
    limits.admit_address("request", address_of(request))
    visit = await run_sync(_visit, request)
    limits.admit_widget("request", visit.widget.id)
    return visit


Visiting = Annotated[Visit, Depends(visit_of)]


def still_welcome(desk: Desk, visit: Visit) -> Visit | None:
    """The visit as it is now; None once its token, its ticket, or the site's permission is over."""
    try:
        widget = desk.widgets.get(visit.widget.id)
    except WidgetNotFound:
        return None
    visitor = desk.visitors.find(visit.visitor_id, widget.id)
    over = desk.widgets.tokens.clock() >= visit.until
    if visitor is None or over or not _may_stand(widget, visit.bound):
        return None
    return Visit(widget, visitor, visit.visitor_id, visit.bound, visit.until)


def allow_settings(request: Request, widget: Widget) -> None:
    """Let the calling page read how the widget looks. Raises `OriginNotAllowed`."""
    place = place_of(request)
    if place.origin in widget.origins:
        _allow(request, place.origin)
    elif not (place.own and (widget.frame or _is_member(request))):
        _refuse(request)


def open_session(request: Request, body: SessionBody) -> Visit:
    """Let a visitor in, as whom their ticket and their site say they are. Blocks.

    Raises `WidgetNotFound`, `OriginNotAllowed`, `IdentityRequired`, `IdentityInvalid` and
    `IdentityReused`.
    """
    desk: Desk = request.app.state.desk
    widget = desk.widgets.get(body.widget)
    bound = _bound(request, widget, body)
    visitor_id, visitor = _known(desk, widget, body.visitor, bound)
    if body.identity is not None:
        visitor_id, visitor = _identified(desk, widget, body.identity, visitor_id, visitor)
    elif widget.require_identity and bound != MEMBER and not (visitor and visitor.identified):
        raise IdentityRequired
    if visitor is None:
        visitor_id, visitor = desk.visitors.open(widget.id)
    else:
        desk.visitors.seen(visitor)
    return Visit(widget, visitor, visitor_id, bound, 0)


def _visit(request: Request) -> Visit:
    desk: Desk = request.app.state.desk
    tokens = desk.widgets.tokens
    found = tokens.read_token(bearer_of(request.headers) or "")
    try:
        widget = desk.widgets.get(found.widget_id)
    except WidgetNotFound as error:
        raise TokenInvalid from error
    place = place_of(request)
    here = place.own if found.origin in (FRAME, MEMBER) else place.origin == found.origin
    if not here or not _may_stand(widget, found.origin):
        _refuse(request)
    if not place.own:
        _allow(request, place.origin)
    tokens.check_time(found)
    visitor = desk.visitors.find(found.visitor_id, widget.id)
    if visitor is None:
        raise TokenInvalid
    return Visit(widget, visitor, found.visitor_id, found.origin, found.expires_at)


def _bound(request: Request, widget: Widget, body: SessionBody) -> str:
    """What the session is to be bound to. Raises `OriginNotAllowed`."""
    place = place_of(request)
    if place.origin in widget.origins:
        _allow(request, place.origin)
        return place.origin
    if place.own and _is_member(request):
        return MEMBER
    if place.own and widget.frame and _from_frame(request.app.state.desk, widget, body):
        return FRAME
    _refuse(request)
    raise OriginNotAllowed


def _from_frame(desk: Desk, widget: Widget, body: SessionBody) -> bool:
    """Whether a frame page of ours asks: a fresh one, or one that renews its session."""
    if desk.widgets.tokens.is_frame(body.frame or "", widget.id):
        return True
    return _known(desk, widget, body.visitor, FRAME)[1] is not None


def _known(
    desk: Desk, widget: Widget, ticket: str | None, bound: str
) -> tuple[str, Visitor | None]:
    visitor_id = desk.widgets.tokens.read_ticket(ticket or "", widget.id, bound)
    if visitor_id is None:
        return "", None
    return visitor_id, desk.visitors.find(visitor_id, widget.id)


def _identified(
    desk: Desk, widget: Widget, statement: str, visitor_id: str, visitor: Visitor | None
) -> tuple[str, Visitor]:
    identity = read_identity(statement, desk.widgets.identity_secret(widget.id), widget.id)
    if visitor is not None and visitor.identified:
        if visitor.key == customer_key(widget.id, identity.sub):
            return visitor_id, visitor  # renewed with the statement that it began with
        visitor = None  # somebody else now: nothing of the one before is theirs
    check_fresh(identity, desk.widgets.tokens.clock())
    if visitor is None:
        visitor_id, visitor = desk.visitors.open(widget.id)
    desk.visitors.claim(identity, visitor)
    return visitor_id, desk.visitors.identify(visitor, identity)


def _may_stand(widget: Widget, bound: str) -> bool:
    return bound == MEMBER or (widget.frame if bound == FRAME else bound in widget.origins)


def _is_member(request: Request) -> bool:
    caller = caller_of(request)
    return caller.role is not None and caller.by == "cookie"


def _allow(request: Request, origin: str) -> None:
    request.scope["state"][ALLOWED] = origin


def _refuse(request: Request) -> None:
    request.scope["state"][ALLOWED] = ""
    raise OriginNotAllowed
