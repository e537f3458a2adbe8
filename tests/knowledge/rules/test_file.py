from pathlib import Path

import pytest

from knowledge.documents import Language
from knowledge.rules.linking import load_files
from knowledge.rules.problems import RuleFileError
from knowledge.rules.testing import check_files, failed_tests, run_tests
from tests.knowledge.rules.shop import ORDERS, SHOP, complaints, rules_of, shop

REPLY = "then: {reply: {en: Hello, zh: 您好}}"
SAMPLES = Path(__file__).parents[3] / "assets" / "samples" / "rules"


def rule(body: str, rule_id: str = "a") -> str:
    return f"rules:\n  - id: {rule_id}\n    {body}\n"


def test_a_good_file(tmp_path: Path) -> None:
    rules = shop(tmp_path)
    assert [each.id for each in rules][:2] == ["furious", "find-order"]
    assert rules.intents["refund"] == ("I want my money back", "我想退款")
    assert rules.tables["orders"].columns == (
        *("order_number", "status", "days_since_delivery", "total"),
    )
    assert rules.slot_patterns == {"order_number": (r"\d{5}",)}
    late = rules.rule("refund-too-late")
    assert late is not None
    assert late.stop
    assert late.line == 33


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules: [1", "1: Not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\nb: {c}: d", "2: Not valid YAML: mapping values are not allowed here"),
        ("rules:\n\t- id: x", "2: Not valid YAML: found character"),
        ("ruels: []", "1: Unknown key 'ruels' in the file. Did you mean 'rules'?"),
        ("rules:\n- 3", "2: a rule must be a mapping (name: value), not a whole number."),
        ("rules: {a: b}", "1: rules must be a list, not a mapping (name: value)."),
        ("rules:\n  - when: {}\n    " + REPLY, "2: A rule needs 'id'."),
        (rule(REPLY, "a b"), "2: The rule id 'a b' may have only letters"),
        (rule("then: {}"), "3: a: then must not be empty."),
        (rule("when: {keywords: [x]}"), "2: a: then must not be empty."),
        (rule(REPLY + "\n    prioriti: 3"), "4: Unknown key 'prioriti' in a rule. Did you mean"),
        (rule(REPLY + "\n    priority: high"), "4: a: priority must be a whole number, not a text"),
        (rule(REPLY + "\n    stop: no"), "4: a: stop must be true or false, not a text."),
        (rule(REPLY + "\n    when: {keyword: x}"), "4: Unknown key 'keyword' in a: when."),
        (rule(REPLY + "\n    when: {keywords: {fr: [x]}}"), "4: Unknown key 'fr' in a: keywords"),
        (rule(REPLY + "\n    when: {keywords: {en: []}}"), "4: a: keywords must not be empty."),
        (rule(REPLY + "\n    when: {sentiment: sad}"), "4: a: sentiment cannot be 'sad'; possible"),
        (
            rule(REPLY + "\n    when: {pattern: '(x'}"),
            "4: The pattern '(x' is not valid: missing )",
        ),
        (rule(REPLY + "\n    when: {pattern: '(a+)+$'}"), "4: The pattern '(a+)+$' can take very"),
        (
            rule(REPLY + "\n    when: {expression: 'a and'}"),
            "4: The expression 'a and' is not valid",
        ),
        (rule(REPLY + "\n    when: {expression: '$now > 3'}"), "functions beginning with $"),
        (
            rule(REPLY + "\n    when: {intents: [refnd]}"),
            "2: Rule 'a' waits for the intent 'refnd'",
        ),
        (
            rule("then: {reply: Hello}"),
            "3: a: reply must be a mapping (name: value), not a text. W",
        ),
        (rule("then: {reply: {en: Hello}}"), "3: a: reply has no Chinese text."),
        (rule("then: {reply: {en: Hello, zh: ''}}"), "3: a: reply.zh must not be empty."),
        (rule("then: {reply: {en: {a: b}, zh: x}}"), "Put quotes around text"),
        (rule("then: {reply: {en: 'a {', zh: x}}"), "3: a: reply.en: a single brace near 'a {'"),
        (rule("then: {reply: {en: '{x.y}', zh: x}}"), "a single brace near '{x.y}'"),
        (
            rule("then: {reply: {en: '{namee}', zh: x}}"),
            "2: Rule 'a' reads 'namee' in its reply.en",
        ),
        (rule("then: {ask: {slot: x}}"), "3: a: ask needs 'question'."),
        (rule("then: {set: {X: 1}}"), "3: 'X' in a: set is not a name"),
        (rule("then: {set: {x: [1]}}"), "3: a: set.x must be a single value, not a list."),
        (rule("then: {lookup: {table: t, key: k}}"), "2: Rule 'a' looks up the table 't'"),
        (rule("then: {lookup: {table: t}}"), "3: a: lookup needs 'key'."),
        (rule(REPLY + "\n    tests: [{message: x}]"), "4: a: tests needs 'expect'."),
        ("tables: {t: none.csv}", "1: The table file 'none.csv' does not exist."),
        ("tables: {t: ../x.csv}", "1: The table file '../x.csv' must lie beside the rule file."),
        ("tables: {t: /etc/passwd}", "must lie beside the rule file."),
        ("a: 1\na: 2", "2: 'a' is given twice here."),
        ("facts: {Big: 1}", "1: 'Big' in facts is not a name"),
        ("rules: &a [*a]", "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, problem: str, tmp_path: Path) -> None:
    assert any(problem in found for found in complaints(text, folder=tmp_path)), complaints(
        text, folder=tmp_path
    )


def test_every_problem_of_every_file_comes_at_once() -> None:
    first = """
rules:
  - {id: a, when: {pattern: '(x'}, then: {reply: {en: Hi}}}
  - {id: b, when: {intents: [nothing]}, then: {}, pirority: 3}
"""
    second = rule(REPLY)
    assert len(complaints(first, second)) == 6


def test_an_id_belongs_to_one_rule_of_all_files() -> None:
    assert complaints(rule(REPLY), rule(REPLY)) == [
        "2: The rule id 'a' is already used in 0.yaml:2."
    ]


def test_a_name_nothing_sets_is_an_error_unless_declared() -> None:
    text = rule(REPLY + "\n    when: {expression: 'tier == \"gold\"'}")
    assert complaints(text) == [
        "2: Rule 'a' reads 'tier' in its expression, but nothing sets it. "
        "If the website sends it, list it under 'slots:' at the top of the file."
    ]
    assert complaints("slots: [tier]\n" + text) == []


def test_a_misspelt_name_is_met_with_the_right_one() -> None:
    text = "facts: {refund_days: 3}\n" + rule(REPLY + "\n    when: {expression: refund_day > 2}")
    assert complaints(text) == [
        "3: Rule 'a' reads 'refund_day' in its expression, but nothing sets it. "
        "Did you mean 'refund_days'?"
    ]


def test_a_rule_cannot_wait_for_what_it_sets_itself() -> None:
    text = rule("when: {expression: done}\n    then: {set: {done: true}}")
    assert "rule's own 'then'" in complaints(text)[0]


def test_a_number_in_quotes_is_pointed_out() -> None:
    text = "slots: [n]\n" + rule(REPLY + "\n    when: {expression: 'n == \"10021\"'}")
    assert "Write the number without quotes." in complaints(text)[0]


def test_a_broken_table_does_not_blame_the_rules_that_read_it(tmp_path: Path) -> None:
    assert complaints(SHOP, folder=tmp_path) == ["7: The table file 'orders.csv' does not exist."]
    (tmp_path / "orders.csv").write_text("number,number\n1,2\n")
    assert "must name each column once" in complaints(SHOP, folder=tmp_path)[0]
    (tmp_path / "orders.csv").write_text(ORDERS + "10021,again,1,1\n")
    assert "line 5 repeats the key '10021'" in complaints(SHOP, folder=tmp_path)[0]


def test_a_large_file_is_refused() -> None:
    assert "at most 524288 are read" in complaints("# " + "x" * 600_000)[0]


def test_yaml_makes_no_objects() -> None:
    found = complaints("facts: {x: !!python/object/apply:os.getcwd []}")
    assert found == ["1: facts.x must be a single value, not a list."]


def test_problems_read_in_both_languages() -> None:
    with pytest.raises(RuleFileError) as caught:
        rules_of("ruels: []")
    assert caught.value.text(Language.ENGLISH) == (
        "The rules cannot be used:\n"
        "test.yaml:1: Unknown key 'ruels' in the file. Did you mean 'rules'?"
    )
    assert "test.yaml 第 1 行：文件 中有未知的键 'ruels'。您是想写 'rules' 吗？" in (
        caught.value.text(Language.CHINESE)
    )


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"\xff\xfe\x00")
    missing = tmp_path / "missing.yaml"
    assert [p.file for p in check_files([broken, missing])] == ["broken.yaml", "missing.yaml"]


def test_tests_in_the_file_run(tmp_path: Path) -> None:
    results = run_tests(shop(tmp_path))
    assert [(result.rule_id, result.passed) for result in results] == [
        ("refund-in-time", True),
        ("refund-in-time", True),
    ]


def test_a_failing_test_says_what_came_instead() -> None:
    rules = rules_of("""
rules:
  - id: a
    when: {keywords: [go]}
    then: {reply: {en: Gone, zh: 走了}}
    tests:
      - {message: stay, expect: {fires: true}}
      - {message: go, expect: {fires: false, reply_contains: here, handover: true, asks: x}}
""")
    problems = failed_tests(run_tests(rules))
    assert [problem.line for problem in problems] == [7, 8, 8, 8, 8]
    assert "its conditions do not hold" in problems[0].message
    assert problems[1].message == "Test 2 of rule 'a' failed: the reply lacks 'here': 'Gone'"
    assert problems[1].message_zh.startswith("规则 'a' 的第 2 个测试未通过")


def test_the_sample_rules_load_and_pass_their_tests() -> None:
    rules = load_files(sorted(SAMPLES.glob("*.yaml")))
    assert len(rules) > 10
    results = run_tests(rules)
    assert len(results) > 20
    assert failed_tests(results) == []
