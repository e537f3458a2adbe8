"""Agents at work in the inbox, in a real browser on the real conversations."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from chatbot.conversations import Conversation, Origin, new_id
from chatbot.messages import Answer, Citation
from chatbot.messages import Route as AnswerRoute
from chatbot.timeline import MessageEntry
from knowledge.documents import Language, Position
from tests.e2e.admin_visits import Member, Open, opening
from tests.e2e.conftest import SHOTS
from tests.e2e.scripted_admin import AdminDesk, make_app
from tests.e2e.serving import free_port, serving
from tests.e2e.vectors import SOURCES, messages

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

_QUOTE = "You can return an unused item within 30 days of delivery, in its original packaging."
_CITED = Citation(1, "p1", "returns.md", "Returns and refunds", Position(0, 9), _QUOTE, _QUOTE)
_ZH_QUOTE = "自签收次日起 30 天内，未使用且包装完好的商品可以退货，无需说明理由。"
_ZH_CITED = Citation(1, "p2", "returns-zh.md", "退货与退款", Position(0, 9), _ZH_QUOTE, _ZH_QUOTE)


@pytest.fixture
def desk(desk: AdminDesk) -> AdminDesk:
    for name in ("mei", "lin"):
        desk.accounts.add(name, "correct horse battery")
    return desk


def turn(
    desk: AdminDesk,
    talk: Conversation,
    question: str,
    answer: str,
    route: AnswerRoute = "quote",
    cited: tuple[Citation, ...] = (),
) -> None:
    said = Answer(
        new_id(),
        talk.id,
        answer,
        talk.language,
        route,
        refused=route == "refuse",
        answerability=0.8,
        citations=cited,
    )
    desk.conversations.save(talk, question, said)


def asks(desk: AdminDesk, question: str = "Where is my parcel?", visitor: str = "ann") -> str:
    """A conversation in which a person was asked for; its id."""
    talk = desk.conversations.start(Language.ENGLISH, Origin(visitor))
    turn(desk, talk, question, f"{_QUOTE} [1]", cited=(_CITED,))
    desk.handovers.ask(talk.id)
    return talk.id


def open_inbox(member: Member, name: str, conversation: str = "") -> Page:
    member.sign_in(name, "admin/en#inbox" + (f"/{conversation}" if conversation else ""))
    if "#inbox" not in member.page.url:
        member.page.goto(
            f"{member.url}admin/en#inbox" + (f"/{conversation}" if conversation else "")
        )
    member.page.wait_for_selector(".ad-thread[data-number]", state="attached")
    return member.page


def test_an_agent_takes_over_answers_and_hands_back(open_admin: Open, desk: AdminDesk) -> None:
    talk = asks(desk)
    page = open_inbox(open_admin(), "mei")
    expect(page.locator(".ad-badge")).to_have_text("1waiting")
    expect(page).to_have_title("(1) Inbox · AnswerDesk admin")
    page.get_by_role("link", name="Where is my parcel?").click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("Where is my parcel?")
    expect(log).to_contain_text("Quote")
    page.get_by_text("Sources (1)").click()
    expect(log).to_contain_text("Returns and refunds")
    page.get_by_role("button", name="Take over").click()
    field = page.get_by_label("Your reply")
    expect(field).to_be_focused()
    expect(page.get_by_text("You took over")).to_be_visible()
    expect(log.locator("details")).to_have_attribute("open", "")
    expect(page).to_have_title("Inbox · AnswerDesk admin")
    desk.handovers.pass_on(talk, "It was due on Monday.")
    expect(log).to_contain_text("It was due on Monday.")
    field.fill("I am looking.\nOne moment.")
    field.press("Enter")
    expect(log.locator(".ad-said-agent")).to_have_text("I am looking.\nOne moment.")
    expect(page.locator(".ad-pending li")).to_have_count(0)
    expect(field).to_have_value("")
    page.get_by_role("button", name="Hand back").click()
    expect(page.get_by_text("You handed back to the assistant")).to_be_visible()
    assert desk.conversations.get(talk).status == "bot"
    expect(field).to_be_hidden()


def test_two_agents_cannot_answer_the_same_one_unknowingly(
    open_admin: Open, desk: AdminDesk, complaints: list[str]
) -> None:
    talk = asks(desk)
    mei = open_inbox(open_admin(), "mei", talk)
    lin = open_inbox(open_admin(), "lin", talk)
    mei.get_by_role("button", name="Take over").click()
    mei.get_by_label("Your reply").fill("I am on it.")
    expect(lin.get_by_text("mei is answering.")).to_be_visible()
    expect(lin.get_by_label("Your reply")).to_be_hidden()
    lin.get_by_role("button", name="Take over from mei").click()
    question = lin.get_by_role("dialog")
    expect(question).to_contain_text("Take over from mei?")
    question.get_by_role("button", name="Cancel").click()
    assert desk.conversations.get(talk).holder == "mei"
    lin.get_by_role("button", name="Take over from mei").click()
    question.get_by_role("button", name="Take over from mei").click()
    expect(lin.get_by_label("Your reply")).to_be_focused()
    # What mei was writing is still hers when she takes it back.
    expect(mei.get_by_text("lin is answering.")).to_be_visible()
    mei.get_by_role("button", name="Take over from lin").click()
    mei.get_by_role("dialog").get_by_role("button", name="Take over from lin").click()
    expect(mei.get_by_label("Your reply")).to_have_value("I am on it.")


def test_who_was_faster_is_told_to_who_was_not(
    open_admin: Open, desk: AdminDesk, complaints: list[str]
) -> None:
    talk = asks(desk)
    page = open_inbox(open_admin(), "mei", talk)
    page.route("**/events", lambda route: route.abort())
    page.evaluate("() => window.dispatchEvent(new Event('hashchange'))")
    page.wait_for_timeout(300)
    page.context.route("**/queue/join*", lambda route: route.abort())  # her page is behind
    desk.handovers.take(talk, "lin")
    page.get_by_role("button", name="Take over", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Take over from lin?")
    assert desk.conversations.get(talk).holder == "lin"
    page.context.unroute_all(behavior="ignoreErrors")
    complaints.clear()


def test_a_draft_outlives_news_other_conversations_and_a_reload(
    open_admin: Open, desk: AdminDesk
) -> None:
    talk, other = asks(desk), asks(desk, "Another question", "ben")
    for name in (talk, other):
        desk.handovers.take(name, "mei")
    page = open_inbox(open_admin(), "mei", talk)
    field = page.get_by_label("Your reply")
    field.click()
    page.keyboard.type("Dear Ann, ")
    desk.handovers.pass_on(talk, "Hello?")
    expect(page.get_by_role("log")).to_contain_text("Hello?")
    expect(field).to_be_focused()
    page.keyboard.type("one moment")
    expect(field).to_have_value("Dear Ann, one moment")
    page.locator(f"[data-talk='{other}']").click()
    expect(page.get_by_role("log")).to_contain_text("Another question")
    expect(field).to_have_value("")
    field.fill("Dear Ben")
    page.reload()
    expect(field).to_have_value("Dear Ben")
    page.locator(f"[data-talk='{talk}']").click()
    expect(field).to_have_value("Dear Ann, one moment")


def test_a_reply_over_a_broken_line_arrives_once_and_in_order(
    open_admin: Open, desk: AdminDesk, complaints: list[str]
) -> None:
    talk = asks(desk)
    desk.handovers.take(talk, "mei")
    page = open_inbox(open_admin(), "mei", talk)
    swallowed: list[str] = []

    def swallow(route: Route) -> None:
        """The server gets it; its answer is lost."""
        route.fetch()
        swallowed.append(route.request.post_data or "")
        route.abort()

    page.route("**/messages", swallow)
    field = page.get_by_label("Your reply")
    for words in ("First.", "Second."):
        field.fill(words)
        field.press("Enter")
    expect(page.locator(".ad-pending li").first).to_contain_text("Trying again")
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator(".ad-pending li")).to_have_count(0)
    expect(page.locator(".ad-said-agent")).to_have_text(["First.", "Second."])
    assert swallowed
    said = [e.text for e in desk.timeline.entries(talk) if isinstance(e, MessageEntry)]
    assert said == ["First.", "Second."]
    complaints.clear()  # the browser's own note of the broken line


def test_a_reply_that_comes_too_late_is_given_back(
    open_admin: Open, desk: AdminDesk, complaints: list[str]
) -> None:
    talk = asks(desk)
    desk.handovers.take(talk, "mei")
    page = open_inbox(open_admin(), "mei", talk)
    page.context.set_offline(True)
    field = page.get_by_label("Your reply")
    field.fill("Too late.")
    field.press("Enter")
    expect(page.locator(".ad-pending li")).to_contain_text("Trying again")
    desk.handovers.take(talk, "lin", known_holder="mei")
    page.context.set_offline(False)
    expect(page.get_by_role("status").filter(has_text="lin is already answering")).to_be_visible()
    assert not [e for e in desk.timeline.entries(talk) if isinstance(e, MessageEntry)]
    desk.handovers.take(talk, "mei", known_holder="lin")
    expect(field).to_have_value("Too late.")
    complaints.clear()


def test_nothing_is_missed_while_the_server_restarts(browser: Browser, desk: AdminDesk) -> None:
    talk, port = asks(desk), free_port()
    desk.handovers.take(talk, "mei")
    url = f"http://127.0.0.1:{port}/"
    with opening(browser, url, []) as opened:  # the browser notes that the server is away
        with serving(lambda: make_app(desk), port):
            page = open_inbox(opened(), "mei", talk)
            expect(page.get_by_label("Your reply")).to_be_visible()
        field = page.get_by_label("Your reply")
        field.fill("Written while it was away.")
        field.press("Enter")
        expect(page.locator(".ad-pending li")).to_contain_text("Trying again")
        desk.handovers.pass_on(talk, "Said while it was away.")
        with serving(lambda: make_app(desk), port):
            expect(page.get_by_role("log")).to_contain_text("Said while it was away.")
            expect(page.locator(".ad-said-agent")).to_have_text("Written while it was away.")
            expect(page.locator(".ad-pending li")).to_have_count(0)


def test_words_of_visitors_stay_words(open_admin: Open, desk: AdminDesk) -> None:
    vector = "<img src=x onerror=alert(1)><svg onload=alert(2)>{{7*7}}${alert(3)}\"'></textarea>"
    talk = asks(desk, vector)
    contact = {"name": vector, "email": f"{vector}@example.com", "phone": vector}
    desk.handovers.leave_contact(talk, contact, vector)
    bad = Citation(1, "p", vector, vector, Position(0, 1), vector, vector, "javascript:alert(4)")
    held = desk.conversations.get(talk)
    turn(desk, held, vector, vector, cited=(bad,))
    page = open_inbox(open_admin(), "mei", talk)
    expect(page.locator(".ad-said").first).to_have_text(vector)
    expect(page.locator(".ad-contact")).to_contain_text(vector)
    expect(page.locator(".ad-talk strong")).to_have_text(vector)
    page.get_by_text("Sources (1)").last.click()
    expect(page.locator(".ad-sources q").last).to_have_text(vector)
    assert page.locator("#ad-inbox :is(img, script, iframe, svg[onload])").count() == 0
    assert page.locator(".ad-sources a").count() == 0


@pytest.mark.parametrize("vectors", SOURCES)
def test_hundreds_of_vectors_stay_text(
    open_admin: Open, desk: AdminDesk, vectors: list[str]
) -> None:
    """Each is question, answer, title, quote, name, address, telephone and last words."""
    talk = ""
    for message in messages(vectors):
        talk = asks(desk, message)
        contact = {"name": message, "email": message, "phone": message}
        desk.handovers.leave_contact(talk, contact, message)
        cited = Citation(1, "p", message, message, Position(0, 1), message, message, message)
        turn(desk, desk.conversations.get(talk), message, f"{message} [1]", cited=(cited,))
    page = open_inbox(open_admin(), "mei", talk)
    talks = page.locator("#ad-inbox a[data-talk]")
    for place in range(min(20, talks.count())):
        talks.nth(place).click()
        expect(talks.nth(place)).to_have_attribute("aria-current", "true")
        page.locator("#ad-inbox details summary").last.click()
    foreign = "script, img, iframe, object, embed, math, video, style, link, meta, base, template"
    assert page.locator("#ad-inbox").locator(foreign).count() == 0
    handlers = """() => [...document.querySelectorAll("#ad-inbox *")].flatMap((node) =>
      node.getAttributeNames().filter((name) => name.startsWith("on") || name === "srcdoc"))"""
    assert page.evaluate(handlers) == []
    assert page.evaluate("window.hit") is None


def test_all_of_it_works_by_keyboard_and_is_named(open_admin: Open, desk: AdminDesk) -> None:
    asks(desk)
    page = open_inbox(open_admin(), "mei")
    page.locator(".ad-talk").focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="Visitor")
    expect(heading).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take over")).to_be_focused()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Your reply")
    expect(field).to_be_focused()
    page.keyboard.type("One")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Two")
    page.keyboard.press("Enter")
    expect(page.locator(".ad-said-agent")).to_have_text("One\nTwo")
    expect(page.get_by_role("log", name="Conversation")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("link", name="Visitor", exact=False).first).to_have_attribute(
        "aria-current", "true"
    )


def test_a_phone_shows_the_list_and_then_the_conversation(
    open_admin: Open, desk: AdminDesk
) -> None:
    asks(desk)
    page = open_inbox(open_admin(390, height=844), "mei")
    expect(page.locator(".ad-entries")).to_be_hidden()
    page.locator(".ad-talk").click()
    expect(page.locator(".ad-entries")).to_be_visible()
    expect(page.locator(".ad-talk")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".ad-talk")).to_be_visible()
    page.go_back()
    expect(page.locator(".ad-entries")).to_be_visible()


def test_a_conversation_that_was_deleted_says_so(open_admin: Open, desk: AdminDesk) -> None:
    talk = asks(desk)
    page = open_inbox(open_admin(), "mei", talk)
    expect(page.get_by_role("log")).to_be_visible()
    desk.conversations.erase("ann")
    expect(page.get_by_role("heading", name="no longer there")).to_be_visible()
    expect(page.locator(".ad-badge")).to_be_hidden()


def test_earlier_messages_come_when_asked_for(open_admin: Open, desk: AdminDesk) -> None:
    talk = asks(desk)
    for number in range(80):
        desk.handovers.take(talk, "mei")
        desk.handovers.pass_on(talk, f"Message {number}.")
    page = open_inbox(open_admin(), "mei", talk)
    expect(page.get_by_text("Message 79.", exact=True).last).to_be_in_viewport()
    expect(page.get_by_text("Message 2.", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Show earlier messages").click()
    expect(page.get_by_text("Message 2.", exact=True)).to_have_count(1)


def furnish(desk: AdminDesk) -> str:
    """Conversations of every kind; the id of the fullest, which is with mei."""
    for question in ("Can I change the address of order 10023?", "我的发票开错了抬头，怎么重开？"):
        asks(desk, question)
    unheard = asks(desk, "My kettle arrived with a dent. What now?")
    contact = {"name": "Chen Yu", "phone": "+86 138 0000 0000"}
    desk.handovers.leave_contact(unheard, contact, "Please call me after six.")
    talk = desk.conversations.start(Language.CHINESE, Origin("ben", "widget", "w1"))
    turn(desk, talk, "多久之内可以退货？", f"{_ZH_QUOTE}[1]", cited=(_ZH_CITED,))
    turn(desk, talk, "今日金价是多少？", "我在资料里没有找到这个问题的答案。", "refuse")
    contact = {"name": "王小明", "email": "wang@example.com"}
    desk.handovers.leave_contact(talk.id, contact, "能帮我查一下退款吗？订单号 10021。")
    desk.handovers.take(talk.id, "mei")
    desk.handovers.say(talk.id, "mei", "王先生您好，我来帮您查。订单 10021 的退款今天已经发出。")
    desk.handovers.pass_on(talk.id, "太好了，谢谢！大概多久到账？")
    other = asks(desk, "Do you repair grinders?")
    desk.handovers.take(other, "lin")
    done = asks(desk, "Thank you, that was all.")
    desk.handovers.close(done, "lin")
    return talk.id


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pictures(
    open_admin: Open, desk: AdminDesk, width: int, language: str, scheme: str
) -> None:
    member = open_admin(width, scheme, language, 844 if width < 600 else 900)
    page = member.page
    SHOTS.mkdir(exist_ok=True)

    def shoot(name: str) -> None:
        page.wait_for_timeout(300)
        page.screenshot(path=SHOTS / f"inbox-{name}-{language}-{scheme}-{width}.png")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide"

    member.sign_in("mei", f"admin/{language}")
    page.goto(f"{member.url}admin/{language}#inbox")
    page.wait_for_selector(".ad-thread[data-number]", state="attached")
    shoot("1-empty")
    talk = furnish(desk)
    page.wait_for_selector(".ad-talk >> nth=5")
    shoot("2-list")
    page.click(f"[data-talk='{talk}']")
    page.wait_for_selector(".ad-entry-agent")
    page.fill(
        "#ad-reply", "一般 1 至 3 个工作日到账。" if language == "zh" else "Within three days."
    )
    shoot("3-mine")
    theirs = page.locator(".ad-talks", has=page.locator("#ad-talks-theirs")).locator("a")
    page.goto(f"{member.url}admin/{language}#inbox/{theirs.get_attribute('data-talk')}")
    page.locator("[data-do=take][data-from=lin]").click()
    page.wait_for_selector(".ad-confirm[open]")
    shoot("4-confirm")
    page.keyboard.press("Escape")
    waiting = page.locator(".ad-talks", has=page.locator("#ad-talks-waiting")).locator("a").nth(2)
    page.goto(f"{member.url}admin/{language}#inbox/{waiting.get_attribute('data-talk')}")
    page.wait_for_selector(".ad-contact")
    shoot("5-waiting")
