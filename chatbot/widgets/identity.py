"""What a site says about its customer: a JWT signed with the widget's identity secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import jwt

from chatbot.widgets.errors import IdentityInvalid

AHEAD_SECONDS: Final = 15 * 60
# Clocks of two machines differ by a little.
_LEEWAY_SECONDS: Final = 30
_CHARACTERS: Final = 4000
_FIELD_CHARACTERS: Final = {"sub": 200, "jti": 200, "name": 200, "email": 320}


@dataclass(frozen=True, slots=True)
class Identity:
    """A customer as the site knows them. `jti` is the statement's own id, used once."""

    sub: str
    jti: str
    expires_at: int
    name: str = ""
    email: str = ""


def read_identity(statement: str, secret: str, widget_id: str) -> Identity:
    """Who the site says the visitor is, whenever it said so: see `check_fresh`.

    HS256 only; `aud` is the widget, and `sub`, `jti` and `exp` are required. Raises
    `IdentityInvalid`, which says what is wrong.
    """
    if len(statement) > _CHARACTERS:
        raise _invalid("it is too long", "内容过长")
    try:
        claims: Mapping[str, object] = jwt.decode(  # pyright: ignore[reportUnknownMemberType] -- pyjwt types its key in part
            statement,
            secret,
            algorithms=["HS256"],
            audience=widget_id,
            options={
                "require": ["exp", "sub", "aud", "jti"],
                "verify_exp": False,  # see check_fresh
                "strict_aud": True,
            },
        )
    except jwt.MissingRequiredClaimError as error:
        raise _invalid(f"{error.claim!r} is missing", f"缺少“{error.claim}”") from error
    except jwt.InvalidAudienceError as error:
        raise _invalid("'aud' is not this widget's id", "“aud”不是此组件的编号") from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _invalid("it is not signed as it should be", "签名不正确") from error
    return _checked(claims)


def check_fresh(identity: Identity, moment: float) -> None:
    """Raises `IdentityInvalid` unless the statement is good at `moment`, and not for too long."""
    if identity.expires_at <= moment - _LEEWAY_SECONDS:
        raise _invalid("it has expired", "已过期")
    if identity.expires_at > moment + AHEAD_SECONDS + _LEEWAY_SECONDS:
        raise _invalid("'exp' is more than 15 minutes ahead", "“exp”超出 15 分钟")


def _checked(claims: Mapping[str, object]) -> Identity:
    texts = {name: _text(claims, name) for name in _FIELD_CHARACTERS}
    for name in ("sub", "jti"):
        if not texts[name]:
            raise _invalid(f"{name!r} is empty", f"“{name}”为空")
    expires_at = claims["exp"]
    if isinstance(expires_at, bool) or not isinstance(expires_at, int):
        raise _invalid("'exp' is not a whole number of seconds", "“exp”不是整数秒数")
    return Identity(texts["sub"], texts["jti"], expires_at, texts["name"], texts["email"])


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _FIELD_CHARACTERS[name]:
        raise _invalid(f"{name!r} is not a short text", f"“{name}”不是简短的文字")
    return value.strip()


def _invalid(reason: str, reason_zh: str) -> IdentityInvalid:
    return IdentityInvalid(reason=reason, reason_zh=reason_zh)
