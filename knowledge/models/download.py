"""Fetching one URL into one file: resumed after a break, with a progress bar on a terminal."""

import os
import shutil
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Never
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import httpx
from tqdm import tqdm

# Seconds without a byte before a connection counts as broken.
STALL_SECONDS = 30.0
# A break is followed by another attempt from where it stopped; only breaks without progress count.
FRUITLESS_ATTEMPTS = 3
PAUSE_SECONDS = 1.0
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416


class FetchError(Exception):
    """Why a URL could not be fetched, as a sentence. The caller names the model."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a progress bar shows. It appears only when `shown` and standard error is a terminal."""

    label: str
    shown: bool = True

    def bar(self, total: int | None, done: int) -> "tqdm[Never]":
        return tqdm(
            desc=self.label,
            total=total,
            initial=done,
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            leave=False,
            disable=None if self.shown else True,
        )


def open_client() -> httpx.Client:
    """An HTTP client that honours the proxies and certificates that pip and httpx are given."""
    context = httpx.create_ssl_context()
    for variable in ("PIP_CERT", "REQUESTS_CA_BUNDLE"):
        bundle = os.environ.get(variable)
        if bundle and Path(bundle).is_file():
            context.load_verify_locations(cafile=bundle)
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return httpx.Client(verify=context, timeout=STALL_SECONDS)


def fetch(url: str, part: Path, progress: Progress) -> None:
    """Complete `part` with the bytes behind `url`, going on from what it already holds.

    `url` is http(s) or file. What has arrived stays in `part` when this raises `FetchError`.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        if urlsplit(url).scheme == "file":
            shutil.copyfile(url2pathname(unquote(urlsplit(url).path)), part)
            return
        with open_client() as client:
            _fetch_with_retries(client, url, part, progress)
    except OSError as error:
        raise FetchError(f"{error.strerror or error}.") from error
    except httpx.HTTPError as error:
        raise FetchError(f"{_reason(error)}.") from error


def _fetch_with_retries(client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
    fruitless = 0
    while True:
        before = _size(part)
        try:
            _fetch_once(client, url, part, progress)
        except httpx.TransportError:
            fruitless = 0 if _size(part) > before else fruitless + 1
            if fruitless == FRUITLESS_ATTEMPTS:
                raise
            time.sleep(fruitless * PAUSE_SECONDS)
        else:
            return


def _fetch_once(client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
    done = _size(part)
    # The file as it is: a compressed transfer could not be resumed by byte.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with client.stream("GET", url, headers=headers, follow_redirects=True) as response:
        if response.status_code == _RANGE_NOT_SATISFIABLE and done:
            if response.headers.get("Content-Range") == f"bytes */{done}":
                return
            part.unlink()
            raise httpx.RemoteProtocolError("the server holds fewer bytes than have arrived")
        if response.is_error:
            raise FetchError(f"{urlsplit(url).hostname} answered {response.status_code}.")
        resumed = response.status_code == _PARTIAL_CONTENT
        length = response.headers.get("Content-Length")
        kept = done if resumed else 0
        total = kept + int(length) if length else None
        with (
            part.open("ab" if resumed else "wb") as file,
            progress.bar(total, kept) as bar,
        ):
            for chunk in response.iter_raw():
                file.write(chunk)
                bar.update(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"No byte arrived for {STALL_SECONDS:g} seconds"
    return str(error).rstrip(".") or type(error).__name__
