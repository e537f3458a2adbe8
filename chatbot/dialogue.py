"""The dialogue manager: the sequence of one turn."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from chatbot.answering import Answering, Draft, Material
from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversations
from chatbot.explaining import (
    curated_shown,
    found_shown,
    gate_shown,
    nearest_topics,
    reading_shown,
    rules_shown,
    understood_shown,
    why,
)
from chatbot.fusion import (
    AskBack,
    Decision,
    GeneratorState,
    HandOver,
    Refuse,
    Situation,
    asks_for_synthesis,
    decide,
)
from chatbot.handover import Handovers
from chatbot.messages import (
    Answer,
    Delivered,
    HandedOver,
    Question,
    ReplyEvent,
    TextDelta,
    TurnFinished,
    Working,
)
from chatbot.phrases import phrase
from chatbot.ruling import Ruling, apply_rules
from chatbot.turn import Turn, TurnLimits, begin, happened_before
from chatbot.understanding import Understanding, Understood
from knowledge.curated.matcher import CuratedMatcher
from knowledge.curated.model import Near
from knowledge.documents import Language
from knowledge.reader import Reader
from knowledge.reading import Reading
from knowledge.retrieval import Retriever
from knowledge.rules.book import RuleBook

Stage = Iterator[ReplyEvent]

# Ways to ask for curated answers that the trace names.
WAYS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class DialogueManager:
    """Answers questions. Holds no state of any turn; safe to use from many threads."""

    understanding: Understanding
    rules: RuleBook
    retriever: Retriever
    reader: Reader
    answering: Answering
    conversations: Conversations
    handovers: Handovers
    limits: TurnLimits
    clock: Callable[[], datetime]
    curated: CuratedMatcher
    # Held while a turn computes: many that compute at once only slow down one another and the
    # server's event loop.
    thinking: AbstractContextManager[object] = field(default_factory=nullcontext[None])

    def respond(self, question: Question, cancellation: Cancellation) -> Stage:
        """The events of one turn, `TurnFinished` last, after the turn is saved.

        Raises `EmptyQuestion`, `QuestionTooLong`, `UnreadableQuestion` or
        `ConversationNotFound` at once. A caller that closes the iterator early leaves a
        turn that is saved as far as it was said.
        """
        before = happened_before(question, self.conversations)
        if before:
            return iter(before)
        return self._run(begin(question, self.conversations, self.limits), cancellation)

    def _run(self, turn: Turn, cancellation: Cancellation) -> Stage:
        if turn.conversation.status == "person" and turn.question.keep:
            message = self._pass_on(turn)
            if message is not None:
                yield Delivered()
                yield TurnFinished(turn.passed_on(message))
                return
        try:
            for event in self._stages(turn, cancellation):
                if isinstance(event, TextDelta):
                    turn.first_token_ms = turn.first_token_ms or turn.trace.elapsed_ms
                    turn.said += event.text
                yield event
        except GeneratorExit:
            cancellation.cancel()
            if turn.said:
                self._save(turn)
            raise
        yield TurnFinished(self._save(turn))

    def _pass_on(self, turn: Turn) -> str | None:
        name = turn.question.turn_id or ""
        return self.handovers.pass_on(turn.conversation.id, turn.text, name)

    def _stages(self, turn: Turn, cancellation: Cancellation) -> Stage:
        rules = self.rules.current()
        with self.thinking:
            understood = self.understanding.read(
                turn.text,
                history=turn.asked_before,
                answered=turn.answered_before,
                language=turn.language,
                examples=rules.intents,
            )
        yield turn.trace.step("understand", *understood_shown(understood))
        earlier = turn.asked_before[-1] if turn.history else ""
        with self.thinking:
            ruling = apply_rules(rules, turn.conversation, understood, self.clock(), earlier)
        turn.conversation = ruling.conversation
        turn.rules = tuple(firing.rule_id for firing in ruling.outcome.fired)
        yield turn.trace.step("rules", *rules_shown(ruling.outcome))
        turn.curated = yield from self._look_for_curated(turn, ruling)
        reading = yield from self._look_up(turn, understood, ruling)
        situation = self._situation(turn, understood, ruling, reading)
        decision = decide(situation)
        reason = why(decision, situation, turn.language, self._generator_name())
        yield turn.trace.step("decide", reason, {"decision": type(decision).__name__})
        yield from self._carry_out(turn, decision, ruling, reading, cancellation)

    def _look_for_curated(
        self, turn: Turn, ruling: Ruling
    ) -> Generator[ReplyEvent, None, Near | None]:
        """The answer that a person wrote for this question, as typed: a rule comes before it.

        Passages that came with the question stand for all that is known, curated answers included.
        """
        if ruling.decides or turn.question.passages is not None:
            return None
        with self.thinking:
            near = self.curated.nearest(turn.text, turn.question.collection, WAYS_SHOWN)
        if near:
            yield turn.trace.step("curated", *curated_shown(near, turn.language))
        return near[0] if near and near[0].matches else None

    def _look_up(
        self, turn: Turn, understood: Understood, ruling: Ruling
    ) -> Generator[ReplyEvent, None, Reading]:
        """Retrieve and read, unless the rules suffice: the cheapest route first.

        A curated answer suffices in every mode.
        """
        if turn.curated is not None:
            turn.answerability = 1.0  # a person vouches for it
            return Reading()
        if ruling.decides and turn.mode == "mixed":
            yield turn.trace.step("retrieve", phrase("why_not_retrieved", turn.language))
            return Reading()
        yield Working("searching")
        given = turn.question.passages
        pool = (
            self.retriever.pool(turn.question.collection)
            if given is None
            else self.retriever.given(given)
        )
        with self.thinking:
            reworded = self.retriever.reword(understood.query, pool)
            ranked = self.retriever.search_pool(pool, reworded.query, self.limits.top_k)
        yield turn.trace.step("retrieve", *found_shown(reworded, ranked))
        yield Working("checking")
        with self.thinking:
            reading = self.reader.read(reworded.query, ranked, pool)
        turn.answerability = reading.answerability
        turn.suggestions = nearest_topics(ranked, turn.language)
        yield turn.trace.step("read", *reading_shown(reading, turn.language))
        return reading

    def _situation(
        self, turn: Turn, understood: Understood, ruling: Ruling, reading: Reading
    ) -> Situation:
        return Situation(
            mode=turn.mode,
            rules=ruling.verdict,
            answerability=reading.answerability,
            refuse_below=self.limits.refuse_below,
            generator=self._generator_state(turn.language, suspicious=understood.suspicious),
            spread=asks_for_synthesis(turn.text),
            refused_before=turn.conversation.refusals > 0 and turn.conversation.status == "bot",
            curated=turn.curated.question if turn.curated else None,
        )

    def _generator_state(self, language: Language, *, suspicious: bool) -> GeneratorState:
        generator = self.answering.generator
        if generator is None or suspicious:
            return "absent"
        return "ready" if language in generator.languages else "wrong_language"

    def _generator_name(self) -> str:
        generator = self.answering.generator
        return generator.name if generator is not None else ""

    def _carry_out(
        self,
        turn: Turn,
        decision: Decision,
        ruling: Ruling,
        reading: Reading,
        cancellation: Cancellation,
    ) -> Stage:
        material = _material(turn, ruling, reading)
        match decision:
            case HandOver(rule):
                yield from self._hand_over(turn, ruling, rule)
            case AskBack():
                question = ruling.outcome.ask.question if ruling.outcome.ask else None
                yield TextDelta(ruling.text(question, turn.language))
                turn.draft = Draft("clarify")
            case Refuse():
                yield TextDelta(phrase("refuse", turn.language))
                turn.draft = Draft("refuse")
            case _:
                turn.draft = yield from self.answering.write(decision, material, cancellation)
        yield turn.trace.step("answer", turn.draft.note, gate_shown(turn.draft))

    def _hand_over(self, turn: Turn, ruling: Ruling, rule: str | None) -> Stage:
        if rule is None:
            turn.unanswered = True
            turn.conversation = replace(turn.conversation, status="waiting")
        reply = ruling.text(ruling.outcome.reply, turn.language) if rule else ""
        own_words = "handover" if rule else "refuse_again"
        yield TextDelta(reply or phrase(own_words, turn.language))
        yield HandedOver(ruling.text(ruling.outcome.handover, turn.language) if rule else "refused")
        turn.draft = Draft("handover")

    def _save(self, turn: Turn) -> Answer:
        answer = turn.answer()
        if turn.conversation.id and turn.question.keep:
            self.conversations.save(turn.conversation, turn.text, answer)
        return answer


def _material(turn: Turn, ruling: Ruling, reading: Reading) -> Material:
    outcome = ruling.outcome
    verdict = ruling.verdict
    return Material(
        question=turn.text,
        language=turn.language,
        reading=reading,
        rule=verdict.reply or verdict.evidence,
        rule_reply=ruling.text(outcome.reply, turn.language),
        rule_facts=tuple(ruling.text(e.texts, turn.language) for e in outcome.evidence),
        curated=turn.curated.answer if turn.curated else None,
    )
