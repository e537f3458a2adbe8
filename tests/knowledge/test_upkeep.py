"""What a person does to a document after it came in, and that the indexes follow."""

import time
from pathlib import Path

import pytest

from knowledge.document_errors import (
    DocumentBusy,
    NothingToRetry,
    PassageEmpty,
    PassageNotFound,
    PassageTooLong,
    SourceTaken,
    VersionNotFound,
)
from knowledge.documents import DocumentState, Language
from knowledge.errors import DocumentNotFound, InvalidCollection
from knowledge.library import Library
from knowledge.loading.archive import Refused, Unpacked
from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import (
    COLLECTION,
    add,
    assert_indexes_agree,
    found,
    found_by_meaning,
    library_at,
    ready,
)

RETURNS = """# Returns

You can return the lamp within 30 days.

## Costs

Shipping back is free for the lamp, and the lampshade goes with it. Keep the box of the lamp,
since nothing else fits it as well, and put in the receipt. The courier comes on working days
between nine and five, rings once and waits five minutes.

## Colours

The lamp is green. Other colours of the lamp are made to order, which takes three weeks, and
a lamp made to order cannot be returned unless it arrived broken, which we are sorry for.
"""
OTHER = "The lamp of another shop costs 12 dollars."


def _passages(library: Library, document_id: str) -> list[str]:
    return [passage.text for passage in library.passages_of(document_id)]


def _assert_positions(library: Library, document_id: str) -> None:
    whole = library.loaded_text(document_id)
    for passage in library.passages_of(document_id):
        at = passage.position
        assert whole.text[at.start : at.end] == passage.text
    for section in whole.sections:
        assert 0 <= section.start < section.end <= len(whole.text)


def test_a_document_that_is_off_is_not_found_and_on_again_it_is(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    with library_at(tmp_path, embedder) as library:
        record = add(library, "returns.md", RETURNS)
        other = add(library, "other.md", OTHER)
        ready(library)
        embedded = embedder.embedded
        off = library.upkeep.enable(record.id, enabled=False)
        assert not off.enabled
        for search in (found, found_by_meaning):
            assert [p.document_id for p in search(library, "lamp")] == [other.id]
        assert len(_passages(library, record.id)) > 1  # the team still reads it
    with library_at(tmp_path, embedder) as library:
        ready(library)
        assert [p.document_id for p in found(library, "lamp")] == [other.id]
        library.upkeep.enable(record.id, enabled=True)
        assert {p.document_id for p in found(library, "lamp")} == {record.id, other.id}
        assert {p.document_id for p in found_by_meaning(library, "lamp")} == {record.id, other.id}
    assert embedder.embedded == embedded
    assert_indexes_agree(tmp_path)


def test_documents_that_are_off_take_no_places_of_those_that_are_on(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        for number in range(40):
            record = add(library, f"{number}.md", f"lamp lamp lamp {number}")
            library.upkeep.enable(record.id, enabled=False)
        on = add(library, "on.md", "Beside much else that it has to tell there is one lamp.")
        ready(library)
        assert [p.document_id for p in found(library, "lamp")] == [on.id]
        vector = library.embedder.embed(["lamp lamp lamp"], "query")[0]
        (hit,) = library.dense_search(COLLECTION, vector, 1)
        assert library.passages([hit.key])[hit.key].document_id == on.id


def test_a_new_version_of_a_document_that_is_off_is_off_too(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "a.md", "The lamp costs 10 dollars.")
        ready(library)
        library.upkeep.enable(record.id, enabled=False)
        assert not found(library, "lamp")
        add(library, "a.md", "The lamp costs 11 dollars.")
        ready(library)
        assert not found(library, "lamp")
        library.upkeep.enable(record.id, enabled=True)
        assert [p.text for p in found(library, "lamp")] == ["The lamp costs 11 dollars."]


def test_a_document_moves_with_its_vectors(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    with library_at(tmp_path, embedder) as library:
        record = add(library, "returns.md", RETURNS)
        stays = add(library, "other.md", OTHER)
        ready(library)
        embedded, texts = embedder.embedded, _passages(library, record.id)
        assert found(library, "lamp")[0].collection == COLLECTION
        moved = library.upkeep.move(record.id, "archive")
        assert (moved.id, moved.collection, moved.state) == (
            record.id,
            "archive",
            DocumentState.READY,
        )
        assert [p.document_id for p in found(library, "lamp")] == [stays.id]
        for search in (found, found_by_meaning):
            passages = search(library, "lamp", "archive")
            assert {p.text for p in passages} == set(texts)
            assert {p.collection for p in passages} == {"archive"}
        assert embedder.embedded == embedded
        ready(library)
        assert library.upkeep.move(record.id, "archive").collection == "archive"
    assert_indexes_agree(tmp_path)
    with library_at(tmp_path, embedder) as library:
        ready(library)
        assert len(found_by_meaning(library, "lamp", "archive")) == len(texts)
    assert embedder.embedded == embedded


def test_the_same_source_may_come_again_where_a_document_left(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        first = add(library, "a.md", "The lamp costs 10 dollars.")
        ready(library)
        library.upkeep.move(first.id, "archive")
        second = add(library, "a.md", "The lamp costs 11 dollars.")
        ready(library)
        assert second.id != first.id
        assert add(library, "a.md", "The lamp costs 11 dollars.").id == second.id
        with pytest.raises(SourceTaken):
            library.upkeep.move(second.id, "archive")
        assert [p.text for p in found(library, "lamp")] == ["The lamp costs 11 dollars."]
        assert len(found(library, "lamp", "archive")) == 1
        with pytest.raises(InvalidCollection):
            library.upkeep.move(second.id, "")
        with pytest.raises(DocumentNotFound):
            library.upkeep.move("nobody", "archive")
    assert_indexes_agree(tmp_path)


def test_what_is_not_read_yet_moves_too(tmp_path: Path) -> None:
    with library_at(tmp_path, background=False) as library:
        record = add(library, "a.md", "The lamp costs 10 dollars.")
        (passage,) = library.add_passages(
            "p.jsonl", b'{"id": "p1", "text": "A lamp of its own."}', collection=COLLECTION
        )
        for moving in (record, passage):
            library.upkeep.move(moving.id, "archive")
        ready(library)
        assert not found(library, "lamp")
        assert len(found(library, "lamp", "archive")) == 2
        assert len(found_by_meaning(library, "lamp", "archive")) == 2
    assert_indexes_agree(tmp_path)


def test_a_document_moves_while_it_is_being_embedded(tmp_path: Path) -> None:
    embedder = HashEmbedder(delay=0.02)
    with library_at(tmp_path, embedder) as library:
        text = "\n\n".join(
            f"## Lamp {n}\n\n{'The lamp is a lamp of many words. ' * 20}{n}" for n in range(90)
        )
        record = add(library, "many.md", text)
        for place in ("archive", "attic", COLLECTION, "archive"):
            deadline = time.monotonic() + 30
            before = library.get(record.id).embedded
            while library.get(record.id).embedded <= before and time.monotonic() < deadline:
                time.sleep(0.01)
            library.upkeep.move(record.id, place)
        ready(library)
        assert library.get(record.id).embedded == library.get(record.id).total > 80
    assert_indexes_agree(tmp_path)


def test_an_edited_passage_is_found_by_its_new_words_and_only_it_is_embedded(
    tmp_path: Path,
) -> None:
    embedder = HashEmbedder()
    with library_at(tmp_path, embedder) as library:
        record = add(library, "returns.md", RETURNS)
        ready(library)
        before = library.passages_of(record.id)
        embedded = embedder.embedded
        first = before[0]
        changed = first.text.replace("30 days", "thirty-one long and sunny days")
        after = library.upkeep.edit_passage(record.id, first.id, changed)
        assert after.edited
        assert after.total == len(before)
        ready(library)
        assert embedder.embedded == embedded + 1
        assert _passages(library, record.id)[0] == changed
        assert _passages(library, record.id)[1:] == [p.text for p in before[1:]]
        _assert_positions(library, record.id)
        assert "sunny" in library.loaded_text(record.id).text
        assert [p.id for p in found(library, "sunny")] == [first.id]
        assert not [p for p in found(library, "30") if "30 days" in p.text]
        # Found by words just before the edit, and read by key after it: the passage as it is now.
        for passage in found(library, "lamp"):
            at = passage.position
            assert library.loaded_text(record.id).text[at.start : at.end] == passage.text
    assert_indexes_agree(tmp_path)


def test_an_upload_replaces_what_was_edited(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "a.md", "The lamp costs 10 dollars.")
        ready(library)
        (passage,) = library.passages_of(record.id)
        library.upkeep.edit_passage(record.id, passage.id, "The lamp costs 12 dollars.")
        ready(library)
        assert library.get(record.id).edited
        add(library, "a.md", "The lamp costs 10 dollars.")  # the very same file
        ready(library)
        assert _passages(library, record.id) == ["The lamp costs 10 dollars."]
        assert not library.get(record.id).edited
    assert_indexes_agree(tmp_path)


def test_an_edit_that_changes_nothing_and_those_that_cannot_be(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "a.md", "The lamp costs 10 dollars.")
        ready(library)
        (passage,) = library.passages_of(record.id)
        same = library.upkeep.edit_passage(record.id, passage.id, f"  {passage.text}\r\n")
        assert not same.edited
        for text, error in ((" \n", PassageEmpty), ("x" * 6001, PassageTooLong)):
            with pytest.raises(error):
                library.upkeep.edit_passage(record.id, passage.id, text)
        with pytest.raises(PassageNotFound):
            library.upkeep.edit_passage(record.id, "nobody", "text")
    with library_at(tmp_path / "still", background=False) as library:
        waiting = add(library, "a.md", "The lamp costs 10 dollars.")
        with pytest.raises(DocumentBusy):
            library.upkeep.edit_passage(waiting.id, f"{waiting.id}-0", "text")


def test_rows_behind_an_edited_one_keep_their_places(tmp_path: Path) -> None:
    rows = "\n".join(f"lamp {n},{n} dollars" for n in range(1, 200))
    with library_at(tmp_path) as library:
        record = library.add_file(
            "prices.csv", f"name,price\n{rows}\n".encode(), collection=COLLECTION
        )
        ready(library)
        first, *rest = library.passages_of(record.id)
        places = [passage.position.place for passage in rest]
        assert places[-1] is not None
        longer = first.text.replace("lamp 3 |", "lamp with a much longer name |")
        assert longer != first.text
        library.upkeep.edit_passage(record.id, first.id, longer)
        ready(library)
        edited, *after = library.passages_of(record.id)
        assert edited.position.place == first.position.place
        assert [passage.position.place for passage in after] == places
        _assert_positions(library, record.id)
        text = library.loaded_text(record.id)
        for mark in text.marks:
            line = text.text[mark.start :].split("\n", 1)[0]
            number = mark.place.first - 1
            assert line.endswith(f"{number} dollars") or number < 1


def test_the_last_three_contents_are_kept_and_one_is_restored(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    with library_at(tmp_path, embedder) as library:
        record = add(library, "a.md", "The lamp costs 10 dollars.")
        for price in range(11, 15):
            ready(library)
            add(library, "a.md", f"The lamp costs {price} dollars.")
        ready(library)
        versions = library.upkeep.versions(record.id)
        assert [(v.version, v.in_use) for v in versions] == [(5, True), (4, False), (3, False)]
        assert all(v.size_bytes == 26 and v.name == "a.md" for v in versions)
        assert len(list((tmp_path / "files").iterdir())) == 3
        library.upkeep.restore(record.id, 3)
        ready(library)
        assert _passages(library, record.id) == ["The lamp costs 12 dollars."]
        assert library.original(record.id) == b"The lamp costs 12 dollars."
        versions = library.upkeep.versions(record.id)
        assert [(v.version, v.in_use) for v in versions] == [(6, True), (5, False), (4, False)]
        with pytest.raises(VersionNotFound):
            library.upkeep.restore(record.id, 3)
        library.delete(record.id)
        assert not list((tmp_path / "files").iterdir())
        with pytest.raises(DocumentNotFound):
            library.upkeep.versions(record.id)
    assert_indexes_agree(tmp_path)


def test_kept_contents_survive_the_sweep_at_the_next_start(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "a.md", "The lamp costs 10 dollars.")
        ready(library)
        add(library, "a.md", "The lamp costs 11 dollars.")
        ready(library)
    with library_at(tmp_path) as library:
        ready(library)
        add(library, "b.md", "So that the background has swept.")
        ready(library)
        library.upkeep.restore(record.id, 1)
        ready(library)
        assert _passages(library, record.id) == ["The lamp costs 10 dollars."]


def test_a_bad_upload_is_taken_back(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "a.md", "The lamp costs 10 dollars.")
        ready(library)
        library.add_file("a.md", b"text\x00with\x01zeros", collection=COLLECTION)
        ready(library)
        assert library.get(record.id).state is DocumentState.FAILED
        bad, good = library.upkeep.versions(record.id)
        assert (bad.in_use, good.in_use) == (False, True)
        library.upkeep.restore(record.id, good.version)
        ready(library)
        assert library.get(record.id).state is DocumentState.READY
        assert library.get(record.id).reason is None


def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    with library_at(tmp_path, HashEmbedder(fail_on="stumble")) as library:
        record = add(library, "a.md", "You may stumble over the lamp.")
        ready(library)
        assert library.get(record.id).state is DocumentState.FAILED
    with library_at(tmp_path) as library:
        ready(library)
        assert library.get(record.id).state is DocumentState.FAILED
        library.upkeep.retry(record.id)
        ready(library)
        assert library.get(record.id).state is DocumentState.READY
        assert library.upkeep.retry(record.id).state is DocumentState.READY
        broken = library.add_file("b.md", b"text\x00with\x01zeros", collection=COLLECTION)
        ready(library)
        assert library.upkeep.retry(broken.id).state is DocumentState.QUEUED
        ready(library)
        assert library.get(broken.id).state is DocumentState.FAILED
    assert_indexes_agree(tmp_path)


def test_a_language_that_a_person_gave_stays(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "codes.md", "AX-200 / BX-300 / CX-400")
        ready(library)
        assert library.get(record.id).language is Language.ENGLISH
        said = library.upkeep.say_language(record.id, Language.CHINESE)
        assert (said.language, said.given_language) == (Language.CHINESE, Language.CHINESE)
        add(library, "codes.md", "AX-200 / BX-300 / CX-500")
        ready(library)
        assert library.get(record.id).language is Language.CHINESE
        found_out = library.upkeep.say_language(record.id, None)
        assert (found_out.language, found_out.given_language) == (Language.ENGLISH, None)


def test_a_refused_file_has_nothing_to_try_again(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        content = Unpacked((), (Refused("a.bin", "It is too large.", "文件太大。"),))
        (record,) = library.bundles.add("shop.zip", content, collection=COLLECTION)
        assert (record.state, record.bundle) == (DocumentState.FAILED, "shop.zip")
        with pytest.raises(NothingToRetry):
            library.upkeep.retry(record.id)
