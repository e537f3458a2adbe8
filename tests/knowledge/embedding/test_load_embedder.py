"""From a name to an embedder, and what is refused on the way."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding.loading import load_embedder
from knowledge.embedding.sentence_transformers import (
    E5_PREFIXES,
    Prefixes,
    SentenceTransformersEmbedder,
)
from knowledge.errors import EmbedderNotLoaded, ModelFileAltered, ModelFileMissing
from tests.knowledge.embedding.tiny_model import save_tiny_model

DEFAULT = "multilingual-e5-small"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_tiny_model(folder)
    return folder


def test_a_catalogue_model_that_was_never_pulled(tmp_path: Path) -> None:
    with pytest.raises(ModelFileMissing, match=f"answerdesk models pull {DEFAULT}"):
        load_embedder(DEFAULT, tmp_path)


@pytest.mark.models
def test_a_damaged_file_is_refused(models_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / DEFAULT
    shutil.copytree(models_dir / DEFAULT, folder)
    with (folder / "e5-small-q4.bin").open("r+b") as file:
        file.seek(60_000_000)
        file.write(b"\0")
    with pytest.raises(ModelFileAltered):
        load_embedder(DEFAULT, tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EmbedderNotLoaded, match="none"):
        load_embedder(str(tmp_path / "none"), tmp_path)


def test_pickled_weights_are_refused(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EmbedderNotLoaded):
        load_embedder(str(folder), tmp_path)


def test_code_that_comes_with_a_model_never_runs(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    shutil.copytree(tiny, folder)
    ran = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(ran)!r}, 'w').close()\nclass Evil: pass\n")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "evil.Evil"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(EmbedderNotLoaded):
        load_embedder(str(folder), tmp_path)
    assert not ran.exists()


def test_prefixes_change_vectors_and_fingerprint(tiny: Path) -> None:
    plain = SentenceTransformersEmbedder(str(tiny))
    prefixed = SentenceTransformersEmbedder(str(tiny), prefixes=Prefixes("ask ", "tell "))
    assert plain.fingerprint != prefixed.fingerprint
    query = prefixed.embed(["refund"], "query")
    assert np.allclose(query, plain.embed(["ask refund"], "query"), atol=1e-5)
    assert not np.allclose(query, prefixed.embed(["refund"], "passage"), atol=1e-3)


def test_a_model_of_the_e5_family_gets_its_prefixes(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "some-e5-small"
    shutil.copytree(tiny, folder)
    explicit = SentenceTransformersEmbedder(str(tiny), prefixes=E5_PREFIXES)
    assert SentenceTransformersEmbedder(str(folder)).fingerprint == explicit.fingerprint


def test_other_weights_have_another_fingerprint(tiny: Path, tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "other")
    first = SentenceTransformersEmbedder(str(tiny)).fingerprint
    assert SentenceTransformersEmbedder(str(tiny)).fingerprint == first
    assert SentenceTransformersEmbedder(str(tmp_path / "other")).fingerprint != first
