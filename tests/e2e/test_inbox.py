"""Agents at work in the inbox, in a real browser on the real conversations."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from chatbot.conversations import Conversation, Origin, new_id
from chatbot.messages import Answer, Citation, Route
from knowledge.documents import Language, Position
from tests.e2e.admin_visits import Member, Open, opening
from tests.e2e.conftest import SHOTS
from tests.e2e.scripted_admin import AdminDesk, make_app, open_desk
from tests.e2e.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

_QUOTE = "You can return an unused item within 30 days of delivery, in its original packaging."
_CITED = Citation(1, "p1", "returns.md", "Returns and refunds", Position(0, 9), _QUOTE, _QUOTE)
_ZH_QUOTE = "自签收次日起 30 天内，未使用且包装完好的商品可以退货，无需说明理由。"
_ZH_CITED = Citation(1, "p2", "returns-zh.md", "退货与退款", Position(0, 9), _ZH_QUOTE, _ZH_QUOTE)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminDesk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as desk:
        for name in ("mei", "lin"):
            desk.accounts.add(name, "correct horse battery")
        yield desk


@pytest.fixture
def url(desk: AdminDesk) -> Iterator[str]:
    with serving(lambda: make_app(desk)) as url:
        yield url


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def open_admin(browser: Browser, url: str, complaints: list[str]) -> Iterator[Open]:
    with opening(browser, url, complaints) as opened:
        yield opened
    assert complaints == []


def turn(
    desk: AdminDesk,
    talk: Conversation,
    question: str,
    answer: str,
    route: Route = "quote",
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
