"""Whole sites, from real servers on loopback."""

import json
import shutil
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from knowledge.documents import Language
from knowledge.web.errands import FetchJob, FetchState, Order
from knowledge.web.jobs import WebFetching
from tests.knowledge.web.web_parts import HASTY, MemoryShelf, fetch, fetching
from tests.knowledge.web.web_site import File, WebSite, file, html, leads, serving

_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap(*paths: str) -> File:
    inner = "".join(f"<url><loc>{{origin}}{path}</loc></url>" for path in paths)
    return file(f'<urlset xmlns="{_SPACE}">{inner}</urlset>', "application/xml")


def article(number: int, *links: str, **headers: str) -> File:
    anchors = "".join(f'<a href="{link}">more</a> ' for link in links)
    return html(f"<h1>Topic {number}</h1><p>About gadget {number}.</p>{anchors}", **headers)


def site_order(site: WebSite, path: str = "/help/", depth: int = 3, max_pages: int = 500) -> Order:
    return Order(site.origin + path, "shop", site=True, depth=depth, max_pages=max_pages)


def page_order(site: WebSite, path: str) -> Order:
    return Order(site.origin + path, "shop")


def test_one_page_becomes_a_document_with_its_address(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    with serving({"/a": article(1, "/b"), "/b": article(2)}) as site:
        job = fetch(tmp_path, shelf, page_order(site, "/a?utm_source=mail#top"))
        assert site.paths == ["/a"]
    assert (job.state, job.counts.taken) == (FetchState.DONE, 1)
    ((record, _),) = shelf.files.values()
    assert (record.id,) == job.documents
    assert record.source == record.url == f"{site.origin}/a"
    assert (record.name, record.bundle) == ("127.0.0.1/a.html", "")


def test_files_of_every_readable_kind(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    files = {
        "/a.md": file("# Markdown", "text/plain"),
        "/b.mdx": file('import X from "x"\n\n# MDX', "text/plain"),
        "/c": file("plain", "text/plain"),
        "/d.csv": file("a,b\n1,2", "text/csv"),
    }
    with serving(files) as site:
        for path in files:
            assert fetch(tmp_path, shelf, page_order(site, path)).state is FetchState.DONE
    assert shelf.names() == ["a.md", "b.mdx", "c.txt", "d.csv"]
    assert shelf.text(f"{site.origin}/b.mdx") == "MDX"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (file("", "text/html", 404), "does not exist"),
        (file("", "text/html", 503, Retry_After="0"), "the site answers 503"),
        (file("", "text/html", 401), "asks for a login"),
        (leads("/login"), "asks for a login"),
        (leads("/"), "never to a page"),
        (leads("http://169.254.169.254/latest/meta-data/"), "private or reserved network"),
        (leads("file:///etc/passwd"), "does not begin with http"),
        (file(b"\x00", "video/mp4"), "is video/mp4, which cannot be read"),
        (file("x" * 3000, "text/plain"), "which is the most that is fetched"),
        (file("", "text/plain"), "is empty"),
    ],
)
def test_what_keeps_a_page_from_being_a_document_is_one_clear_line(
    tmp_path: Path, answer: File, reason: str
) -> None:
    shelf = MemoryShelf()
    login = html("<h1>Sign in</h1><input type=password>")
    manners = replace(HASTY, max_bytes=2000)
    with serving({"/": answer, "/login": login}) as site:
        job = fetch(tmp_path, shelf, page_order(site, "/"), manners)
    assert shelf.files == {}
    wrong = job.reason or job.troubles[0]
    assert reason in wrong.en
    assert wrong.text(Language.CHINESE) != wrong.en
    assert "\n" not in wrong.en


def test_who_does_not_answer_is_said(tmp_path: Path) -> None:
    with serving({}) as site:
        pass
    job = fetch(tmp_path, MemoryShelf(), page_order(site, "/"))
    assert job.state is FetchState.FAILED
    assert job.reason is not None
    assert "does not answer" in job.reason.en


def test_links_are_followed_within_the_site_and_no_deeper_than_wanted(tmp_path: Path) -> None:
    files = {
        "/help/": article(
            0, "a", "/other", "http://169.254.169.254/", "mailto:x@y", "a#b", "l.png"
        ),
        "/help/a": article(1, "b", "../", "/help/a?utm_source=x"),
        "/help/b": article(2, "c"),
        "/help/c": article(3, "d"),
        "/other": article(4),
    }
    shelf = MemoryShelf()
    with serving(files) as site:
        job = fetch(tmp_path, shelf, site_order(site, depth=2))
        assert site.paths == ["/help/", "/help/a", "/help/b"]
        assert (job.counts.taken, job.counts.left, job.found) == (3, 0, 3)
    bundles = {record.bundle for record, _ in shelf.files.values()}
    assert bundles == {f"{site.origin}/help/"}


def test_base_canonical_refresh_and_duplicates(tmp_path: Path) -> None:
    same = "<p>The very same words.</p>"
    files = {
        "/help/": html("<a href='deep/a'>a</a><p>x", "<base href='/help/sub/'>"),
        "/help/sub/deep/a": html("<p>a</p><a href='/help/p1'>p</a><a href='/help/p2'>p</a>"),
        "/help/p1": html(
            same,
            "<link rel=canonical href='/help/real'><meta http-equiv=refresh content='0;url=/help/next'>",
        ),
        "/help/p2": html(same, title="Another title"),
        "/help/next": html("<p>Next.</p>", "<link rel=canonical href='/help/'>"),
    }
    shelf = MemoryShelf()
    with serving(files) as site:
        job = fetch(tmp_path, shelf, site_order(site, depth=5))
    # Not under "/help/", where another text is: a canonical address that is wrong loses nothing.
    assert sorted(shelf.files) == [
        f"{site.origin}/help/{path}" for path in ("", "next", "real", "sub/deep/a")
    ]
    assert (job.counts.taken, job.counts.skipped) == (4, 1)


def test_a_sitemap_is_taken_at_its_word(tmp_path: Path) -> None:
    files = {
        "/robots.txt": file(
            "Sitemap: {origin}/index.xml\nSitemap: http://169.254.169.254/s.xml", "text/plain"
        ),
        "/index.xml": file(
            "<sitemapindex><sitemap><loc>{origin}/one.xml.gz</loc></sitemap>"
            "<sitemap><loc>{origin}/index.xml</loc></sitemap>"
            "<sitemap><loc>http://10.0.0.1/evil.xml</loc></sitemap></sitemapindex>",
            "application/xml",
        ),
        "/one.xml.gz": File(
            sitemap("/help/a", "/help/b", "/blog/c", "//evil.example/d").body,
            headers={"Content-Type": "application/xml", "Content-Encoding": "gzip"},
        ),
        "/help/": article(0, "unlisted"),
        "/help/a": article(1),
        "/help/b": article(2),
        "/help/unlisted": article(3),
    }
    shelf = MemoryShelf()
    with serving(files) as site:
        job = fetch(tmp_path, shelf, site_order(site))
        asked = [request.path for request in site.asked]
    assert asked == ["/robots.txt", "/help/", "/index.xml", "/one.xml.gz", "/help/a", "/help/b"]
    assert (job.state, job.counts.taken) == (FetchState.DONE, 3)


def test_a_sitemap_that_lies_elsewhere_is_not_asked_for(tmp_path: Path) -> None:
    with serving({"/sitemap.xml": sitemap("/x")}) as other:
        files = {
            "/": article(0, "/a"),
            "/a": article(1),
            "/robots.txt": file(f"Sitemap: {other.origin}/sitemap.xml", "text/plain"),
        }
        with serving(files) as site:
            job = fetch(tmp_path, MemoryShelf(), site_order(site, "/"))
        with serving(
            {"/": article(0), "/sitemap.xml": leads(other.origin + "/sitemap.xml")}
        ) as site:
            fetch(tmp_path, MemoryShelf(), site_order(site, "/"))
        assert other.asked == []
    assert job.counts.taken == 2


def test_redirects_are_followed_within_the_site_only(tmp_path: Path) -> None:
    with serving({"/": article(9)}) as other:
        files = {
            "/help/": article(0, "moved", "out", "away", "loop", "also"),
            "/help/moved": leads("/help/new", 301),
            "/help/also": leads("new", 308),
            "/help/new": article(1),
            "/help/out": leads("/blog/x"),
            "/help/away": leads(other.origin + "/"),
            "/help/loop": leads("/help/loop"),
            "/blog/x": article(2),
        }
        shelf = MemoryShelf()
        with serving(files) as site:
            job = fetch(tmp_path, shelf, site_order(site))
            assert "/blog/x" not in site.paths
        assert other.asked == []
    assert sorted(shelf.files) == [f"{site.origin}/help/", f"{site.origin}/help/new"]
    assert (job.counts.taken, job.counts.skipped, job.counts.troubled) == (2, 3, 1)


def test_a_start_that_moved_moves_the_site(tmp_path: Path) -> None:
    files = {
        "/": leads("/en/"),
        "/en/": article(0, "a", "/de/"),
        "/en/a": article(1),
        "/de/": article(2),
    }
    shelf = MemoryShelf()
    with serving(files) as site:
        job = fetch(tmp_path, shelf, site_order(site, "/"))
    assert sorted(shelf.files) == [f"{site.origin}/en/", f"{site.origin}/en/a"]
    assert {record.bundle for record, _ in shelf.files.values()} == {f"{site.origin}/"}
    assert job.counts.taken == 2


def test_robots_txt_is_respected_for_sites_and_pages(tmp_path: Path) -> None:
    rules = "User-agent: *\nDisallow: /help/no\nUser-agent: Shop\nDisallow: /help/a"
    files = {
        "/robots.txt": file(rules, "text/plain"),
        "/help/": article(0, "a", "no"),
        "/help/a": article(1),
        "/help/no": article(2),
        "/help/hop": leads("/help/no"),
    }
    with serving(files) as site:
        job = fetch(tmp_path, MemoryShelf(), site_order(site))
        assert site.paths == ["/help/", "/help/a"]
        assert "robots.txt forbids" in job.troubles[0].en
        for path in ("/help/no", "/help/hop"):
            job = fetch(tmp_path, MemoryShelf(), page_order(site, path))
            assert job.reason is not None
            assert "allow AnswerDesk there" in job.reason.en
        named = replace(HASTY, user_agent="Shop/1.0 (+mail@shop.example)")
        site.asked.clear()
        fetch(tmp_path / "b", MemoryShelf(), site_order(site), named)
        assert site.paths == ["/help/", "/help/no"]
        assert {r.headers["user-agent"] for r in site.asked} == {named.user_agent}


@pytest.mark.parametrize(
    ("robots", "is_fetched"),
    [
        (file("", "text/plain", 404), True),
        (file("", "text/plain", 403), True),
        (file("", "text/plain", 500), False),
        (leads("/elsewhere.txt"), False),
        (leads("/robots.txt"), True),
        (leads("http://169.254.169.254/"), False),
    ],
)
def test_a_robots_txt_that_cannot_be_read(tmp_path: Path, robots: File, is_fetched: bool) -> None:
    forbids = file("User-agent: *\nDisallow: /", "text/plain")
    with serving({"/robots.txt": robots, "/elsewhere.txt": forbids, "/": article(0)}) as site:
        job = fetch(tmp_path, MemoryShelf(), page_order(site, "/"))
        assert ("/" in site.paths) is is_fetched
    assert (job.state is FetchState.DONE) is is_fetched


def test_one_request_at_a_time_and_a_pause_between_them(tmp_path: Path) -> None:
    files = {f"/{n}": article(n) for n in range(4)}
    files |= {"/x/": article(9, "a", "b"), "/x/a": article(10), "/x/b": article(11)}
    with (
        serving(files) as site,
        fetching(tmp_path, MemoryShelf(), replace(HASTY, delay=0.15)) as web,
    ):
        site.before = lambda _: time.sleep(0.05)
        jobs = [web.start(page_order(site, f"/{n}")).id for n in range(4)]
        jobs.append(web.start(site_order(site, "/x/")).id)
        for job_id in jobs:
            assert web.wait(job_id).state is FetchState.DONE
        assert all(request.alone for request in site.asked)
        times = [r.at for r in site.asked if r.path not in ("/robots.txt", "/sitemap.xml")]
    pauses = [after - before for before, after in pairwise(times)]
    assert min(pauses) > 0.18


def test_a_busy_site_is_left_alone_for_as_long_as_it_says(tmp_path: Path) -> None:
    busy = file("", "text/plain", 429, Retry_After="1")
    with serving({"/": busy}) as site:

        def recover(path: str) -> None:
            if len(site.paths) == 2:
                site.files["/"] = article(0)

        site.before = recover
        job = fetch(tmp_path, MemoryShelf(), page_order(site, "/"))
        first, second = (r.at for r in site.asked if r.path == "/")
    assert job.counts.taken == 1
    assert second - first >= 1


def test_a_second_look_asks_only_what_has_changed(tmp_path: Path) -> None:
    files = {
        "/help/": article(0, "a", "b", "c", ETag='"0"'),
        "/help/a": article(1, ETag='"1"'),
        "/help/b": article(2, ETag='"2"'),
        "/help/c": article(3),
    }
    shelf = MemoryShelf()
    with serving(files) as site:
        order = site_order(site)
        assert fetch(tmp_path, shelf, order).counts.taken == 4
        site.files["/help/a"] = article(11, "new", ETag='"11"')
        site.files["/help/new"] = article(5)
        del site.files["/help/b"]
        shelf.added.clear()
        site.asked.clear()
        job = fetch(tmp_path, shelf, order)
        known = {r.path: r.headers.get("if-none-match") for r in site.asked}
        assert (known["/help/"], known["/help/a"], known["/help/b"]) == ('"0"', '"1"', '"2"')
        assert (job.counts.taken, job.counts.unchanged, job.counts.removed) == (2, 2, 1)
        assert f"{site.origin}/help/b" not in shelf.files
        assert "gadget 11" in shelf.text(f"{site.origin}/help/a")
        # What somebody deleted comes back, although the page is as it was.
        shelf.delete(shelf.files[f"{site.origin}/help/"][0].id)
        fetch(tmp_path, shelf, order)
        assert f"{site.origin}/help/" in shelf.files


def test_more_pages_than_wanted_are_left_and_taken_later(tmp_path: Path) -> None:
    files = {f"/{n}": article(n) for n in range(1, 30)}
    files |= {"/": article(0), "/sitemap.xml": sitemap(*(f"/{n}" for n in range(1, 30)))}
    shelf = MemoryShelf()
    with serving(files) as site:
        job = fetch(tmp_path, shelf, site_order(site, "/", max_pages=10))
        assert (job.counts.taken, job.counts.left, len(site.paths)) == (10, 20, 10)
        job = fetch(tmp_path, shelf, site_order(site, "/", max_pages=500))
        assert len(site.paths) == 30  # it goes on and begins nothing again
        assert (job.counts.taken, job.counts.left) == (30, 0)


def test_a_trap_without_end_is_left_after_the_pages_wanted(tmp_path: Path) -> None:
    with serving({}) as site:

        def grow(path: str) -> None:
            if path.startswith("/cal"):
                number = int(path.rpartition("=")[2] or 0)
                site.files[path] = article(number, f"/cal?day={number + 1}", "x/y/x/y/x/y/x/y/z")

        site.before = grow
        job = fetch(tmp_path, MemoryShelf(), site_order(site, "/cal?day=0", depth=20, max_pages=15))
        assert len(site.paths) == 15
        assert job.counts.left == 1


def test_a_site_that_goes_down_ends_the_job_and_keeps_what_came(tmp_path: Path) -> None:
    files = {f"/{n}": article(n) for n in range(1, 30)}
    files |= {"/": article(0), "/sitemap.xml": sitemap(*(f"/{n}" for n in range(1, 30)))}
    shelf = MemoryShelf()
    with serving(files) as site:

        def hang_up(path: str) -> None:
            if path == "/12":
                threading.Thread(target=site.server.shutdown).start()
                site.server.socket.close()

        site.before = hang_up
        with fetching(tmp_path, shelf) as web:
            job = web.wait(web.start(site_order(site, "/")).id)
    assert job.state is FetchState.FAILED
    assert job.reason is not None
    assert "does not answer" in job.reason.en
    assert len(shelf.files) == 13


def finished(web: WebFetching, site: WebSite, pages: int) -> None:
    deadline = time.monotonic() + 20
    while len(site.paths) < pages:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def big_site() -> dict[str, File]:
    files = {f"/{n}": article(n) for n in range(1, 40)}
    return files | {"/": article(0), "/sitemap.xml": sitemap(*(f"/{n}" for n in range(1, 40)))}


def test_a_stopped_site_goes_on_in_the_next_process(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    with serving(big_site()) as site:
        site.before = lambda _: time.sleep(0.02)
        order = site_order(site, "/")
        with fetching(tmp_path, shelf) as web:
            job_id = web.start(order).id
            finished(web, site, 15)
            assert web.stop(job_id).state is FetchState.STOPPED
            assert web.wait(job_id).state is FetchState.STOPPED
            asked = len(site.paths)
        with fetching(tmp_path, shelf) as web:
            web.resume()  # a person stopped it: not before a person wants it
            time.sleep(0.2)
            assert len(site.paths) == asked
            job = web.wait(web.start(order).id)
        assert (job.state, job.counts.taken) == (FetchState.DONE, 40)
        assert sorted(site.paths) == sorted(set(site.paths))
    assert len(shelf.files) == 40


def test_a_site_that_is_asked_for_while_it_stops_goes_on(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    with serving(big_site()) as site, fetching(tmp_path, shelf) as web:
        site.before = lambda _: time.sleep(0.05)
        order = site_order(site, "/")
        for pages in (5, 12, 20):
            web.start(order)
            finished(web, site, pages)
            web.stop(order.id)
        assert web.start(order).state is FetchState.WAITING
        assert web.wait(order.id).state is FetchState.DONE
        assert all(request.alone for request in site.asked)
    assert len(shelf.files) == 40


def test_an_ended_process_leaves_a_site_to_the_next(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    with serving(big_site()) as site:
        site.before = lambda _: time.sleep(0.02)
        with fetching(tmp_path, shelf) as web:
            job_id = web.start(site_order(site, "/")).id
            finished(web, site, 5)  # while pages are held back to be compared
        assert len(shelf.files) == 0
        with fetching(tmp_path, shelf) as web:
            web.resume()
            job: FetchJob = web.wait(job_id)
    assert (job.state, job.counts.taken, len(shelf.files)) == (FetchState.DONE, 40, 40)


def test_what_a_killed_process_left_is_taken_up(tmp_path: Path) -> None:
    """What lies in the folder at any moment is what a kill at that moment leaves."""
    shelf = MemoryShelf()
    with serving(big_site()) as site, fetching(tmp_path / "a", shelf) as web:
        site.before = lambda _: time.sleep(0.06)
        web.start(site_order(site, "/"))
        finished(web, site, 36)
        shutil.copytree(tmp_path / "a", tmp_path / "b", ignore=shutil.ignore_patterns("*.part"))
        web.close()
        asked = len(site.asked)
        with fetching(tmp_path / "b", shelf) as heir:
            heir.resume()
            (job,) = heir.list()
            assert heir.wait(job.id).counts.taken == 40
        # Kept once a second, so that not much is asked for a second time.
        assert len(site.asked) - asked < 30
    assert len(shelf.files) == 40


def test_jobs_are_listed_the_last_one_first(tmp_path: Path) -> None:
    files = {f"/{n}": article(n) for n in range(3)}
    with serving(files) as site, fetching(tmp_path, MemoryShelf()) as web:
        for path in ("/0", "/1", "/2", "/0"):
            web.wait(web.start(page_order(site, path)).id)
            time.sleep(0.02)
        listed = [job.order.url[-1] for job in web.list()]
        web.wait(web.start(page_order(site, "/1")).id)
        assert [job.order.url[-1] for job in web.list()] == ["1", "0", "2"]
    assert listed == ["0", "2", "1"]


def test_a_lost_or_torn_file_only_costs_the_work_again(tmp_path: Path) -> None:
    shelf = MemoryShelf()
    with serving({"/": article(0)}) as site:
        order = page_order(site, "/")
        fetch(tmp_path, shelf, order)
        (kept,) = tmp_path.glob("*.json")
        kept.write_bytes(kept.read_bytes()[:50])
        assert fetch(tmp_path, shelf, order).state is FetchState.DONE
        kept.write_text(json.dumps({"order": {"url": "file:///etc/passwd"}}), encoding="utf-8")
        with fetching(tmp_path, shelf) as web:
            web.resume()
            (job,) = web.list()
            assert web.wait(job.id).state is FetchState.FAILED


def test_what_the_site_repeats_is_kept_on_one_page_only(tmp_path: Path) -> None:
    notice = "<div>We use cookies to brew better tea.</div>"
    foot = "<p>Call us on 555 0100 from nine to five.</p>"
    files = {
        f"/help/{n or ''}": html(
            f"{notice}<h1>Topic {n}</h1><p>About gadget {n}.</p>"
            f"<h2>See also</h2><p>Only here {n}.</p>{foot}<a href={n + 1}>on</a>"
        )
        for n in range(12)
    }
    shelf = MemoryShelf()
    with serving(files) as site:
        order = site_order(site, depth=20)
        fetch(tmp_path, shelf, order)
        texts = {source: shelf.text(source) for source in shelf.files}
        assert len(texts) == 12
        for words in ("better tea", "555 0100"):
            assert [s for s, text in texts.items() if words in text] == [f"{site.origin}/help/"]
        for number, (source, text) in enumerate(texts.items()):
            assert f"About gadget {number}." in text, source
            assert f"Only here {number}." in text
            assert "See also" in text
        before = {source: data for source, (_, data) in shelf.files.items()}
        job = fetch(tmp_path, shelf, order)
        assert (job.counts.taken, job.counts.unchanged) == (0, 12)
        assert {source: data for source, (_, data) in shelf.files.items()} == before


def test_few_pages_say_nothing_about_what_repeats(tmp_path: Path) -> None:
    files = {f"/{n or ''}": html(f"<p>Same.</p><p>{n}</p><a href={n + 1}>x</a>") for n in range(4)}
    shelf = MemoryShelf()
    with serving(files) as site:
        fetch(tmp_path, shelf, site_order(site, "/", depth=9))
    assert len(shelf.files) == 4
    assert all("Same." in shelf.text(source) for source in shelf.files)
