"""Electronic books: their chapters in reading order, each read as a web page is."""

import zipfile
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from knowledge.documents import LoadedText
from knowledge.errors import DamagedDocument, EncryptedDocument
from knowledge.loading.blocks import TextBlocks, tidy
from knowledge.loading.encoding import decode
from knowledge.loading.html import add_page, parsed
from knowledge.loading.source import check_length, file_stem
from knowledge.loading.warnings import BROKEN_PARTS
from knowledge.loading.xml import Element, attribute, child, children, local, parse_xml
from knowledge.loading.zips import damage_told, open_zip

_PAGES = frozenset(("application/xhtml+xml", "text/html"))
# Fonts may be scrambled without the book being so.
_ENCRYPTION = "META-INF/encryption.xml"


def load(name: str, data: bytes) -> LoadedText:
    """The text of an `.epub`, by the title that it gives itself.

    Raises `EncryptedDocument`, `DamagedDocument` or `UnpacksTooLarge`.
    """
    blocks = TextBlocks()
    warnings: tuple[str, ...] = ()
    with open_zip(name, data) as book:
        with damage_told(name):
            path, package = _package(name, book)
            chapters = _chapters(path, package)
            locked = _locked(book)
        for chapter in chapters:
            if chapter in locked:
                raise EncryptedDocument(name=name)
            try:
                with damage_told(name):
                    source, _ = decode(book.read(chapter), name)
            except DamagedDocument:
                warnings = (BROKEN_PARTS,)
                continue
            check_length(name, source)
            add_page(blocks, name, parsed(tidy(source)))
    title = _title(package) or blocks.first_heading or file_stem(name)
    loaded = blocks.loaded(title, warnings)
    check_length(name, loaded.text)
    return loaded


def _package(name: str, book: zipfile.ZipFile) -> tuple[str, Element]:
    """The path of the file that lists the book's parts, and its content."""
    container = parse_xml(book.read("META-INF/container.xml"))
    path = attribute(child(container, "rootfiles", "rootfile"), "full-path")
    if path is None:
        raise DamagedDocument(name=name)
    return path, parse_xml(book.read(path))


def _chapters(path: str, package: Element) -> list[str]:
    manifest, spine = child(package, "manifest"), child(package, "spine")
    pages = {
        attribute(item, "id"): normpath(join(dirname(path), unquote(attribute(item, "href") or "")))
        for item in (manifest if manifest is not None else ())
        if attribute(item, "media-type") in _PAGES
        and "nav" not in (attribute(item, "properties") or "")
    }
    order = [attribute(item, "idref") for item in (spine if spine is not None else ())]
    return [pages[item] for item in order if item in pages]


def _locked(book: zipfile.ZipFile) -> frozenset[str]:
    """The parts that are encrypted."""
    if _ENCRYPTION not in book.namelist():
        return frozenset()
    root = parse_xml(book.read(_ENCRYPTION))
    uris = (attribute(e, "URI") for e in root.iter() if local(e) == "CipherReference")
    return frozenset(normpath(unquote(uri)) for uri in uris if uri)


def _title(package: Element) -> str:
    metadata = child(package, "metadata")
    titles = children(metadata, "title") if metadata is not None else iter(())
    return next((title.text.strip() for title in titles if title.text and title.text.strip()), "")
