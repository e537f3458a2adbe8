"""What AnswerDesk itself says in a turn, in both languages."""

from knowledge.documents import Language

_PHRASES: dict[str, tuple[str, str]] = {
    "refuse": (
        "I could not find an answer to that in our documents, and I would rather not guess. "
        "A colleague can help you: just ask for a person.",
        "我在我们的资料里没有找到这个问题的答案，不想随意猜测。您可以转人工客服，由同事为您解答。",
    ),
    "handover": (
        "I am passing this on to a colleague, who will read our conversation and reply here.",
        "我已为您转接人工客服，同事会查看我们的对话并在这里回复您。",
    ),
    "refuse_again": (
        "I could not find that in our documents either, so I have called a colleague, "
        "who will read our conversation and reply here.",
        "这个问题我在资料里也没有找到，已为您转接人工客服，同事会查看我们的对话并在这里回复您。",
    ),
    "passed_on": (
        "Your message has been passed on to {agent}, who will reply here.",
        "您的消息已转给 {agent}，对方会在这里回复您。",
    ),
    "colleague": ("a colleague", "同事"),
    "failed": (
        "Something went wrong on our side and your question was not answered. "
        "Please send it again, or ask for a person.",
        "我们这边出了点问题，没能回答您的问题。请再发送一次，或转人工客服。",
    ),
    "why_handover_rule": (
        "Rule “{rule}” asks for a person.",
        "规则“{rule}”要求转人工。",
    ),
    "why_handover_refused": (
        "Two questions in a row could not be answered, so a person is called.",
        "连续两个问题都无法回答，因此转人工。",
    ),
    "why_ask": (
        "Rule “{rule}” needs one more fact.",
        "规则“{rule}”还需要一项信息。",
    ),
    "why_rule": (
        "Rule “{rule}” decides this exactly.",
        "规则“{rule}”对此有明确规定。",
    ),
    "why_rule_phrased": (
        "Rule “{rule}” decides; the Transformer phrases it.",
        "由规则“{rule}”决定，由语言模型表述。",
    ),
    "why_curated": (
        "A colleague wrote the answer to “{question}”, and this is that question.",
        "同事为“{question}”审定过答案，您问的正是这个问题。",
    ),
    "curated_found": (
        "A checked answer fits.",
        "有一条审定答案符合。",
    ),
    "curated_none": (
        "No checked answer fits.",
        "没有符合的审定答案。",
    ),
    "curated_only_en": (
        "The answer was written in English only.",
        "这条答案只有英文，因此以英文给出。",
    ),
    "curated_only_zh": (
        "The answer was written in Chinese only, so it is given in Chinese.",
        "这条答案只有中文。",
    ),
    "why_quote": (
        "The documents answer this in their own words (answerability {answerability:.2f}).",
        "资料原文即可回答（可答度 {answerability:.2f}）。",
    ),
    "why_quote_language": (
        "Quoted, because {generator} does not write the visitor's language reliably.",
        "直接引用原文，因为 {generator} 不能可靠地使用访客的语言写作。",
    ),
    "why_quote_no_generator": (
        "Quoted, because no Transformer is configured.",
        "直接引用原文，因为没有配置语言模型。",
    ),
    "why_generate": (
        "The evidence supports an answer (answerability {answerability:.2f}); "
        "the Transformer phrases it.",
        "资料足以作答（可答度 {answerability:.2f}），由语言模型表述。",
    ),
    "why_generate_spread": (
        "The answer is spread over several passages; the Transformer puts it together.",
        "答案分散在多段资料中，由语言模型整合。",
    ),
    "why_parallel": (
        "Rule “{rule}” and the Transformer both answer; the arbiter chooses.",
        "规则“{rule}”与语言模型同时作答，由仲裁选择。",
    ),
    "why_refuse": (
        "Nothing found supports an answer (answerability {answerability:.2f}, needed {needed:.2f}).",
        "没有资料足以支持作答（可答度 {answerability:.2f}，需要 {needed:.2f}）。",
    ),
    "why_not_retrieved": (
        "Not searched: a rule suffices.",
        "未检索：规则已足够。",
    ),
    "why_read": (
        "The evidence holds the answer with probability {answerability:.2f}.",
        "资料中有答案的概率为 {answerability:.2f}。",
    ),
    "why_refuse_empty": (
        "Nothing was found at all.",
        "没有找到任何相关资料。",
    ),
    "arbiter_rule": (
        "The rule's answer was taken: rules outrank generated text.",
        "采用规则的回答：规则优先于生成的文字。",
    ),
    "arbiter_merge": (
        "Both agree; the rule's answer was taken and the generated one confirms it.",
        "二者一致：采用规则的回答，生成的回答与之相符。",
    ),
    "fallback_thin": (
        "Too little of what was generated is supported, so the evidence is quoted instead.",
        "生成的内容缺乏依据，改为引用原文。",
    ),
    "fallback_error": (
        "{error} The evidence is quoted instead.",
        "{error}改为引用原文。",
    ),
}


def phrase(key: str, language: Language, **values: object) -> str:
    """The phrase in `language`, filled in."""
    english, chinese = _PHRASES[key]
    template = chinese if language is Language.CHINESE else english
    return template.format(**values)
