"""Errors of the routes below `/v1`, and the shape in which OpenAI's clients expect every error."""

from typing import Final

from chatbot.errors import AnswerDeskError
from chatbot.serialise import Json

PREFIX: Final = "/v1/"

# OpenAI's statuses and codes for what we call by other names: clients choose their exceptions,
# and whether to shorten or to try again, by these.
_THEIRS: Final = {
    "not_permitted": (401, "invalid_api_key"),
    "question_too_long": (400, "context_length_exceeded"),
}
_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    408: "timeout_error",
    429: "rate_limit_error",
}


def openai_error(status: int, code: str, message: str, field: str | None) -> tuple[int, Json]:
    """The status and the body of an error; `field` names what is wrong in the request."""
    status, code = _THEIRS.get(code, (400 if status == 422 else status, code))
    kind = "server_error" if status >= 500 else _TYPES.get(status, "invalid_request_error")
    return status, {"error": {"message": message, "type": kind, "param": field, "code": code}}


class UnknownChatModel(AnswerDeskError):
    code = "model_not_found"
    status = 404
    en = "There is no model {model!r}. There are: {known}."
    zh = "没有模型 {model!r}。可用的模型：{known}。"


class UnsupportedParameter(AnswerDeskError):
    code = "unsupported_parameter"
    status = 400
    en = "{param} is not supported: there is one answer, as text, from your documents and rules."
    zh = "不支持 {param}：每次只给出一个文字回答，内容来自您的文档和规则。"


class UnsupportedContent(AnswerDeskError):
    code = "unsupported_content"
    status = 400
    en = "{param}: only text can be read, not {kind!r}."
    zh = "{param}：只能读取文字，不支持 {kind!r}。"


class NoQuestion(AnswerDeskError):
    code = "no_user_message"
    status = 400
    en = "messages holds nothing that the user says. Add a message of the role 'user'."
    zh = "messages 中没有用户消息。请添加一条角色为“user”的消息。"


class TokensAreNotText(AnswerDeskError):
    code = "token_arrays_not_supported"
    status = 400
    en = (
        "input holds the token numbers of another model; send the text itself. "
        "LangChain's OpenAIEmbeddings does so with check_embedding_ctx_length=False."
    )
    zh = (
        "input 中是其他模型的词元编号，请直接发送文本。"
        "在 LangChain 的 OpenAIEmbeddings 中设置 check_embedding_ctx_length=False 即可。"
    )


class TooManyTexts(AnswerDeskError):
    code = "too_many_inputs"
    status = 400
    en = "input holds {count} texts; at most {limit} are taken at once."
    zh = "input 中有 {count} 条文本，每次最多 {limit} 条。"


class TextTooLong(AnswerDeskError):
    code = "context_length_exceeded"
    status = 400
    en = "{param} has {length} characters; at most {limit} are read."
    zh = "{param} 共 {length} 个字符，最多可读取 {limit} 个。"


class OtherDimensions(AnswerDeskError):
    code = "unsupported_dimensions"
    status = 400
    en = "Vectors of this model have {dimensions} dimensions, not {asked}."
    zh = "此模型的向量为 {dimensions} 维，而不是 {asked} 维。"


class NoSuchOpenAIRoute(AnswerDeskError):
    code = "unknown_url"
    status = 404
    en = "{path} is not offered. Please ask by way of /v1/chat/completions."
    zh = "不提供 {path}。请改用 /v1/chat/completions。"
