"""What other sites load of the widget: its scripts, and a whole page for an iframe."""

from functools import cache
from pathlib import Path
from typing import Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, Template
from starlette.middleware.gzip import GZipMiddleware

from chatbot.api.parts import Desk
from chatbot.api.problems import language_of
from chatbot.widgets.errors import WidgetNotFound
from chatbot.widgets.model import LanguageCode, Widget
from knowledge.documents import Language

_HERE: Final = Path(__file__).parent
_SCRIPTS: Final = _HERE / "widget"
# Anyone may load the scripts: they hold nothing, and ask for everything.
_PUBLIC: Final = {
    "Cache-Control": "public, max-age=300",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_FRAME_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self' {origins}"
)

router = APIRouter(include_in_schema=False)


def add_widget_files(app: FastAPI) -> None:
    """Serve `/widget.js`, what it loads below `/widget/app`, and the frame pages."""
    app.include_router(router)
    app.mount("/widget/app", GZipMiddleware(_PublicFiles(directory=_SCRIPTS)))


@router.get("/widget.js")
def loader() -> Response:
    """What a site's snippet names."""
    return FileResponse(_SCRIPTS / "loader.js", media_type=_JAVASCRIPT, headers=_PUBLIC)


@router.get("/widget/frame/{widget_id}")
async def frame(request: Request, widget_id: str, lang: str = "") -> HTMLResponse:
    """A page that is all widget, for the sites that the widget may stand on."""
    desk: Desk = request.app.state.desk
    widget = await run_sync(desk.widgets.get, widget_id)
    if not widget.frame:
        raise WidgetNotFound(widget_id=widget_id)
    wanted = lang if lang in set(Language) else language_of(request.headers)
    language = _language(widget, wanted)
    page = _template().render(
        language="zh-CN" if language == "zh" else language,
        title=widget.texts[language].title,
        widget=widget.id,
        lang=language,
        frame=desk.widgets.tokens.frame_ticket(widget.id),
    )
    policy = _FRAME_POLICY.format(origins=" ".join(widget.origins)).strip()
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return HTMLResponse(page, headers=headers)


class _PublicFiles(StaticFiles):
    """Scripts that pages of any site may load."""

    def file_response(self, *args: object, **options: object) -> Response:
        response = super().file_response(*args, **options)  # pyright: ignore[reportArgumentType] -- passed through
        # The system's own table of types differs from machine to machine.
        response.headers.update({**_PUBLIC, "Content-Type": _JAVASCRIPT})
        return response


def _language(widget: Widget, wanted: str) -> LanguageCode:
    """The language that the page speaks: the wanted one where the widget does."""
    language: LanguageCode = "zh" if wanted == Language.CHINESE else "en"
    return language if language in widget.languages else widget.languages[0]


@cache
def _template() -> Template:
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True)
    return templates.get_template("widget_frame.html")
