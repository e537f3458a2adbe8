"""The widget on pages that do not make it easy, and on those where it must not be."""

import re
import time
from pathlib import Path

import jwt
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.scripted_chat import wait_until
from tests.e2e.widget_site.street import Guest, Street, Visit, open_street, visiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
QUESTION = "How long do I have to return something?"
CALLS = {"open", "close", "toggle", "reset", "destroy", "identify", "setContext", "on"}


def talks(visitor: Guest, question: str = QUESTION) -> None:
    visitor.open()
    visitor.ask(question)
    expect(visitor.page.locator(".chip")).to_have_count(2)
    visitor.page.locator(".chip").first.click()
    expect(visitor.page.locator(".sheet mark")).to_be_visible()
    visitor.page.keyboard.press("Escape")


@pytest.mark.parametrize("policy", ["strict", "trusted"])
def test_a_strict_policy_is_kept(guest: Visit, policy: str) -> None:
    """A violation would be a console error, and those fail the test."""
    visitor = guest()
    visitor.go(policy=policy)
    talks(visitor)


def test_hostile_styles_do_not_reach_it(guest: Visit) -> None:
    """Neither in nor out: it measures the same as on a page without styles of its own."""
    measure = """() => {
      const root = document.querySelector("answerdesk-widget").shadowRoot;
      return ["launcher", "panel", "log", "mine", "chip", "send", "text"].map((name) => {
        const box = root.querySelector(`.${name}`).getBoundingClientRect();
        const style = getComputedStyle(root.querySelector(`.${name}`));
        return [name, box.x, box.y, box.width, box.height, style.fontSize, style.color].join(" ");
      });
    }"""
    measured: list[list[str]] = []
    for name in ("shop", "hostile"):
        visitor = guest()
        visitor.go(name)
        talks(visitor)
        measured.append(visitor.page.evaluate(measure))
    assert measured[0] == measured[1]


def test_a_page_of_2006_goes_on_and_so_does_the_widget(guest: Visit) -> None:
    """Loaded twice, too."""
    visitor = guest()
    visitor.go("old")
    assert visitor.page.evaluate("document.compatMode") == "BackCompat"
    talks(visitor)
    visitor.page.reload()
    visitor.open_again()
    visitor.says("within 30 days of delivery")
    assert visitor.page.locator("answerdesk-widget").count() == 1
    visitor.page.get_by_text("Click here").click()
    state = visitor.page.evaluate("[window.loaded, window.clicked, window.hits]")
    assert state == [1, 1, 0]  # what is typed in the widget is no key press of the page


def test_a_chinese_page_is_spoken_to_in_chinese(guest: Visit) -> None:
    visitor = guest()
    visitor.go("zh")
    expect(visitor.launcher).to_have_attribute("aria-label", "打开咨询窗口")
    talks(visitor, "多久之内可以退货？")
    shown = visitor.panel.inner_text()
    named = visitor.panel.evaluate(
        "node => [...node.querySelectorAll('[aria-label], [placeholder]')]"
        ".map((one) => (one.ariaLabel ?? '') + (one.placeholder ?? '')).join(' ')"
    )
    assert set(re.findall(r"[A-Za-z]{2,}", shown + named)) == set()
    expect(visitor.status).to_have_text("即时回复")


def test_the_snippet_chooses_language_title_side_and_theme(guest: Visit) -> None:
    visitor = guest()
    data = "data-lang=zh data-title=小店 data-position=left data-theme=dark data-open=true"
    visitor.go(data=f"{data} data-color=#ffcc00 data-z-index=7")
    expect(visitor.panel).to_be_visible()
    expect(visitor.panel.get_by_role("heading", name="小店")).to_be_visible()
    box = visitor.launcher.bounding_box()
    assert box is not None
    assert box["x"] == 20
    look = visitor.page.evaluate(
        """() => {
          const host = document.querySelector("answerdesk-widget");
          const launcher = getComputedStyle(host.shadowRoot.querySelector(".launcher"));
          const panel = getComputedStyle(host.shadowRoot.querySelector(".panel"));
          return [getComputedStyle(host).zIndex, launcher.backgroundColor, launcher.color,
            panel.backgroundColor];
        }"""
    )
    assert look == ["7", "rgb(255, 204, 0)", "rgb(11, 21, 18)", "rgb(18, 22, 28)"]


@pytest.mark.parametrize(
    "color", ["#0f6b5c", "#ffcc00", "#ff69b4", "#000000", "#ffffff", "#2563eb"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_accent_can_be_read(guest: Visit, color: str, scheme: str) -> None:
    """Contrast by WCAG 2.2, computed here from the colours that the browser paints."""
    visitor = guest(scheme=scheme, reduced_motion="reduce")
    visitor.go(data=f"data-color={color}")
    visitor.open()
    visitor.ask(QUESTION)
    painted = visitor.page.evaluate(
        """() => {
          const root = document.querySelector("answerdesk-widget").shadowRoot;
          const seen = (name) => getComputedStyle(root.querySelector(name));
          const paper = seen(".panel").backgroundColor;
          return [".launcher", ".mine", ".chip", ".send"]
            .map((name) => [seen(name).color, seen(name).backgroundColor])
            .concat([".text", ".plain", ".status", ".tool"].map((name) => [seen(name).color, paper]));
        }"""
    )
    for ink, ground in painted:
        assert contrast(ink, ground) >= 4.5, (ink, ground)


def test_a_colour_of_the_sites_styles_wins(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.page.add_style_tag(
        content="answerdesk-widget { --answerdesk-accent: rebeccapurple; --answerdesk-side: 60px }"
    )
    visitor.open()
    expect(visitor.launcher).to_have_css("background-color", "rgb(102, 51, 153)")
    box = visitor.launcher.bounding_box()
    assert box is not None
    assert box["x"] == 1280 - 60 - 56


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568)])
def test_a_phone_is_filled(guest: Visit, width: int, height: int) -> None:
    visitor = guest(width, height, is_mobile=True, has_touch=True)
    visitor.go()
    visitor.launcher.tap()
    visitor.page.wait_for_timeout(300)
    assert visitor.panel.bounding_box() == {"x": 0, "y": 0, "width": width, "height": height}
    assert visitor.panel.get_attribute("aria-modal") == "true"
    assert not visitor.field.evaluate("field => field.matches(':focus')")  # no keyboard yet
    visitor.ask(QUESTION)
    inside = """(panel) => [...panel.querySelectorAll("*")].filter((node) => {
      const box = node.getBoundingClientRect();
      return box.width && (box.left < 0 || box.right > innerWidth) && !node.closest(".unseen");
    }).length"""
    assert visitor.panel.evaluate(inside) == 0
    small = """(panel) => [...panel.querySelectorAll("textarea")].filter((field) =>
      parseFloat(getComputedStyle(field).fontSize) < 16).length"""
    assert visitor.panel.evaluate(small) == 0  # smaller ones make phones zoom in
    visitor.page.get_by_role("button", name="Close the chat").tap()
    expect(visitor.panel).to_be_hidden()


def test_the_keyboard_of_a_phone_covers_nothing(guest: Visit) -> None:
    """A pinch stands for it: both leave less of the page to be seen."""
    visitor = guest(390, 844, is_mobile=True, has_touch=True)
    visitor.go()
    visitor.open()
    devtools = visitor.page.context.new_cdp_session(visitor.page)
    devtools.send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})  # pyright: ignore[reportUnknownMemberType] -- Playwright types it in part
    seen = "Math.round(visualViewport.height)"
    visitor.page.wait_for_function(f"{seen} < 500")
    height = visitor.page.evaluate(seen)
    expect(visitor.panel).to_have_css("height", f"{height}px")


def test_a_page_from_right_to_left(guest: Visit) -> None:
    visitor = guest()
    visitor.go("rtl")
    talks(visitor)
    visitor.ask("שלום, מה שלומך?")
    last = visitor.page.locator(".mine p").last
    assert last.evaluate("p => getComputedStyle(p).direction") == "rtl"
    box = visitor.panel.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] == 1260


def test_motion_can_be_reduced(guest: Visit) -> None:
    visitor = guest(reduced_motion="reduce")
    visitor.go()
    visitor.open()
    assert visitor.panel.evaluate("panel => panel.getAnimations({ subtree: true }).length") == 0


def test_calls_made_before_loading_are_played_back(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.page.goto(f"{street.site}/stub")
    expect(visitor.panel).to_be_visible()
    visitor.ask("echo: hello")
    assert wait_until(lambda: len(street.desk.dialogue.asked) == 1)
    assert street.desk.dialogue.asked[0].slots == {"order_id": "10021", "returning": True}
    visitor.page.evaluate("AnswerDesk.close()")
    expect(visitor.panel).to_be_hidden()
    seen = visitor.page.evaluate("window.seen")
    assert {"ready", "open", "message", "close"} <= {name for name, _ in seen}
    said = [detail for name, detail in seen if name == "message"]
    assert [(message["from"], message["text"]) for message in said] == [
        ("visitor", "echo: hello"),
        ("desk", "hello [1]"),
    ]


def test_the_calls_of_a_site(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    globals_ = visitor.page.evaluate("Object.keys(window).filter((name) => /desk/i.test(name))")
    assert globals_ == ["AnswerDesk"]
    assert set(visitor.page.evaluate("Object.keys(AnswerDesk)")) == CALLS
    visitor.page.evaluate("window.heard = 0; window.off = AnswerDesk.on('open', () => heard++); 0")
    for call, visible in (("open", True), ("toggle", False), ("toggle", True), ("close", False)):
        visitor.page.evaluate(f"AnswerDesk.{call}()")
        expect(visitor.panel).to_be_visible(visible=visible)
    visitor.page.evaluate("off(); AnswerDesk.open(); 0")
    assert visitor.page.evaluate("heard") == 2
    visitor.page.evaluate("AnswerDesk.destroy()")
    visitor.page.wait_for_function("!window.AnswerDesk")
    assert visitor.page.locator("answerdesk-widget").count() == 0


def test_a_known_customer_is_recognised(guest: Visit, street: Street) -> None:
    street.change(require_identity=True)
    visitor = guest()
    visitor.go()
    visitor.open()
    expect(visitor.page.locator(".notice")).to_contain_text("sign in")
    visitor.complaints.clear()  # the browser's note of the refusal
    now = int(time.time())
    claims = {"sub": "customer-7", "name": "Ann", "iat": now, "exp": now + 120, "jti": str(now)}
    claims["aud"] = street.widget.id
    secret = street.desk.widgets.identity_secret(street.widget.id)
    token = jwt.encode(claims, secret, algorithm="HS256")  # pyright: ignore[reportUnknownMemberType] -- PyJWT types it in part
    assert visitor.page.evaluate("token => AnswerDesk.identify(token)", token) is True
    expect(visitor.page.locator(".notice")).to_be_hidden()
    visitor.ask(QUESTION)
    visitor.says("within 30 days of delivery")


def test_a_site_that_is_not_allowed_sees_nothing_but_a_warning(
    guest: Visit, street: Street
) -> None:
    street.change(origins=("https://elsewhere.example",))
    visitor = guest()
    visitor.page.goto(f"{street.site}/shop")
    assert wait_for(visitor, "the chat is not shown")
    warnings = [said for said in visitor.complaints if "warning" in said]
    assert len(warnings) == 1
    assert street.site in warnings[0]
    assert "an allowed site" in warnings[0]
    assert visitor.page.locator("answerdesk-widget").count() == 0
    visitor.complaints.clear()


def test_a_frame_needs_no_script_of_the_site(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.page.goto(f"{street.site}/frame?policy=framed")
    frame = visitor.page.frame_locator("iframe")
    expect(frame.locator(".launcher")).to_be_hidden()
    frame.locator(".composer textarea").fill(QUESTION)
    frame.locator(".composer textarea").press("Enter")
    expect(frame.locator(".chip")).to_have_count(2)
    panel = frame.locator(".panel").bounding_box()
    assert panel is not None
    assert (panel["width"], panel["height"]) == (420, 640)


def test_too_many_sessions_are_told_to_wait(browser: Browser, tmp_path: Path) -> None:
    with (
        open_street(tmp_path, limits={"sessions_per_address": 1}) as street,
        visiting(browser, street) as visit,
    ):
        first = visit()
        first.go()
        first.open()
        first.ask(QUESTION)
        second = visit()
        second.go()
        second.open()
        expect(second.panel).to_be_visible()
        assert wait_for(second, "429")
        second.complaints.clear()


def wait_for(visitor: Guest, words: str) -> bool:
    """Whether the console says so within five seconds."""
    for _ in range(50):
        if any(words in said for said in visitor.complaints):
            return True
        visitor.page.wait_for_timeout(100)
    return False


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as browsers write them."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    scale = 1 if "srgb" in color else 255
    parts = [float(part) / scale for part in re.findall(r"[\d.]+", color)[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
