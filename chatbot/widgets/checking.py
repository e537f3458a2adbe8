"""Looks at a page on which a widget is to stand, and says what is in its way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from chatbot.widgets.csp import Policy, allows, governing, read_policies
from chatbot.widgets.errors import InvalidOrigin
from chatbot.widgets.model import Widget
from chatbot.widgets.origins import normal_origin
from knowledge.documents import Language
from knowledge.errors import AnswerDeskError
from knowledge.fetching import AddressRefused, FetchFailed, Limits, Reply, send

Level = Literal["ok", "warning", "error"]

_LIMITS: Final = Limits(seconds=10.0, body_bytes=2 * 1024 * 1024, redirects=5)
_LEVELS: Final = ("error", "warning", "ok")
SCRIPT: Final = "/widget.js"
MODULES: Final = "/widget/app/main.js"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is right or wrong, for programs (`code`) and for people."""

    code: str
    level: Level
    en: str
    zh: str

    def text(self, language: Language) -> str:
        """The sentence for people."""
        return self.zh if language is Language.CHINESE else self.en


@dataclass(frozen=True, slots=True)
class Page:
    """The page to look at, and AnswerDesk's own origin as that page would name it."""

    url: str
    desk: str
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """A page that was fetched."""

    widget: Widget
    desk: str
    url: str
    script: Tag | None
    frame: Tag | None
    policies: Sequence[Policy]

    @property
    def origin(self) -> str:
        """The page's origin, as browsers write it. Raises `InvalidOrigin`."""
        parts = urlsplit(self.url)
        return normal_origin(f"{parts.scheme}://{parts.netloc}")


def check_page(widget: Widget, page: Page) -> Sequence[Finding]:
    """Everything found on the page, the worst first. Blocks while it is fetched."""
    try:
        reply = send("GET", page.url, limits=_LIMITS, allow_private=page.allow_private)
    except (AddressRefused, FetchFailed) as error:
        return [_failure(error)]
    if reply.status != 200:
        return [_status(reply)]
    seen = _look(widget, page.desk, reply)
    found = [check(seen) for check in _CHECKS]
    known = [finding for finding in found if finding is not None]
    return sorted(known, key=lambda finding: _LEVELS.index(finding.level))


def _failure(error: AnswerDeskError) -> Finding:
    return Finding(error.code, "error", error.text(Language.ENGLISH), error.text(Language.CHINESE))


def _status(reply: Reply) -> Finding:
    return Finding(
        "status",
        "error",
        f"{reply.url} answers with status {reply.status} instead of 200.",
        f"{reply.url} 返回的状态码是 {reply.status}，而不是 200。",
    )


def _look(widget: Widget, desk: str, reply: Reply) -> _Seen:
    soup = BeautifulSoup(reply.text, "lxml")
    metas = soup.find_all("meta", attrs={"http-equiv": _is_policy})
    headers = reply.headers.get("content-security-policy", "")
    written = [headers, *(str(meta.get("content", "")) for meta in metas)]
    return _Seen(
        widget,
        desk,
        reply.url,
        script=_first(soup, "script", SCRIPT),
        frame=_first(soup, "iframe", "/widget/frame/"),
        policies=[policy for text in written for policy in read_policies(text)],
    )


def _is_policy(value: str | None) -> bool:
    return (value or "").strip().lower() == "content-security-policy"


def _first(soup: BeautifulSoup, name: str, path: str) -> Tag | None:
    def leads_there(src: str | None) -> bool:
        return path in urlsplit(src or "").path

    return soup.find(name, src=leads_there)


def _origin(seen: _Seen) -> Finding:
    try:
        origin = seen.origin
    except InvalidOrigin as error:
        return _failure(error)
    if origin in seen.widget.origins:
        return Finding("origin", "ok", f"{origin} is on the list.", f"{origin} 已在列表中。")
    return Finding(
        "origin",
        "error",
        f"{origin} is not on the widget's list of sites. Add exactly this: {origin}",
        f"{origin} 不在此组件的网站列表中。请原样添加：{origin}",
    )


def _mixed_content(seen: _Seen) -> Finding | None:
    desk, page = urlsplit(seen.desk), urlsplit(seen.url)
    if _is_local(desk.hostname) and not _is_local(page.hostname):
        return Finding(
            "reach",
            "warning",
            f"AnswerDesk is open at {seen.desk}, which only this machine can reach. "
            "Give it an address that your visitors' browsers can reach.",
            f"AnswerDesk 当前地址 {seen.desk} 只有本机可以访问。请为它配置访客浏览器可以访问的地址。",
        )
    if page.scheme == "https" and desk.scheme == "http" and not _is_local(desk.hostname):
        return Finding(
            "mixed_content",
            "error",
            f"The page is https but AnswerDesk is {seen.desk}: browsers load nothing from http "
            "into such a page. Serve AnswerDesk by https too.",
            f"页面使用 https，而 AnswerDesk 的地址是 {seen.desk}：浏览器会拒绝加载 http 内容。"
            "请让 AnswerDesk 也使用 https。",
        )
    return None


def _snippet(seen: _Seen) -> Finding:
    wanted = seen.widget.id
    if seen.frame is not None and seen.script is None:
        return _frame(seen, str(seen.frame.get("src", "")))
    if seen.script is None:
        return Finding(
            "snippet",
            "error",
            "The snippet is not in the page. If a tag manager adds it later, all is well; "
            "otherwise paste it before </body>.",
            "页面中没有嵌入代码。如果由代码管理工具稍后插入，则没有问题；否则请将其粘贴到 </body> 之前。",
        )
    given = str(seen.script.get("data-widget", ""))
    if given != wanted:
        return Finding(
            "snippet",
            "error",
            f"The snippet names the widget {given!r} instead of {wanted!r}.",
            f"嵌入代码中的组件编号是“{given}”，而不是“{wanted}”。",
        )
    source = str(seen.script.get("src", ""))
    if not _is_at(source, seen):
        return Finding(
            "snippet",
            "warning",
            f"The snippet loads {source}, which is not {seen.desk}.",
            f"嵌入代码加载的是 {source}，而不是 {seen.desk}。",
        )
    return Finding("snippet", "ok", "The snippet is in the page.", "页面中已有嵌入代码。")


def _frame(seen: _Seen, source: str) -> Finding:
    if seen.widget.id not in urlsplit(source).path.split("/"):
        return Finding(
            "snippet",
            "error",
            f"The iframe shows another widget than {seen.widget.id!r}.",
            f"iframe 显示的不是组件“{seen.widget.id}”。",
        )
    if not seen.widget.frame:
        return Finding(
            "snippet",
            "error",
            "The page has an iframe, but the widget's iframe page is switched off.",
            "页面使用了 iframe，但此组件未启用 iframe 页面。",
        )
    return Finding("snippet", "ok", "The iframe is in the page.", "页面中已有 iframe。")


def _csp_script(seen: _Seen) -> Finding:
    names = ("script-src-elem", "script-src", "default-src")
    nonce = str(seen.script.get("nonce", "")) if seen.script else ""
    for policy in seen.policies:
        name = governing(policy, *names)
        if name is None:
            continue
        urls = (seen.desk + SCRIPT, seen.desk + MODULES)
        if not all(allows(policy[name], url, seen.url, nonce) for url in urls):
            if "'strict-dynamic'" in policy[name]:
                return _needs_nonce(name)
            return _forbids("csp_script", name, "script-src", seen)
    return Finding(
        "csp_script",
        "ok",
        "The page's security policy lets our script run.",
        "页面的安全策略允许运行我们的脚本。",
    )


def _csp_connect(seen: _Seen) -> Finding:
    for policy in seen.policies:
        name = governing(policy, "connect-src", "default-src")
        if name and not allows(policy[name], f"{seen.desk}/widget/session", seen.url):
            return _forbids("csp_connect", name, "connect-src", seen)
    return Finding(
        "csp_connect",
        "ok",
        "The page's security policy lets it talk to AnswerDesk.",
        "页面的安全策略允许与 AnswerDesk 通信。",
    )


def _forbids(code: str, name: str, wanted: str, seen: _Seen) -> Finding:
    return Finding(
        code,
        "error",
        f"The page's Content-Security-Policy ({name}) keeps the widget out. "
        f"Add {seen.desk} to {wanted}.",
        f"页面的 Content-Security-Policy（{name}）阻止了组件。请在 {wanted} 中添加 {seen.desk}。",
    )


def _needs_nonce(name: str) -> Finding:
    return Finding(
        "csp_script",
        "error",
        f"The page's Content-Security-Policy ({name}) has 'strict-dynamic', so that hosts do not "
        "count: give the snippet's <script> the page's nonce.",
        f"页面的 Content-Security-Policy（{name}）使用了 'strict-dynamic'，主机名单无效："
        "请为嵌入代码的 <script> 加上页面的 nonce。",
    )


def _is_at(source: str, seen: _Seen) -> bool:
    given, desk = urlsplit(source), urlsplit(seen.desk)
    scheme = given.scheme or urlsplit(seen.url).scheme
    return (scheme, given.netloc.lower()) == (desk.scheme, desk.netloc)


def _is_local(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost" or (host or "").endswith(".localhost")


_CHECKS: Sequence[Callable[[_Seen], Finding | None]] = (
    _origin,
    _mixed_content,
    _snippet,
    _csp_script,
    _csp_connect,
)
