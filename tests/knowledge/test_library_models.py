"""The library with the embedded model: each language is found by meaning in the other."""

from pathlib import Path

import pytest

from knowledge.embedding.loading import load_embedder
from tests.knowledge.library_parts import add, found_by_meaning, library_at
from tests.knowledge.test_library import RETURNS, RETURNS_ZH

ENGLISH = {
    "returns.md": RETURNS,
    "gift.md": "# Gift cards\n\nA gift card never expires and can be used in any shop.",
    "hours.md": "# Opening hours\n\nThe shop is open from nine to six on weekdays.",
}
CHINESE = {
    "退货.md": RETURNS_ZH,
    "礼品卡.md": "# 礼品卡\n\n礼品卡永不过期，可在任何门店使用。",
    "营业时间.md": "# 营业时间\n\n门店工作日早上九点至下午六点营业。",
}


@pytest.mark.models
@pytest.mark.timeout(300)
def test_found_by_meaning_across_languages(tmp_path: Path, models_dir: Path) -> None:
    embedder = load_embedder("multilingual-e5-small", models_dir)
    with library_at(tmp_path, embedder) as library:
        for collection, documents in (("en", ENGLISH), ("zh", CHINESE)):
            for name, text in documents.items():
                add(library, name, text, collection)
        assert library.wait(200).is_finished
        assert [record.embedded for record in library.list()] == [1] * 6
        asked = {
            "我想把台灯退掉，运费谁付？": ("returns.md", "退货.md"),
            "Who pays when I send the lamp back?": ("returns.md", "退货.md"),
            "When do you open?": ("hours.md", "营业时间.md"),
            "礼品卡会过期吗？": ("gift.md", "礼品卡.md"),
        }
        for question, (english, chinese) in asked.items():
            assert found_by_meaning(library, question, "en")[0].document == english
            assert found_by_meaning(library, question, "zh")[0].document == chinese
