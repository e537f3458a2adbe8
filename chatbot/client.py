"""Talks to the server that owns the data folder, for the commands that cannot open it themselves."""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from chatbot.errors import AnswerDeskError, ServerUnreachable
from chatbot.local_server import LocalServer
from chatbot.messages import Mode
from knowledge.documents import Language
from knowledge.intake import FoundFile

# Between two signs of life; the server sends a heartbeat every 10 s.
_TIMEOUT = httpx.Timeout(10, read=60)

Json = dict[str, Any]


class RemoteProblem(AnswerDeskError):
    """What the server refused, in its words, which are in the language asked for."""

    code = "remote_problem"
    en = "{detail}"
    zh = "{detail}"


class Client:
    """A server, as the local token lets us use it. Close it, or use it in a `with` block."""

    def __init__(self, server: LocalServer, language: Language) -> None:
        self._url = server.url
        self._http = httpx.Client(
            base_url=server.url,
            headers={
                "Authorization": f"Bearer {server.token}",
                "Accept-Language": language.value,
            },
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, message: str, mode: Mode | None, collection: str) -> Iterator[tuple[str, Json]]:
        """The name and the data of each event of one turn, `finished` last."""
        body = {"message": message, "collection": collection, **({"mode": mode} if mode else {})}
        headers = {"Accept": "text/event-stream"}
        with (
            self._speaking(),
            self._http.stream("POST", "/api/v1/chat", json=body, headers=headers) as response,
        ):
            _check(response)
            for name, data in _events(response.iter_lines()):
                if name == "error":
                    raise RemoteProblem(detail=data["detail"])
                yield name, data

    def search(
        self, query: str, k: int, collection: str, history: Sequence[str] = ()
    ) -> list[Json]:
        """Hits, best first."""
        body = {"query": query, "k": k, "collection": collection, "history": list(history)}
        return self._call("POST", "/api/v1/search", json=body)["hits"]

    def upload(self, found: FoundFile, collection: str) -> list[Json]:
        """The documents that a file became, in their first state; its path is their source."""
        with found.path.open("rb") as file:
            return self._call(
                "POST",
                "/api/v1/documents",
                files={"file": (found.name, file)},
                data={"collection": collection, "source": str(found.path)},
            )["documents"]

    def fetch(self, order: Mapping[str, object]) -> Json:
        """Order a page or a site of the web; the job as it begins."""
        return self._call("POST", "/api/v1/documents/fetch", json=dict(order))

    def fetch_job(self, job_id: str) -> Json:
        """A job as it is now."""
        return self._call("GET", f"/api/v1/documents/fetch/{job_id}")

    def stop_fetch(self, job_id: str) -> None:
        """Stop a job."""
        with self._speaking():
            _check(self._http.delete(f"/api/v1/documents/fetch/{job_id}"))

    def document(self, document_id: str) -> Json:
        """One document as it is now."""
        return self._call("GET", f"/api/v1/documents/{document_id}")

    def import_answers(self, name: str, data: bytes, collection: str) -> tuple[int, int]:
        """How many curated answers of a CSV file are new, and how many took the place of one."""
        fields = {"collection": collection}
        files = {"file": (name, data)}
        taken = self._call("POST", "/api/v1/curated/import", files=files, data=fields)
        return int(taken["added"]), int(taken["replaced"])

    def export_answers(self, collection: str | None) -> bytes:
        """The curated answers as a CSV file."""
        wanted = {} if collection is None else {"collection": collection}
        with self._speaking():
            response = self._http.get("/api/v1/curated/export", params=wanted)
            _check(response)
            return response.content

    def _call(self, method: str, path: str, **options: Any) -> Json:
        with self._speaking():
            response = self._http.request(method, path, **options)
            _check(response)
            return response.json()

    @contextmanager
    def _speaking(self) -> Generator[None]:
        try:
            yield
        except (httpx.HTTPError, ValueError) as error:
            raise ServerUnreachable(url=self._url, reason=error) from error


def _check(response: httpx.Response) -> None:
    if response.is_success:
        return
    response.read()
    try:
        problem: Mapping[str, Any] = response.json()
        detail = str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"HTTP {response.status_code}"
    raise RemoteProblem(detail=detail)


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Json]]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
