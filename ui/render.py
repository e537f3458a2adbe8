"""The chat page as HTML, from values and texts. Pure, and everything that people wrote is escaped.

The strings go into `gr.HTML`, which patches the page's elements in place: what does not
change here does not move there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from chatbot.messages import Answer
from chatbot.timeline import EventEntry, MessageEntry
from knowledge.documents import Language
from ui.prose import plain, prose
from ui.texts import text
from ui.turns import Step, TurnView
from ui.why import source, why

_LANGUAGES = ((Language.ENGLISH, "EN", "English"), (Language.CHINESE, "中文", "中文"))


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has the conversation: `status` is now, waiting, person or closed; `agent` the person.

    `last` is the ordinal of the last entry that is shown.
    """

    status: str = "now"
    agent: str = ""
    conversation: str = ""
    last: int = 0


def header(language: Language, standing: Standing | None = None) -> str:
    """Name, status, language, theme and new conversation."""
    standing = standing or Standing()
    switches = Markup("").join(
        Markup(
            '<button type="button" data-language="{code}" lang="{code}" aria-label="{label}"'
            ' aria-pressed="{pressed}">{name}</button>'
        ).format(
            code=str(code),
            label=label,
            pressed="true" if code is language else "false",
            name=name,
        )
        for code, name, label in _LANGUAGES
    )
    return Markup(
        '<header class="ad-header" data-page-language="{code}" data-conversation="{conversation}"'
        ' data-last="{last}" data-agent="{agent}">'
        '<a class="ad-skip" href="#ad-question">{skip}</a>'
        '<span class="ad-logo" aria-hidden="true"></span>'
        '<div class="ad-name"><h1>{title}</h1>'
        '<p class="ad-status" role="status" data-status="{status}"><i aria-hidden="true"></i><span>{answers}</span></p></div>'
        '<div class="ad-tools"><div class="ad-switch" role="group" aria-label="{languages}">'
        "{switches}</div>"
        '<button type="button" class="ad-tool" data-do="theme" data-dark="{dark}"'
        ' data-light="{light}" aria-label="{dark}"><i class="ad-icon ad-icon-theme"></i></button>'
        '<button type="button" class="ad-tool ad-new" data-do="new" aria-label="{new}">'
        '<i class="ad-icon ad-icon-new"></i><span>{new}</span></button></div></header>'
    ).format(
        code=str(language),
        skip=text("chat_skip", language),
        title=text("chat_title", language),
        conversation=standing.conversation,
        last=standing.last,
        agent=standing.agent,
        status=standing.status,
        answers=text(f"chat_status_{standing.status}", language, agent=standing.agent),
        languages=text("chat_language", language),
        switches=switches,
        dark=text("chat_theme_dark", language),
        light=text("chat_theme_light", language),
        new=text("chat_new", language),
    )


def empty(language: Language, suggestions: Sequence[str]) -> str:
    """What stands where the conversation will be."""
    return Markup('<div class="ad-empty"><h2>{title}</h2><p>{sentence}</p>{examples}</div>').format(
        title=text("chat_empty_title", language),
        sentence=text("chat_empty", language),
        examples=_asks(text("chat_examples", language), suggestions),
    )


def turn(view: TurnView, language: Language, name: str = "") -> str:
    """One question and its reply, with what its chips and marks open.

    By `name` the browser knows its own question again, by the entry's name what is shown already.
    """
    if view.to_person and view.error is None:
        return _to_person(view, language, name)
    answer = view.answer
    drawers = Markup("").join(source(citation, language) for citation in view.citations)
    return Markup(
        '<article class="ad-turn" data-turn="{name}" data-entry="{entry}" aria-busy="{busy}"'
        '{conversation}><div class="ad-question">'
        '<span class="ad-unseen">{you}</span><p dir="auto">{question}</p></div>'
        '<div class="ad-answer" data-route="{route}"{lang}><span class="ad-unseen">{answered}</span>'
        '<div class="ad-text" dir="auto">{written}</div>{below}</div>'
        '<div class="ad-drawers" hidden>{drawers}{why}</div></article>'
    ).format(
        name=name,
        entry=view.entry,
        busy="true" if view.step else "false",
        conversation=_conversation(view.conversation),
        you=text("chat_you", language),
        question=Markup("<br>").join(view.question.splitlines()),
        route=answer.route if answer else "",
        lang=Markup(' lang="{}"').format(str(answer.language)) if answer else "",
        answered=text("chat_answered", language),
        written=prose(view.text, view.citations, language),
        below=_below(view, language),
        drawers=drawers,
        why=why(answer, language) if answer else "",
    )


def message(entry: MessageEntry, conversation: str, language: Language) -> str:
    """What the visitor wrote to a person, or the person to them."""
    if not entry.by_agent:
        view = TurnView(entry.text, to_person=True, entry=entry.id, conversation=conversation)
        return _to_person(view, language, "")
    return Markup(
        '<article class="ad-message" data-by="agent" data-entry="{entry}"{conversation}>'
        '<p class="ad-author"><i class="ad-icon ad-icon-person"></i>{author}</p>'
        '<div class="ad-text" dir="auto">{written}</div></article>'
    ).format(
        entry=entry.id,
        conversation=_conversation(conversation),
        author=entry.author,
        written=prose(entry.text, (), language),
    )


def event(entry: EventEntry, conversation: str, language: Language) -> str:
    """What happened, in a quiet line."""
    return Markup('<p class="ad-event" data-entry="{entry}"{conversation}>{said}</p>').format(
        entry=entry.id,
        conversation=_conversation(conversation),
        said=text(f"chat_event_{entry.event}", language, agent=entry.by),
    )


def composer(language: Language, limit: int) -> str:
    """The question field. `limit` is in characters."""
    return Markup(
        '<form class="ad-composer" data-limit="{limit}" data-left="{left}" data-over="{over}"'
        ' data-offline="{offline}" data-busy="{busy}">'
        '<label class="ad-unseen" for="ad-question">{label}</label>'
        '<textarea id="ad-question" rows="1" placeholder="{placeholder}" autocomplete="off"'
        ' enterkeyhint="send" aria-describedby="ad-hint"></textarea>'
        '<button type="submit" class="ad-send" aria-label="{send}" title="{send}">'
        '<i class="ad-icon ad-icon-send"></i></button></form>'
        '<p class="ad-hint" id="ad-hint"><span>{hint}</span>'
        '<output class="ad-count" for="ad-question"></output></p>'
    ).format(
        limit=limit,
        left=text("chat_left", language, count="#"),
        over=text("chat_too_long", language, count="#"),
        offline=text("chat_offline", language),
        busy=text("chat_unreachable", language),
        label=text("chat_question_label", language),
        placeholder=text("chat_placeholder", language),
        send=text("chat_send", language),
        hint=text("chat_hint", language),
    )


def panel(language: Language) -> str:
    """The empty place beside the chat where sources and reasons open."""
    return Markup(
        '<aside class="ad-panel" aria-label="{label}" tabindex="-1" hidden>'
        '<div class="ad-panel-head"><h2></h2><button type="button" class="ad-tool" data-do="close"'
        ' aria-label="{close}"><i class="ad-icon ad-icon-close"></i></button></div>'
        '<div class="ad-panel-body" tabindex="0"></div></aside>'
    ).format(label=text("chat_panel", language), close=text("chat_close", language))


def _to_person(view: TurnView, language: Language, name: str) -> Markup:
    return Markup(
        '<article class="ad-turn ad-message" data-by="visitor" data-turn="{name}"'
        ' data-entry="{entry}" aria-busy="{busy}"{conversation}><div class="ad-question">'
        '<span class="ad-unseen">{you}</span><p dir="auto">{question}</p></div>{below}</article>'
    ).format(
        name=name,
        entry=view.entry,
        busy="true" if view.step else "false",
        conversation=_conversation(view.conversation),
        you=text("chat_you_wrote", language),
        question=Markup("<br>").join(view.question.splitlines()),
        below=_working(view.step, language) if view.step else "",
    )


def _conversation(conversation: str) -> Markup:
    """The browser keeps the id, so that a reload finds the conversation again."""
    return Markup(' data-conversation="{}"').format(conversation) if conversation else Markup("")


def _below(view: TurnView, language: Language) -> Markup:
    if view.step:
        return _working(view.step, language)
    if view.error is not None:
        return _trouble(view, language)
    stopped = Markup("")
    if view.stopped:
        stopped = Markup('<p class="ad-stopped">{}</p>').format(text("chat_stopped", language))
    if view.answer is None or (view.stopped and not view.text):
        return stopped
    return stopped + _foot(view.answer, language)


def _working(step: Step, language: Language) -> Markup:
    stop = Markup('<button type="button" data-do="stop">{}</button>').format(
        text("chat_stop", language)
    )
    return Markup('<p class="ad-working"><i aria-hidden="true"></i><span>{}</span>{}</p>').format(
        text(f"chat_{step}", language), "" if step == "sending" else stop
    )


def _trouble(view: TurnView, language: Language) -> Markup:
    return Markup(
        '<p class="ad-error" role="alert">{}</p>'
        '<p class="ad-asks"><button type="button" data-ask="{}">{}</button></p>'
    ).format(view.error, view.question, text("chat_again", language))


def _foot(answer: Answer, language: Language) -> Markup:
    near = (
        _asks(text("chat_near", language), answer.suggestions) if answer.suggestions else Markup("")
    )
    return Markup(
        '{near}{person}<div class="ad-foot"><button type="button" class="ad-route"'
        ' data-open="why" title="{why}"><i aria-hidden="true"></i>{route}'
        '<span class="ad-unseen">. {why}</span></button>'
        '<button type="button" class="ad-copy" data-do="copy" data-copy="{plain}"'
        ' data-done="{copied}">{copy}</button></div>'
    ).format(
        near=near,
        person=_person(language) if answer.route == "refuse" else "",
        why=text("chat_why", language),
        route=text(f"chat_route_{answer.route}", language),
        plain=plain(answer.text),
        copied=text("chat_copied", language),
        copy=text("chat_copy", language),
    )


def _person(language: Language) -> Markup:
    return Markup(
        '<p class="ad-asks"><button type="button" class="ad-person" data-do="person" data-say="{}">'
        '<i class="ad-icon ad-icon-person"></i>{}</button></p>'
    ).format(text("chat_person_request", language), text("chat_person", language))


def _asks(title: str, questions: Sequence[str]) -> Markup:
    items = Markup("").join(
        Markup('<li><button type="button" data-ask="{0}">{0}</button></li>').format(question)
        for question in questions
    )
    return Markup('<div class="ad-asks"><p>{}</p><ul>{}</ul></div>').format(title, items)
