"""Any OpenAI client talks to a running AnswerDesk: only its address and its key change.

    export OPENAI_BASE_URL=http://127.0.0.1:7860/v1 OPENAI_API_KEY=...
    python assets/examples/openai_client.py "How long is the warranty of the K3?"

The key is made by `answerdesk users key NAME`.
"""

import sys

from openai import OpenAI


def main(question: str) -> None:
    """Stream the answer to `question`, then list its sources and the tokens it took."""
    with OpenAI() as client:
        chunks = client.chat.completions.create(
            model="answerdesk",
            messages=[{"role": "user", "content": question}],
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in chunks:
            for choice in chunk.choices:
                print(choice.delta.content or "", end="", flush=True)
                for citation in getattr(choice.delta, "citations", []):
                    print(f"\n[{citation['number']}] {citation['title']}: {citation['quote']}")
            if chunk.usage is not None:
                print(f"{chunk.usage.total_tokens} tokens")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "How long is the warranty of the K3?")
