"""What a key may be limited to."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, cast, get_args

from chatbot.errors import UnknownScope

KeyScope = Literal[
    "chat",
    "search",
    "documents:read",
    "documents:write",
    "rules:read",
    "rules:write",
    "curated:read",
    "curated:write",
    "conversations:read",
    "conversations:write",
    "widgets:read",
    "widgets:write",
    "admin",
]
SCOPES: Final[tuple[KeyScope, ...]] = get_args(KeyScope)


def known_scopes(scopes: Iterable[str]) -> Sequence[KeyScope]:
    """`scopes`, each once. Raises `UnknownScope`, which names those that there are."""
    named = list(dict.fromkeys(scopes))
    for scope in named:
        if scope not in SCOPES:
            raise UnknownScope(scope=scope, known=", ".join(SCOPES))
    return cast("list[KeyScope]", named)
