"""What keeps a page from becoming a document, in one line for whoever asked for it."""

from knowledge.errors import AnswerDeskError


class PageError(AnswerDeskError):
    """A page or file of the web that cannot be taken in."""


class PageNotFound(PageError):
    code = "page_not_found"
    status = 404
    en = "{url} does not exist (the site answers {status})."
    zh = "{url} 不存在（网站返回 {status}）。"


class PageRefused(PageError):
    code = "page_refused"
    status = 422
    en = "{url} is not handed out: the site answers {status}."
    zh = "无法获取 {url}：网站返回 {status}。"


class RobotsForbid(PageError):
    code = "robots_forbid"
    status = 422
    en = (
        "{url} may not be fetched: the site's robots.txt forbids it. "
        "If the site is yours, allow {agent} there."
    )
    zh = "不能抓取 {url}：该网站的 robots.txt 不允许。如果这是您自己的网站，请在其中允许 {agent}。"


class RobotsUnknown(PageError):
    code = "robots_unknown"
    status = 502
    en = "{url} was not fetched: the site's robots.txt cannot be read just now ({status})."
    zh = "未抓取 {url}：暂时无法读取该网站的 robots.txt（{status}）。"


class PageTooLarge(PageError):
    code = "page_too_large"
    status = 413
    en = "{url} has more than {limit_mb:g} MB, which is the most that is fetched."
    zh = "{url} 超过 {limit_mb:g} MB，这是抓取的上限。"


class NotReadable(PageError):
    code = "not_readable"
    status = 415
    en = "{url} is {kind}, which cannot be read. Readable formats: {known}."
    zh = "无法读取 {url}，其类型为 {kind}。可读取的格式：{known}。"


class LoginRequired(PageError):
    code = "login_required"
    status = 422
    en = "{url} asks for a login. Save the page as a file and add that instead."
    zh = "{url} 需要登录。请将该页面保存为文件后再添加。"


class PageWithoutText(PageError):
    code = "page_without_text"
    status = 422
    en = (
        "{url} holds no text: a script in the browser fills it in. "
        "Save the page as a file and add that instead."
    )
    zh = "{url} 本身没有文字，内容由浏览器中的脚本生成。请将该页面保存为文件后再添加。"


class TooManyRedirects(PageError):
    code = "too_many_redirects"
    status = 502
    en = "{url} leads from one address to the next and never to a page."
    zh = "{url} 不断跳转，始终到不了页面。"


class LeadsElsewhere(PageError):
    """The address is on the site, but what it leads to is not."""

    code = "leads_elsewhere"
    status = 422
    en = "{url} leads out of the site, to {target}."
    zh = "{url} 会跳转到网站之外的 {target}。"


class FetchJobNotFound(AnswerDeskError):
    code = "fetch_job_not_found"
    status = 404
    en = "There is no fetch job {job_id!r}."
    zh = "没有抓取任务“{job_id}”。"


class TooManyFetches(AnswerDeskError):
    code = "too_many_fetches"
    status = 429
    en = "{limit} pages and sites are waiting to be fetched already. Please try again later."
    zh = "已有 {limit} 个网页或网站在等待抓取。请稍后再试。"
