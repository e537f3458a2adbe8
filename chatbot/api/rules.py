"""Rules: what is in force, and checking, publishing and removing files of them."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from chatbot.api.problems import caller_language, problem_of
from chatbot.api.schemas import RuleFileBody, RuleProblems, RulesAnswer
from chatbot.serialise import Json
from knowledge.documents import Language
from knowledge.rules.book import RuleBook
from knowledge.rules.model import RuleSet
from knowledge.rules.problems import Problem, RuleFileError

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])

FileName = Annotated[str, Path(max_length=100, description="The file's name, as in `shop.yaml`.")]


@router.get("", response_model=RulesAnswer)
async def rules(request: Request) -> Json:
    """The rules in force, and what is wrong with files that are not."""
    return await run_sync(_shown, _book(request), caller_language(request))


@router.post("/check", response_model=RuleProblems)
async def check(request: Request, body: RuleFileBody) -> Json:
    """What is wrong with a file, its tests included; nothing is changed."""
    found = await run_sync(_book(request).check, body.name, body.text)
    return {"problems": [_problem(problem, caller_language(request)) for problem in found]}


@router.put("", response_model=RulesAnswer)
async def publish(request: Request, body: RuleFileBody) -> Response:
    """Put a file in force, or nothing of it: 422 names every problem, failed tests included."""
    language = caller_language(request)
    try:
        await run_sync(_book(request).publish, body.name, body.text)
    except RuleFileError as error:
        return _refused(error, language)
    return JSONResponse(await run_sync(_shown, _book(request), language))


@router.delete("/{name}", status_code=204)
async def remove(request: Request, name: FileName) -> Response:
    """Take a file out of force; 422 when others need it or it is not there."""
    try:
        await run_sync(_book(request).remove, name)
    except RuleFileError as error:
        return _refused(error, caller_language(request))
    return Response(status_code=204)


def _book(request: Request) -> RuleBook:
    book: RuleBook = request.app.state.desk.rules
    return book


def _shown(book: RuleBook, language: Language) -> Json:
    ruleset: RuleSet = book.current()
    return {
        "files": [path.name for path in book.files()],
        "rules": [
            {
                "id": rule.id,
                "priority": rule.priority,
                "description": rule.description.get(language, ""),
                "file": rule.file,
                "line": rule.line,
                "tests": len(rule.tests),
            }
            for rule in ruleset
        ],
        "problems": [_problem(problem, language) for problem in book.problems],
    }


def _problem(problem: Problem, language: Language) -> Json:
    return {"file": problem.file, "line": problem.line, "detail": problem.text(language)}


def _refused(error: RuleFileError, language: Language) -> JSONResponse:
    problem = problem_of(error)
    response = problem.response(language)
    problems = [_problem(found, language) for found in error.errors]
    return JSONResponse(
        {**problem.json(language), "problems": problems},
        status_code=problem.status,
        media_type=response.media_type,
    )
