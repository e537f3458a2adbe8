"""Fetch jobs as the knowledge page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.documents import Language
from knowledge.web.errands import FetchJob, FetchState
from ui.texts import text

# Jobs that are over; the table of documents has what they brought.
_SHOWN_ENDED: Final = 5
# The dots of documents' states say the same of jobs.
_DOTS: Final = {
    FetchState.WAITING: "queued",
    FetchState.RUNNING: "embedding",
    FetchState.DONE: "ready",
    FetchState.STOPPED: "queued",
    FetchState.FAILED: "failed",
}
_AGAIN: Final = {FetchState.STOPPED: "go_on", FetchState.FAILED: "retry"}


@dataclass(frozen=True, slots=True)
class JobView:
    """A job in words; `percent` is None unless it is at work."""

    id: str
    url: str
    dot: str
    state_text: str
    is_over: bool
    percent: int | None
    line: str
    again: str
    again_label: str
    reason: str
    problems: Sequence[str]
    problems_text: str


def shown_jobs(jobs: Sequence[FetchJob], language: Language) -> list[JobView]:
    """Those at work, and the last ones that are over."""
    at_work = [job for job in jobs if not job.state.is_over]
    ended = [job for job in jobs if job.state.is_over][:_SHOWN_ENDED]
    return [_view(job, language) for job in (*at_work, *ended)]


def _view(job: FetchJob, language: Language) -> JobView:
    def say(key: str, **values: object) -> str:
        return text(f"admin_web_{key}", language, **values)

    again = _AGAIN.get(job.state, "again")
    is_running = job.state is FetchState.RUNNING and job.order.site
    return JobView(
        id=job.id,
        url=job.order.url,
        dot=_DOTS[job.state],
        state_text=say(job.state.value),
        is_over=job.state.is_over,
        percent=100 * job.counts.done // max(1, job.found) if is_running else None,
        line=_line(job, language),
        again=say(again),
        again_label=say(f"{again}_named", url=job.order.url),
        reason=job.reason.text(language) if job.reason else "",
        problems=[trouble.text(language) for trouble in job.troubles],
        problems_text=say("problems", count=job.counts.troubled),
    )


def _line(job: FetchJob, language: Language) -> str:
    counts = job.counts
    if not job.found or not job.order.site or job.state in (FetchState.WAITING, FetchState.FAILED):
        return ""
    if job.state is FetchState.RUNNING:
        return text("admin_web_so_far", language, done=counts.done, found=job.found)
    outcome = text(
        "admin_web_outcome",
        language,
        taken=counts.taken,
        unchanged=counts.unchanged,
        removed=counts.removed,
    )
    if not counts.left:
        return outcome
    more = text("admin_web_left", language, left=counts.left)
    return f"{outcome} {more}" if language is Language.ENGLISH else outcome + more
