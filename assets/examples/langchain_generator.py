"""Any chat model of LangChain phrases AnswerDesk's answers, checked sentence by sentence as ever.

    python assets/examples/langchain_generator.py ollama:qwen3 "Compare the K1 and the K3."

Without code the same is a setting: engine = "langchain" and model = "ollama:qwen3" under
[generator] in answerdesk.toml. A model that you build yourself needs the lines below. The
package of the provider must be installed, here langchain-ollama. Stop the server first.
"""

import sys

from langchain.chat_models import init_chat_model

from chatbot.assistant import open_assistant
from chatbot.generators import ModelCard
from chatbot.generators.langchain import LangChainGenerator
from chatbot.langchain import answer_runnable
from chatbot.settings import load_settings


def main(name: str, question: str) -> None:
    """Let the model `name` answer `question` from the documents."""
    model = init_chat_model(name, temperature=0)  # or any BaseChatModel
    generator = LangChainGenerator(model, ModelCard(name))
    with open_assistant(load_settings(), generator=generator) as assistant:
        assistant.library.wait(300)  # on the very first start, until the samples are read
        # `serial` has it phrase every answer; `mixed` asks it only where a quote will not do.
        reply = answer_runnable(assistant).invoke({"question": question, "mode": "serial"})
        print(reply["answer"])
        print(f"route: {reply['route']}, asked the model: {reply['generator_called']}")


if __name__ == "__main__":
    main(sys.argv[1], " ".join(sys.argv[2:]))
