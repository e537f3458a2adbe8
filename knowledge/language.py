"""Which language a text is in, and its words and sentences, for English and Chinese alike."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from knowledge.documents import Language
from knowledge.stemming import stem


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Soft hyphen, zero-width and direction marks: they change what matches without being seen.
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_LATIN_TOKEN = re.compile(r"[A-Za-z0-9\u00c0-\u024f][\w.@:/'’-]*", re.ASCII)
_PLAIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’-][A-Za-z\u00c0-\u024f]+)*[.:'’/-]*")
_ENGLISH_GRAMMAR = _words(
    "a about an and any are be but by can could did do does for from get had has have how i if in "
    "is it me my need no not of on or our please should tell that the their them there these they "
    "this to was we were what when where which who why will with would you your"
)
_CHINESE_GRAMMAR = frozenset("的了吗呢么吧请问我您你他她们怎什是在有没不能可要想把被给这那哪谁几为")

_STOP_WORDS = _ENGLISH_GRAMMAR | _words(
    "also am as at been being does doing each few further having he her here hers him his i'd i'll "
    "i'm i've into its just may might more most must nor off once only other ours out over own "
    "same shall she so some such than then theirs those through too under until up us very via "
    "while whom whose yet yours don doesn didn isn aren wasn weren won can't couldn shouldn "
    "wouldn haven hasn hadn let ll ve re"
) - {"need", "get", "tell"}
_TERM = re.compile(
    rf"[{_HAN}]+|[A-Za-z]?\d+(?:[.,]\d+)+|[^\W_{_HAN}]+(?:['’][^\W\d_{_HAN}]{{1,2}}\b)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `[start, end)` of a text."""

    start: int
    end: int


def normalise(text: str) -> str:
    """`text` for matching: NFKC, no invisible characters, single spaces. Idempotent; offsets change."""
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return " ".join(_INVISIBLE.sub("", folded).split())


def detect_language(text: str, default: Language = Language.ENGLISH) -> Language:
    """The main language of `text`; `default` where nothing tells (numbers, codes, other scripts).

    Han characters are weighed against Latin words, grammar words threefold, so that
    names in the other language do not turn a sentence around.
    """
    han = _HAN_CHARACTER.findall(to_simplified(text))
    words = [w for w in _LATIN_TOKEN.findall(text) if _PLAIN_WORD.fullmatch(w)]
    chinese = len(han) + 2 * sum(character in _CHINESE_GRAMMAR for character in han)
    english = len(words) + 2 * sum(w.lower().strip(".:/'’-") in _ENGLISH_GRAMMAR for w in words)
    if chinese == english:
        return Language.CHINESE if chinese else default
    return Language.CHINESE if chinese > english else Language.ENGLISH


def is_han(character: str) -> bool:
    return _HAN_CHARACTER.match(character) is not None


def to_simplified(text: str) -> str:
    """`text` with traditional characters made simplified, one for one: offsets stay. For matching only."""
    return text.translate(_simplified_characters())


@cache
def _simplified_characters() -> dict[int, int]:
    lines = resources.files("opencc").joinpath("dictionary/TSCharacters.txt")
    table: dict[int, int] = {}
    for line in lines.read_text(encoding="utf-8").splitlines():
        traditional, _, simplified = line.partition("\t")
        first = simplified.split(" ")[0].strip()
        if len(traditional) == len(first) == 1:
            table[ord(traditional)] = ord(first)
    return table


def terms(text: str) -> list[str]:
    """What `text` is searched by, in order, repeats kept.

    English words lower-cased, unaccented and stemmed, without stop words; numbers
    without thousands commas; runs of Han as simplified character pairs (a single Han alone).
    """
    found: list[str] = []
    for match in _TERM.finditer(to_simplified(normalise(text))):
        token = match.group()
        if is_han(token[0]):
            found.extend([token[i : i + 2] for i in range(len(token) - 1)] or [token])
        elif (word := _known_word_term(token)) is not None:
            found.append(word)
    return found


@lru_cache(4096)
def term_set(text: str) -> frozenset[str]:
    """What `text` is searched by, each once; known again for the texts that are read most."""
    return frozenset(terms(text))


def _known_word_term(token: str) -> str | None:
    # No memory for what only looks like a word, however long it is.
    return _remembered(token) if len(token) <= _LONGEST_KNOWN else _word_term(token)


def _word_term(token: str) -> str | None:
    if token[-1].isdigit() and not token.isalnum():
        return re.sub(r",(?=\d{3}(?!\d))", "", token.lower())
    word = re.split("['’]", token.lower())[0]
    if word in _STOP_WORDS:
        return None
    plain = unicodedata.normalize("NFD", word)
    return stem("".join(c for c in plain if not unicodedata.combining(c)))


_LONGEST_KNOWN = 40
# About as many words as a language's users know; the same ones come again and again.
_remembered = lru_cache(30_000)(_word_term)

_CLOSERS = "\"'”’»」』）)]】》〉*_"
_BOUNDARY = re.compile(
    rf"(?P<mark>[.!?…。！？｡．]+)(?P<closers>[{re.escape(_CLOSERS)}]*)|(?P<newline>[\n\r\v\f\x85\u2028\u2029]+)"
)
_LIST_NUMBER = re.compile(r"(?:^|[\n\r])[ \t>#*•-]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})$")
_WORD_BEFORE = re.compile(r"[\w.&-]*$")
_NEXT_WORD = re.compile(rf"[ \t\u00a0\u3000]*[“‘\"'(\[《「『*_]*([^\W\d_{_HAN}]*)")
_TITLES = _words(
    "mr mrs ms dr prof rev hon gen col capt lt sgt e.g i.e eg ie vs cf fig figs approx tel ext "
    "dept est incl excl al op vol ch sec eq art min max avg temp ref"
)
# These end a sentence only where a word follows that begins one.
_MAYBE_LAST = _words(
    "etc inc ltd co corp llc jr sr st ave blvd rd bros a.m p.m u.s u.k u.n e.u d.c ph.d b.a m.a "
    "jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun "
    "hr hrs mins secs pcs ft oz lb lbs no nos p pp"
)
_STARTERS = _words(
    "A After All An And As At Before But By Can Contact Do Does Each Every For From He How However I "
    "If In It Its My No Note On Once One Only Open Or Our Please Returns See She So Some Such That The "
    "Their Then There These They This Those To We What When Where Which While Who Why With Yes You "
    "Your"
)
_WRAPPED_LINE = 40  # a shorter line that ends without a full stop is a heading or an item


def split_sentences(text: str) -> list[Span]:
    """The sentences of `text`: ordered, disjoint, without outer white space, covering all else."""
    spans: list[Span] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if _ends_sentence(text, start, match):
            _append_trimmed(spans, text, start, match.end())
            start = match.end()
    _append_trimmed(spans, text, start, len(text))
    return spans


def _append_trimmed(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        first = start + len(piece) - len(piece.lstrip())
        spans.append(Span(first, first + len(stripped)))


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    if match["newline"] is not None:
        return not _is_wrapped(text, start, match)
    following = text[match.end() : match.end() + 1]
    if not following or following in "\n\r\v\f\x85\u2028\u2029":
        return not _LIST_NUMBER.search(text[max(start - 1, 0) : match.start()])
    if following in "，、；：,;:。！？":
        return False
    mark = match["mark"]
    if mark == ".":
        return _ends_at_full_stop(text, start, match, following)
    return mark[-1] in "。！？｡．" or _ends_at_other(text, match, following)


def _ends_at_other(text: str, match: re.Match[str], following: str) -> bool:
    """`!`, `?`, `...` and their mixtures; `wait... what` and `"Really?" she said` go on."""
    if match["mark"][-1] in "!?" and is_han(following):
        return True
    loud = match["mark"][-1] in "!?" and not match["closers"]
    return following.isspace() and (loud or _begins_sentence(text, match.end()))


def _ends_at_full_stop(text: str, start: int, match: re.Match[str], following: str) -> bool:
    # No abbreviation is longer than the 24 characters looked at: the cost stays linear.
    before = text[max(start - 1, match.start() - 24, 0) : match.start()]
    if _LIST_NUMBER.search(before if match.start() - start < 24 else "x" + before):
        return False
    last = before[-1:]
    if is_han(following):
        return bool(last) and not last.isdigit()
    if not following.isspace():
        return False
    if match["closers"] or is_han(last):
        return _begins_sentence(text, match.end())
    return not _is_abbreviation(before, text, match.end()) and _begins_sentence(text, match.end())


def _is_abbreviation(before: str, text: str, end: int) -> bool:
    found = _WORD_BEFORE.search(before)
    word = (found.group() if found else "").lower().strip("-&")
    next_word = _next_word(text, end)
    if word in _TITLES or (len(word) == 1 and word.isalpha() and word != "i"):
        return next_word not in _STARTERS or word in _TITLES
    if word in {"no", "nos", "p", "pp"}:
        return not next_word
    return word in _MAYBE_LAST and next_word not in _STARTERS


def _next_word(text: str, end: int) -> str:
    match = _NEXT_WORD.match(text, end)
    return match.group(1) if match else ""


def _begins_sentence(text: str, end: int) -> bool:
    """Whether what follows can begin a sentence: anything but a lower-case English word."""
    word = _next_word(text, end)
    return not (word and word[0].islower() and word.islower())


def _is_wrapped(text: str, start: int, match: re.Match[str]) -> bool:
    """A line broken in mid-sentence: a long line, one break, and a lower-case word after it."""
    if match["newline"] not in ("\n", "\r\n", "\r"):
        return False
    after = text[match.end() : match.end() + 1]
    before = text[match.start() - 1 : match.start()]
    line_start = max(text.rfind("\n", start, match.start()) + 1, start)
    long_line = match.start() - line_start >= _WRAPPED_LINE
    return long_line and after.islower() and after.isascii() and before not in ".!?:;。！？："
