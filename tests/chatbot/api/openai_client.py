"""OpenAI's client of a served desk."""

import openai
from openai.types.chat import ChatCompletion


def ask(client: openai.OpenAI, **changes: object) -> ChatCompletion:
    body = {"model": "answerdesk", "messages": [{"role": "user", "content": "How long?"}]}
    return client.chat.completions.create(**{**body, **changes})  # pyright: ignore[reportCallIssue,reportArgumentType,reportUnknownVariableType] -- the overloads want each name spelled out
