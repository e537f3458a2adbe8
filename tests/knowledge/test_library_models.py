"""The library with the embedded model: each language is found by meaning in the other."""

from pathlib import Path

import pytest

from knowledge.embedding.loading import load_embedder
from tests.knowledge.library_parts import add, found, found_by_meaning, library_at
from tests.knowledge.test_library import RETURNS, RETURNS_ZH

OTHERS = {
    "gift.md": "# Gift cards\n\nA gift card never expires and can be used in any shop.",
    "礼品卡.md": "# 礼品卡\n\n礼品卡永不过期，可在任何门店使用。",
    "hours.md": "# Opening hours\n\nThe shop is open from nine to six on weekdays.",
}


@pytest.mark.models
@pytest.mark.timeout(300)
def test_found_by_meaning_across_languages(tmp_path: Path, models_dir: Path) -> None:
    embedder = load_embedder("multilingual-e5-small", models_dir)
    with library_at(tmp_path, embedder) as library:
        for name, text in {"returns.md": RETURNS, "退货.md": RETURNS_ZH, **OTHERS}.items():
            add(library, name, text)
        assert library.wait(200).is_finished
        assert [record.embedded for record in library.list()] == [1] * 5
        assert found(library, "我想把台灯退掉") == found(library, "台灯")
        for question in ("我想把台灯退掉，运费谁付？", "Who pays when I send the lamp back?"):
            best = found_by_meaning(library, question)[:2]
            assert {passage.document for passage in best} == {"returns.md", "退货.md"}
