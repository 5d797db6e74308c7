from pathlib import Path

from gateway.policy.category import Category, load_categories

REQUIRED = "\n".join(
    f'[category.{name}]\nlabel = "l"\ndescription = "d"'
    for name in ("inspection-fault", "not-inspected", "encrypted", "ambiguous", "ambiguous-text")
)


def write(folder: Path, text: str) -> Path:
    path = folder / "categories.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_categories(tmp_path: Path) -> None:
    text = REQUIRED + '\n[category.child-abuse]\nlabel = "harm"\ndescription = "d"\nshow_match = false\n'
    categories, problems = load_categories(write(tmp_path, text))
    assert problems == []
    assert categories["child-abuse"] == Category("child-abuse", "harm", "d", show_match=False)
    assert categories["encrypted"].show_match


def test_categories_that_the_stages_use_must_be_there(tmp_path: Path) -> None:
    for name in ("encrypted", "ambiguous-text"):
        _, problems = load_categories(write(tmp_path, REQUIRED.replace(f".{name}]", ".other]")))
        assert [problem.key for problem in problems] == [f"category.{name}"]
        assert f"add [category.{name}]" in problems[0].message


def test_a_misspelt_key(tmp_path: Path) -> None:
    categories, problems = load_categories(write(tmp_path, REQUIRED.replace("label", "labell", 1)))
    assert categories == {}
    assert [(problem.line, problem.key) for problem in problems] == [
        (2, "category.inspection-fault.labell"),
    ]


def test_no_file(tmp_path: Path) -> None:
    categories, (problem,) = load_categories(tmp_path / "categories.toml")
    assert categories == {}
    assert "no such file" in problem.message
