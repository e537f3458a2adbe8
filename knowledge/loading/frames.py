"""How the server and its reading child talk: frames of JSON with a body of bytes, over pipes."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

# Sections and marks of the longest text take some megabytes; the bytes of an archive's members more.
_MAX_HEADER = 32 * 2**20
_MAX_BODY = 512 * 2**20
_LENGTHS = struct.Struct("!II")


class BrokenFrame(Exception):
    """What was received is no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is said, in JSON, and the bytes that go with it."""

    header: Mapping[str, object]
    body: bytes = b""


def send(stream: BinaryIO, frame: Frame) -> None:
    """Write a frame. Raises `OSError` if nobody reads."""
    header = json.dumps(frame.header, ensure_ascii=False).encode("utf-8", "replace")
    stream.write(_LENGTHS.pack(len(header), len(frame.body)) + header)
    stream.write(frame.body)
    stream.flush()


def receive(stream: BinaryIO) -> Frame | None:
    """The next frame; None where there are no more. Raises `BrokenFrame`."""
    lengths = _read(stream, _LENGTHS.size)
    if not lengths:
        return None
    if len(lengths) < _LENGTHS.size:
        raise BrokenFrame("cut off")
    of_header, of_body = cast("tuple[int, int]", _LENGTHS.unpack(lengths))
    if of_header > _MAX_HEADER or of_body > _MAX_BODY:
        raise BrokenFrame("too long")
    header, body = _read(stream, of_header), _read(stream, of_body)
    if len(header) < of_header or len(body) < of_body:
        raise BrokenFrame("cut off")
    return Frame(_object(header), body)


def _object(header: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise BrokenFrame("no JSON") from error
    if not isinstance(value, dict):
        raise BrokenFrame("no object")
    return cast("dict[str, object]", value)


def _read(stream: BinaryIO, count: int) -> bytes:
    """`count` bytes, or fewer at the end of the stream."""
    parts: list[bytes] = []
    while count > 0 and (part := stream.read(min(count, 2**20))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
