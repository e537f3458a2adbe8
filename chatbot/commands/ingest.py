"""`answerdesk ingest`: files, folders, ready passages and web addresses into a collection."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    until_swapped,
)
from chatbot.commands.fetching import (
    Job,
    SiteOptions,
    fetch_here,
    fetch_there,
    is_address,
    refused,
    tell,
)

if TYPE_CHECKING:
    from chatbot.client import Client
    from chatbot.settings import Settings

_Document = dict[str, Any]
_POLL_SECONDS = 0.5
_UNFINISHED = {"queued", "keyword_ready", "embedding"}

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH_OR_URL...",
        help="Files, folders, .jsonl files of ready passages, or web addresses.",
    ),
]


Site = Annotated[bool, typer.Option("--site", help="Take all pages at and below the web address.")]
Depth = Annotated[
    int, typer.Option("--depth", min=0, max=20, help="How many links away, with --site.")
]
MaxPages = Annotated[int, typer.Option("--max-pages", min=1, help="Pages at most, with --site.")]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be taken in, and where it goes."""

    paths: list[Path]
    urls: list[str]
    collection: str
    options: SiteOptions


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The documents, the files that were not taken with why, and what was fetched."""

    documents: list[_Document]
    refused: list[tuple[str, str]]
    jobs: list[Job] = field(default_factory=list[Job])


def ingest(
    sources: Sources,
    *,
    collection: Collection = "default",
    site: Site = False,
    depth: Depth = 3,
    max_pages: MaxPages = 500,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Take documents in, and wait until they can be found.

    The same file or web address again replaces what it held. Stopped halfway, what has arrived
    is kept; files are finished by the next start, a site by the same command.
    """
    from chatbot.local_server import find_server

    wanted = _wanted(sources, collection, SiteOptions(site, depth, max_pages))
    settings = settings_for(data_dir)
    server = find_server(settings.data_dir)
    try:
        if server is not None:
            from chatbot.client import Client

            with Client(server, terminal_language()) as client:
                outcome = _ingest_there(client, wanted)
        else:
            outcome = _ingest_here(settings, wanted)
    except KeyboardInterrupt:
        note(
            in_language(
                "What has arrived is kept; run the same command again to go on.",
                "已导入的内容会保留；请再次运行同一命令继续。",
            )
        )
        raise
    _report(outcome, as_json=as_json)


def _wanted(sources: Sequence[str], collection: str, options: SiteOptions) -> _Wanted:
    """The sources, told apart. Raises `PathNotFound` and `AddressRefused` before any work is done."""
    from chatbot.errors import PathNotFound

    paths = [Path(source) for source in sources if not is_address(source)]
    urls = [source for source in sources if is_address(source)]
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise PathNotFound(path=missing[0])
    if urls:
        from knowledge.fetching import check_form

        for url in urls:
            check_form(url)
    return _Wanted(paths, urls, collection, options)


def _ingest_here(settings: "Settings", wanted: _Wanted) -> _Outcome:
    from chatbot.serialise import document_json

    language = terminal_language()
    with opened(settings) as assistant:
        library = assistant.library
        with _reading() as bar:
            intake = library.add_paths(wanted.paths, wanted.collection, on_file=bar)
        jobs = fetch_here(assistant, wanted.urls, wanted.collection, wanted.options)
        until_ready(library)
        until_swapped(library)
        added = {record.id for record in intake.documents} | _ids(jobs)
        documents = [document_json(r, language) for r in library.list() if r.id in added]
    unreadable = [(name, error.text(language)) for name, error in intake.unreadable]
    return _Outcome(documents, unreadable, jobs)


def _ingest_there(client: "Client", wanted: _Wanted) -> _Outcome:
    from chatbot.client import RemoteProblem
    from knowledge.intake import find_files

    outcome = _Outcome([], [])
    with _reading() as bar:
        for file in find_files(wanted.paths):
            bar(file.name)
            try:
                outcome.documents.extend(client.upload(file, wanted.collection))
            except RemoteProblem as error:
                outcome.refused.append((file.name, error.text(terminal_language())))
    jobs = fetch_there(client, wanted.urls, wanted.collection, wanted.options)
    fetched = [document for key in sorted(_ids(jobs)) for document in _there(client, key)]
    documents = list(_finished(client, [*outcome.documents, *fetched]))
    return _Outcome(documents, outcome.refused, jobs)


def _there(client: "Client", document_id: str) -> list[_Document]:
    """A document that was fetched; none where somebody has deleted it since."""
    from chatbot.client import RemoteProblem

    try:
        return [client.document(document_id)]
    except RemoteProblem:
        return []


def _ids(jobs: Sequence[Job]) -> set[str]:
    return {str(key) for job in jobs for key in job["documents"]}


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
    # A site with a page that leads nowhere was taken in; an address that could not be read was not.
    unreachable = [(str(job["url"]), str(job["reason"])) for job in outcome.jobs if job["reason"]]
    failed = [*outcome.refused, *unreachable, *failed]
    if as_json:
        unread = [*outcome.refused, *refused(outcome.jobs)]
        unreadable = [{"name": name, "reason": reason} for name, reason in unread]
        say_json({"documents": documents, "unreadable": unreadable})
    else:
        _say_counts(documents)
        tell(outcome.jobs)
    for name, reason in failed:
        note(f"answerdesk: {reason}" if name in reason else f"answerdesk: {name}: {reason}")
    if failed:
        raise typer.Exit(1)


def _say_counts(documents: Sequence[_Document]) -> None:
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
