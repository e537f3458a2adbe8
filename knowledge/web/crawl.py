"""Fetches what an errand names, address by address."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urljoin

from knowledge.errors import AnswerDeskError
from knowledge.fetching import FetchFailed, Reply
from knowledge.web.addresses import Scope
from knowledge.web.discovery import pages_of_sitemaps
from knowledge.web.errands import Errand, KnownPage, Waiting
from knowledge.web.errors import LeadsElsewhere, PageNotFound
from knowledge.web.intake import PageIntake
from knowledge.web.pages import Page, page_of
from knowledge.web.visits import Stopped, Validators, Visitor

# After so many addresses in a row without an answer, the site is taken to be down.
_PATIENCE: Final = 5
_SAVE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told: `note` after each step, `save` when the errand may be kept."""

    note: Callable[[], None]
    save: Callable[[], None]


class Crawl:
    """One run over an errand, from where it stopped."""

    def __init__(
        self,
        errand: Errand,
        visitor: Visitor,
        intake: PageIntake,
        stopping: threading.Event,
        ears: Ears,
    ) -> None:
        self._errand = errand
        self._visitor = visitor
        self._intake = intake
        self._stopping = stopping
        self._ears = ears
        self._saved_at = 0.0
        self._unanswered = 0
        self._known = {waiting.url for waiting in errand.waiting} | errand.done

    def run(self) -> None:
        """Go on to the end.

        Raises `Stopped`, the error of the first address, or that of a site that answers no more.
        """
        errand = self._errand
        try:
            if not errand.is_begun:
                self._begin()
            while errand.waiting and len(errand.done) < self._limit:
                if self._stopping.is_set():
                    raise Stopped
                self._visit(errand.waiting[0])
        except Stopped:
            self._intake.put_back()
            raise
        except AnswerDeskError:
            self._intake.settle()
            raise
        self._intake.settle()
        errand.counts = replace(errand.counts, left=len(errand.waiting))

    @property
    def _limit(self) -> int:
        return self._errand.order.max_pages if self._errand.order.site else 1

    def _begin(self) -> None:
        """Visit the first address, and find out what else there is."""
        errand, start = self._errand, self._errand.order.url
        url, reply = self._visitor.visit(start, self._intake.validators)
        page = self._page(reply, url, start)
        errand.scope = Scope.of(url)
        errand.done.update((start, url))
        self._known.update((start, url))
        if errand.order.site:
            listed = pages_of_sitemaps(self._visitor, errand.scope, url)
            # A sitemap that names nothing but the front page says nothing.
            errand.follows_links = all(address == url for address in listed)
            for address in listed:
                self._enqueue(address, 1)
        self._settle(page, reply, 0)
        if errand.order.site:
            for address, known in sorted(errand.pages.items(), key=lambda item: item[1].depth):
                self._enqueue(address, known.depth)
        errand.is_begun = True
        self._step()

    def _visit(self, waiting: Waiting) -> None:
        """Visit an address. What is wrong with it is noted, and the next one comes."""
        errand = self._errand
        scope = errand.scope or Scope.of(errand.order.url)
        try:
            url, reply = self._visitor.visit(waiting.url, self._intake.validators, scope.holds)
            self._unanswered = 0
            if url != waiting.url and url in errand.done:
                self._intake.count(skipped=1)
            else:
                self._settle(self._page(reply, url, waiting.url), reply, waiting.depth)
            errand.done.add(url)
        except LeadsElsewhere:
            self._intake.count(skipped=1)
        except PageNotFound as error:
            if not self._intake.remove(waiting.url):
                self._intake.trouble(waiting.url, error)
        except AnswerDeskError as error:
            self._intake.trouble(waiting.url, error)
            self._bear(error)
        if errand.waiting and errand.waiting[0] == waiting:
            errand.waiting.popleft()
        errand.done.add(waiting.url)
        self._step()

    def _bear(self, error: AnswerDeskError) -> None:
        """Raises `error` when it is one too many."""
        self._unanswered = self._unanswered + 1 if isinstance(error, FetchFailed) else 0
        if self._unanswered >= _PATIENCE:
            raise error

    def _page(self, reply: Reply, url: str, asked: str) -> Page | None:
        """What came; None where it is as it was. Raises a `PageError`."""
        if reply.status == 304:
            return None
        return page_of(reply, url, asked, self._visitor.manners.max_bytes)

    def _settle(self, page: Page | None, reply: Reply, depth: int) -> None:
        if page is None:
            self._intake.count(unchanged=1)
            return
        if page.markup is not None and self._errand.follows_links:
            self._follow(page, depth)
        known = KnownPage("", depth, validators=Validators.of(reply))
        self._intake.take(page, self._identity(page), known)

    def _identity(self, page: Page) -> str:
        """The address that the page says is its own, unless another page is known to be there."""
        scope = self._errand.scope
        if not self._errand.order.site or scope is None:
            return page.url
        if page.markup is None or not page.markup.canonical:
            return page.url
        named = scope.page(page.markup.canonical, page.url)
        is_free = named is not None and named not in self._known
        return named if named is not None and is_free else page.url

    def _follow(self, page: Page, depth: int) -> None:
        scope, markup = self._errand.scope, page.markup
        if scope is None or markup is None:
            return
        base = urljoin(page.url, markup.base) if markup.base else page.url
        for link in (*markup.links, markup.refresh):
            url = scope.page(link, base) if link else None
            if url is not None:
                self._enqueue(url, depth + 1)

    def _enqueue(self, url: str, depth: int) -> None:
        if url not in self._known and depth <= self._errand.order.depth:
            self._known.add(url)
            self._errand.waiting.append(Waiting(url, depth))

    def _step(self) -> None:
        self._ears.note()
        # Pages that are held back are no documents yet: after a crash they are visited again.
        if not self._intake.holds_back and time.monotonic() - self._saved_at > _SAVE_SECONDS:
            self._ears.save()
            self._saved_at = time.monotonic()
