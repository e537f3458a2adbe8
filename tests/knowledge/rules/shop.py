"""A small rule file and shorthands to write others."""

from pathlib import Path

from knowledge.language import detect_language
from knowledge.rules.engine import evaluate
from knowledge.rules.file import parse_file
from knowledge.rules.linking import link
from knowledge.rules.model import ParsedMessage, RuleOutcome, RuleSet
from knowledge.rules.problems import RuleFileError

ORDERS = """\
Order Number,Status,Days since delivery,Total
10021,delivered,12,199.00
10022,delivered,45,49.90
10023,shipped,,1299.00
"""
SHOP = r"""
intents:
  refund:
    - I want my money back
    - 我想退款
tables:
  orders: orders.csv
facts:
  refund_window_days: 30
rules:
  - id: find-order
    priority: 100
    when:
      pattern: ['(?:order|订单)\s*#?(?P<order_number>\d{5})', '#(?P<order_number>\d{5})\b']
    then:
      lookup: {table: orders, key: '{order_number}', as: order}
  - id: refund-in-time
    description: Refunds within 30 days of delivery
    priority: 50
    when:
      keywords: {en: [refund, money back], zh: [退款, 退钱]}
      expression: 'order_found and order_days_since_delivery <= refund_window_days'
    then:
      set: {refund_allowed: true, amount: '{order_total}'}
      reply:
        en: 'Yes. Order {order_number} came {order_days_since_delivery} days ago; you get {order_total} back.'
        zh: '可以。订单 {order_number} 于 {order_days_since_delivery} 天前送达，将退还 {order_total} 元。'
    tests:
      - message: Can I get a refund for order 10021?
        expect: {fires: true, reply_contains: [12 days, "199.00"], facts: {refund_allowed: true}}
      - message: 订单10022 能退款吗
        expect: {fires: false, reply_excludes: 可以。}
  - id: refund-too-late
    priority: 50
    when:
      keywords: {en: [refund, money back], zh: [退款, 退钱]}
      expression: 'order_found and order_days_since_delivery > refund_window_days'
    then:
      reply: {en: 'Sorry, too late.', zh: '抱歉，已超过退款期限。'}
  - id: refund-which-order
    priority: 10
    when:
      intents: [refund]
      expression: 'order_number == null'
    then:
      ask:
        slot: order_number
        question: {en: 'What is your order number?', zh: '请问您的订单号是多少？'}
  - id: furious
    priority: 200
    when: {sentiment: negative, keywords: {en: [lawyer], zh: [律师]}}
    then:
      handover: {en: 'An upset customer', zh: '客户情绪激动'}
  - id: window
    when: {keywords: {en: [refund], zh: [退款]}}
    then:
      evidence:
        en: 'Refunds are possible within {refund_window_days} days.'
        zh: '{refund_window_days} 天内可以退款。'
"""


def shop(folder: Path) -> RuleSet:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return link([parse_file("shop.yaml", SHOP, folder)])


def rules_of(text: str, folder: Path | None = None) -> RuleSet:
    return link([parse_file("test.yaml", text, folder)])


def complaints(*texts: str, folder: Path | None = None) -> list[str]:
    """What is wrong with files of these texts, as `line: message`, in English."""
    files = [parse_file(f"{i}.yaml", text, folder) for i, text in enumerate(texts)]
    try:
        link(files)
    except RuleFileError as error:
        return [f"{p.line}: {p.message} {p.suggestion}".strip() for p in error.errors]
    return []


def ask(rules: RuleSet, text: str, intent: str | None = None, **facts: object) -> RuleOutcome:
    message = ParsedMessage(text, detect_language(text), intent, sentiment="negative")
    return evaluate(rules, facts, message)
