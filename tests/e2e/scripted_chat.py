"""A dialogue that plays known turns at the pace of a real one, and saves them for real."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversations, new_id
from chatbot.errors import GeneratorBusy
from chatbot.handover import Handovers
from chatbot.messages import (
    Answer,
    Citation,
    Delivered,
    HandedOver,
    Question,
    ReplyEvent,
    Route,
    SourcesFound,
    TextDelta,
    TraceStep,
    TurnFinished,
    Working,
)
from knowledge.documents import Language, Position

SUGGESTIONS = {
    "en": [
        "How long do I have to return something?",
        "When will I get my money back?",
        "Can I return order 10021?",
    ],
    "zh": ["多久之内可以退货？", "退款什么时候到账？", "订单 10021 可以退货吗？"],
}
RETURNS_EN = (
    "You can return an unused item within 30 days of delivery, in its original packaging. "
    "Day one is the day after the carrier marks the parcel as delivered. "
    "You do not have to give a reason.\n\n"
    "A kettle that was boiled once with plain water still counts as unused. Grinders must not "
    "have touched coffee beans: once beans have gone through, the grinder counts as used."
)
MONEY_EN = (
    "We inspect a return within 3 working days of its arrival and release the refund the same "
    "day. After that it depends on how you paid: Alipay and WeChat Pay take 1 to 3 working days, "
    "bank cards 5 to 10."
)
RETURNS_ZH = (
    "自签收次日起 30 天内，未使用且包装完好的商品可以退货，无需说明理由。\n\n"
    "水壶用清水烧开过一次仍视为未使用；磨豆机接触过咖啡豆后即视为已使用。"
)
MONEY_ZH = (
    "我们在收到退货后 3 个工作日内完成检查，并在当天退款。"
    "支付宝和微信支付需要 1 至 3 个工作日，银行卡需要 5 至 10 个工作日。"
)


@dataclass(frozen=True, slots=True)
class Script:
    """One turn: what it says and what stands behind it."""

    route: Route
    sentences: tuple[str, ...]
    citations: tuple[Citation, ...] = ()
    steps: tuple[tuple[str, str, Mapping[str, object]], ...] = ()
    suggestions: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def _cite(number: int, title: str, heading: str, quote: str, passage: str) -> Citation:
    position = Position(0, len(passage), (title, heading))
    return Citation(number, f"p{number}", "returns-and-refunds.md", title, position, quote, passage)


_TITLE = {"en": "Returns and refunds", "zh": "退货与退款"}
_CITED_EN = (
    _cite(
        1,
        "Returns and refunds",
        "The 30-day return window",
        "You can return an unused item within 30 days of delivery, in its original packaging.",
        RETURNS_EN,
    ),
    _cite(
        2,
        "Returns and refunds",
        "When the money arrives",
        "Alipay and WeChat Pay take 1 to 3 working days",
        MONEY_EN,
    ),
)
_CITED_ZH = (
    _cite(1, "退货与退款", "30 天退货期", RETURNS_ZH.split("\n", 1)[0], RETURNS_ZH),
    _cite(2, "退货与退款", "退款到账时间", "支付宝和微信支付需要 1 至 3 个工作日", MONEY_ZH),
)


def _steps(
    language: str, route: str, why: str, *, found: bool = True
) -> tuple[tuple[str, str, Mapping[str, object]], ...]:
    chinese = language == "zh"
    title = _TITLE[language]
    passages = [
        {"title": title, "keyword_rank": 1, "dense_rank": 2, "score": 0.032},
        {"title": title, "keyword_rank": 3, "dense_rank": 1, "score": 0.031},
        {"title": "保修" if chinese else "Warranty", "dense_rank": 5, "score": 0.016},
    ]
    understand = "主题是退款" if chinese else "The message is about a refund."
    return (
        ("understand", understand, {"intent": "refund", "confidence": 0.91}),
        (
            "rules",
            "没有规则适用" if chinese else "No rule decides this.",
            {"facts": {"refund_window_days": 30, "language": language}},
        ),
        (
            "retrieve",
            "按词语和语义查找" if chinese else "Searched by words and by meaning.",
            {"passages": passages if found else []},
        ),
        (
            "read",
            "资料足以作答" if chinese else "The passages cover the question.",
            {"answerability": 0.87 if found else 0.12},
        ),
        ("decide", why, {"route": route}),
    )


_GROUND_EN = (
    "ground",
    "One sentence was dropped.",
    {
        "sentences": [
            {"sentence": "Unused items can come back within 30 days.", "supported": True},
            {
                "sentence": "Refunds arrive within 24 hours.",
                "supported": False,
                "reason": "value",
                "detail": "24 hours",
            },
        ]
    },
)
_SCRIPTS: dict[tuple[str, str], Script] = {
    ("en", "rule"): Script(
        "rule",
        ("Yes. Order 10021 was delivered 12 days ago, so it can be returned until 20 December.",),
        steps=_steps("en", "rule", "Rule “refund-window” decides this exactly.")[:2],
        rules=("refund-window",),
    ),
    ("en", "quote"): Script(
        "quote",
        (
            "You can return an unused item within 30 days of delivery, in its original packaging. [1]",
            " Alipay and WeChat Pay take 1 to 3 working days, bank cards 5 to 10. [2]",
        ),
        _CITED_EN,
        _steps("en", "quote", "The documents answer this in their own words."),
    ),
    ("en", "generate"): Script(
        "generate",
        (
            "Unused items can come back within 30 days of delivery in their original packaging. [1]",
            " The money is released within 3 working days of arrival;",
            " with Alipay or WeChat Pay it shows up 1 to 3 working days later. [2]",
        ),
        _CITED_EN,
        (*_steps("en", "generate", "The answer is spread over several passages."), _GROUND_EN),
    ),
    ("en", "refuse"): Script(
        "refuse",
        ("I looked for “gold price today” in our documents and found nothing that answers it.",),
        steps=_steps("en", "refuse", "Nothing found supports an answer.", found=False),
        suggestions=("How do gift cards work?", "Which payment methods do you take?"),
    ),
    ("en", "handover"): Script(
        "handover",
        ("I am passing this on to a colleague, who will read our conversation and reply here.",),
        steps=_steps("en", "handover", "The visitor asked for a person.")[:1],
    ),
    ("zh", "rule"): Script(
        "rule",
        ("可以。订单 10021 于 12 天前签收，12 月 20 日之前都可以退货。",),
        steps=_steps("zh", "rule", "规则“refund-window”对此有明确规定。")[:2],
        rules=("refund-window",),
    ),
    ("zh", "quote"): Script(
        "quote",
        (
            "自签收次日起 30 天内，未使用且包装完好的商品可以退货，无需说明理由。[1]",
            "支付宝和微信支付需要 1 至 3 个工作日，银行卡需要 5 至 10 个工作日。[2]",
        ),
        _CITED_ZH,
        _steps("zh", "quote", "资料原文即可回答。"),
    ),
    ("zh", "refuse"): Script(
        "refuse",
        ("我在资料中查找了“今日金价”，没有找到能回答它的内容。",),
        steps=_steps("zh", "refuse", "没有资料足以支持作答。", found=False),
        suggestions=("礼品卡怎么使用？", "支持哪些付款方式？"),
    ),
    ("zh", "handover"): Script(
        "handover",
        ("我已为您转接人工客服，同事会查看我们的对话并在这里回复您。",),
        steps=_steps("zh", "handover", "访客要求人工客服。")[:1],
    ),
}
_SIGNS = {
    "person": "handover",
    "人工": "handover",
    "gold": "refuse",
    "金价": "refuse",
    "10021": "rule",
    "explain": "generate",
}


@dataclass
class ScriptedDialogue:
    """Picks a script by a word of the question; `pace` is in seconds a step.

    `slow` never ends until cancelled, `busy` and `broken` raise, `echo: ...` says the rest.
    What is written to a person is passed on, as the dialogue manager does.
    """

    conversations: Conversations
    handovers: Handovers | None = None
    pace: float = 0.15
    running: int = 0
    asked: list[Question] = field(default_factory=list[Question])

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        self.asked.append(question)
        self.running += 1
        try:
            passed_on = self._pass_on(question)
            yield from passed_on or self._play(question, cancellation)
        finally:
            self.running -= 1

    def _play(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield Working("searching")
        cancellation.wait(self.pace)
        if "busy" in question.text:
            raise GeneratorBusy(waiting=4)
        if "broken" in question.text:
            raise RuntimeError("scripted")
        if "slow" in question.text:
            yield TextDelta("This takes a while.")
            yield Working("writing")
            cancellation.wait(60)
        script = self._script(question)
        if cancellation.cancelled:
            return
        yield SourcesFound(script.citations)
        yield Working("checking")
        cancellation.wait(self.pace)
        if script.route == "handover":
            yield HandedOver("asked")
        yield Working("writing")
        for sentence in script.sentences:
            cancellation.wait(self.pace)
            yield TextDelta(sentence)
        yield TurnFinished(self._save(question, script))

    def _pass_on(self, question: Question) -> Sequence[ReplyEvent]:
        known = question.conversation_id
        if known is None or self.handovers is None:
            return ()
        message = self.handovers.pass_on(known, question.text, question.turn_id or "")
        if message is None:
            return ()
        answer = Answer(
            message, known, "", Language.ENGLISH, "handover", refused=False, answerability=0
        )
        return Delivered(), TurnFinished(answer)

    def _script(self, question: Question) -> Script:
        if question.text.startswith("echo:"):
            said = question.text.removeprefix("echo:").strip()
            cited = replace(_CITED_EN[0], title=said, quote=said, passage_text=f"{said} {said}")
            step = ("decide", said, {said: said, "passages": [{"title": said, "note": said}]})
            return Script("generate", (f"{said} [1]",), (cited,), (step,), (said,), (said,))
        route = next((r for sign, r in _SIGNS.items() if sign in question.text), "quote")
        language = "zh" if any("一" <= letter <= "鿿" for letter in question.text) else "en"
        return _SCRIPTS.get((language, route)) or _SCRIPTS["en", route]

    def _save(self, question: Question, script: Script) -> Answer:
        known = question.conversation_id
        language = _language_of(script)
        conversation = (
            self.conversations.get(known) if known else self.conversations.start(language)
        )
        answer = self.answer(script, conversation.id)
        self.conversations.save(conversation, question.text, answer)
        return answer

    def answer(self, script: Script, conversation_id: str) -> Answer:
        """What `script` comes to."""
        trace = tuple(
            TraceStep(stage, reason, 4.2 * (at + 1), details)
            for at, (stage, reason, details) in enumerate(script.steps)
        )
        return Answer(
            turn_id=new_id(),
            conversation_id=conversation_id,
            text="".join(script.sentences),
            language=_language_of(script),
            route=script.route,
            refused=script.route == "refuse",
            answerability=0.87,
            citations=script.citations,
            rules=script.rules,
            suggestions=script.suggestions,
            generator_called=script.route == "generate",
            latency_ms=round(sum(step.milliseconds for step in trace), 1),
            trace=trace,
        )


def _language_of(script: Script) -> Language:
    chinese = any("一" <= letter <= "鿿" for letter in script.sentences[0])
    return Language.CHINESE if chinese else Language.ENGLISH


def wait_until(holds: object, seconds: float = 5.0) -> bool:
    """Whether `holds()` becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if callable(holds) and holds():
            return True
        time.sleep(0.02)
    return False
