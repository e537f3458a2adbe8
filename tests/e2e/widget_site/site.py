"""The site: its pages stand in `pages/`, where HOST and WIDGET become the snippet's."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

PAGES = Path(__file__).parent / "pages"
# What the README tells a site with a strict policy to allow.
STRICT = "default-src 'none'; script-src HOST; connect-src HOST; style-src 'self'"
POLICIES = {
    "strict": STRICT,
    "trusted": f"{STRICT}; require-trusted-types-for 'script'; trusted-types 'none'",
    "framed": "default-src 'none'; frame-src HOST",
}


@dataclass
class Site:
    """What its snippets name: `host` without a closing slash."""

    host: str = ""
    widget: str = ""

    def filled(self, text: str) -> str:
        """`text` with the snippet's names."""
        return text.replace("HOST", self.host).replace("WIDGET", self.widget)

    def app(self) -> FastAPI:
        """`/NAME` is the page; `policy` is what it allows, `data` more attributes of the snippet."""
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        app.mount("/files", StaticFiles(directory=PAGES))

        @app.get("/{name}")
        def page(name: str, policy: str = "", data: str = "") -> HTMLResponse:
            text = (PAGES / f"{name}.html").read_text(encoding="utf-8")
            headers: dict[str, str] = {}
            if policy:  # which allows no picture, not even an empty icon
                text = text.replace('<link rel="icon" href="data:,">', "")
                headers["Content-Security-Policy"] = self.filled(POLICIES[policy])
            return HTMLResponse(self.filled(text.replace("DATA", data)), headers=headers)

        return app
