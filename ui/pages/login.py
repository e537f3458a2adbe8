"""The page to sign in: plain HTML that works without a script. The API checks the password."""

from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from chatbot.api.problems import language_of
from knowledge.documents import Language
from ui.mounting import head_of
from ui.render_admin import render

PATH = "/login"
LANGUAGE_COOKIE = "answerdesk_language"
_AFTER = "/admin"
_YEAR_SECONDS = 365 * 24 * 3600
# What the API's sign-in answers with, and the sentence for it.
_ERRORS = {"wrong_password": "login_wrong", "too_many_attempts": "login_many"}

router = APIRouter(include_in_schema=False)


@router.get(PATH)
def login_page(request: Request) -> HTMLResponse:
    """The form. `next` is where to go afterwards, `error` the code of a failed attempt."""
    asked = request.query_params.get("lang", "")
    language = Language(asked) if asked in set(Language) else page_language(request.headers)
    target = local_path(request.query_params.get("next", ""))
    other = next(known for known in Language if known is not language)
    page = render(
        "login",
        language,
        head=head_of("admin"),
        target=target,
        error=_ERRORS.get(request.query_params.get("error", "")),
        other=other,
        other_url=f"{PATH}?{urlencode({'lang': other, 'next': target})}",
    )
    response = HTMLResponse(page)
    if asked:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, samesite="lax")
    return response


def login_url(target: str) -> str:
    """The page to sign in that leads to `target` afterwards."""
    return f"{PATH}?{urlencode({'next': local_path(target)})}"


def local_path(target: str) -> str:
    """`target` when it is a path of this site, else the admin."""
    parts = urlsplit(target.replace("\\", "/"))
    own = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if own and not parts.netloc and target.isprintable() else _AFTER


def page_language(headers: Headers) -> Language:
    """The language chosen on an earlier visit, else the browser's."""
    chosen = cookie_parser(headers.get("cookie", "")).get(LANGUAGE_COOKIE, "")
    return Language(chosen) if chosen in set(Language) else language_of(headers)
