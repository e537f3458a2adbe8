"""E-mails: who wrote what when, the text, and what was attached."""

import codecs
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from typing import cast

from knowledge.documents import LoadedText
from knowledge.errors import DamagedDocument, EncryptedDocument, NoTextFound
from knowledge.loading.blocks import TextBlocks, tidy
from knowledge.loading.encoding import decode
from knowledge.loading.html import add_page, parsed
from knowledge.loading.source import check_length, file_stem, read_text
from knowledge.loading.warnings import ATTACHMENTS
from knowledge.loading.zips import damage_told

_SHOWN = ("From", "To", "Cc", "Date")
# A file with none of these is no e-mail.
_KNOWN = frozenset(("from", "to", "subject", "date", "received", "message-id", "mime-version"))
_ENCRYPTED = frozenset(("multipart/encrypted", "application/pkcs7-mime"))
# Messages inside messages are read to this depth.
_MAX_DEPTH = 4


def load(name: str, data: bytes) -> LoadedText:
    """An e-mail under its subject: sender, receivers and date, its text, names of attachments.

    Of a text that comes both plain and as HTML the plain one is read, unless it is empty.
    Raises `EncryptedDocument` or, for what is no e-mail, `DamagedDocument`.
    """
    raw = _eight_bit(name, data)
    if not raw:
        raise NoTextFound(name=name)
    mail = _Mail(name)
    with damage_told(name):
        message = message_from_bytes(raw, policy=policy.default)
        if not _KNOWN & {key.lower() for key in message.keys()}:  # noqa: SIM118 -- no dictionary
            raise DamagedDocument(name=name)
        mail.add(message, depth=1)
    warnings = tuple(dict.fromkeys(mail.warnings))
    loaded = mail.blocks.loaded(mail.blocks.first_heading or file_stem(name), warnings)
    check_length(name, loaded.text)
    return loaded


def _eight_bit(name: str, data: bytes) -> bytes:
    """The bytes of a message; some programs save it as UTF-16, or with a mark before it."""
    if b"\x00" in data or data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return read_text(name, data)[0].encode()
    return data.removeprefix(codecs.BOM_UTF8).lstrip()


class _Mail:
    """Writes a message, and the messages attached to it."""

    def __init__(self, name: str) -> None:
        self.blocks = TextBlocks()
        self.warnings: list[str] = []
        self._name = name

    def add(self, message: EmailMessage, depth: int) -> None:
        if message.get_content_type() in _ENCRYPTED:
            raise EncryptedDocument(name=self._name)
        self.blocks.add_heading(depth, _header(message, "Subject"))
        headers = [(key, _header(message, key)) for key in _SHOWN]
        self.blocks.add("\n".join(f"{key}: {value}" for key, value in headers if value))
        self._add_body(message)
        files: list[str] = []
        for part in message.iter_attachments() if message.is_multipart() else ():
            inner = part.get_payload() if part.get_content_type() == "message/rfc822" else None
            if isinstance(inner, list) and depth < _MAX_DEPTH:
                self.add(cast("EmailMessage", inner[0]), depth + 1)
            else:
                files.append(tidy(part.get_filename() or part.get_content_type()))
        if files:
            self.warnings.append(ATTACHMENTS)
            self.blocks.add("\n".join(f"- {file}" for file in files))

    def _add_body(self, message: EmailMessage) -> None:
        plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
        text = self._text(plain) if plain is not None else ""
        if text.strip():
            self.blocks.add("\n".join(line.rstrip() for line in text.split("\n")))
        elif html is not None:
            add_page(self.blocks, self._name, parsed(self._text(html)))

    def _text(self, part: MIMEPart) -> str:
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            return ""
        text, warnings = decode(payload, self._name, part.get_content_charset())
        self.warnings += warnings
        return tidy(text)


def _header(message: EmailMessage, key: str) -> str:
    return " ".join(tidy(str(message.get(key) or "")).split())
