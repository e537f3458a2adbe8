"""Answers, events and search hits as JSON: one place for the API, `batch`, `ask` and `search`."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Literal, assert_never, cast

from chatbot.messages import (
    Answer,
    Citation,
    Delivered,
    HandedOver,
    ReplyEvent,
    SourcesFound,
    TextDelta,
    TraceStep,
    TurnFinished,
    Working,
)
from chatbot.places import place_text
from chatbot.timeline import Entry, EventEntry, MessageEntry, TurnEntry
from knowledge.documents import DocumentRecord, Language, Passage, Position, Ranked

Json = dict[str, object]
Audience = Literal["visitor", "team"]


def answer_json(answer: Answer) -> Json:
    """The fields of a `batch` line, but for its `id`."""
    return {
        "answer": answer.text,
        "language": answer.language.value,
        "route": answer.route,
        "refused": answer.refused,
        "answerability": round(answer.answerability, 4),
        "citations": [citation_json(citation) for citation in answer.citations],
        "rules": list(answer.rules),
        "generator_called": answer.generator_called,
        "latency_ms": round(answer.latency_ms, 1),
        "first_token_ms": round(answer.first_token_ms, 1),
    }


def turn_json(answer: Answer, audience: Audience = "team") -> Json:
    """What the chat API answers: a `batch` line's fields and what belongs to the conversation."""
    return {
        "conversation_id": answer.conversation_id,
        "turn_id": answer.turn_id,
        **answer_json(answer),
        "suggestions": list(answer.suggestions),
        "trace": [trace_json(step, audience) for step in answer.trace],
    }


def citation_json(citation: Citation) -> Json:
    """A source of an answer. `number` is the mark `[1]` it has in the text."""
    return {
        "number": citation.number,
        "passage_id": citation.passage_id,
        "document": citation.document,
        "title": citation.title,
        "position": position_json(citation.position),
        "quote": citation.quote,
        "url": citation.url,
    }


def trace_json(step: TraceStep, audience: Audience = "team") -> Json:
    """One stage of a turn. The details are the team's: they hold rules, scores and other texts."""
    return {
        "stage": step.stage,
        "reason": step.reason,
        "milliseconds": round(step.milliseconds, 2),
        "details": plain(step.details) if audience == "team" else {},
    }


def hits_json(ranked: Iterable[Ranked]) -> list[Json]:
    """Search hits, best first."""
    return [
        {
            "passage_id": hit.passage.id,
            "document": hit.passage.document,
            "title": hit.passage.title,
            "position": position_json(hit.passage.position),
            "text": hit.passage.text,
            "score": hit.score,
            "keyword_rank": hit.keyword_rank,
            "dense_rank": hit.dense_rank,
            "url": hit.passage.url,
        }
        for hit in ranked
    ]


def passage_json(passage: Passage) -> Json:
    """A passage of a document, and where it stands."""
    return {
        "passage_id": passage.id,
        "text": passage.text,
        "position": position_json(passage.position),
    }


def position_json(position: Position) -> Json:
    """Where a passage stands: characters `[start, end)` of its document, and the headings above."""
    place = position.place
    return {
        "start": position.start,
        "end": position.end,
        "headings": list(position.headings),
        "place": None if place is None else asdict(place),
    }


def event_json(  # noqa: PLR0911 -- one case an event
    event: ReplyEvent, audience: Audience = "team"
) -> tuple[str, Json]:
    """The name and the data of a server-sent event."""
    match event:
        case TraceStep():
            return "trace", trace_json(event, audience)
        case Working():
            return "working", {"step": event.step}
        case SourcesFound():
            return "sources", {"citations": [citation_json(c) for c in event.citations]}
        case TextDelta():
            return "delta", {"text": event.text}
        case HandedOver():
            return "handover", {"reason": event.reason}
        case Delivered():
            return "delivered", {}
        case TurnFinished():
            return "finished", turn_json(event.answer, audience)
        case _:
            assert_never(event)


def entry_json(entry: Entry, audience: Audience) -> Json:
    """An entry of a conversation. A visitor is not told how an answer came about, the team is."""
    common: Json = {
        "ordinal": entry.ordinal,
        "id": entry.id,
        "created_at": utc_json(entry.created_at),
    }
    match entry:
        case TurnEntry():
            inside = _inside(entry.answer) if audience == "team" else {}
            return {**common, "kind": "turn", **_turn_entry(entry), **inside}
        case MessageEntry(by_agent=True):
            return {**common, "kind": "agent", "author": entry.author, "text": entry.text}
        case MessageEntry():
            return {**common, "kind": "visitor", "text": entry.text}
        case EventEntry():
            return {**common, "kind": "event", "event": entry.event, "by": entry.by or None}
        case _:
            assert_never(entry)


def _turn_entry(entry: TurnEntry) -> Json:
    answer = entry.answer
    return {
        "question": entry.question,
        "answer": answer.text,
        "language": answer.language.value,
        "route": answer.route,
        "refused": answer.refused,
        "citations": [source_json(citation, answer.language) for citation in answer.citations],
        "suggestions": list(answer.suggestions),
        "feedback": entry.feedback,
    }


def _inside(answer: Answer) -> Json:
    return {
        "answerability": round(answer.answerability, 4),
        "rules": list(answer.rules),
        "generator_called": answer.generator_called,
        "trace": [trace_json(step) for step in answer.trace],
    }


def source_json(citation: Citation, language: Language) -> Json:
    """A source as a visitor reads it: what it is called, where in it, the words, and those around."""
    return {
        "number": citation.number,
        "title": citation.title,
        "where": place_text(citation.position.place, language),
        "quote": citation.quote,
        "url": citation.url,
        "passage": citation.passage_text,
    }


def utc_json(moment: datetime) -> str:
    """A moment in ISO 8601, UTC; SQLite gives it back without its zone."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


def plain(value: object) -> object:
    """`value` with only what JSON knows: a trace's details may hold values of any kind."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            # NaN and infinity are not JSON, and would break the whole line.
            return value if math.isfinite(value) else None
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            return {str(key): plain(item) for key, item in items}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in cast("Iterable[object]", value)]
        case _:
            return str(value)


def document_json(record: DocumentRecord, language: Language = Language.ENGLISH) -> Json:
    """A document as the store lists it; why it failed is said in `language`."""
    reason = record.reason_zh if language is Language.CHINESE else None
    return {
        "id": record.id,
        "collection": record.collection,
        "source": record.source,
        "name": record.name,
        "title": record.title,
        "language": record.language.value,
        "state": record.state.value,
        "progress": record.progress,
        "total": record.total,
        "embedded": record.embedded,
        "reason": reason or record.reason,
        "warnings": list(record.warnings),
        "same_content_as": record.same_content_as,
        "size_bytes": record.size_bytes,
        "content_hash": record.content_hash,
        "updated_at": record.updated_at,
        "version": record.version,
        "enabled": record.enabled,
        "edited": record.edited,
        "bundle": record.bundle or None,
        "url": record.url,
        "given_language": record.given_language,
        "has_original": record.has_original,
    }
