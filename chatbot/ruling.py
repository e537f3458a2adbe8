"""The rules stage of a turn: what the message and the conversation bring, and what the rules make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chatbot.conversations import Conversation
from chatbot.fusion import RuleVerdict
from chatbot.understanding import Understood
from knowledge.documents import Language
from knowledge.rules.engine import evaluate, fill_slot
from knowledge.rules.model import Ask, ParsedMessage, RuleOutcome, RuleSet, Texts


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rules' outcome and the conversation as it goes on from here."""

    outcome: RuleOutcome
    conversation: Conversation

    @property
    def verdict(self) -> RuleVerdict:
        """What the rules want, by rule id."""
        outcome = self.outcome
        rule = outcome.reply_rule
        return RuleVerdict(
            reply=rule if outcome.reply is not None else None,
            ask=rule if outcome.ask is not None else None,
            hand_over=rule if outcome.handover is not None else None,
            evidence=outcome.evidence[0].rule_id if outcome.evidence else None,
        )

    @property
    def decides(self) -> bool:
        """Whether the rules alone make the answer."""
        verdict = self.verdict
        return any((verdict.reply, verdict.ask, verdict.hand_over, verdict.evidence))

    def text(self, texts: Texts | None, language: Language) -> str:
        """What a rule says, in `language` or the one there is."""
        if not texts:
            return ""
        return texts.get(language) or next(iter(texts.values()))


def apply_rules(
    rules: RuleSet,
    conversation: Conversation,
    understood: Understood,
    now: datetime,
    earlier: str,
) -> Ruling:
    """Evaluate the rules on the message; `earlier` is what it may lean on.

    An answer to a pending question is read together with the message that led to the
    question. A follow-up that no rule decides by itself is read with the earlier message.
    """
    filled = _filled(rules, conversation, understood.text)
    led_to_it = f"{understood.text}\n{conversation.pending_message}" if filled else understood.text
    facts = {**_facts(conversation, understood, now), **filled}
    outcome = evaluate(rules, facts, _parsed(understood, led_to_it))
    if understood.follow_up and earlier and not filled and not _speaks(outcome):
        outcome = evaluate(rules, facts, _parsed(understood, f"{understood.text}\n{earlier}"))
    return Ruling(outcome, _remember(conversation, outcome, filled, led_to_it))


def _filled(rules: RuleSet, conversation: Conversation, text: str) -> Mapping[str, object]:
    if conversation.pending_slot is None:
        return {}
    return fill_slot(rules, Ask(conversation.pending_slot, {}), text)


def _facts(conversation: Conversation, understood: Understood, now: datetime) -> dict[str, object]:
    return {
        **conversation.slots,
        "message": understood.text,
        "language": understood.language.value,
        "intent": understood.intent.intent,
        "sentiment": understood.sentiment.label,
        "now_weekday": now.isoweekday(),
        "now_hour": now.hour + now.minute / 60,
        "turn_number": conversation.turn_count + 1,
    }


def _parsed(understood: Understood, text: str) -> ParsedMessage:
    return ParsedMessage(
        text=text,
        language=understood.language,
        intent=understood.intent.intent,
        confidence=understood.intent.confidence,
        sentiment=understood.sentiment.label,
    )


def _speaks(outcome: RuleOutcome) -> bool:
    return outcome.reply_rule is not None or bool(outcome.evidence)


def _remember(
    conversation: Conversation, outcome: RuleOutcome, filled: Mapping[str, object], message: str
) -> Conversation:
    asks = outcome.ask
    return replace(
        conversation,
        slots={**conversation.slots, **filled, **outcome.slots},
        pending_slot=asks.slot if asks else None,
        pending_message=message if asks else "",
        status="waiting" if outcome.handover is not None else conversation.status,
    )
