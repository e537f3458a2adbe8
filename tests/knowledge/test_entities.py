import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.entities import find_entities, mask_personal

SPELLINGS: dict[str, tuple[str, ...]] = {
    "30 day": ("30 days", "thirty days", "30-day", "30 天", "30天", "三十天", "３０ 天", "30 日"),
    "14 day": ("fourteen days", "14 calendar days", "十四天", "14 个自然日"),
    "3 business day": ("3 business days", "three working days", "3 个工作日", "三个工作日"),
    "1 week": ("within a week", "one week", "1 week", "一周", "1 个星期", "一個禮拜"),
    "2 week": ("two weeks", "2 weeks", "两周", "2 星期", "兩個禮拜"),
    "12 month": ("12 months", "twelve months", "12 个月", "十二个月"),
    "6 month": ("6 months", "half a year", "半年", "六个月"),
    "2 year": ("2 years", "a two-year warranty", "两年", "2 年保修"),
    "30 minute": ("30 minutes", "half an hour", "30min", "半小时", "半个小时", "三十分钟"),
    "90 minute": ("1.5 hours", "一个半小时", "1.5 小时", "ninety minutes"),
    "48 hour": ("48 hours", "48h", "forty-eight hours", "48 小时", "四十八个小时"),
    "CNY 199": (
        "¥199",
        "199元",
        "199 元",
        "RMB 199.00",
        "￥１９９",
        "一百九十九元",
        "199 yuan",
        "199块",
    ),
    "CNY 15000": ("15,000 元", "1.5 万元", "一万五元", "¥15k", "CNY 15,000.00"),
    "CNY 2.5": ("2.5 元", "两块五", "¥2.50"),
    "CNY 0.5": ("五毛", "5 角", "0.5 元"),
    "USD 20": ("$20", "US$20", "20 dollars", "twenty dollars", "20 美元", "二十美金", "20 USD"),
    "USD 1299": ("$1,299.00", "USD 1299", "1,299 dollars", "1299 美元"),
    "USD 0.5": ("50 cents", "$0.50"),
    "EUR 180": ("€180", "180 euros", "180 欧元"),
    "15%": ("15%", "15 percent", "fifteen percent", "百分之十五", "１５％", "15 %"),
    "2024-05-01": (
        *("2024-05-01", "2024/5/1", "2024.5.1", "2024年5月1日", "2024 年 5 月 1 号"),
        *("二〇二四年五月一日", "May 1, 2024", "1 May 2024", "May 1st 2024", "1st of May 2024"),
    ),
    "--05-01": ("May 1", "5月1日", "五月一日", "1 May", "5 月 1 号"),
    "2024-05": ("May 2024", "2024年5月", "2024 年 5 月份"),
    "09:00": ("9:00", "9 a.m.", "9am", "上午9点", "上午九点", "9:00 AM", "早上 9 点", "９：００"),
    "20:30": ("20:30", "8:30 pm", "晚上8点半", "晚上 8:30", "8:30 p.m."),
    "17:00": ("5 p.m.", "5pm", "下午 5 点", "17:00", "17点整", "下午五点"),
    "weekday 1": ("Monday", "on Mondays", "周一", "星期一", "禮拜一"),
    "weekday 7": ("Sunday", "周日", "星期天", "礼拜日"),
    "10023": ("order 10023", "order #10023", "订单10023", "订单号：10023，", "10,023"),
    "1299": ("1,299", "1299", "1299.00", "一千二百九十九个"),
    "105": ("105", "一百零五个", "one hundred and five"),
    "250": ("250", "two hundred fifty", "二百五十件", "两百五十"),
    "15000": ("15000", "1.5 万", "一万五千", "15 thousand"),
    "3": ("three items", "三件", "3 件", "3rd", "第三步", "step 3"),
    "2": ("two", "两台", "兩個", "第二"),
    "ORD-10023": ("ORD-10023", "ord-10023", "单号ORD-10023。"),
    "K2": ("the K2 lamp", "用K2连接", "k2"),
    "2.4.1": ("2.4.1", "v2.4.1", "版本2.4.1"),
    "10 kg": ("10 kg", "10kg", "10 公斤", "十公斤", "ten kilograms"),
    "5 cm": ("5cm", "5 厘米", "五公分"),
    "-5 celsius": ("−5℃", "-5 °C", "-5 摄氏度"),
    "13800138000": ("13800138000", "+86 138 0013 8000", "138-0013-8000", "手机13800138000"),
    "01012345678": ("010-12345678", "(010) 12345678"),
    "4008208820": ("400-820-8820", "4008208820"),
    "help@example.com": ("help@example.com", "请写信给Help@Example.com。"),
    "example.com/help": (
        *("https://example.com/help", "www.example.com/help/", "见 https://Example.com/help。"),
        "Go to http://example.com/help.",
    ),
}
RANGES: dict[str, tuple[str, ...]] = {
    "3-5 个工作日": ("3 business day", "5 business day"),
    "3 to 5 business days": ("3 business day", "5 business day"),
    "三到五个工作日": ("3 business day", "5 business day"),
    "两三天": ("2 day", "3 day"),
    "¥100-200": ("CNY 100", "CNY 200"),
    "100~200元": ("CNY 100", "CNY 200"),
    "5–10%": ("5%", "10%"),
    "9 a.m. to 5 p.m.": ("09:00", "17:00"),
    "9 to 5 p.m.": ("09:00", "17:00"),
    "10:30-18:00": ("10:30", "18:00"),
    "9点到18点": ("09:00", "18:00"),
    "周一至周五": ("weekday 1", "weekday 5"),
    "Mon-Fri": ("weekday 1", "weekday 5"),
    "满300减50": ("300", "50"),
    "10月1日至10月7日": ("--10-01", "--10-07"),
    "30 days or 3 months": ("30 day", "3 month"),
}
NOTHING = (
    "one of them",
    "买一个",
    "百度一下",
    "万一坏了",
    "三星电视",
    "十分满意",
    "千万别买",
    "有一点贵",
    "the second time",
    "四川",
    "USB-C",
    "每周一次",
    "a day",
    "",
)


@pytest.mark.parametrize(
    ("text", "value"), [(text, value) for value, texts in SPELLINGS.items() for text in texts]
)
def test_spellings_of_one_value_are_equal(text: str, value: str) -> None:
    assert [entity.value for entity in find_entities(text)] == [value]


@pytest.mark.parametrize(("text", "values"), RANGES.items())
def test_both_ends_of_a_range_have_its_unit(text: str, values: tuple[str, ...]) -> None:
    assert tuple(entity.value for entity in find_entities(text)) == values


@pytest.mark.parametrize("text", NOTHING)
def test_words_that_only_look_like_numbers(text: str) -> None:
    assert find_entities(text) == ()


def test_kinds_and_places_in_a_sentence() -> None:
    text = "2024 年 5 月 1 日前，订单 ORD-10023 可在 30 天内退款 ¥199，客服：help@example.com。"
    found = find_entities(text)
    assert [entity.kind for entity in found] == ["date", "code", "duration", "money", "email"]
    assert all(text[entity.start : entity.end] == entity.text for entity in found)


TEXTS = st.text(
    st.sampled_from("0123456789.,:-/ ¥$%元天年月日点半万百三十ap mKk@") | st.characters(),
    max_size=60,
)


@settings(deadline=None)
@given(TEXTS)
def test_entities_are_ordered_disjoint_and_literal(text: str) -> None:
    end = 0
    for entity in find_entities(text):
        assert end <= entity.start < entity.end
        assert entity.text == text[entity.start : entity.end]
        assert entity.value
        end = entity.end


@pytest.mark.parametrize(
    "piece", ["1", "一", "1 ", "a1-", "twenty ", "1-", "一到", "a.", "+1 ", "¥1-", "1,111", "$"]
)
def test_cost_stays_linear_on_hostile_text(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    before = time.process_time()
    find_entities(text)
    mask_personal(text)
    # Measured 0.1 to 0.7 s; a quadratic pattern needs minutes.
    assert time.process_time() - before < 10


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail jane.doe+x@example.co.uk now", "mail [email] now"),
        ("我的邮箱是zhang@example.cn，谢谢", "我的邮箱是[email]，谢谢"),
        ("我的手机13800138000。", "我的手机[phone]。"),
        ("call +86 138 0013 8000", "call [phone]"),
        ("电话 010-12345678 转 12", "电话 [phone]"),
        ("call (555) 123-4567", "call [phone]"),
        ("my phone number is 5551234567", "my phone number is [phone]"),
        ("身份证 11010519491231002X", "身份证 [id number]"),
        ("身份证号码：110105194912310021", "身份证号码：[id number]"),
        ("card 4111 1111 1111 1111 please", "card [card number] please"),
        ("卡号6222021234567890128", "卡号[card number]"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [account number]"),
        ("reach me on 07700 063 966", "reach me on [phone]"),
        ("SSN 078-05-1120", "SSN [id number]"),
    ],
)
def test_personal_details_are_masked(text: str, masked: str) -> None:
    assert mask_personal(text) == masked
    assert mask_personal(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "order 10023, ORD-10023",
        "¥1,299.00 by 2024-05-01, 9:00-18:00",
        "order 4111111111111112",
        "30 天内 199 元",
        "v2.4.1 and 192.168.0.1",
        "sizes 36 38 40 42",
        "2024-05-01 10:30",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert mask_personal(text) == text
