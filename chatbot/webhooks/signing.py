"""Signatures by which a receiver knows that a message is ours (standardwebhooks.com)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- its beginning, not a secret


def derived_secret(key: bytes, webhook_id: str, generation: int) -> str:
    """The secret of a webhook: always the same for the same key, and so never stored."""
    purpose = f"webhook:{webhook_id}:{generation}".encode()
    digest = hmac.new(key, purpose, hashlib.sha256).digest()
    return SECRET_PREFIX + base64.b64encode(digest).decode()


def signed_headers(
    secrets: Sequence[str], message_id: str, moment: datetime, body: bytes
) -> Mapping[str, str]:
    """The headers of a message that is sent at `moment`; one signature for each secret.

    The id stays when a message is sent again, so that its receiver can tell.
    """
    timestamp = str(int(moment.timestamp()))
    signatures = [signature(secret, message_id, timestamp, body) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
