"""What each route asks of its caller: one table, deny by default."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final

from chatbot.accounts import Role
from chatbot.scopes import KeyScope

# Below it callers bring the widget's tokens, which are no keys.
WIDGET_PATH: Final = "/widget/"


class Need(Enum):
    """What a route asks of its caller, beside a role."""

    NOTHING = "nothing"
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Entrance:
    """One kind of request: who may make it, and the scope that a key needs for it.

    In `pattern`, `{}` stands for one segment of a path and a closing `/**` for all below.
    """

    method: str
    pattern: str
    need: Need | Role
    scope: KeyScope

    def matches(self, method: str, path: str) -> bool:
        """Whether the request is of this kind."""
        return self.method in (method, "*") and _compiled(self.pattern).fullmatch(path) is not None


_CONVERSATION: Final = "/api/v1/conversations/{}"

# The first that matches holds.
ENTRANCES: Final = (
    Entrance("POST", "/api/v1/chat", Need.VISITOR, "chat"),
    Entrance("GET", "/api/v1/chat/{}/events", Need.VISITOR, "chat"),
    Entrance("POST", "/api/v1/feedback", Need.VISITOR, "chat"),
    Entrance("GET", "/api/v1/feedback", Role.AGENT, "conversations:read"),
    Entrance("POST", "/v1/chat/completions", Role.AGENT, "chat"),
    Entrance("GET", "/v1/models/**", Role.AGENT, "chat"),
    Entrance("POST", "/v1/embeddings", Role.AGENT, "search"),
    # Nothing is there, and whoever might have asked the right way is told so.
    Entrance("POST", "/v1/completions", Role.AGENT, "chat"),
    Entrance("POST", "/v1/responses", Role.AGENT, "chat"),
    Entrance("GET", "/api/v1/search", Role.AGENT, "search"),
    Entrance("POST", "/api/v1/search", Role.AGENT, "search"),
    Entrance("POST", "/api/v1/search/explain", Role.AGENT, "search"),
    Entrance("GET", "/api/v1/synonyms", Role.AGENT, "documents:read"),
    Entrance("PUT", "/api/v1/synonyms", Role.EDITOR, "documents:write"),
    Entrance("GET", "/api/v1/documents/**", Role.AGENT, "documents:read"),
    Entrance("*", "/api/v1/documents/**", Role.EDITOR, "documents:write"),
    Entrance("GET", "/api/v1/bundles", Role.AGENT, "documents:read"),
    Entrance("*", "/api/v1/bundles", Role.EDITOR, "documents:write"),
    Entrance("GET", "/api/v1/rules/**", Role.AGENT, "rules:read"),
    Entrance("POST", "/api/v1/rules/check", Role.AGENT, "rules:read"),
    Entrance("*", "/api/v1/rules/**", Role.EDITOR, "rules:write"),
    Entrance("GET", "/api/v1/curated/**", Role.AGENT, "curated:read"),
    Entrance("POST", "/api/v1/curated/try", Role.AGENT, "curated:read"),
    Entrance("*", "/api/v1/curated/**", Role.EDITOR, "curated:write"),
    Entrance("GET", "/api/v1/conversations/**", Role.AGENT, "conversations:read"),
    Entrance("POST", f"{_CONVERSATION}/take", Role.AGENT, "conversations:write"),
    Entrance("POST", f"{_CONVERSATION}/messages", Role.AGENT, "conversations:write"),
    Entrance("POST", f"{_CONVERSATION}/hand-back", Role.AGENT, "conversations:write"),
    Entrance("POST", f"{_CONVERSATION}/close", Role.AGENT, "conversations:write"),
    Entrance("*", "/api/v1/conversations/**", Role.ADMIN, "conversations:write"),
    Entrance("*", "/api/v1/widgets/{}/secret", Role.ADMIN, "admin"),
    Entrance("GET", "/api/v1/widgets/**", Role.AGENT, "widgets:read"),
    Entrance("POST", "/api/v1/widgets/{}/check", Role.AGENT, "widgets:read"),
    Entrance("*", "/api/v1/widgets/**", Role.EDITOR, "widgets:write"),
    Entrance("*", "/api/**", Role.ADMIN, "admin"),
    Entrance("*", "/v1/**", Role.ADMIN, "admin"),
    Entrance("*", "/metrics", Role.AGENT, "admin"),
)
# The pages and the widget guard themselves.
_ELSEWHERE: Final = Entrance("*", "", Need.NOTHING, "chat")


def entrance_of(method: str, path: str) -> Entrance:
    """The kind of request that `method path` is."""
    method = "GET" if method == "HEAD" else method
    found = (entrance for entrance in ENTRANCES if entrance.matches(method, path))
    return next(found, _ELSEWHERE)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    head, below, _ = pattern.partition("/**")
    written = re.escape(head).replace(re.escape("{}"), "[^/]+")
    return re.compile(written + ("(?:/.*)?" if below else ""), re.DOTALL)
