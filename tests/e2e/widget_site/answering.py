"""Scripted answers within the rules of the real dialogue: their ids, and what Stop leaves behind."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chatbot.cancellation import Cancellation
from chatbot.messages import Answer, Question, ReplyEvent, TextDelta, TurnFinished
from chatbot.turn import happened_before
from tests.e2e.scripted_chat import Script, ScriptedDialogue


@dataclass
class WidgetDialogue(ScriptedDialogue):
    """As the chat's, in the conversations of widgets. `gate`, once cleared, holds answers back."""

    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        before = happened_before(question, self.conversations)
        if before:
            yield from before
            return
        said = ""
        try:
            for event in super().respond(question, cancellation):
                while not self.gate.wait(0.05) and not cancellation.cancelled:
                    pass
                if isinstance(event, TextDelta):
                    said += event.text
                elif isinstance(event, TurnFinished):
                    said = ""  # saved
                yield event
        finally:
            if said and cancellation.cancelled:
                self._save(question, Script("generate", (said,)))

    def _save(self, question: Question, script: Script) -> Answer:
        conversation = self.conversations.get(question.conversation_id or "")
        if script.route == "handover":
            conversation = replace(conversation, status="waiting")
        answer = self.answer(script, conversation.id)
        answer = replace(answer, turn_id=question.turn_id or answer.turn_id)
        self.conversations.save(conversation, question.text, answer)
        return answer
