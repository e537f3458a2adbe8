"""What can be wrong with a webhook."""

from chatbot.errors import AnswerDeskError


class WebhookNotFound(AnswerDeskError):
    code = "webhook_not_found"
    status = 404
    en = "There is no webhook {webhook_id!r}."
    zh = "没有 Webhook“{webhook_id}”。"


class TooManyWebhooks(AnswerDeskError):
    code = "too_many_webhooks"
    status = 409
    en = "There are {most} webhooks already. Delete one that is no longer needed first."
    zh = "已有 {most} 个 Webhook。请先删除不再需要的。"
