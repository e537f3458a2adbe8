"""A download arrives whole, whatever happens on the way, or says why not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.models import download
from knowledge.models.download import FetchError, Progress, fetch
from tests.knowledge.models.file_server import Served, serving

QUIET = Progress("file", shown=False)
# No two places look alike, so bytes in the wrong place are noticed.
BODY = b"".join(number.to_bytes(4, "big") for number in range(750_000))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0)
    with serving(Served({"/file": BODY})) as server:
        yield server


def test_the_bytes_arrive(served: Served, tmp_path: Path) -> None:
    fetch(f"{served.url}/file", tmp_path / "deep" / "part", QUIET)
    assert (tmp_path / "deep" / "part").read_bytes() == BODY


def test_a_broken_connection_is_resumed_where_it_broke(served: Served, tmp_path: Path) -> None:
    served.breaks = [1_000_000, 700_000]
    fetch(f"{served.url}/file", tmp_path / "part", QUIET)
    assert (tmp_path / "part").read_bytes() == BODY
    first, second, third = (asked for _, _, asked in served.requests)
    assert first is None
    assert second == "bytes=1000000-"
    assert third == "bytes=1700000-"


def test_what_an_earlier_process_left_is_not_fetched_again(served: Served, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(BODY[:2_500_000])
    fetch(f"{served.url}/file", tmp_path / "part", QUIET)
    assert (tmp_path / "part").read_bytes() == BODY
    assert served.requests == [("GET", "/file", "bytes=2500000-")]


def test_a_complete_part_is_left_as_it_is(served: Served, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(BODY)
    fetch(f"{served.url}/file", tmp_path / "part", QUIET)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_that_is_longer_than_the_file_is_thrown_away(served: Served, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(BODY + b"more")
    fetch(f"{served.url}/file", tmp_path / "part", QUIET)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_server_that_cannot_resume_sends_everything_again(served: Served, tmp_path: Path) -> None:
    served.ranges = False
    (tmp_path / "part").write_bytes(BODY[:100])
    fetch(f"{served.url}/file", tmp_path / "part", QUIET)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_server_that_hangs_up_at_once_is_given_up(served: Served, tmp_path: Path) -> None:
    served.breaks = [0] * 10
    with pytest.raises(FetchError):
        fetch(f"{served.url}/file", tmp_path / "part", QUIET)
    assert len(served.requests) == download.FRUITLESS_ATTEMPTS


def test_an_error_status_is_named(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 answered 404\."):
        fetch(f"{served.url}/other", tmp_path / "part", QUIET)


def test_nobody_listens(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"\.$"):
        fetch("http://127.0.0.1:9/file", tmp_path / "part", QUIET)


def test_a_file_url_with_a_space_in_it(tmp_path: Path) -> None:
    source = tmp_path / "a folder" / "file"
    source.parent.mkdir()
    source.write_bytes(BODY)
    fetch(source.as_uri(), tmp_path / "part", QUIET)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_file_url_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="No such file"):
        fetch((tmp_path / "none").as_uri(), tmp_path / "part", QUIET)
