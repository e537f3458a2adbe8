"""Who calls, and what they may do. Whatever is not allowed here is refused."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from chatbot.accounts import Accounts, Role
from chatbot.api.needs import WIDGET_PATH, Entrance, Need, entrance_of
from chatbot.api.problems import language_of, problem_of
from chatbot.errors import (
    AnswerDeskError,
    CrossSiteRequest,
    NotAllowed,
    NotPermitted,
    ScopeMissing,
)
from chatbot.scopes import SCOPES, KeyScope
from chatbot.settings import ServerSettings, is_loopback
from knowledge.documents import DEFAULT_COLLECTION

SESSION_COOKIE: Final = "answerdesk_session"
VISITOR_HEADER: Final = "x-visitor-token"
KEY_HEADER: Final = "x-api-key"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_VISITOR_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request. `role` None is a visitor; `scopes` None may all that the role may."""

    name: str = ""
    role: Role | None = None
    by: Literal["nothing", "cookie", "key", "local"] = "nothing"
    scopes: frozenset[KeyScope] | None = None

    def may(self, role: Role) -> bool:
        """Whether the caller may do what `role` may."""
        return self.role is not None and self.role >= role


@dataclass(frozen=True, slots=True)
class Gate:
    """Tells callers apart and decides what they may do.

    `local_token` is the secret of the command line on the same machine; None admits nobody by it.
    """

    accounts: Accounts
    server: ServerSettings
    local_token: str | None = None

    def identify(self, headers: Headers, path: str = "") -> Caller:
        """The caller of a request. Reads SQL.

        Raises `NotPermitted` for a key that is not known: it must not fall back to a visitor.
        """
        bearer = None if path.startswith(WIDGET_PATH) else bearer_of(headers)
        key = headers.get(KEY_HEADER) or bearer
        if key is not None:
            return self._by_key(key)
        token = cookie_parser(headers.get("cookie", "")).get(SESSION_COOKIE)
        member = self.accounts.by_session(token) if token else None
        return Caller(member.name, member.role, "cookie") if member else Caller()

    def admit(self, caller: Caller, entrance: Entrance) -> None:
        """Raises `NotPermitted`, `NotAllowed` or `ScopeMissing` unless `caller` may enter."""
        self.check(caller, entrance.need)
        guarded = entrance.need is not Need.NOTHING
        if guarded and caller.scopes is not None and entrance.scope not in caller.scopes:
            raise ScopeMissing(scope=entrance.scope)

    def check(self, caller: Caller, need: Need | Role) -> None:
        """Raises `NotPermitted` or `NotAllowed` unless `caller` meets `need`."""
        match need:
            case Need.NOTHING:
                return
            case Need.VISITOR:
                if caller.role is None and not self.chat_is_public:
                    raise NotPermitted
            case Role():
                if caller.role is None:
                    raise NotPermitted
                if not caller.may(need):
                    raise NotAllowed(role=caller.role.label)

    def check_collection(self, caller: Caller, collection: str) -> None:
        """Raises `NotPermitted` for a visitor who asks a collection that is not public."""
        public = self.server.public_collections
        if public is None:
            public = (collection,) if is_loopback(self.server.host) else (DEFAULT_COLLECTION,)
        if caller.role is None and collection not in public:
            raise NotPermitted

    @property
    def chat_is_public(self) -> bool:
        """Whether visitors may chat without a key."""
        public = self.server.public_chat
        return is_loopback(self.server.host) if public is None else public

    def _by_key(self, key: str) -> Caller:
        # As bytes: compare_digest refuses text beyond ASCII.
        local = (self.local_token or "").encode()
        if local and secrets.compare_digest(key.encode("utf-8", "replace"), local):
            return Caller("local", Role.ADMIN, "local")
        found = self.accounts.keys.holder(key)
        if found is None:
            raise NotPermitted
        scopes: frozenset[KeyScope] | None = None
        if found.scopes is not None:
            scopes = frozenset(scope for scope in SCOPES if scope in found.scopes)
        return Caller(found.member.name, found.member.role, "key", scopes)


class AccessMiddleware:
    """Refuses a request before its body is read; leaves the caller in `scope["state"]`.

    Paths outside the API (the pages) pass with their caller named: who mounts them guards them.
    """

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            caller = await run_sync(self.gate.identify, headers, scope["path"])
            if caller.by == "cookie":
                refuse_other_sites(scope["method"], headers)
            self.gate.admit(caller, entrance_of(scope["method"], scope["path"]))
        except AnswerDeskError as error:
            response = problem_of(error).response(language_of(headers), scope["path"])
            await response(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self.app(scope, receive, send)


def caller_of(request: Request) -> Caller:
    """The caller that the middleware let in. Raises `NotPermitted` where it did not run."""
    caller = getattr(request.state, "caller", None)
    if not isinstance(caller, Caller):
        raise NotPermitted
    return caller


def guarded(request: Request) -> None:
    """A second lock on every route of the API, for an app mounted where the first does not reach."""
    gate: Gate = request.app.state.gate
    route = request.scope["route"]
    gate.admit(caller_of(request), entrance_of(request.method, route.path))


def visitor_of(request: Request) -> str:
    """The visitor that `X-Visitor-Token` stands for: its hash, or empty without one."""
    token = request.headers.get(VISITOR_HEADER, "")[:_VISITOR_CHARACTERS]
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest() if token else ""


def refuse_other_sites(method: str, headers: Headers) -> None:
    """Raises `CrossSiteRequest` when a browser may have been led here by another site."""
    if method in _SAFE_METHODS:
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        same = site in ("same-origin", "none")
    else:
        origin = urlsplit(headers.get("origin", "")).netloc
        same = bool(origin) and origin == headers.get("host")
    if not same:
        raise CrossSiteRequest


def bearer_of(headers: Headers) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None
