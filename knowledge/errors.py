"""Errors that say, in the reader's language, what went wrong and what to do."""

from typing import ClassVar

from knowledge.documents import Language


class AnswerDeskError(Exception):
    """Base of every error that a person is meant to read.

    A subclass gives both texts as `str.format` templates; the keyword arguments
    of the constructor fill them. `status` is the HTTP status it maps to.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    en: ClassVar[str] = "{reason}"
    zh: ClassVar[str] = "{reason}"

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(self.text(Language.ENGLISH))

    def text(self, language: Language) -> str:
        """The message in `language`."""
        template = self.zh if language is Language.CHINESE else self.en
        return template.format(**self.details)


class DataFolderInUse(AnswerDeskError):
    code = "data_folder_in_use"
    status = 409
    en = (
        "Another AnswerDesk process (pid {pid}) is using {path}. "
        "Stop it first, or choose another folder with --data-dir."
    )
    zh = "另一个 AnswerDesk 进程（pid {pid}）正在使用 {path}。请先停止它，或用 --data-dir 指定其他文件夹。"


class UnreadableDocument(AnswerDeskError):
    code = "unreadable_document"
    status = 422
    en = "{name} cannot be read: {reason}"
    zh = "无法读取 {name}：{reason}"


class UnsupportedFormat(AnswerDeskError):
    code = "unsupported_format"
    status = 415
    en = "{name} is not a format that can be read. Readable formats: {known}."
    zh = "无法读取 {name} 的格式。可读取的格式：{known}。"


class DocumentNotFound(AnswerDeskError):
    code = "document_not_found"
    status = 404
    en = "There is no document {document_id!r}."
    zh = "没有文档 {document_id!r}。"


class InvalidPassages(AnswerDeskError):
    code = "invalid_passages"
    status = 422
    en = "{name}, line {line}: {reason}"
    zh = "{name} 第 {line} 行：{reason}"


class ModelFileMissing(AnswerDeskError):
    code = "model_file_missing"
    status = 503
    en = (
        "The model file {path} is missing. "
        "Run 'answerdesk models pull {model}' on a machine with network access."
    )
    zh = "缺少模型文件 {path}。请在有网络的机器上运行“answerdesk models pull {model}”。"


class ModelFileAltered(AnswerDeskError):
    code = "model_file_altered"
    status = 503
    en = (
        "The model file {path} does not match its checksum (expected {expected}, found {found}). "
        "Delete it and run 'answerdesk models pull {model}'."
    )
    zh = (
        "模型文件 {path} 与校验和不符（应为 {expected}，实为 {found}）。"
        "请删除后运行“answerdesk models pull {model}”。"
    )


class UnknownModel(AnswerDeskError):
    code = "unknown_model"
    status = 404
    en = "There is no model {model!r} in the catalogue. Known models: {known}."
    zh = "目录中没有模型 {model!r}。已有模型：{known}。"


class DownloadFailed(AnswerDeskError):
    code = "download_failed"
    status = 503
    en = (
        "{path} could not be fetched: {reason} What has arrived is kept; "
        "run 'answerdesk models pull {model}' again to go on."
    )
    zh = "无法获取 {path}：{reason} 已下载的部分会保留；请再次运行“answerdesk models pull {model}”继续。"
