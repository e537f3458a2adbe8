"""What may be fetched, against real servers on loopback and a name service that lies."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from knowledge.documents import Language
from knowledge.fetching import AddressRefused, FetchFailed, Limits, Reply, may_be_asked, send

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A real server on loopback; `answer` says what it does with a request."""

    def __init__(self, answer: Answer, host: str = "127.0.0.1") -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                site.asked.append((self.command, self.path, headers, body))
                answer(self)

            do_GET = do_POST = do_HEAD = _answer  # noqa: N815 -- named by http.server

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- likewise
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.port = self.server.server_address[1]


@contextmanager
def site(answer: Answer) -> Generator[Site]:
    served = Site(answer)
    thread = threading.Thread(target=served.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield served
    finally:
        served.server.shutdown()
        thread.join()
        served.server.server_close()


def says(body: bytes = b"hello", status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    return answer


def names(monkeypatch: pytest.MonkeyPatch, **hosts: list[list[str]]) -> list[str]:
    """Let `hosts` resolve to the given addresses, one list a question; what was asked for."""
    real, asked = socket.getaddrinfo, list[str]()

    def lie(host: str, port: object, *args: object, **more: object) -> object:
        answers = hosts.get(host.replace(".", "_").replace("-", "__"))
        if answers is None:
            return real(host, port, *args, **more)  # pyright: ignore[reportArgumentType] -- passed through
        asked.append(host)
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port))
            for a in now
        ]

    monkeypatch.setattr(socket, "getaddrinfo", lie)
    return asked


def test_a_reply_comes_back_whatever_its_status() -> None:
    with site(says("您好".encode(), 418, Content_Type="text/plain; charset=utf-8")) as shop:
        reply = send(
            "post",
            f"http://127.0.0.1:{shop.port}/in?a=1",
            headers={"X-Signature": "abc"},
            content=b'{"a": 1}',
            allow_private=True,
        )
    assert (reply.status, reply.text, reply.complete) == (418, "您好", True)
    ((method, path, headers, body),) = shop.asked
    assert (method, path, body) == ("POST", "/in?a=1", b'{"a": 1}')
    assert headers["x-signature"] == "abc"
    assert headers["host"] == f"127.0.0.1:{shop.port}"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://017700000001:{port}/",
        "http://127.1:{port}/",
        "http://0:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::1]:{port}/",
        "http://[::]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "http://[2002:7f00:1::]:{port}/",
        "http://user@127.0.0.1:{port}/",
        "http://example.com@127.0.0.1:{port}/",
        "http://example.com\\@127.0.0.1:{port}/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[fec0::1]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://240.0.0.1/",
        "http://[ff02::1]/",
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://127.0.0.1:{port}/",
        "gopher://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "127.0.0.1:{port}",
        "javascript:alert(1)",
        "http://",
        "http:///etc/passwd",
        "http://127.0.0.1:99999/",
        "http://１２７.0.0.1:{port}/",
        "http://[::1",
        "",
        "\x00",
    ],
)
def test_what_is_not_on_the_public_internet_is_refused(url: str) -> None:
    with site(says()) as shop:
        with pytest.raises(AddressRefused) as refused:
            send("GET", url.format(port=shop.port), limits=Limits(redirects=3))
        assert shop.asked == []
    assert refused.value.text(Language.CHINESE) != refused.value.text(Language.ENGLISH)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "http://[fe80::1]/",
        "http://224.0.0.1/",
        "http://0.0.0.0/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://100.100.100.200/",
        "http://[fd00:ec2::254]/",
        "http://168.63.129.16/",
    ],
)
def test_some_networks_are_refused_even_where_private_ones_are_not(url: str) -> None:
    with pytest.raises(AddressRefused):
        send("GET", url, allow_private=True)


def test_public_and_private_addresses_are_told_apart() -> None:
    for public in ("1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::", "9.9.9.9"):
        assert may_be_asked(ip_address(public))
    for private in ("10.1.1.1", "::1", "fd00::1", "::ffff:192.168.0.1", "100.64.0.1"):
        assert not may_be_asked(ip_address(private))
        assert may_be_asked(ip_address(private), allow_private=True)


def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, evil_example=[["10.0.0.1"]], half_example=[["1.1.1.1", "127.0.0.1"]])
    for host in ("evil.example", "half.example"):
        with pytest.raises(AddressRefused):
            send("GET", f"http://{host}/")


def test_the_address_that_was_judged_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The second answer of the name service, which would be refused, is never asked for.
    asked = names(monkeypatch, rebind_example=[["127.0.0.1"], ["169.254.169.254"]])
    with site(says()) as shop:
        reply = send("GET", f"http://rebind.example:{shop.port}/", allow_private=True)
        assert shop.asked[0][2]["host"] == f"rebind.example:{shop.port}"
    assert asked == ["rebind.example"]
    assert reply.url == f"http://rebind.example:{shop.port}/"


def test_every_hop_of_a_redirect_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, shop_example=[["127.0.0.1"]])
    for target in (
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "http://u@shop.example/",
    ):
        with site(says(b"", 302, Location=target)) as shop:
            with pytest.raises(AddressRefused):
                send(
                    "GET",
                    f"http://shop.example:{shop.port}/",
                    limits=Limits(redirects=2),
                    allow_private=True,
                )
            assert len(shop.asked) == 1


def test_a_redirect_to_a_name_that_cannot_be_is_a_failure() -> None:
    with site(says(b"", 302, Location="http://xn--a/")) as shop, pytest.raises(FetchFailed):
        _get(f"http://127.0.0.1:{shop.port}/")


def test_redirects_are_followed_only_as_far_as_wanted() -> None:
    with site(says(b"end")) as end, site(says(b"", 307, Location="/again")) as loop:
        address = f"http://127.0.0.1:{loop.port}/"
        stopped = _get(address, Limits(redirects=3))
        assert (stopped.status, stopped.url) == (307, address + "again")
        assert len(loop.asked) == 4
        assert _get(address).url == address
        target = f"http://127.0.0.1:{end.port}/"
        with site(says(b"", 301, Location=target)) as start:
            here = f"http://127.0.0.1:{start.port}/"
            reply = send(
                "GET",
                here,
                headers={"Authorization": "secret"},
                limits=Limits(redirects=1),
                allow_private=True,
            )
            assert (reply.body, reply.url) == (b"end", target)
            assert start.asked[0][2]["authorization"] == "secret"
            assert "authorization" not in end.asked[0][2]  # meant for the first site only
            posted = send("POST", here, limits=Limits(redirects=1), allow_private=True)
            assert posted.status == 301


def test_a_long_body_is_cut_and_a_bomb_is_not_unpacked() -> None:
    with site(says(b"x" * 5000)) as shop:
        assert _get(f"http://127.0.0.1:{shop.port}/", Limits(body_bytes=5000)).complete
        cut = _get(f"http://127.0.0.1:{shop.port}/", Limits(body_bytes=4999))
        assert (len(cut.body), cut.complete) == (4999, False)
    packed = gzip.compress(b"0" * 50_000_000)
    with site(says(packed, Content_Encoding="gzip")) as shop:
        bomb = _get(f"http://127.0.0.1:{shop.port}/", Limits(body_bytes=1000))
        assert (bomb.body, bomb.complete) == (b"0" * 1000, False)
    for body, packing in ((b"not packed", "gzip"), (b"\x0b\x02\x80hello", "br")):
        with site(says(body, Content_Encoding=packing)) as shop, pytest.raises(FetchFailed):
            _get(f"http://127.0.0.1:{shop.port}/")


def test_a_site_that_dribbles_is_left_in_time() -> None:
    def dribble(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            try:
                handler.wfile.write(b"H")
            except OSError:
                return
            time.sleep(0.05)

    with site(dribble) as shop:
        started = time.monotonic()
        with pytest.raises(FetchFailed, match="longer than"):
            _get(f"http://127.0.0.1:{shop.port}/", Limits(seconds=0.3))
        assert time.monotonic() - started < 2


def test_who_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(FetchFailed):
        _get(f"http://127.0.0.1:{port}/")
    names(monkeypatch, none_example=[[]])
    with pytest.raises(FetchFailed, match="no such host"):
        _get("http://none.example/")
    with site(says()) as shop, pytest.raises(FetchFailed):  # not TLS
        _get(f"https://127.0.0.1:{shop.port}/")


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, both_example=[["::1", "127.0.0.1"]])
    with site(says()) as shop:
        assert _get(f"http://both.example:{shop.port}/").status == 200


def test_a_header_that_would_split_the_request_is_refused() -> None:
    with site(says()) as shop:
        with pytest.raises(FetchFailed):
            send(
                "GET",
                f"http://127.0.0.1:{shop.port}/",
                headers={"X-A": "b\r\nX-Evil: 1"},
                allow_private=True,
            )
        assert shop.asked == []


def _get(url: str, limits: Limits | None = None) -> Reply:
    return send("GET", url, limits=limits, allow_private=True)
