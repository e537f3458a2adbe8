"""The models that AnswerDesk knows: what each is for, its files and where they come from."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from knowledge.documents import Language
from knowledge.errors import UnknownModel

Use = Literal["generator", "embedder"]
Engine = Literal["llama_cpp", "transformers", "e5", "sentence_transformers"]
_STRICT = ConfigDict(extra="forbid")

# A name becomes a path under the models folder, so it may not climb out of it.
_SAFE_PATH = Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")
_SHA256 = Field(pattern="^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model. Without `sha256` it is unpinned: see the note in `assets/models.toml`."""

    name: Annotated[str, _SAFE_PATH]
    sha256: Annotated[str, _SHA256] | None = None
    size: int | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A folder on this machine."""

    kind: Literal["local"]
    folder: Path

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Data files inside a wheel, which is unpacked and never imported.

    `platform` chooses among wheels that hold the same data for several platforms.
    """

    kind: Literal["wheel"]
    project: str
    version: str
    folder: str
    platform: str | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class HubSource:
    """A repository on the model hub; `revision` is a commit, a tag or a branch."""

    kind: Literal["hub"]
    repository: str
    revision: str
    folder: str = ""

    __pydantic_config__ = _STRICT


Source = LocalSource | WheelSource | HubSource


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of the catalogue. `files[0]` holds the weights; `default` marks what a first start needs."""

    name: Annotated[str, _SAFE_PATH]
    use: Use
    title: str
    languages: tuple[Language, ...]
    licence: str
    engine: Engine
    files: Annotated[tuple[ModelFile, ...], Field(min_length=1)]
    sources: tuple[Annotated[Source, Field(discriminator="kind")], ...]
    default: bool = False
    query_prefix: str = ""
    passage_prefix: str = ""

    __pydantic_config__ = _STRICT

    @property
    def weights(self) -> ModelFile:
        return self.files[0]

    @property
    def size(self) -> int | None:
        """Bytes of all files, or None where one is unknown."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def pinned(self) -> bool:
        """Whether the catalogue itself knows the checksum of every file."""
        return all(file.sha256 is not None for file in self.files)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All known models, in the order of the file."""

    entries: Mapping[str, ModelEntry]

    def __iter__(self) -> Iterator[ModelEntry]:
        return iter(self.entries.values())

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def entry(self, name: str) -> ModelEntry:
        """The model called `name`. Raises `UnknownModel`."""
        try:
            return self.entries[name]
        except KeyError as error:
            raise UnknownModel(model=name, known=", ".join(self.entries)) from error

    @property
    def defaults(self) -> tuple[str, ...]:
        """Names of the models that the default settings use."""
        return tuple(entry.name for entry in self if entry.default)


def load_catalogue(path: Path | None = None) -> Catalogue:
    """The catalogue in `path`, or the one that ships with AnswerDesk."""
    file = path or resources.files("assets") / "models.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    adapter = TypeAdapter(ModelEntry)
    return Catalogue(
        {name: adapter.validate_python({"name": name, **table}) for name, table in tables.items()}
    )
