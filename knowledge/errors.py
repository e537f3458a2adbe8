"""Errors that say, in the reader's language, what went wrong and what to do."""

from collections.abc import Sequence
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


class EmptyDocument(UnreadableDocument):
    code = "empty_document"
    en = "{name} is empty."
    zh = "{name} 是空文件。"


class NoTextFound(UnreadableDocument):
    code = "no_text_found"
    en = "{name} holds no readable text."
    zh = "{name} 中没有可读取的文字。"


class NotText(UnreadableDocument):
    code = "not_text"
    en = "{name} is not the text document that its ending says (found: {kind})."
    zh = "{name} 的内容与扩展名不符，不是文本文档（检测到：{kind}）。"


class BinaryDocument(UnreadableDocument):
    code = "binary_document"
    en = "{name} holds binary data, not text."
    zh = "{name} 的内容是二进制数据，不是文本。"


class UnknownEncoding(UnreadableDocument):
    code = "unknown_encoding"
    en = "{name} is in an unknown character encoding. Please save it as UTF-8."
    zh = "无法识别 {name} 的字符编码。请将其另存为 UTF-8。"


class DocumentTooLong(UnreadableDocument):
    code = "document_too_long"
    status = 413
    en = "{name} has {length:,} characters; at most {limit:,} are read. Please split it."
    zh = "{name} 共 {length:,} 个字符，最多可读取 {limit:,} 个。请拆分后再试。"


class DocumentTooComplex(UnreadableDocument):
    code = "document_too_complex"
    en = "{name} is nested too deeply to be read."
    zh = "{name} 的嵌套层级过深，无法读取。"


class WrongContent(UnreadableDocument):
    code = "wrong_content"
    en = "{name} does not hold what its ending says. Please check the file."
    zh = "{name} 的内容与扩展名不符，请检查该文件。"


class DamagedDocument(UnreadableDocument):
    code = "damaged_document"
    en = (
        "{name} is damaged and cannot be opened. "
        "Please open it in the program it was made with and save it again."
    )
    zh = "{name} 已损坏，无法打开。请用原来的软件打开并重新保存。"


class EncryptedDocument(UnreadableDocument):
    code = "encrypted_document"
    en = "{name} is protected by a password. Please save a copy without one."
    zh = "{name} 受密码保护。请另存一份不带密码的副本。"


class PictureTooLarge(UnreadableDocument):
    code = "picture_too_large"
    status = 413
    en = "{name} has more than {limit} million pixels. Please save it smaller."
    zh = "{name} 超过 {limit}00 万像素。请缩小后重新保存。"


class TooManyPages(UnreadableDocument):
    code = "too_many_pages"
    status = 413
    en = "{name} has {pages:,} pages; at most {limit:,} are read. Please split it."
    zh = "{name} 共 {pages:,} 页，最多可读取 {limit:,} 页。请拆分后再试。"


class ReadingTooSlow(UnreadableDocument):
    code = "reading_too_slow"
    en = "{name} was given up: a part of it took longer than {seconds:.0f} s to read. Please split it or simplify it."
    zh = "已放弃读取 {name}：其中某部分的读取时间超过 {seconds:.0f} 秒。请拆分或简化后再试。"


class ReadingTooLarge(UnreadableDocument):
    code = "reading_too_large"
    status = 413
    en = "{name} was given up: reading it takes more than {limit_mb:,} MB of memory. Please split it."
    zh = "已放弃读取 {name}：读取时所需内存超过 {limit_mb:,} MB。请拆分后再试。"


class ReadingCrashed(UnreadableDocument):
    code = "reading_crashed"
    en = (
        "{name} made the program that reads it stop. It is probably damaged. "
        "Please open it in the program it was made with and save it again."
    )
    zh = "读取 {name} 的程序意外停止，文件可能已损坏。请用原来的软件打开并重新保存。"


class UnpacksTooLarge(UnreadableDocument):
    code = "unpacks_too_large"
    status = 413
    en = "{name} is refused: packed inside it is far more than a document holds ({found})."
    zh = "已拒绝 {name}：压缩包内的数据量远超正常文档（{found}）。"


class UnsafeMember(UnreadableDocument):
    code = "unsafe_member"
    en = "{name} is refused: its path leads out of the archive."
    zh = "已拒绝 {name}：其路径指向压缩包之外。"


class ArchiveInArchive(UnreadableDocument):
    code = "archive_in_archive"
    en = "{name} is an archive inside an archive. Please unpack it and add it by itself."
    zh = "{name} 是压缩包中的压缩包。请解压后单独添加。"


class SecondOfItsName(UnreadableDocument):
    code = "second_of_its_name"
    en = "The archive holds two files {name}; this one was left out. Please rename one of them."
    zh = "压缩包中有两个文件都叫 {name}，此文件未录入。请将其中一个改名。"


class TooManyCells(UnreadableDocument):
    code = "too_many_cells"
    status = 413
    en = (
        "The sheet {sheet!r} of {name} spans {cells:,} cells; at most {limit:,} are read. "
        "Please delete stray cells far from the table, or split the sheet."
    )
    zh = "{name} 的工作表“{sheet}”跨越 {cells:,} 个单元格，最多可读取 {limit:,} 个。请删除远离表格的零散单元格，或拆分工作表。"


class EmbeddingFailed(AnswerDeskError):
    code = "embedding_failed"
    status = 503
    en = "{name} can be found by its words only: its vectors could not be computed ({reason})."
    zh = "{name} 目前只能按关键词查找：无法计算其向量（{reason}）。"


class IngestFailed(AnswerDeskError):
    code = "ingest_failed"
    status = 500
    en = "{name} could not be taken in ({reason})."
    zh = "无法录入 {name}（{reason}）。"


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


class InvalidPassageFile(InvalidPassages):
    """`problems` are (line, English reason, Chinese reason); all are told, up to a screenful."""

    shown: ClassVar[int] = 30
    en = "Nothing was taken from {name}; {count} of its lines cannot be read:"
    zh = "未从 {name} 录入任何内容，其中 {count} 行无法读取："

    def __init__(self, *, name: str, problems: Sequence[tuple[int, str, str]]) -> None:
        self.problems = problems
        super().__init__(name=name, count=len(problems))

    def text(self, language: Language) -> str:
        """The message in `language`, a line for each problem."""
        if language is Language.CHINESE:
            lines = [f"第 {line} 行：{zh}" for line, _, zh in self.problems]
        else:
            lines = [f"line {line}: {en}" for line, en, _ in self.problems]
        rest = ["..."] if len(lines) > self.shown else []
        return "\n".join([super().text(language), *lines[: self.shown], *rest])


class InvalidSynonyms(AnswerDeskError):
    """`problems` are (line, English reason, Chinese reason)."""

    code = "invalid_synonyms"
    status = 422
    en = "Nothing was changed; these lines cannot be read:"
    zh = "未作任何更改，以下各行无法读取："

    def __init__(self, *, problems: Sequence[tuple[int, str, str]]) -> None:
        self.problems = problems
        super().__init__()

    def text(self, language: Language) -> str:
        """The message in `language`, a line for each problem."""
        if language is Language.CHINESE:
            lines = [f"第 {line} 行：{zh}" for line, _, zh in self.problems]
        else:
            lines = [f"line {line}: {en}" for line, en, _ in self.problems]
        return "\n".join([super().text(language), *lines])


class PathNotFound(AnswerDeskError):
    code = "path_not_found"
    status = 404
    en = "There is no file or folder {path}."
    zh = "没有文件或文件夹 {path}。"


class FileTooLarge(UnreadableDocument):
    code = "file_too_large"
    status = 413
    en = "{name} has {size_mb:.0f} MB; files of up to {limit_mb:.0f} MB are read."
    zh = "{name} 大小为 {size_mb:.0f} MB，最多可读取 {limit_mb:.0f} MB 的文件。"


class InvalidCollection(AnswerDeskError):
    code = "invalid_collection"
    status = 422
    en = "A collection's name has 1 to {limit} characters on one line."
    zh = "集合名称须为一行，长度为 1 到 {limit} 个字符。"


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


class EmbedderNotLoaded(AnswerDeskError):
    code = "embedder_not_loaded"
    status = 503
    en = "The embedding model {model!r} cannot be opened: {reason}."
    zh = "无法打开嵌入模型 {model!r}：{reason}。"
