"""The models folder: what is there, whether it is intact, and filling it."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from filelock import FileLock

from knowledge.errors import DownloadFailed, ModelFileAltered, ModelFileMissing
from knowledge.models.catalogue import Catalogue, ModelEntry, ModelFile, load_catalogue
from knowledge.models.download import FetchError
from knowledge.models.sources import Fetched, bring

# Checksums of unpinned files as they first arrived, kept beside them.
RECEIPT = "received.json"
_ARRIVING = ".arriving"
_LOCK = ".lock"


class ModelState(StrEnum):
    """How much of a model is in the folder. `INSTALLED` looks at names and sizes, not at checksums."""

    ABSENT = "absent"
    INCOMPLETE = "incomplete"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model as `answerdesk models list` shows it."""

    entry: ModelEntry
    state: ModelState
    folder: Path


def installed(models_dir: Path, catalogue: Catalogue | None = None) -> list[ModelStatus]:
    """Every model of the catalogue and how much of it is in `models_dir`; quick, reads no contents."""
    return [
        ModelStatus(entry, _state(entry, models_dir / entry.name), models_dir / entry.name)
        for entry in catalogue or load_catalogue()
    ]


def require(name: str, models_dir: Path, catalogue: Catalogue | None = None) -> Path:
    """The folder of model `name`, every file of it checked against its SHA-256.

    Raises `UnknownModel`, `ModelFileMissing` or `ModelFileAltered`. Hashing takes about
    0.1 s per 100 MB, so every start can afford it.
    """
    entry = (catalogue or load_catalogue()).entry(name)
    folder = models_dir / entry.name
    receipt = _read_receipt(folder)
    for file in entry.files:
        _check(entry, folder / file.name, file.sha256 or receipt.get(file.name))
    return folder


def pull(
    names: Sequence[str],
    models_dir: Path,
    *,
    progress: bool = True,
    catalogue: Catalogue | None = None,
) -> list[Path]:
    """Fetch what is missing or damaged of the models `names` (none: the default ones).

    Returns their folders. A pull that was broken off goes on where it stopped, and two
    processes do not disturb each other. `progress` shows a bar when there is a terminal.
    Raises `UnknownModel`, `DownloadFailed`, or `ModelFileAltered` when a source serves
    something else than the catalogue expects.
    """
    known = catalogue or load_catalogue()
    entries = [known.entry(name) for name in names or known.defaults]
    for entry in entries:
        folder = models_dir / entry.name
        try:
            # Nothing is written where nothing is missing: the folder may be read-only.
            if _wanted(entry, folder):
                models_dir.mkdir(parents=True, exist_ok=True)
                with FileLock(models_dir / _LOCK):
                    _pull_one(entry, folder, progress=progress)
        except OSError as error:
            reason = f"{error.strerror or error}."
            raise DownloadFailed(path=folder, reason=reason, model=entry.name) from error
    return [models_dir / entry.name for entry in entries]


def ensure_defaults(models_dir: Path, *, progress: bool = True) -> list[Path]:
    """Fetch the models of the default settings where they are missing or damaged: the first start."""
    return pull((), models_dir, progress=progress)


def _pull_one(entry: ModelEntry, folder: Path, *, progress: bool) -> None:
    wanted = _wanted(entry, folder)
    if not wanted:
        return
    arriving = folder / _ARRIVING
    failure: FetchError | None = None
    for source in entry.sources:
        try:
            arriving.mkdir(parents=True, exist_ok=True)
            fetched = bring(source, wanted, arriving, progress=progress)
        except FetchError as error:
            failure = error
            continue
        try:
            _settle(entry, fetched, folder)
        finally:
            shutil.rmtree(arriving)
        return
    raise DownloadFailed(
        path=folder / wanted[0].name, reason=failure or "it has no source.", model=entry.name
    ) from failure


def _settle(entry: ModelEntry, fetched: list[Fetched], folder: Path) -> None:
    """Check every file before the first one moves to its place."""
    receipt = _read_receipt(folder)
    for item in fetched:
        if item.file.sha256 is None:
            receipt[item.file.name] = _sha256(item.path)
        else:
            _check(entry, item.path, item.file.sha256)
    if not entry.pinned:
        written = folder / _ARRIVING / RECEIPT
        written.write_text(json.dumps(receipt, indent=2), encoding="utf-8")
        written.replace(folder / RECEIPT)
    for item in fetched:
        target = folder / item.file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        item.path.replace(target)


def _check(entry: ModelEntry, path: Path, expected: str | None) -> None:
    if not path.is_file():
        raise ModelFileMissing(path=path, model=entry.name)
    if expected is None:
        # Unpinned and not fetched by us: a person put it there, and vouches for it.
        return
    found = _sha256(path)
    if found != expected:
        raise ModelFileAltered(path=path, expected=expected, found=found, model=entry.name)


def _wanted(entry: ModelEntry, folder: Path) -> tuple[ModelFile, ...]:
    """The files that are missing or damaged."""
    receipt = _read_receipt(folder)
    return tuple(file for file in entry.files if not _intact(folder, file, receipt))


def _intact(folder: Path, file: ModelFile, receipt: dict[str, str]) -> bool:
    path = folder / file.name
    expected = file.sha256 or receipt.get(file.name)
    return path.is_file() and (expected is None or _sha256(path) == expected)


def _state(entry: ModelEntry, folder: Path) -> ModelState:
    there = [_looks_whole(folder / file.name, file.size) for file in entry.files]
    if all(there):
        return ModelState.INSTALLED
    return (
        ModelState.INCOMPLETE if any(there) or (folder / _ARRIVING).exists() else ModelState.ABSENT
    )


def _looks_whole(path: Path, size: int | None) -> bool:
    return path.is_file() and (size is None or path.stat().st_size == size)


def _read_receipt(folder: Path) -> dict[str, str]:
    path = folder / RECEIPT
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
