"""Web addresses for `answerdesk ingest`: ordered, watched with a progress bar, stopped by Ctrl-C."""

import re
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatbot.commands.common import in_language, interactive, note, terminal_language

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from chatbot.client import Client

Job = dict[str, Any]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_POLL_SECONDS = 0.3
_UNFINISHED = ("waiting", "running")
_SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """How much of a site is taken; `site` False takes the one page."""

    site: bool
    depth: int
    max_pages: int


def is_address(source: str) -> bool:
    """Whether a source is no path but an address, of whatever kind."""
    return _ADDRESS.match(source) is not None


def fetch_here(
    assistant: "Assistant", urls: Sequence[str], collection: str, options: SiteOptions
) -> list[Job]:
    """Fetch addresses in this process, one after the other; the jobs when they are over."""
    from chatbot.fetch_json import fetch_json
    from knowledge.web.errands import Order

    web, language = assistant.web, terminal_language()
    most = assistant.settings.fetch.max_pages
    jobs: list[Job] = []
    for url in urls:
        pages = min(options.max_pages, most)
        order = Order(url, collection, options.site, options.depth, pages)
        started = fetch_json(web.start(order), language)
        with _stopped_at_the_end(lambda key: web.wait(web.stop(key).id), started):
            jobs.append(_watched(started, lambda key: fetch_json(web.get(key), language)))
    return jobs


def fetch_there(
    client: "Client", urls: Sequence[str], collection: str, options: SiteOptions
) -> list[Job]:
    """Have the running server fetch addresses; the jobs when they are over."""
    jobs: list[Job] = []
    for url in urls:
        started = client.fetch(
            {
                "url": url,
                "collection": collection,
                "site": options.site,
                "depth": options.depth,
                "max_pages": options.max_pages,
            }
        )
        with _stopped_at_the_end(client.stop_fetch, started):
            jobs.append(_watched(started, client.fetch_job))
    return jobs


def refused(jobs: Sequence[Job]) -> list[tuple[str, str]]:
    """The addresses that did not become documents, and why."""
    found: list[tuple[str, str]] = []
    for job in jobs:
        if job["reason"]:
            found.append((str(job["url"]), str(job["reason"])))
        found.extend((str(p["url"]), str(p["reason"])) for p in job["problems"])
    return found


def tell(jobs: Sequence[Job]) -> None:
    """Say for people what became of sites: how many pages, and which could not be read."""
    for job in jobs:
        if not job["site"] or job["reason"]:
            continue
        new, same, gone = job["taken"], job["unchanged"], job["removed"]
        note(
            in_language(
                f"{job['url']}: {new} pages are new or changed, {same} are as before, {gone} are gone.",
                f"{job['url']}：新增或更新 {new} 页，未变 {same} 页，已下线 {gone} 页。",
            )
        )
        if job["left"]:
            note(
                in_language(
                    f"{job['left']} more pages were not looked at; raise --max-pages for them.",
                    f"另有 {job['left']} 页未抓取；如需抓取，请调大 --max-pages。",
                )
            )
        for problem in job["problems"][:_SHOWN_PROBLEMS]:
            note(f"answerdesk: {problem['reason']}")
        if (more := job["failed"] - _SHOWN_PROBLEMS) > 0:
            note(in_language(f"... and {more} more pages", f"……以及另外 {more} 页"))


@contextmanager
def _stopped_at_the_end(stop: Callable[[str], object], job: Job) -> Generator[None]:
    """On Ctrl-C, stop the job too: it goes on when it is asked for again."""
    try:
        yield
    except KeyboardInterrupt:
        stop(str(job["id"]))
        raise


def _watched(job: Job, look: Callable[[str], Job]) -> Job:
    """Look at a job until it is over, with a progress bar for people."""
    from tqdm import tqdm

    description = in_language("fetching pages", "正在抓取网页")
    with tqdm(disable=not interactive(), desc=description, unit="") as bar:
        while True:
            bar.total = job["found"]
            visited = ("taken", "unchanged", "removed", "skipped", "failed")
            bar.update(max(0, sum(job[name] for name in visited) - bar.n))
            if job["state"] not in _UNFINISHED:
                return job
            time.sleep(_POLL_SECONDS)
            job = look(str(job["id"]))
