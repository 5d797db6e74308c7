from pathlib import Path

from gateway.policy.examples import check_examples
from gateway.policy.ruleset import load

SHIPPED = Path(__file__).parents[3] / "rulesets"


def test_every_example_of_the_shipped_rules_holds() -> None:
    rules, problems = load(SHIPPED, "nexus-mat")
    assert problems == []
    assert rules is not None
    assert check_examples(rules) == []


def test_every_failing_example_is_told(tmp_path: Path) -> None:
    (tmp_path / "keywords").mkdir()
    (tmp_path / "profiles").mkdir()
    (tmp_path / "categories.toml").write_bytes((SHIPPED / "categories.toml").read_bytes())
    (tmp_path / "profiles" / "p.toml").write_text('title = "P"\n[category]\n', encoding="utf-8")
    rule = '[[rule]]\nid = "r"\ncategory = "gambling"\nterms = ["ace"]\nmust_match = ["x", "ace", "y"]\n'
    (tmp_path / "keywords" / "k.toml").write_text(
        rule + 'must_not_match = ["lace", "an ace"]\n', encoding="utf-8"
    )
    rules, problems = load(tmp_path, "p")
    assert problems == []
    assert rules is not None
    assert [problem.key for problem in check_examples(rules)] == [
        "rule[0].must_match[0]",
        "rule[0].must_match[2]",
        "rule[0].must_not_match[1]",
    ]
