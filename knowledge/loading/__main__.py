"""The program of the reading child: `python -m knowledge.loading`; see `knowledge.loading.child`.

It answers requests from its standard input, one after another, until that ends or nobody has
asked for a while.
"""

import os
import sys
import threading
import time
from collections.abc import Mapping
from select import select
from typing import BinaryIO, cast

from knowledge.errors import AnswerDeskError, DocumentTooComplex, IngestFailed
from knowledge.loading import load
from knowledge.loading.answers import (
    error_frame,
    loaded_frame,
    page_frame,
    pieces_from,
    unpacked_frame,
)
from knowledge.loading.archive import members
from knowledge.loading.confinement import confine
from knowledge.loading.frames import Frame, receive, send
from knowledge.loading.progress import PageRead, Reading, during

# A child that nobody needs gives its memory back.
_IDLE_SECONDS = 120.0
_WATCH_SECONDS = 1.0
# Of pages that take no time, this many seconds pass between tellings.
_TELL_SECONDS = 0.5


def main() -> None:
    """Answer until there are no more requests."""
    memory_mb = int(sys.argv[1])
    requests, answers = sys.stdin.buffer, _own_output()
    is_filtered = confine(memory_mb)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    send(answers, Frame({"ready": True, "filtered": is_filtered}))
    while select([requests], [], [], _IDLE_SECONDS)[0]:
        request = receive(requests)
        if request is None:
            return
        send(answers, _answer(request, answers))


def _own_output() -> BinaryIO:
    """The pipe to the server, out of reach of libraries that print."""
    own = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return own


def _end_with_parent(parent: int) -> None:
    """A server that was killed closes its pipes, which a child in the middle of a file does not see."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


def _answer(request: Frame, answers: BinaryIO) -> Frame:
    name = str(request.header["name"])
    try:
        with during(_reading(request.header, answers)):
            if "unpack" in request.header:
                return unpacked_frame(members(name, request.body))
            return loaded_frame(load(name, request.body))
    except MemoryError:
        return Frame({"memory": True})
    except RecursionError:
        return error_frame(DocumentTooComplex(name=name))
    except AnswerDeskError as error:
        return error_frame(error)
    except Exception as error:
        # Whatever a strange file does to a parser concerns that file alone.
        return error_frame(IngestFailed(name=name, reason=type(error).__name__))


def _reading(header: Mapping[str, object], answers: BinaryIO) -> Reading:
    told = time.monotonic()

    def tell(read: PageRead) -> None:
        nonlocal told
        if read.pieces is not None or read.is_begun or time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            send(answers, page_frame(read))

    known = cast("dict[str, object]", header.get("known", {}))
    return Reading(tell, {int(page): pieces_from(pieces) for page, pieces in known.items()})


if __name__ == "__main__":
    main()
