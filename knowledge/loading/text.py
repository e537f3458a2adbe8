"""Plain text files."""

from knowledge.documents import LoadedText
from knowledge.loading.blocks import TextBlocks
from knowledge.loading.source import MAX_PLAIN_CHARACTERS, file_stem, read_text


def load(name: str, data: bytes) -> LoadedText:
    """The text of a `.txt` file; its title is the file's name."""
    text, warnings = read_text(name, data, limit=MAX_PLAIN_CHARACTERS)
    blocks = TextBlocks()
    blocks.add("\n".join(line.rstrip() for line in text.split("\n")))
    return blocks.loaded(file_stem(name), warnings)
