"""Signatures, against the example of the specification."""

import base64
from datetime import UTC, datetime

from chatbot.webhooks.signing import SECRET_PREFIX, derived_secret, signature, signed_headers

# The example that the libraries of standardwebhooks.com are tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = "1614265330"
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_the_specification() -> None:
    assert signature(SECRET, ID, TIMESTAMP, BODY) == SIGNED


def test_the_headers_carry_a_signature_by_each_secret() -> None:
    moment = datetime.fromtimestamp(int(TIMESTAMP), UTC)
    other = derived_secret(b"k" * 32, "w", 1)
    headers = signed_headers([other, SECRET], ID, moment, BODY)
    assert headers["webhook-id"] == ID
    assert headers["webhook-timestamp"] == TIMESTAMP
    first, second = headers["webhook-signature"].split(" ")
    assert second == SIGNED
    assert first == signature(other, ID, TIMESTAMP, BODY) != SIGNED


def test_a_secret_follows_from_the_key_the_webhook_and_its_generation() -> None:
    secret = derived_secret(b"k" * 32, "w", 1)
    assert secret == derived_secret(b"k" * 32, "w", 1)
    others = {
        derived_secret(b"x" * 32, "w", 1),
        derived_secret(b"k" * 32, "v", 1),
        derived_secret(b"k" * 32, "w", 2),
    }
    assert len({secret, *others}) == 4
    assert len(base64.b64decode(secret.removeprefix(SECRET_PREFIX))) == 32
