"""Errors as `application/problem+json` (RFC 9457), in the caller's language."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from chatbot.api.openai_errors import PREFIX as OPENAI
from chatbot.api.openai_errors import openai_error
from chatbot.errors import AnswerDeskError
from chatbot.faults import describe_fault
from knowledge.documents import Language

_log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"

# What starlette refuses by itself, in words of ours.
_BY_STATUS = {
    400: ("The request cannot be read.", "无法读取请求。"),
    404: ("There is nothing here.", "此处没有内容。"),
    405: ("This cannot be done here.", "此处不支持该操作。"),
    408: (
        "The request did not arrive in time. Please send it again.",
        "未能及时收到请求。请重新发送。",
    ),
    413: ("The request is too large. Please shorten it.", "请求内容过大，请缩短后再试。"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it goes over the wire: a status, a code for programs, a sentence for people.

    `field` names what is wrong in the request, where that is known; `holder` the agent whose
    conversation it is.
    """

    status: int
    code: str
    en: str
    zh: str
    retry_after: int | None = None
    field: str | None = None
    holder: str | None = None

    def text(self, language: Language) -> str:
        """The sentence for people."""
        return self.zh if language is Language.CHINESE else self.en

    def json(self, language: Language) -> dict[str, object]:
        """The problem as JSON."""
        problem: dict[str, object] = {
            "type": f"urn:answerdesk:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.text(language),
            "code": self.code,
        }
        return problem if self.holder is None else {**problem, "holder": self.holder}

    def openai_json(self, language: Language) -> dict[str, object]:
        """The problem as OpenAI's clients read it."""
        return self._as_openai(language)[1]

    def response(self, language: Language, path: str = "") -> JSONResponse:
        """The problem as the response to a request of `path`: below `/v1` in OpenAI's shape."""
        if path.startswith(OPENAI):
            status, body = self._as_openai(language)
            response = JSONResponse(body, status_code=status)
        else:
            response = JSONResponse(
                self.json(language), status_code=self.status, media_type=PROBLEM_TYPE
            )
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        if self.status == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    def _as_openai(self, language: Language) -> tuple[int, dict[str, object]]:
        return openai_error(self.status, self.code, self.text(language), self.field)


def problem_of(error: BaseException) -> Problem:
    """What to say about `error`. One that nobody foresaw is logged, and named by a reference only."""
    if isinstance(error, AnswerDeskError):
        seconds = error.details.get("seconds")
        retry = error.status in (409, 429, 503) and isinstance(seconds, int | float)
        field, holder = error.details.get("param"), error.details.get("holder")
        return Problem(
            error.status,
            error.code,
            error.text(Language.ENGLISH),
            error.text(Language.CHINESE),
            max(1, round(seconds)) if retry else None,  # pyright: ignore[reportArgumentType,reportUnknownArgumentType] -- `retry` says it is a number
            field if isinstance(field, str) else None,
            holder if isinstance(holder, str) else None,
        )
    reference = secrets.token_hex(4)
    _log.error("unexpected error %s", reference, exc_info=error)
    return Problem(
        500,
        "unexpected",
        f"Something went wrong on our side. Please try again; if it stays, quote {reference}.",
        f"系统出现问题。请重试；如仍未解决，请提供编号 {reference}。",
    )


def language_of(headers: Headers) -> Language:
    """Chinese when `Accept-Language` prefers it to English, else English."""
    weights = {language.value: 0.0 for language in Language}
    for item in headers.get("accept-language", "")[:200].split(","):
        tag, _, quality = item.strip().partition(";q=")
        primary = tag.strip().lower().split("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(quality))
    return Language.CHINESE if weights["zh"] > weights["en"] else Language.ENGLISH


def caller_language(request: Request) -> Language:
    """The language the body named (see `remember_language`), else that of the headers."""
    named: Language | None = getattr(request.state, "language", None)
    return named or language_of(request.headers)


def remember_language(request: Request, language: str | None) -> None:
    """Let the problems of this request speak the language that its body names."""
    if language is not None:
        request.state.language = Language(language)


def install_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem."""

    async def known(request: Request, error: Exception) -> JSONResponse:
        return problem_of(error).response(caller_language(request), request.scope["path"])

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        faults = error.errors() if isinstance(error, RequestValidationError) else ()
        return _invalid(faults).response(caller_language(request), request.scope["path"])

    async def refused(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 400
        response = refusal(status).response(caller_language(request), request.scope["path"])
        response.headers.update(getattr(error, "headers", None) or {})
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = _allowed(app, request)
        return response

    app.add_exception_handler(AnswerDeskError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, known)


def _allowed(app: FastAPI, request: Request) -> str:
    """The methods of all routes of the path; the router names those of the first one only."""
    methods: set[str] = set()
    for route in app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return ", ".join(sorted(methods))


def refusal(status: int) -> Problem:
    """What to say when all that is known is the status."""
    phrase = HTTPStatus(status).phrase
    en, zh = _BY_STATUS.get(status, (f"{phrase}.", f"{phrase}."))
    return Problem(status, phrase.lower().replace(" ", "_"), en, zh)


def _invalid(faults: Sequence[Mapping[str, Any]]) -> Problem:
    en, zh = describe_fault(faults)
    return Problem(
        422,
        "invalid_request",
        f"The request cannot be read: {en}.",
        f"无法读取请求：{zh}。",
        field=en.partition(": ")[0],
    )


def _weight(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
