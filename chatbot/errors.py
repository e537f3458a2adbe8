"""Errors of a turn, of the server and of the command line."""

from collections.abc import Sequence

from knowledge.documents import Language
from knowledge.errors import AnswerDeskError, PathNotFound

__all__ = [
    "AnswerDeskError",
    "ConversationNotFound",
    "CrossSiteRequest",
    "EmptyQuestion",
    "ExpiryInThePast",
    "GeneratorBusy",
    "GeneratorFailed",
    "GeneratorTimeout",
    "HeldByAnother",
    "IdempotencyKeyReused",
    "InvalidCursor",
    "InvalidIdempotencyKey",
    "InvalidLine",
    "InvalidLines",
    "InvalidSettings",
    "InvalidUserName",
    "KeyNotFound",
    "LastAdministrator",
    "NewerDatabase",
    "NotAllowed",
    "NotHeld",
    "NotPermitted",
    "NotReady",
    "OutputIsInput",
    "PathNotFound",
    "PortInUse",
    "QuestionTooLong",
    "ScopeMissing",
    "ServerBusy",
    "ServerUnreachable",
    "TooManyAttempts",
    "TurnInProgress",
    "TurnNotFound",
    "TurnTimeout",
    "UnknownScope",
    "UnreadableQuestion",
    "UserExists",
    "UserNotFound",
    "WeakPassword",
    "WrongPassword",
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


class TurnNotFound(AnswerDeskError):
    code = "turn_not_found"
    status = 404
    en = "There is no answer {turn_id!r}."
    zh = "没有回答 {turn_id!r}。"


class HeldByAnother(AnswerDeskError):
    code = "held_by_another"
    status = 409
    en = "{holder} is already answering this conversation. Take it over from {holder} first."
    zh = "{holder} 正在处理此会话。请先从 {holder} 处接手。"


class NotHeld(AnswerDeskError):
    code = "not_held"
    status = 409
    en = "You do not have this conversation in hand. Take it over first."
    zh = "此会话当前不由您处理。请先接手。"


class TurnInProgress(AnswerDeskError):
    code = "turn_in_progress"
    status = 409
    en = "This message is being answered already. Please wait {seconds} s and ask for it again."
    zh = "此消息正在处理中。请在 {seconds} 秒后重新查询。"


class IdempotencyKeyReused(AnswerDeskError):
    code = "idempotency_key_reused"
    status = 422
    en = "This key was used for another request. Use a new one for each."
    zh = "此键已用于另一请求。请为每个请求使用新的键。"


class InvalidCursor(AnswerDeskError):
    code = "invalid_cursor"
    status = 422
    en = "This cursor is not one that a page gave out. Begin without one."
    zh = "此游标不是由分页结果给出的。请不带游标重新开始。"


class InvalidIdempotencyKey(AnswerDeskError):
    code = "invalid_idempotency_key"
    status = 422
    en = "An Idempotency-Key has 16 to 64 letters, digits, _ or -. Make a random one for each request."
    zh = "Idempotency-Key 应为 16 至 64 个字母、数字、_ 或 -。请为每个请求随机生成一个。"


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
    zh = "{name} 第 {line} 行：{reason_zh}"


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


class InvalidLines(AnswerDeskError):
    """Everything wrong with a file of lines, one sentence a line; the first 20 are spelled out."""

    code = "invalid_lines"
    status = 422
    en = "... and {more} more lines."
    zh = "……另有 {more} 行。"

    def __init__(self, errors: Sequence[InvalidLine]) -> None:
        self.errors = tuple(errors)
        super().__init__(more=len(self.errors) - 20)

    def text(self, language: Language) -> str:
        """The errors, each on its own line."""
        shown = [error.text(language) for error in self.errors[:20]]
        return "\n".join(shown if len(self.errors) <= 20 else [*shown, super().text(language)])


class NotAllowed(AnswerDeskError):
    code = "not_allowed"
    status = 403
    en = "Your role {role!r} does not allow this. Please ask an administrator."
    zh = "您的角色“{role}”无权执行此操作。请联系管理员。"


class ScopeMissing(AnswerDeskError):
    code = "scope_missing"
    status = 403
    en = "This key lacks the scope {scope!r}. Make one that has it."
    zh = "此密钥缺少权限范围“{scope}”。请创建包含该范围的密钥。"


class UnknownScope(AnswerDeskError):
    code = "unknown_scope"
    status = 422
    en = "There is no scope {scope!r}. The scopes are: {known}."
    zh = "没有权限范围“{scope}”。可用的范围有：{known}。"


class KeyNotFound(AnswerDeskError):
    code = "key_not_found"
    status = 404
    en = "There is no key {key_id!r}."
    zh = "没有密钥“{key_id}”。"


class ExpiryInThePast(AnswerDeskError):
    code = "expiry_in_the_past"
    status = 422
    en = "The key would be over before it is made. Choose a moment that is still to come."
    zh = "该密钥在创建之前就已过期。请选择将来的时间。"


class CrossSiteRequest(AnswerDeskError):
    code = "cross_site_request"
    status = 403
    en = "This request came from another site and was not carried out."
    zh = "此请求来自其他网站，未予执行。"


class WrongPassword(AnswerDeskError):
    code = "wrong_password"
    status = 401
    en = "The name and the password do not match."
    zh = "用户名与密码不匹配。"


class TooManyAttempts(AnswerDeskError):
    code = "too_many_attempts"
    status = 429
    en = "There were too many attempts to sign in. Please try again in {seconds} s."
    zh = "登录尝试次数过多。请在 {seconds} 秒后重试。"


class WeakPassword(AnswerDeskError):
    code = "weak_password"
    status = 422
    en = "The password is too short: at least {minimum} characters are needed."
    zh = "密码太短：至少需要 {minimum} 个字符。"


class InvalidUserName(AnswerDeskError):
    code = "invalid_user_name"
    status = 422
    en = "{name!r} cannot be a user name: use 1 to 64 letters, digits, and . _ @ -"
    zh = "“{name}”不能用作用户名：请使用 1 至 64 个字母、数字或 . _ @ -"


class UserExists(AnswerDeskError):
    code = "user_exists"
    status = 409
    en = "There is already a user {name!r}."
    zh = "用户“{name}”已存在。"


class UserNotFound(AnswerDeskError):
    code = "user_not_found"
    status = 404
    en = "There is no user {name!r}."
    zh = "没有用户“{name}”。"


class LastAdministrator(AnswerDeskError):
    code = "last_administrator"
    status = 409
    en = "{name!r} is the last administrator. Add another one first."
    zh = "“{name}”是最后一位管理员。请先添加另一位管理员。"


class ServerBusy(AnswerDeskError):
    code = "server_busy"
    status = 503
    en = "Too many questions are being answered right now. Please try again in {seconds} s."
    zh = "当前提问的人较多。请在 {seconds} 秒后重试。"


class TurnTimeout(AnswerDeskError):
    code = "turn_timeout"
    status = 503
    en = "The answer took longer than {seconds:.0f} s. Please try again."
    zh = "回答用时超过 {seconds:.0f} 秒。请重试。"


class NotReady(AnswerDeskError):
    code = "not_ready"
    status = 503
    en = "AnswerDesk is not ready yet: {missing}."
    zh = "AnswerDesk 尚未就绪：{missing}。"


class OutputIsInput(AnswerDeskError):
    code = "output_is_input"
    status = 422
    en = "{path} is both the input and the output. Choose another output."
    zh = "{path} 既是输入又是输出。请指定其他输出文件。"


class ServerUnreachable(AnswerDeskError):
    code = "server_unreachable"
    status = 503
    en = "The AnswerDesk server at {url} does not answer: {reason}"
    zh = "{url} 上的 AnswerDesk 服务器没有响应：{reason}"


class NewerDatabase(AnswerDeskError):
    code = "newer_database"
    status = 409
    en = (
        "The data folder was written by a newer release of AnswerDesk (this one knows step {known}). "
        "Install that release, or restore a backup made before the upgrade."
    )
    zh = "该数据文件夹由更新版本的 AnswerDesk 写入（当前版本只支持到第 {known} 步）。请安装该版本，或恢复升级前的备份。"
