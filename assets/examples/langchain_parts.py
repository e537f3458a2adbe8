"""AnswerDesk inside a LangChain program: its search as a retriever, its answers as a Runnable.

    python assets/examples/langchain_parts.py "How long is the warranty of the K3?"

It opens the data folder itself (.answerdesk, or ANSWERDESK_DATA_DIR), which only one process may
do at a time: stop the server first. To reach a running server, see openai_client.py.
"""

import sys

from langchain_core.runnables import Runnable

from chatbot.assistant import open_assistant
from chatbot.langchain import AnswerDeskRetriever, answer_runnable
from chatbot.settings import load_settings


def main(question: str) -> None:
    """Show what is found for `question`, then the answer as it comes, then a chain with it."""
    with open_assistant(load_settings()) as assistant:
        assistant.library.wait(300)  # on the very first start, until the samples are read

        retriever = AnswerDeskRetriever(search=assistant.retriever, top_k=3)
        for document in retriever.invoke(question):
            print(f"found: {document.metadata['title']}: {document.page_content[:60]!r}")

        answers = answer_runnable(assistant)
        for piece in answers.stream(question):
            print(piece["answer"], end="", flush=True)
            for citation in piece.get("citations", []):
                print(f"\n[{citation['number']}] {citation['title']}: {citation['quote']}")

        shout: Runnable[str, str] = answers.pick("answer") | str.upper
        print(shout.invoke(question))


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "How long is the warranty of the K3?")
