"""What can be wrong with a rule file, said in both languages, and the error that carries it all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from knowledge.documents import Language
from knowledge.errors import AnswerDeskError

_TEXTS: dict[str, tuple[str, str]] = {
    "unreadable": ("The file cannot be read: {reason}", "无法读取该文件：{reason}"),
    "too_large": (
        "The file has {size} bytes; at most {limit} are read.",
        "文件大小为 {size} 字节，最多可读取 {limit} 字节。",
    ),
    "too_complex": (
        "The file is nested too deeply or repeats too much through aliases.",
        "文件嵌套过深，或通过别名重复了过多内容。",
    ),
    "syntax": ("Not valid YAML: {reason}", "YAML 语法错误：{reason}"),
    "duplicate_key": ("{key!r} is given twice here.", "此处重复写了 {key!r}。"),
    "unknown_key": ("Unknown key {key!r} in {where}.", "{where} 中有未知的键 {key!r}。"),
    "missing_key": ("{where} needs {key!r}.", "{where} 缺少 {key!r}。"),
    "wrong_type": (
        "{where} must be {expected}, not {found}.",
        "{where} 应为{expected_zh}，而不是{found_zh}。",
    ),
    "empty": ("{where} must not be empty.", "{where} 不能为空。"),
    "bad_name": (
        "{name!r} in {where} is not a name: use small letters, digits and underscores.",
        "{where} 中的 {name!r} 不是有效名称：请使用小写字母、数字和下划线。",
    ),
    "bad_id": (
        "The rule id {name!r} may have only letters, digits, '.', '_' and '-'.",
        "规则编号 {name!r} 只能包含字母、数字、“.”、“_”和“-”。",
    ),
    "bad_choice": (
        "{where} cannot be {value!r}; possible: {known}.",
        "{where} 不能是 {value!r}；可选值：{known}。",
    ),
    "bad_pattern": (
        "The pattern {pattern!r} is not valid: {reason}",
        "正则表达式 {pattern!r} 无效：{reason}",
    ),
    "slow_pattern": (
        "The pattern {pattern!r} can take very long on some messages.",
        "正则表达式 {pattern!r} 在某些消息上会非常慢。",
    ),
    "bad_expression": (
        "The expression {source!r} is not valid: {reason}",
        "条件表达式 {source!r} 无效：{reason}",
    ),
    "quoted_number": (
        "The expression compares with {literal}, but values that read as numbers are numbers.",
        "表达式与 {literal} 比较，但看起来是数字的值会按数字处理。",
    ),
    "missing_language": (
        "{where} has no {language_en} text.",
        "{where} 缺少{language_zh}文本。",
    ),
    "bad_template": ("{where}: {reason}", "{where}：{reason}"),
    "duplicate_id": (
        "The rule id {id!r} is already used in {other}.",
        "规则编号 {id!r} 已在 {other} 中使用。",
    ),
    "duplicate_table": (
        "The table {name!r} is already defined in {other}.",
        "表 {name!r} 已在 {other} 中定义。",
    ),
    "duplicate_fact": (
        "The fact {name!r} already has another value in {other}.",
        "事实 {name!r} 已在 {other} 中设为其他值。",
    ),
    "unknown_intent": (
        "Rule {rule!r} waits for the intent {intent!r}, which has no examples.",
        "规则 {rule!r} 等待意图 {intent!r}，但该意图没有示例。",
    ),
    "unknown_table": (
        "Rule {rule!r} looks up the table {table!r}, which is not defined.",
        "规则 {rule!r} 查询表 {table!r}，但该表未定义。",
    ),
    "unknown_name": (
        "Rule {rule!r} reads {name!r} in its {where}, but nothing sets it.",
        "规则 {rule!r} 的 {where} 读取了 {name!r}，但没有任何地方设置它。",
    ),
    "bad_table_path": (
        "The table file {path!r} must lie beside the rule file.",
        "表文件 {path!r} 必须与规则文件放在同一文件夹。",
    ),
    "missing_table": ("The table file {path!r} does not exist.", "表文件 {path!r} 不存在。"),
    "bad_table": ("The table file {path!r}: {reason}", "表文件 {path!r}：{reason}"),
    "failed_test": (
        "Test {number} of rule {rule!r} failed: {reason}",
        "规则 {rule!r} 的第 {number} 个测试未通过：{reason}",
    ),
    "bad_file_name": ("{name!r} cannot name a rule file.", "{name!r} 不能作为规则文件名。"),
    # Suggestions.
    "file_name": (
        "Use letters, digits, '.', '_' or '-', ending in .yaml.",
        "请使用字母、数字、“.”、“_”或“-”，并以 .yaml 结尾。",
    ),
    "did_you_mean": ("Did you mean {near!r}?", "您是想写 {near!r} 吗？"),
    "known_are": ("Known: {known}.", "可用的有：{known}。"),
    "quote_template": (
        "Put quotes around text that begins with a brace.",
        "以大括号开头的文本请加上引号。",
    ),
    "write_both": (
        "Write both: {{en: '...', zh: '...'}}.",
        "请同时写出两种语言：{{en: '...', zh: '...'}}。",
    ),
    "declare_slot": (
        "If the website sends it, list it under 'slots:' at the top of the file.",
        "如果由网站传入，请在文件顶部的“slots:”下列出。",
    ),
    "own_lookup": (
        "It comes from this rule's own 'then'; move that to a rule of its own.",
        "它来自本规则自己的“then”；请把那一步移到单独的规则中。",
    ),
    "drop_quotes": ("Write the number without quotes.", "请去掉数字两侧的引号。"),
    "unnest": (
        "Avoid a repetition inside a repetition, such as (a+)+.",
        "请避免在重复中再嵌套重复，例如 (a+)+。",
    ),
}


# Places that are not named by a key of the file.
_PLACES_ZH = {"the file": "文件", "a rule": "规则", "A rule": "规则"}


def say(kind: str, language: Language, details: dict[str, object]) -> str:
    english, chinese = _TEXTS[kind]
    if language is Language.ENGLISH:
        return english.format(**details)
    where = str(details.get("where", ""))
    return chinese.format(**{**details, "where": _PLACES_ZH.get(where, where)})


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a rule file. `line` counts from 1; `suggestion` may be empty."""

    file: str
    line: int
    message: str
    suggestion: str = ""
    message_zh: str = ""
    suggestion_zh: str = ""

    def text(self, language: Language) -> str:
        """The whole problem in one line, as a compiler would print it."""
        if language is Language.CHINESE:
            return f"{self.file} 第 {self.line} 行：{self.message_zh or self.message}{self.suggestion_zh}"
        return " ".join(f"{self.file}:{self.line}: {self.message} {self.suggestion}".split())


@dataclass(slots=True)
class Problems:
    """Collects the problems of one file while it is read."""

    file: str
    found: list[Problem] = field(default_factory=list[Problem])

    def add(
        self, line: int, kind: str, suggestion: tuple[str, str] = ("", ""), **details: object
    ) -> None:
        self.found.append(
            Problem(
                self.file,
                line,
                say(kind, Language.ENGLISH, details),
                suggestion[0],
                say(kind, Language.CHINESE, details),
                suggestion[1],
            )
        )


def suggest(kind: str, **details: object) -> tuple[str, str]:
    """A suggestion in both languages."""
    return say(kind, Language.ENGLISH, details), say(kind, Language.CHINESE, details)


def suggest_near(name: str, known: Sequence[str], *, list_all: bool = True) -> tuple[str, str]:
    """The known name that `name` was probably meant to be, or all of them while they are few."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return suggest("did_you_mean", near=near[0])
    if list_all and known and len(known) <= 12:
        return suggest("known_are", known=", ".join(sorted(known)))
    return "", ""


class RuleFileError(AnswerDeskError):
    """Every problem of the rule files at once, in `errors`."""

    code = "rule_file"
    status = 422
    en = "The rules cannot be used:\n{listing}"
    zh = "规则无法使用：\n{listing}"

    def __init__(self, errors: tuple[Problem, ...]) -> None:
        self.errors = errors
        super().__init__(count=len(errors))

    def text(self, language: Language) -> str:
        listing = "\n".join(problem.text(language) for problem in self.errors)
        template = self.zh if language is Language.CHINESE else self.en
        return template.format(listing=listing)
