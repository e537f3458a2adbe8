"""`answerdesk ingest`: files, folders and ready passages into a collection."""

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatbot.commands.common import (
    AsJson,
    Collection,
    DataDir,
    in_language,
    interactive,
    note,
    opened,
    say,
    say_json,
    settings_for,
    terminal_language,
    until_ready,
)

if TYPE_CHECKING:
    from chatbot.client import Client
    from chatbot.settings import Settings

_Document = dict[str, Any]
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_POLL_SECONDS = 0.5
_UNFINISHED = {"queued", "keyword_ready", "embedding"}

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH_OR_URL...",
        help="Files, folders, or .jsonl files of ready passages. Web addresses come later.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The documents, and the files that were not taken with why."""

    documents: list[_Document]
    refused: list[tuple[str, str]]


def ingest(
    sources: Sources,
    *,
    collection: Collection = "default",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Take documents in, and wait until they can be found.

    The same file again replaces what it held. Stopped halfway, what has arrived is kept
    and finished by the next start.
    """
    from chatbot.local_server import find_server

    paths = _local(sources)
    settings = settings_for(data_dir)
    server = find_server(settings.data_dir)
    try:
        if server is not None:
            from chatbot.client import Client

            with Client(server, terminal_language()) as client:
                outcome = _ingest_there(client, paths, collection)
        else:
            outcome = _ingest_here(settings, paths, collection)
    except KeyboardInterrupt:
        note(
            in_language(
                "What has arrived is kept; run the same command again to go on.",
                "已导入的内容会保留；请再次运行同一命令继续。",
            )
        )
        raise
    _report(outcome, as_json=as_json)


def _local(sources: Sequence[str]) -> list[Path]:
    from chatbot.errors import PathNotFound, WebAddressRefused

    for source in sources:
        if _ADDRESS.match(source):
            raise WebAddressRefused(address=source)
    paths = [Path(source) for source in sources]
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise PathNotFound(path=missing[0])
    return paths


def _ingest_here(settings: "Settings", paths: Sequence[Path], collection: str) -> _Outcome:
    from chatbot.serialise import document_json

    language = terminal_language()
    with opened(settings) as assistant:
        library = assistant.library
        with _reading() as bar:
            intake = library.add_paths(paths, collection, on_file=bar)
        until_ready(library)
        added = {record.id for record in intake.documents}
        documents = [document_json(r, language) for r in library.list() if r.id in added]
    refused = [(name, error.text(language)) for name, error in intake.unreadable]
    return _Outcome(documents, refused)


def _ingest_there(client: "Client", paths: Sequence[Path], collection: str) -> _Outcome:
    from chatbot.client import RemoteProblem
    from knowledge.intake import find_files

    outcome = _Outcome([], [])
    with _reading() as bar:
        for file in find_files(paths):
            bar(file.name)
            try:
                outcome.documents.extend(client.upload(file, collection))
            except RemoteProblem as error:
                outcome.refused.append((file.name, error.text(terminal_language())))
    return _Outcome(list(_finished(client, outcome.documents)), outcome.refused)


@contextmanager
def _reading() -> "Generator[Callable[[str], None]]":
    """A counter of files, for people."""
    from tqdm import tqdm

    description = in_language("reading files", "正在读取文件")
    with tqdm(disable=not interactive(), unit="", desc=description) as bar:

        def show(name: str) -> None:
            bar.set_postfix_str(name[-40:], refresh=False)
            bar.update()

        yield show


def _finished(client: "Client", documents: Sequence[_Document]) -> Iterator[_Document]:
    from tqdm import tqdm

    for document in tqdm(documents, disable=not interactive()):
        current = document
        while current["state"] in _UNFINISHED:
            time.sleep(_POLL_SECONDS)
            current = client.document(str(document["id"]))
        yield current


def _report(outcome: _Outcome, *, as_json: bool) -> None:
    documents = outcome.documents
    failed = [(str(d["name"]), str(d["reason"])) for d in documents if d["state"] == "failed"]
    failed = [*outcome.refused, *failed]
    if as_json:
        refused = [{"name": name, "reason": reason} for name, reason in outcome.refused]
        say_json({"documents": documents, "unreadable": refused})
    else:
        ready = sum(document["state"] == "ready" for document in documents)
        passages = sum(int(document["total"]) for document in documents)
        say(
            in_language(
                f"{ready} documents with {passages} passages are ready.",
                f"{ready} 个文档、{passages} 个段落已就绪。",
            )
        )
        for document in documents:
            for warning in document["warnings"]:
                note(f"{document['name']}: {warning}")
    for name, reason in failed:
        note(f"answerdesk: {reason}" if name in reason else f"answerdesk: {name}: {reason}")
    if failed:
        raise typer.Exit(1)
