"""Errors of the widget: at its set-up, and at the visitors' door."""

from knowledge.errors import AnswerDeskError


class WidgetNotFound(AnswerDeskError):
    code = "widget_not_found"
    status = 404
    en = "There is no widget {widget_id!r}."
    zh = "没有组件 {widget_id!r}。"


class InvalidOrigin(AnswerDeskError):
    code = "invalid_origin"
    status = 422
    en = "{origin!r} is not a site's origin: {reason}. Write it like https://shop.example."
    zh = "“{origin}”不是有效的网站来源：{reason_zh}。请写成 https://shop.example 的形式。"


class InvalidHours(AnswerDeskError):
    code = "invalid_hours"
    status = 422
    en = "The opening hours cannot be used: {reason}."
    zh = "营业时间无效：{reason_zh}。"


class OriginNotAllowed(AnswerDeskError):
    code = "origin_not_allowed"
    status = 403
    en = "This site is not on the list of the widget's sites."
    zh = "此网站不在该组件允许的网站列表中。"


class TokenExpired(AnswerDeskError):
    code = "token_expired"
    status = 401
    en = "The session has expired. Please begin a new one."
    zh = "会话凭证已过期。请重新建立会话。"


class TokenInvalid(AnswerDeskError):
    code = "token_invalid"
    status = 401
    en = "The session is not valid here. Please begin a new one."
    zh = "会话凭证无效。请重新建立会话。"


class IdentityInvalid(AnswerDeskError):
    code = "identity_invalid"
    status = 401
    en = "The site's statement of who you are cannot be accepted: {reason}."
    zh = "无法接受网站提供的身份信息：{reason_zh}。"


class IdentityReused(AnswerDeskError):
    code = "identity_reused"
    status = 401
    en = "The site's statement of who you are was used before. It has to be made anew each time."
    zh = "网站提供的身份信息已被使用过。每次都需要重新生成。"


class IdentityRequired(AnswerDeskError):
    code = "identity_required"
    status = 403
    en = "Please sign in to the site first: this chat is for its customers."
    zh = "请先登录网站：此对话仅面向已登录的客户。"


class TooManyRequests(AnswerDeskError):
    code = "too_many_requests"
    status = 429
    en = "That was a lot at once. Please try again in {seconds} s."
    zh = "操作过于频繁。请在 {seconds} 秒后重试。"


class ContactMissing(AnswerDeskError):
    code = "contact_missing"
    status = 422
    en = "Please leave an e-mail address or a telephone number."
    zh = "请留下电子邮箱或电话号码。"
