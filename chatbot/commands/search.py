"""`answerdesk search`: the passages a question would be answered from."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatbot.commands.common import (
    AsJson,
    Collection,
    DataDir,
    check_output,
    counted,
    in_language,
    note,
    opened,
    say,
    say_json,
    settings_for,
    terminal_language,
    until_ready,
)

if TYPE_CHECKING:
    from chatbot.settings import Settings

_Hit = dict[str, Any]
_SHOWN_CHARACTERS = 300

Query = Annotated[str | None, typer.Argument(metavar="QUERY", help="What to look for.")]
Count = Annotated[int, typer.Option("--k", min=1, max=100, metavar="K", help="Hits at most.")]
Input = Annotated[
    Path | None,
    typer.Option("--input", metavar="QUERIES.jsonl", help='Many queries: {"id", "query"} a line.'),
]
Output = Annotated[
    Path | None, typer.Option("--output", metavar="OUT.jsonl", help="Where their hits go.")
]


def search(
    query: Query = None,
    *,
    k: Count = 10,
    source: Input = None,
    output: Output = None,
    collection: Collection = "default",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Find passages, best first: for one QUERY, or for a file of them."""
    settings = settings_for(data_dir)
    match query, source, output:
        case str(), None, None:
            _search_one(settings, query, k, collection, as_json=as_json)
        case None, Path(), Path():
            _search_many(settings, source, output, k, collection)
        case _:
            raise typer.BadParameter(
                in_language(
                    "give either a QUERY, or both --input and --output",
                    "请给出 QUERY，或同时给出 --input 和 --output",
                )
            )


def _search_one(
    settings: "Settings", query: str, k: int, collection: str, *, as_json: bool
) -> None:
    from chatbot.guard import admit
    from chatbot.local_server import find_server

    text = admit(query, settings.answers.max_question_characters)
    server = find_server(settings.data_dir)
    if server is not None:
        from chatbot.client import Client

        with Client(server, terminal_language()) as client:
            hits = client.search(text, k, collection)
    else:
        hits = _search_here(settings, text, k, collection)
    if as_json:
        say_json({"hits": hits})
    else:
        _show(hits)


def _search_here(settings: "Settings", query: str, k: int, collection: str) -> list[_Hit]:
    from chatbot.serialise import hits_json
    from knowledge.errors import DataFolderInUse

    try:
        with opened(settings) as assistant:
            return hits_json(assistant.retriever.search(query, collection, k))
    except DataFolderInUse:
        from chatbot.keyword_only import search_by_keyword

        database = settings.database_file
        found = search_by_keyword(settings.data_dir, database, query, collection, k)
        if found is None:
            raise
        note(
            in_language(
                "Another process is using the data folder: these are keyword matches only.",
                "另一个进程正在使用数据文件夹：以下仅为关键词匹配结果。",
            )
        )
        return hits_json(found)


def _search_many(settings: "Settings", source: Path, output: Path, k: int, collection: str) -> None:
    from chatbot.batch import read_queries, search_all

    check_output(output, source)
    lines = read_queries(source, settings.answers.max_question_characters)
    with (
        opened(settings) as assistant,
        output.open("w", encoding="utf-8") as file,
        counted(len(lines)) as progress,
    ):
        until_ready(assistant.library)
        retriever = assistant.retriever
        search_all(
            lines,
            lambda line: retriever.search(
                line.query, collection, k, line.said_before, line.answered_before
            ),
            file,
            progress,
        )


def _show(hits: Sequence[_Hit]) -> None:
    if not hits:
        say(in_language("Nothing was found.", "没有找到相关内容。"))
    for number, hit in enumerate(hits, start=1):
        headings = [part for part in hit["position"]["headings"] if part != hit["title"]]
        path = " > ".join([hit["title"] or hit["document"], *headings])
        text = " ".join(str(hit["text"]).split())
        cut = text[:_SHOWN_CHARACTERS] + ("…" if len(text) > _SHOWN_CHARACTERS else "")
        say(f"{number}. {path}  ({hit['document']}, {hit['score']:.3f})\n   {cut}")
