"""How AnswerDesk talks: the dialogue manager, generators, conversations, API and CLI."""

__version__ = "0.1.0"
