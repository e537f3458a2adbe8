"""What a site may say about its customer, and what is not believed."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode

import jwt
import pytest

from chatbot.widgets.errors import IdentityInvalid
from chatbot.widgets.identity import check_fresh, read_identity

SECRET = "5" * 64
NOW = int(time.time())


def claims(**changes: object) -> dict[str, object]:
    known = {"aud": "w1", "sub": "c42", "jti": "once", "exp": NOW + 300, "name": " Mei "}
    return {name: value for name, value in {**known, **changes}.items() if value is not None}


def signed(secret: str = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    return jwt.encode(claims(**changes), secret, algorithm=algorithm)  # pyright: ignore[reportUnknownMemberType] -- pyjwt types its key in part


def test_a_customer_is_who_the_site_says() -> None:
    identity = read_identity(signed(email="mei@example.org"), SECRET, "w1")
    assert (identity.sub, identity.name, identity.email) == ("c42", "Mei", "mei@example.org")
    check_fresh(identity, NOW)


@pytest.mark.parametrize("ahead", [-31, -10_000, 15 * 60 + 31, 10**9])
def test_a_statement_is_good_for_a_quarter_of_an_hour(ahead: int) -> None:
    identity = read_identity(signed(exp=NOW + ahead), SECRET, "w1")
    with pytest.raises(IdentityInvalid):
        check_fresh(identity, NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "a.b.c",
        "中文",
        "\ud800",
        "x" * 5000,
        signed("6" * 64),
        signed(algorithm="HS384"),
        signed(algorithm="HS512"),
        signed("", algorithm="none"),
        signed(aud="w2"),
        signed(aud=["w1", "w2"]),
        signed(aud=None),
        signed(sub=None),
        signed(sub=""),
        signed(sub="  "),
        signed(sub="x" * 201),
        signed(jti=None),
        signed(jti=""),
        signed(exp=None),
        signed(name="x" * 201),
        signed(name=5),
        signed(nbf=NOW + 3600),
        signed(iat=NOW + 3600),
    ],
)
def test_what_is_not_believed(statement: str) -> None:
    with pytest.raises(IdentityInvalid):
        read_identity(statement, SECRET, "w1")


@pytest.mark.parametrize("payload", ["[]", '"x"', "{", '{"exp": "soon"}', '{"exp": 1e400}'])
def test_a_signature_does_not_make_nonsense_true(payload: str) -> None:
    def coded(data: bytes) -> bytes:
        return urlsafe_b64encode(data).rstrip(b"=")

    body = coded(b'{"alg":"HS256","typ":"JWT"}') + b"." + coded(payload.encode())
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    with pytest.raises(IdentityInvalid):
        read_identity((body + b"." + coded(mac)).decode(), SECRET, "w1")


@pytest.mark.parametrize("exp", ["1e400", '"soon"', "true", "null", "1.5", "[1]"])
def test_an_expiry_that_is_no_number_is_refused(exp: str) -> None:
    def coded(data: bytes) -> bytes:
        return urlsafe_b64encode(data).rstrip(b"=")

    payload = f'{{"aud":"w1","sub":"c","jti":"j","exp":{exp}}}'
    body = coded(b'{"alg":"HS256","typ":"JWT"}') + b"." + coded(payload.encode())
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    with pytest.raises(IdentityInvalid):
        read_identity((body + b"." + coded(mac)).decode(), SECRET, "w1")
