"""Nothing that is named in an order, a link, a redirect, robots.txt or a sitemap leads inside."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.errors import AnswerDeskError
from knowledge.web.errands import FetchState, Order
from knowledge.web.visits import Manners
from tests.knowledge.web.web_parts import HASTY, MemoryShelf, fetch
from tests.knowledge.web.web_site import file, html, leads, serving

# As an operator leaves it, but in a hurry.
STRICT = Manners(delay=0.0, seconds=5.0)

INSIDE = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://user:secret@127.0.0.1:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://１２７.０.０.１:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "gopher://127.0.0.1:{port}/_GET%20/",
    "dict://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "data:text/html,<p>hello",
    "jar:http://127.0.0.1:{port}/!/",
    "//127.0.0.1:{port}/",
    "unix:///var/run/docker.sock",
]


@pytest.mark.parametrize("url", INSIDE)
def test_an_order_leads_nowhere_inside(tmp_path: Path, url: str) -> None:
    shelf = MemoryShelf()
    with serving({"/": html("<p>Secret.")}) as inside:
        port = inside.origin.rpartition(":")[2]
        for site in (False, True):
            try:
                job = fetch(tmp_path, shelf, Order(url.format(port=port), site=site), STRICT)
            except AnswerDeskError:
                continue
            assert job.state is FetchState.FAILED
        assert inside.asked == []
    assert shelf.files == {}


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0/"]
)
def test_no_hop_leads_where_nobody_may_go(tmp_path: Path, target: str) -> None:
    """Those stay shut where private networks are open, so that this machine can be the outside."""
    shelf = MemoryShelf()
    files = {
        "/": html(f"<a href={target}>x</a><a href=hop>x</a>", f"<base href={target}>"),
        "/hop": leads(target),
        "/robots.txt": file(f"Sitemap: {target}sitemap.xml", "text/plain"),
        "/sitemap.xml": leads(target),
    }
    with serving(files) as outside:
        job = fetch(tmp_path, shelf, Order(outside.origin + "/hop"), HASTY)
        assert job.reason is not None
        assert "private or reserved network" in job.reason.en
        fetch(tmp_path, shelf, Order(outside.origin + "/", site=True), HASTY)
        outside.files["/robots.txt"] = leads(target)
        job = fetch(tmp_path / "b", shelf, Order(outside.origin + "/"), HASTY)
        assert job.state is FetchState.FAILED
    assert list(shelf.files) == [f"{outside.origin}/"]


def test_a_name_that_changes_its_mind_gains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    answers = ["127.0.0.1", "169.254.169.254"]

    def lie(host: str, *args: object, **more: object) -> object:
        if host != "rebind.example":
            return real(host, *args, **more)  # pyright: ignore[reportArgumentType] -- passed through
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (now, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", lie)
    with serving({"/": html("<p>Hello.")}) as site:
        url = site.origin.replace("127.0.0.1", "rebind.example")
        job = fetch(tmp_path, MemoryShelf(), Order(f"{url}/"), replace(HASTY, seconds=3.0))
        # robots.txt went to the first answer; the page, judged anew, is refused.
        assert [request.path for request in site.asked] == ["/robots.txt"]
    assert job.reason is not None
    assert "private or reserved network" in job.reason.en
