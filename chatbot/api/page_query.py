"""How clients ask for a page of a long list."""

from typing import Annotated

from fastapi import Query

Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=2000, description="The `next` of the page before; without it, the first."),
]
