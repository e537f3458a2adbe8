"""How soon the widget's button shows on another site, and what it does to that site's own load.

    python -m tests.benchmarks.widget_paint            (about 2 minutes on 2 cores)

A page on another origin, in Chromium with an empty cache, with and without the snippet, in turns.
Writes widget_paint.md.
"""

import functools
import http.server
import statistics
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.machine import machine
from tests.benchmarks.widget_load import URL, make_widget, serving

HERE = Path(__file__).parent
ROUNDS = 30
PAGE = """<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>{paragraphs}{snippet}</html>"""
SNIPPET = '<script src="{url}/widget.js" data-widget="{widget}" async></script>'

# Of the widget: from the script's request, and from its arrival, to the frame that shows the button.
MEASURE = """async () => {
  const script = performance.getEntriesByType("resource").find((e) => e.name.endsWith("/widget.js"));
  for (;;) {
    const [mark] = performance.getEntriesByName("answerdesk-launcher");
    if (mark) {
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const shown = performance.now();
      return [mark.startTime - script.startTime, mark.startTime - script.responseEnd,
              shown - script.responseEnd];
    }
    await new Promise((done) => setTimeout(done, 1));
  }
}"""
LOADED = """() => {
  const [page] = performance.getEntriesByType("navigation");
  return [page.domContentLoadedEventEnd, page.loadEventEnd];
}"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        site.mkdir()
        with serving(Path(folder)), _site(site) as address:
            widget = make_widget(address)
            paragraphs = "<p>Kettles and cups.</p>" * 200
            snippet = SNIPPET.format(url=URL, widget=widget)
            for name, added in (("with", snippet), ("without", "")):
                text = PAGE.format(paragraphs=paragraphs, snippet=added)
                (site / f"{name}.html").write_text(text, encoding="utf-8")
            report = _report(*_measure(address))
    (HERE / "widget_paint.md").write_text(report, encoding="utf-8")
    print(report)


Figures = list[list[float]]


def _measure(address: str) -> tuple[Figures, Figures, Figures]:
    shown: Figures = []
    loads: dict[str, Figures] = {"with": [], "without": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        for _ in range(ROUNDS):
            for name, found in loads.items():
                found.append(_visit(browser, f"{address}/{name}.html", shown, name))
        browser.close()
    return shown, loads["with"], loads["without"]


def _visit(browser: Browser, url: str, shown: Figures, name: str) -> list[float]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(url, wait_until="load")
    if name == "with":
        shown.append(page.evaluate(MEASURE))
    page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    times: list[float] = page.evaluate(LOADED)
    context.close()
    return times


def _report(shown: Figures, with_it: Figures, without: Figures) -> str:
    rows = [
        ("script requested to button in the page", [times[0] for times in shown]),
        ("script arrived to button in the page", [times[1] for times in shown]),
        ("script arrived to the frame after it", [times[2] for times in shown]),
        ("the page's DOMContentLoaded, with the widget", [times[0] for times in with_it]),
        ("the page's DOMContentLoaded, without", [times[0] for times in without]),
        ("the page's load, with the widget", [times[1] for times in with_it]),
        ("the page's load, without", [times[1] for times in without]),
    ]
    lines = [
        "# How soon the widget shows",
        "",
        f"`python -m tests.benchmarks.widget_paint` on {machine()}; browser, site and AnswerDesk on",
        f"the same machine, {ROUNDS} visits with an empty cache each; milliseconds.",
        "",
        "| | p50 | p95 | max |",
        "|---|---|---|---|",
        *(
            f"| {name} | {_p(values, 0.5):.0f} | {_p(values, 0.95):.0f} | {max(values):.0f} |"
            for name, values in rows
        ),
    ]
    return "\n".join(lines) + "\n"


def _p(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        pass


@contextmanager
def _site(folder: Path) -> Generator[str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        # Another host name than AnswerDesk's: another site to the browser.
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    main()
