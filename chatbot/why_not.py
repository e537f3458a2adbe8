"""What became of a passage in a search, in words and as JSON: for the API, the command line and the pages."""

from chatbot.serialise import Json, passage_json
from knowledge.documents import Language
from knowledge.explaining_search import FARTHEST, Explanation, IndexPlace

_REASONS: dict[str, tuple[str, str]] = {
    "found": (
        "It is found: number {place} of the {k} that are read.",
        "能找到：在读取的 {k} 段中排第 {place}。",
    ),
    "below_top_k": (
        "It comes too far down: number {place}, and {k} are read.",
        "排名靠后：排第 {place}，只读取前 {k} 段。",
    ),
    "duplicate": (
        "“{other}” says the same in the same words and ranks higher, so only that one is read.",
        "“{other}”中有一字不差的内容且排名更高，因此只读取那一段。",
    ),
    "below_candidates": (
        "Others are nearer, by words and by meaning: the first {candidates} of each are compared.",
        "无论按词还是按意思，都有更接近的段落：两种排名各取前 {candidates} 段比较。",
    ),
    "other_collection": (
        "It is in the collection “{collection}”, which this search does not look into.",
        "它在集合“{collection}”中，本次搜索不包含该集合。",
    ),
    "switched_off": (
        "Its document is switched off. Switch it on, and the passage can be found.",
        "所属文档已停用。启用后即可找到该段落。",
    ),
}


def reason_text(explanation: Explanation, language: Language) -> str:
    """In one sentence, what ended the passage's way."""
    texts = _REASONS[explanation.stage]
    other = explanation.duplicate_of
    return texts[language is Language.CHINESE].format(
        place=explanation.place,
        k=explanation.top_k,
        candidates=explanation.candidates,
        collection=explanation.passage.collection,
        other="" if other is None else other.title or other.document,
    )


def index_text(place: IndexPlace, language: Language) -> str:
    """A passage's place in one index."""
    if place.score is None:
        return ("not found", "未找到")[language is Language.CHINESE]
    if place.rank is None:
        far = ("beyond #{far:,} ({score:.2f})", "第 {far:,} 名之后（{score:.2f}）")
        template = far[language is Language.CHINESE]
        return template.format(far=FARTHEST, score=place.score)
    template = ("#{rank} ({score:.2f})", "第 {rank} 名（{score:.2f}）")[
        language is Language.CHINESE
    ]
    return template.format(rank=place.rank, score=place.score)


def explanation_json(explanation: Explanation, language: Language) -> Json:
    """How far a passage came; the reason in `language`."""
    twin = explanation.duplicate_of
    return {
        "stage": explanation.stage,
        "reason": reason_text(explanation, language),
        "passage": passage_json(explanation.passage),
        "document_id": explanation.passage.document_id,
        "collection": explanation.passage.collection,
        "k": explanation.top_k,
        "candidates": explanation.candidates,
        "keyword_rank": explanation.keyword.rank,
        "keyword_score": explanation.keyword.score,
        "dense_rank": explanation.dense.rank,
        "similarity": explanation.dense.score,
        "place": explanation.place,
        "score": explanation.score,
        "duplicate_of": None if twin is None else twin.id,
    }
