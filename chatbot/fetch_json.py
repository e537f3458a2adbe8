"""Fetch jobs as JSON: one place for the API and the command line."""

from datetime import UTC, datetime

from chatbot.serialise import Json
from knowledge.documents import Language
from knowledge.web.errands import FetchJob


def fetch_json(job: FetchJob, language: Language = Language.ENGLISH) -> Json:
    """How far a job has come; what went wrong is said in `language`."""
    counts = job.counts
    return {
        "id": job.id,
        "url": job.order.url,
        "collection": job.order.collection,
        "site": job.order.site,
        "depth": job.order.depth,
        "max_pages": job.order.max_pages,
        "state": job.state.value,
        "found": job.found,
        "taken": counts.taken,
        "unchanged": counts.unchanged,
        "removed": counts.removed,
        "skipped": counts.skipped,
        "failed": counts.troubled,
        "left": counts.left,
        "documents": list(job.documents),
        "problems": [{"url": t.url, "reason": t.text(language)} for t in job.troubles],
        "reason": None if job.reason is None else job.reason.text(language),
        "updated_at": datetime.fromtimestamp(job.updated_at, UTC).isoformat(),
    }
