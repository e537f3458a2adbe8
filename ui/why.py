"""What stands behind an answer: the cited passage, and "Why this answer?". Pure."""

from collections.abc import Mapping, Sequence
from typing import cast

from markupsafe import Markup

from chatbot.messages import Answer, Citation, TraceStep
from chatbot.places import place_text
from knowledge.documents import Language
from ui.prose import external_link, safe_link
from ui.texts import text, texts

# Said elsewhere in the same panel, or of no use to a reader.
_SILENT = frozenset(
    {
        "decision",
        "document",
        "features",
        "passage_id",
        "similarity",
        "suspicious",
    }
)
# Worth a line only when it is so.
_IF_SO = frozenset({"follow_up"})
# What names a row best, in this order; its other fields follow in small print.
_LEADS = ("sentence", "text", "title", "rule", "id")
Row = Mapping[str, object]


def source(citation: Citation, language: Language) -> Markup:
    """The passage of `citation`, its quote marked."""
    path = [part for part in citation.position.headings if part != citation.title]
    where = place_text(citation.position.place, language)
    address = safe_link(citation.url)
    link = external_link(address, text("chat_open_document", language)) if address else Markup("")
    return Markup(
        '<section data-drawer="source-{number}" data-heading="{heading}">'
        '<p class="ad-source-title"><span class="ad-number">{number}</span>{title}</p>'
        '{where}{path}<div class="ad-passage">{passage}</div>{link}</section>'
    ).format(
        number=citation.number,
        heading=text("chat_source", language),
        title=citation.title or citation.document,
        where=Markup('<p class="ad-where">{}</p>').format(where) if where else "",
        path=Markup('<p class="ad-path">{}</p>').format(" › ".join(path)) if path else "",
        passage=_marked(citation.passage_text or citation.quote, citation.quote),
        link=Markup('<p class="ad-original">{}</p>').format(link) if link else "",
    )


def why(answer: Answer, language: Language) -> Markup:
    """One sentence first, then every stage of the turn."""
    steps = Markup("").join(_step(step, language) for step in answer.trace)
    return Markup(
        '<section data-drawer="why" data-heading="{heading}"><p class="ad-headline">{headline}</p>'
        '{reason}<h3>{title} <span class="ad-time">{total}</span></h3>'
        '<ol class="ad-steps">{steps}</ol></section>'
    ).format(
        heading=text("chat_why", language),
        headline=_headline(answer, language),
        reason=_decision(answer),
        title=text("chat_why_steps", language),
        total=text("chat_total", language, time=_duration(answer.latency_ms, language)),
        steps=steps,
    )


def _headline(answer: Answer, language: Language) -> str:
    if answer.route != "generate":
        return text(f"chat_why_{answer.route}", language)
    count = len(answer.citations)
    suffix = {0: "_none", 1: "_one"}.get(count, "")
    return text(f"chat_why_generate{suffix}", language, count=count)


def _decision(answer: Answer) -> Markup:
    reasons = [step.reason for step in answer.trace if step.stage == "decide"]
    return Markup('<p class="ad-reason">{}</p>').format(reasons[-1]) if reasons else Markup("")


def _step(step: TraceStep, language: Language) -> Markup:
    return Markup(
        '<li><div class="ad-step"><span class="ad-stage">{stage}</span>'
        '<span class="ad-time">{time}</span></div>{reason}{details}</li>'
    ).format(
        stage=_named("chat_stage_", step.stage, language),
        time=_duration(step.milliseconds, language),
        reason=_reason(step),
        details=_details(step.details, language),
    )


def _reason(step: TraceStep) -> Markup:
    # The rules' reason is the list of their names, which the details show with their conditions.
    if not step.reason or (step.stage == "rules" and step.details.get("fired")):
        return Markup("")
    return Markup("<p>{}</p>").format(step.reason)


def _details(details: Row, language: Language) -> Markup:
    rows = [
        Markup("<dt>{}</dt><dd>{}</dd>").format(
            _named("chat_detail_", name, language), _value(value, language)
        )
        for name, value in details.items()
        if name not in _SILENT and not _is_empty(value) and not (name in _IF_SO and not value)
    ]
    return Markup("<dl>{}</dl>").format(Markup("").join(rows)) if rows else Markup("")


def _value(value: object, language: Language) -> Markup:
    match value:
        case bool():
            return Markup("{}").format(text("chat_yes" if value else "chat_no", language))
        case float():
            return Markup("{}").format(f"{value:.2f}")
        case Mapping():
            return _details(cast("Row", value), language)
        case list() | tuple():
            return _list(cast("Sequence[object]", value), language)
        case _:
            return Markup("{}").format(_named("chat_word_", str(value), language, plain=True))


def _list(values: Sequence[object], language: Language) -> Markup:
    if not any(isinstance(value, Mapping | list | tuple) for value in values):
        return Markup("{}").format(", ".join(str(value) for value in values))
    items = Markup("").join(_item(value, language) for value in values)
    return Markup('<ol class="ad-rows">{}</ol>').format(items)


def _item(value: object, language: Language) -> Markup:
    if not isinstance(value, Mapping):
        return Markup("<li>{}</li>").format(_value(value, language))
    row = cast("Row", value)
    lead = next((name for name in _LEADS if row.get(name)), None)
    rest = {name: part for name, part in row.items() if name not in {lead, "headings"}}
    mark = _verdict(rest, language)
    facts = " · ".join(
        f"{_named('chat_detail_', name, language)} {_value(part, language).striptags()}".strip()
        for name, part in rest.items()
        if name not in _SILENT | {"supported"} and not _is_empty(part) and part != "supported"
    )
    return Markup(
        '<li>{}<span class="ad-lead">{}</span><span class="ad-facts">{}</span></li>'
    ).format(mark, _lead(row, lead), facts)


def _lead(row: Row, lead: str | None) -> str:
    named = str(row[lead]) if lead else ""
    headings = row.get("headings")
    if not isinstance(headings, list | tuple):
        return named
    path = [str(part) for part in cast("Sequence[object]", headings)]
    return " › ".join([named, *(part for part in path if part != named)])


def _verdict(row: Row, language: Language) -> Markup:
    if "supported" not in row:
        return Markup("")
    held = bool(row["supported"])
    return Markup('<span class="ad-verdict" data-held="{}">{} {}</span>').format(
        "yes" if held else "no",
        text("chat_detail_supported", language),
        text("chat_yes" if held else "chat_no", language),
    )


def _marked(passage: str, quote: str) -> Markup:
    at = passage.find(quote) if quote else -1
    if at < 0:
        return Markup("{}").format(passage)
    end = at + len(quote)
    return Markup("{}<mark>{}</mark>{}").format(passage[:at], passage[at:end], passage[end:])


def _duration(milliseconds: float, language: Language) -> str:
    if milliseconds >= 1000:
        return text("chat_seconds", language, count=f"{milliseconds / 1000:.1f}")
    shown = f"{milliseconds:.0f}" if milliseconds >= 1 else "<1"
    return text("chat_milliseconds", language, count=shown)


def _named(prefix: str, name: str, language: Language, *, plain: bool = False) -> str:
    return texts(language).get(prefix + name) or (name if plain else name.replace("_", " "))


def _is_empty(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, Mapping | list | tuple) and not value)
