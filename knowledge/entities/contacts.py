"""Addresses, telephone numbers and codes, and the masking of what is personal."""

import re
from functools import cache

from knowledge.entities.model import Recogniser, whole

_EMAIL = (
    r"(?<![\w.+-])[a-z0-9][\w.+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,24}"
    r"(?![a-z0-9])"
)
_URL_CHARACTER = r"[a-z0-9_~%/?#=&+@!$*:,;.-]"
_URL = (
    rf"\bhttps?://{_URL_CHARACTER}*[a-z0-9_~%/#=&+$*-]"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,4}"
    r"(?:com|org|net|cn|io|shop|example|edu|gov|uk|de|fr|jp|hk|tw|dev|app|info)(?![\w@-])"
    rf"(?:/(?:{_URL_CHARACTER}*[a-z0-9_~%/#=&+$*-])?)?"
)
_MOBILE = r"(?<![\w.-])(?:\+?86[\s-]?)?1[3-9]\d(?:[\s-]?\d{4}){2}(?![\w-])"
_LANDLINE = (
    r"(?<![\w.-])(?:\+?86[\s-]?)?\(?0\d{2,3}\)?[\s-]?\d{7,8}"
    r"(?:(?:\s?(?:转|ext\.?)\s?|-)\d{1,5})?(?![\w-])"
)
_SERVICE = r"(?<![\w.-])[48]00[\s-]?\d{3}[\s-]?\d{4}(?![\w-])"
_ABROAD = r"(?<![\w.])\+\d{1,3}(?:[\s.-]?\(?\d{1,4}\)?){2,5}(?![\w-])"
_AMERICAN = (
    r"(?<![\w.-])(?:1[\s.-])?(?:\([2-9]\d{2}\)\s?|[2-9]\d{2}[\s.-])\d{3}[\s.-]\d{4}(?![\w-])"
)
_PHONE = "|".join((_MOBILE, _LANDLINE, _SERVICE, _ABROAD, _AMERICAN))
_VERSION = (
    r"(?<![\w.])v?\d{1,6}\.\d{1,6}\.\d{1,6}(?:\.\d{1,6}){0,4}(?!\w)|(?<![\w.])v\d+(?:\.\d+)?(?!\w)"
)
_ORDINAL_END = r"(?!\d+(?:st|nd|rd|th)(?![a-z0-9]))"
_CODE = (
    rf"(?<![a-z0-9_.-])#?{_ORDINAL_END}(?=[a-z0-9_/-]{{0,60}}[a-z])(?=[a-z0-9_/-]{{0,60}}\d)"
    r"[a-z0-9]{1,40}(?:[-_/][a-z0-9]{1,40}){0,8}(?![a-z0-9_])"
)


def _email(match: re.Match[str]) -> str:
    return match.group().lower()


def _url(match: re.Match[str]) -> str:
    """Without scheme, `www.` and closing slash: that is how people retype addresses."""
    address = re.sub(r"^(?:https?://)?(?:www\.)?", "", match.group(), flags=re.IGNORECASE)
    host, slash, path = address.partition("/")
    return (host.lower() + slash + path).rstrip("/")


def _phone(match: re.Match[str]) -> str | None:
    """Digits only, without the country code of China."""
    digits = re.sub(r"\D", "", match.group())
    if not 7 <= len(digits) <= 17:
        return None
    return re.sub(r"^(?:00)?86(?=1[3-9]\d{9}$|0?\d{9,11}$)", "", digits)


def _version(match: re.Match[str]) -> str:
    return match.group().lower().removeprefix("v")


def _code(match: re.Match[str]) -> str:
    return match.group().upper().removeprefix("#")


CONTACTS = (
    Recogniser("email", _EMAIL, whole(_email)),
    Recogniser("url", _URL, whole(_url)),
    Recogniser("phone", _PHONE, whole(_phone)),
)
CODES = (
    Recogniser("code", _VERSION, whole(_version)),
    Recogniser("code", _CODE, whole(_code)),
)

_CHINESE_ID = r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx](?![\da-z])"
_AMERICAN_ID = r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"
# Twelve digits only as Maestro has them: other numbers that long are orders.
_CARD = r"(?<![\d.-])(?:\d(?:[ -]?\d){12,18}|(?:5[0678]|6)\d{10,11})(?![\d-])"
# Three groups or more and eight digits or more, but no date.
_GROUPED = r"(?<![\w.,$¥-])(?!(?:19|20)\d\d-)\(?\d{2,5}\)?(?:[ -]\d{2,4}){2,4}(?![\w-])"
_IBAN = r"\b[a-z]{2}\d{2}(?:\s?[a-z0-9]{4}){2,7}(?:\s?[a-z0-9]{1,3})?\b"
_CALLED_PHONE = (
    r"(?:(?<=phone)|(?<=call)|(?<=mobile)|(?<=tel)|(?<=cell)|(?<=number is)|(?<=电话)|(?<=手机)|"
    r"(?<=手机号)|(?<=联系方式))(?P<lead>[\s:：#是为.]{0,4})(?P<digits>\(?\d[\d\s().-]{5,16}\d)(?!\w)"
)


@cache
def _masks() -> tuple[tuple[re.Pattern[str], str], ...]:
    pairs = (
        (_EMAIL, "[email]"),
        (_CHINESE_ID, "[id number]"),
        (_AMERICAN_ID, "[id number]"),
        (_PHONE, "[phone]"),
    )
    return tuple((re.compile(pattern, re.IGNORECASE | re.ASCII), mask) for pattern, mask in pairs)


@cache
def _checked() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    return (
        re.compile(_GROUPED, re.ASCII),
        re.compile(_CARD, re.ASCII),
        re.compile(_IBAN, re.IGNORECASE | re.ASCII),
        re.compile(_CALLED_PHONE, re.IGNORECASE | re.ASCII),
    )


def mask_personal(text: str) -> str:
    """`text` with e-mail addresses, telephone, identity and bank card numbers replaced by their kind.

    Card numbers must satisfy the Luhn check and account numbers the IBAN check, so that
    order numbers stay. For logs and prompts; idempotent.
    """
    grouped, card, iban, called = _checked()
    for pattern, mask in _masks()[:3]:
        text = pattern.sub(mask, text)
    text = card.sub(lambda m: "[card number]" if passes_luhn(m.group()) else m.group(), text)
    text = iban.sub(lambda m: "[account number]" if _passes_iban(m.group()) else m.group(), text)
    pattern, mask = _masks()[3]
    text = pattern.sub(mask, text)
    text = grouped.sub(lambda m: "[phone]" if _looks_like_phone(m.group()) else m.group(), text)
    return called.sub(lambda m: f"{m['lead']}[phone]", text)


def _looks_like_phone(number: str) -> bool:
    """Whether it has the length of a telephone number and is no row of two-digit sizes."""
    groups = re.findall(r"\d+", number)
    return 8 <= sum(map(len, groups)) <= 13 and max(map(len, groups)) >= 3


def passes_luhn(number: str) -> bool:
    """Whether the check digit of a bank card number is right (ISO/IEC 7812-1)."""
    digits = [int(character) for character in reversed(number) if character.isdigit()]
    if not 12 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _passes_iban(number: str) -> bool:
    """ISO 13616: the rearranged number is 1 modulo 97."""
    plain = re.sub(r"\s", "", number).upper()
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
