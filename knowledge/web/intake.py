"""Fetched pages become documents; the same words at two addresses become one."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final, Protocol

from knowledge.documents import DocumentRecord, DocumentState, LoadedText
from knowledge.errors import AnswerDeskError, DocumentNotFound
from knowledge.loading.child import LoadingStopped
from knowledge.web.addresses import document_name
from knowledge.web.errands import SHOWN_TROUBLES, Errand, KnownPage, Trouble, Waiting
from knowledge.web.pages import Page
from knowledge.web.repeats import SAMPLE, repeated, without
from knowledge.web.visits import Validators

Read = Callable[[str, bytes], LoadedText]
"""As `knowledge.loading.load`."""
_NOTHING: Final = KnownPage("", 0)


class Shelf(Protocol):
    """Where documents are kept."""

    def add_file(
        self,
        name: str,
        data: bytes,
        *,
        collection: str,
        source: str | None = None,
        bundle: str = "",
        url: str | None = None,
    ) -> DocumentRecord: ...

    def get(self, document_id: str) -> DocumentRecord: ...

    def delete(self, document_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Held:
    """A page that waits until it is known what its site repeats."""

    url: str
    page: Page
    known: KnownPage


class PageIntake:
    """Takes an errand's pages in, and counts them there. The first of a site are held back:
    only when they have been compared is it known what the site repeats."""

    def __init__(self, errand: Errand, shelf: Shelf, read: Read) -> None:
        self._errand = errand
        self._shelf = shelf
        self._read = read
        self._held: list[_Held] = []
        self._is_sampled = not errand.order.site
        # Where each text was seen: the same text elsewhere is a duplicate.
        self._texts = {page.text_hash: url for url, page in errand.pages.items() if page.text_hash}

    @property
    def holds_back(self) -> bool:
        """Whether pages that were visited are no documents yet."""
        return bool(self._held)

    def validators(self, url: str) -> Validators | None:
        """What a server is asked with whether a page has changed, if it still is a document."""
        page = self._errand.pages.get(url)
        if page is None:
            return None
        try:
            record = self._shelf.get(page.document_id)
        except DocumentNotFound:
            return None
        return None if record.state is DocumentState.FAILED else page.validators

    def take(self, page: Page, identity: str, known: KnownPage) -> None:
        """Take in a page whose own address is `identity`, unless its text is known from elsewhere."""
        text_hash = page.markup.text_hash if page.markup else hashlib.sha256(page.data).hexdigest()
        first = self._texts.setdefault(text_hash, identity)
        if first != identity and (first in self._errand.pages or self._is_held(first)):
            if not self.remove(identity):
                self.count(skipped=1)
            return
        self._texts[text_hash] = identity
        ending = PurePosixPath(page.name).suffix
        named = replace(page, url=identity, name=document_name(identity, ending))
        held = _Held(identity, named, replace(known, text_hash=text_hash))
        if self._is_sampled or page.markup is None:
            self._add(held)
            return
        self._held.append(held)
        if len(self._held) >= SAMPLE:
            self.settle()

    def settle(self) -> None:
        """Compare the pages that were held back, and take them in."""
        held, self._held = self._held, []
        texts = {item.url: self._text(item.page) for item in held}
        # Who kept a block before keeps it: pages that did not change are not taken in again.
        self._errand.repeats = {**repeated(texts), **self._errand.repeats}
        self._is_sampled = self._is_sampled or len(held) >= SAMPLE
        for item in held:
            self._add(item)

    def put_back(self) -> None:
        """Have the pages that were held back visited once more, since the work ends here."""
        for item in reversed(self._held):
            self._errand.done.discard(item.url)
            self._errand.waiting.appendleft(Waiting(item.url, item.known.depth))
        self._held.clear()

    def remove(self, url: str) -> bool:
        """Delete the document of a page that is gone; False if there was none."""
        page = self._errand.pages.pop(url, None)
        if page is None:
            return False
        try:
            self._shelf.delete(page.document_id)
        except DocumentNotFound:
            return False
        self.count(removed=1)
        return True

    def trouble(self, url: str, error: AnswerDeskError) -> None:
        """Note why a page did not become a document."""
        self.count(troubled=1)
        if len(self._errand.troubles) < SHOWN_TROUBLES:
            self._errand.troubles.append(Trouble.of(url, error))

    def count(self, **more: int) -> None:
        """Add to the errand's counts."""
        counts = self._errand.counts
        summed: Mapping[str, int] = {name: getattr(counts, name) + n for name, n in more.items()}
        self._errand.counts = replace(counts, **summed)

    def _is_held(self, url: str) -> bool:
        return any(item.url == url for item in self._held)

    def _text(self, page: Page) -> str:
        try:
            return self._read(page.name, page.data).text
        except (AnswerDeskError, LoadingStopped):
            return ""  # the first is said when it is taken in, and the second ends the work

    def _add(self, held: _Held) -> None:
        errand, data = self._errand, held.page.data
        if held.page.markup is not None:
            elsewhere = (mark for mark, keeper in errand.repeats.items() if keeper != held.url)
            data = without(data, elsewhere)
        try:
            record = self._shelf.add_file(
                held.page.name,
                data,
                collection=errand.order.collection,
                source=held.url,
                bundle=errand.order.url if errand.order.site else "",
                url=held.url,
            )
        except AnswerDeskError as error:
            self.trouble(held.url, error)
            return
        is_same = errand.pages.get(held.url, _NOTHING).text_hash == held.known.text_hash
        errand.pages[held.url] = replace(held.known, document_id=record.id)
        self.count(unchanged=is_same, taken=not is_same)
