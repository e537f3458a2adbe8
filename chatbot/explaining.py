"""What the trace says of each stage: a sentence and the details. Pure."""

from collections.abc import Mapping, Sequence

from chatbot.answering import Draft
from chatbot.fusion import (
    AskBack,
    CuratedReply,
    Decision,
    Generate,
    HandOver,
    Quote,
    Refuse,
    RuleReply,
    SideBySide,
    Situation,
)
from chatbot.phrases import phrase
from chatbot.understanding import Understood
from knowledge.curated.model import Near
from knowledge.documents import Language, Ranked
from knowledge.language import detect_language
from knowledge.reading import Reading
from knowledge.rewording import Reworded
from knowledge.rules.model import RuleOutcome

Shown = tuple[str, Mapping[str, object]]

MOST_SUGGESTIONS = 3


def understood_shown(understood: Understood) -> Shown:
    """Intent, entities and sentiment; the sentence is the question that stands on its own."""
    return understood.query.text, {
        "language": understood.language.value,
        "intent": understood.intent.intent,
        "confidence": round(understood.intent.confidence, 3),
        "sentiment": understood.sentiment.label,
        "entities": [f"{entity.kind}: {entity.text}" for entity in understood.entities],
        "follow_up": understood.follow_up,
        "suspicious": understood.suspicious,
    }


def rules_shown(outcome: RuleOutcome) -> Shown:
    """Which rules fired and why, which lost and why, and the facts they derived."""
    return ", ".join(firing.rule_id for firing in outcome.fired), {
        "fired": [{"rule": f.rule_id, "because": f.because} for f in outcome.fired],
        "lost": [{"rule": lost.rule_id, "because": lost.why} for lost in outcome.lost],
        "facts": {fact.name: fact.value for fact in outcome.facts},
        "slots": dict(outcome.slots),
    }


def curated_shown(near: Sequence[Near], language: Language) -> Shown:
    """The ways to ask that came nearest, with what speaks against them."""
    matched = bool(near) and near[0].matches
    return phrase("curated_found" if matched else "curated_none", language), {
        "answer_id": near[0].answer.id if matched else None,
        "ways": [
            {"text": way.question, "score": round(way.similarity, 3), "fit": way.fit}
            for way in near
        ],
    }


def found_shown(reworded: Reworded, ranked: Sequence[Ranked]) -> Shown:
    """What was searched for, and the passages with their places in each ranking."""
    return reworded.query.keywords, {
        "read_as": [
            {"said": change.said, "read": change.read, "why": change.why}
            for change in reworded.changes
        ],
        "passages": [
            {
                "passage_id": item.passage.id,
                "document": item.passage.document,
                "title": item.passage.title,
                "headings": list(item.passage.position.headings),
                "score": round(item.score, 3),
                "keyword_rank": item.keyword_rank,
                "dense_rank": item.dense_rank,
                "similarity": None if item.similarity is None else round(item.similarity, 3),
                "span_similarity": (
                    None if item.span_similarity is None else round(item.span_similarity, 3)
                ),
            }
            for item in ranked
        ],
    }


def reading_shown(reading: Reading, language: Language) -> Shown:
    """The evidence sentences with their scores."""
    reason = phrase("why_read", language, answerability=reading.answerability)
    return reason, {
        "answerability": round(reading.answerability, 3),
        "features": {name: round(value, 3) for name, value in reading.features.items()},
        "evidence": [
            {"passage_id": item.passage.id, "text": item.text, "score": round(item.score, 3)}
            for item in reading.evidence
        ],
    }


def gate_shown(draft: Draft) -> Mapping[str, object]:
    """The route really taken and the gate's verdict on each generated sentence."""
    return {
        "route": draft.route,
        "verdicts": [
            {
                "sentence": verdict.sentence,
                "supported": verdict.supported,
                "reason": verdict.reason,
                "source": verdict.source,
                "detail": verdict.detail,
            }
            for verdict in draft.verdicts
        ],
    }


def why(  # noqa: PLR0911 -- one case a decision
    decision: Decision, situation: Situation, language: Language, generator: str
) -> str:
    """The reason for a decision, in the visitor's language."""
    values = {
        "answerability": situation.answerability,
        "needed": situation.refuse_below,
        "generator": generator,
    }
    match decision:
        case HandOver(None):
            return phrase("why_handover_refused", language)
        case HandOver(rule):
            return phrase("why_handover_rule", language, rule=rule)
        case AskBack(rule):
            return phrase("why_ask", language, rule=rule)
        case RuleReply(rule):
            return phrase("why_rule", language, rule=rule)
        case CuratedReply(question):
            return phrase("why_curated", language, question=question)
        case SideBySide(rule):
            return phrase("why_parallel", language, rule=rule)
        case Quote(key) | Generate(key) | Refuse(key):
            rule = decision.rule if isinstance(decision, Generate) else None
            return phrase(key, language, rule=rule or "", **values)


def nearest_topics(ranked: Sequence[Ranked], language: Language) -> tuple[str, ...]:
    """Titles of the documents nearest to the question, in the visitor's language."""
    titles = (item.passage.title for item in ranked)
    known = (title for title in titles if title and detect_language(title, language) is language)
    return tuple(dict.fromkeys(known))[:MOST_SUGGESTIONS]
