"""What can stand in the way of changing a document that is there."""

from knowledge.errors import AnswerDeskError


class DocumentBusy(AnswerDeskError):
    code = "document_busy"
    status = 409
    en = "{name} is being read just now. Try again in a moment."
    zh = "正在读取 {name}，请稍后再试。"


class PassageNotFound(AnswerDeskError):
    code = "passage_not_found"
    status = 404
    en = "There is no passage {passage_id!r}."
    zh = "没有段落 {passage_id!r}。"


class VersionNotFound(AnswerDeskError):
    code = "version_not_found"
    status = 404
    en = "Version {version} of the document is not kept. The last few are; look at the list."
    zh = "文档的第 {version} 版未保留。系统只保留最近几版，请查看列表。"


class SourceTaken(AnswerDeskError):
    code = "source_taken"
    status = 409
    en = "The collection {collection!r} already has a document from {source}. Delete one of the two first."
    zh = "集合 {collection!r} 中已有来自 {source} 的文档。请先删除其中一个。"


class NothingToRetry(AnswerDeskError):
    code = "nothing_to_retry"
    status = 409
    en = "{name} was refused before it was stored. Upload it again once that is mended."
    zh = "{name} 未被保存就已被拒绝。请修正后重新上传。"


class PassageEmpty(AnswerDeskError):
    code = "passage_empty"
    status = 422
    en = "A passage needs some text. To take it away, delete the document or upload it without that part."
    zh = "段落不能为空。如需去掉该内容，请删除文档，或上传不含该内容的文件。"


class PassageTooLong(AnswerDeskError):
    code = "passage_too_long"
    status = 413
    en = "The passage has {length:,} characters; at most {limit:,} are kept together. Please shorten it."
    zh = "该段落共 {length:,} 个字符，最多 {limit:,} 个。请缩短后再试。"


class OriginalNotKept(AnswerDeskError):
    code = "original_not_kept"
    status = 404
    en = "{name} did not come as a file, so there is no original to open."
    zh = "{name} 不是以文件形式录入的，没有可打开的原件。"
