"""Scripted answers within the rules of the real dialogue: ids, hand-over, what Stop leaves behind."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversation
from chatbot.handover import Handovers
from chatbot.messages import (
    Answer,
    Delivered,
    Question,
    ReplyEvent,
    TextDelta,
    TurnFinished,
)
from chatbot.turn import answered_before
from tests.e2e.scripted_chat import Script, ScriptedDialogue


@dataclass
class WidgetDialogue(ScriptedDialogue):
    """As the chat's, in the conversations of widgets. `gate`, once cleared, holds answers back."""

    handovers: Handovers = field(kw_only=True)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        before = answered_before(question, self.conversations)
        if before is not None:
            yield TurnFinished(before)
            return
        conversation = self.conversations.get(question.conversation_id or "")
        if conversation.status == "person":
            yield from self._pass_on(question, conversation)
            return
        yield from self._said(question, conversation, cancellation)

    def _said(
        self, question: Question, conversation: Conversation, cancellation: Cancellation
    ) -> Iterator[ReplyEvent]:
        said = ""
        try:
            for event in super().respond(question, cancellation):
                while not self.gate.wait(0.05) and not cancellation.cancelled:
                    pass
                if isinstance(event, TextDelta):
                    said += event.text
                yield event
        except GeneratorExit:
            if said:
                self._keep(question, conversation, Script("generate", (said,)))
            raise

    def _pass_on(self, question: Question, conversation: Conversation) -> Iterator[ReplyEvent]:
        self.asked.append(question)
        name = question.turn_id or ""
        self.handovers.pass_on(conversation.id, question.text, name)
        yield Delivered()
        language = conversation.language
        yield TurnFinished(Answer(name, conversation.id, "", language, "handover", False, 0.0))

    def _save(self, question: Question, script: Script) -> Answer:
        conversation = self.conversations.get(question.conversation_id or "")
        if script.route == "handover":
            conversation = replace(conversation, status="waiting")
        return self._keep(question, conversation, script)

    def _keep(self, question: Question, conversation: Conversation, script: Script) -> Answer:
        answer = replace(
            self.answer(script, conversation.id), turn_id=question.turn_id or "no-turn-id"
        )
        self.conversations.save(conversation, question.text, answer)
        return answer
