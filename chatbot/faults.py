"""What pydantic finds wrong with a request or a line, said in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any

_BY_FAULT = {
    "missing": ("is missing", "缺少该字段"),
    "extra_forbidden": ("is not known here", "不支持该字段"),
    "string_type": ("must be text", "应为文本"),
    "string_unicode": ("is not valid Unicode text", "不是有效的 Unicode 文本"),
    "string_too_short": ("is too short", "过短"),
    "string_too_long": ("is too long", "过长"),
    "finite_number": ("must be a finite number", "应为有限数值"),
    "json_invalid": ("is not valid JSON", "不是有效的 JSON"),
    "model_type": ("must be a JSON object", "应为 JSON 对象"),
    "model_attributes_type": ("must be a JSON object", "应为 JSON 对象"),
}


def describe_fault(faults: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The first fault in English and Chinese: where it is, and what is wrong.

    Never its input: that may be text that cannot be written back.
    """
    fault = faults[0] if faults else {"type": "missing", "loc": (), "msg": ""}
    kind = str(fault["type"])
    location = [part for part in fault["loc"] if part != "body"]
    place = ".".join(str(part) for part in location).encode("utf-8", "replace").decode()[:80]
    if not place or kind == "json_invalid":
        place = "body"
    message = str(fault["msg"])
    en, zh = _BY_FAULT.get(kind, (message, message))
    return f"{place}: {en}", f"{place}：{zh}"
