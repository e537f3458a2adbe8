"""A prompt as chat messages that every engine's template takes."""

import re

from chatbot.generators import Prompt

# Marks by which the common chat templates (ChatML, Llama, Gemma, Mistral, DeepSeek) tell who
# speaks. Engines parse them wherever they stand, so a document or a visitor could play the system.
_CONTROL = re.compile(
    r"<(?=[|｜][^<>\n]{1,40}[|｜]>|/?(?:start|end)_of_turn>|/?s>|/?SYS>|<SYS>>|bos>|eos>|/?think>)"
    r"|\[(?=/?INST\])",
    re.IGNORECASE,
)


def defused(text: str) -> str:
    """`text` in which no mark of a chat template is left: `<|im_end|>` becomes `< |im_end|>`."""
    return _CONTROL.sub(r"\g<0> ", text)


def chat_messages(prompt: Prompt) -> list[dict[str, str]]:
    """The messages in OpenAI's shape, the system's first, all defused."""
    system = [{"role": "system", "content": defused(prompt.system)}] if prompt.system else []
    said = [{"role": message.role, "content": defused(message.text)} for message in prompt.messages]
    return system + said
