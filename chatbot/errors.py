"""Errors of a turn, of the server and of the command line."""

from knowledge.errors import AnswerDeskError

__all__ = [
    "AnswerDeskError",
    "ConversationNotFound",
    "EmptyQuestion",
    "GeneratorBusy",
    "GeneratorFailed",
    "GeneratorTimeout",
    "InvalidLine",
    "InvalidSettings",
    "NotPermitted",
    "PortInUse",
    "QuestionTooLong",
    "UnreadableQuestion",
]


class InvalidSettings(AnswerDeskError):
    code = "invalid_settings"
    en = "Setting {field}: {reason}"
    zh = "设置 {field}：{reason}"


class EmptyQuestion(AnswerDeskError):
    code = "empty_question"
    status = 422
    en = "The question is empty. Please type what you would like to know."
    zh = "问题为空。请输入您想了解的内容。"


class QuestionTooLong(AnswerDeskError):
    code = "question_too_long"
    status = 413
    en = "The question has {length} characters; at most {limit} are read. Please shorten it."
    zh = "问题共 {length} 个字符，最多可读取 {limit} 个。请缩短后再试。"


class UnreadableQuestion(AnswerDeskError):
    code = "unreadable_question"
    status = 422
    en = "The question is not readable text. Please type it in words."
    zh = "问题不是可读的文字。请用文字输入。"


class ConversationNotFound(AnswerDeskError):
    code = "conversation_not_found"
    status = 404
    en = "There is no conversation {conversation_id!r}."
    zh = "没有会话 {conversation_id!r}。"


class NotPermitted(AnswerDeskError):
    code = "not_permitted"
    status = 401
    en = "This needs a signed-in member of the team or an API key."
    zh = "此操作需要团队成员登录或 API 密钥。"


class PortInUse(AnswerDeskError):
    code = "port_in_use"
    status = 409
    en = "Port {port} on {host} is in use. Stop the other program or choose another with --port."
    zh = "{host} 的端口 {port} 已被占用。请停止占用它的程序，或用 --port 指定其他端口。"


class InvalidLine(AnswerDeskError):
    code = "invalid_line"
    status = 422
    en = "{name}, line {line}: {reason}"
    zh = "{name} 第 {line} 行：{reason}"


class GeneratorBusy(AnswerDeskError):
    code = "generator_busy"
    status = 503
    en = "The language model is busy ({waiting} waiting)."
    zh = "语言模型正忙（{waiting} 个请求等待中）。"


class GeneratorTimeout(AnswerDeskError):
    code = "generator_timeout"
    status = 503
    en = "The language model did not finish within {seconds:.0f} s."
    zh = "语言模型未能在 {seconds:.0f} 秒内完成。"


class GeneratorFailed(AnswerDeskError):
    code = "generator_failed"
    status = 503
    en = "The language model failed: {reason}"
    zh = "语言模型出错：{reason}"
