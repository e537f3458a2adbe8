"""Signing in and out. The page with the form belongs to the UI."""

from urllib.parse import quote, urlsplit

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from chatbot.accounts import SESSION_SECONDS, Accounts
from chatbot.api.access import SESSION_COOKIE, refuse_other_sites
from chatbot.api.peers import client_address, own_origin
from chatbot.api.schemas import SignedIn, SignIn
from chatbot.errors import TooManyAttempts, WrongPassword

_EXAMPLE = {"name": "mei", "password": "correct horse battery staple"}
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

router = APIRouter(tags=["session"])


@router.post(
    "/login",
    response_model=SignedIn,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": SignIn.model_json_schema(), "example": _EXAMPLE}
                for kind in ("application/json", _FORM_TYPES[0])
            },
        }
    },
)
async def login(request: Request) -> Response:
    """Sign in with JSON, or with a form, which is then sent to its `next` page.

    A form that fails goes back to the page it came from, with `?error=CODE`.
    """
    _refuse_foreign_form(request)
    if not request.headers.get("content-type", "").startswith(_FORM_TYPES):
        return await _login_json(request)
    form = await request.form(max_fields=10, max_files=0)
    target = _own_page(str(form.get("next") or "/"))
    try:
        token, _ = await _sign_in(request, str(form.get("name")), str(form.get("password")))
    except (WrongPassword, TooManyAttempts) as error:
        return RedirectResponse(f"/login?error={error.code}&next={quote(target, safe='')}", 303)
    return _with_cookie(request, RedirectResponse(target, 303), token)


@router.post("/logout", status_code=204)
async def logout(request: Request) -> Response:
    """End the session of the cookie."""
    _refuse_foreign_form(request)
    accounts: Accounts = request.app.state.desk.accounts
    await run_sync(accounts.sign_out, request.cookies.get(SESSION_COOKIE, ""))
    html = "text/html" in request.headers.get("accept", "")
    response: Response = RedirectResponse("/", 303) if html else Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
    return response


async def _login_json(request: Request) -> Response:
    try:
        given = SignIn.model_validate_json(await request.body())
    except ValidationError as error:
        raise HTTPException(422) from error
    token, signed_in = await _sign_in(request, given.name, given.password)
    return _with_cookie(request, JSONResponse(signed_in.model_dump()), token)


async def _sign_in(request: Request, name: str, password: str) -> tuple[str, SignedIn]:
    accounts: Accounts = request.app.state.desk.accounts
    client = client_address(request.scope, request.app.state.desk.settings.server)
    token = await run_sync(accounts.sign_in, name, password, client)
    member = await run_sync(accounts.by_session, token)
    if member is None:  # suspended between the two
        raise WrongPassword
    # A session that the browser brought along is not the new one's: it ends.
    await run_sync(accounts.sign_out, request.cookies.get(SESSION_COOKIE, ""))
    return token, SignedIn.model_validate({"name": member.name, "role": member.role.label})


def _with_cookie(request: Request, response: Response, token: str) -> Response:
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="lax",
        secure=own_origin(request.scope, request.app.state.desk.settings.server).startswith(
            "https:"
        ),
    )
    return response


def _refuse_foreign_form(request: Request) -> None:
    """A form on another site must not sign a visitor in as its owner; programs send no origin."""
    if {"origin", "sec-fetch-site"} & set(request.headers):
        refuse_other_sites(request.method, request.headers)


def _own_page(target: str) -> str:
    """`target` when it is a path of this site, else the front page."""
    parts = urlsplit(target.replace("\\", "/"))
    own = target.startswith("/") and not target.startswith(("//", "/\\"))
    safe = own and not parts.netloc and target.isprintable()
    return target if safe else "/"
