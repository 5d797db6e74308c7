import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.filename import LONGEST, FileName, Trick, analyse, blanks_at_end, split_extension


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("invoice.exe", "invoice.exe"),
        ("invoice.exe.", "invoice.exe"),
        ("invoice.exe. . ", "invoice.exe"),
        ("invoice.exe\t", "invoice.exe"),
        ("invoice.exe\u00a0", "invoice.exe"),
        ('"invoice.exe"', "invoice.exe"),
        ("..\\..\\invoice.exe", "invoice.exe"),
        ("/tmp/invoice.exe", "invoice.exe"),
        ("C:\\Users\\sam\\invoice.exe", "invoice.exe"),
        ("folder/invoice.exe/", "invoice.exe"),
        ("invoice.exe::$DATA", "invoice.exe"),
        ("invoice.exe:stream", "invoice.exe"),
        ("invoice.exe.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}", "invoice.exe"),
        ("invoice.exe\0.png", "invoice.exe"),
        ("invoice.exe%00.png", "invoice.exe"),
        ("invoice%2Eexe", "invoice.exe"),
        ("invoice.exe(.png)", "invoice.exe"),
        ("invoice.e(.png)xe", "invoice.exe"),
        ("invoice.e((a)b)xe", "invoice.exe"),
        ("invoice\uff0eexe", "invoice.exe"),
        ("invoice\u2024exe", "invoice.exe"),
        ("invoice\u3002exe", "invoice.exe"),
        ("invoice.\uff45\uff58\uff45", "invoice.exe"),
        ("invo\u200bice.e\u200dxe", "invoice.exe"),
        ("invoice\u202e.exe", "invoice.exe"),
    ],
)
def test_every_reading_of_a_name_is_given(name: str, base: str) -> None:
    assert base in [found.strip('"') for found in analyse(name).bases]
    assert "exe" in analyse(name).extensions


@pytest.mark.parametrize(
    ("name", "trick"),
    [
        ("inv\u202efdp.exe", Trick.REVERSED_TEXT),
        ("invoice.exe\0.png", Trick.CONTROL_CHARACTER),
        ("invoice%00.png", Trick.CONTROL_CHARACTER),
        ("../../invoice.doc", Trick.PATH_TRAVERSAL),
        ("a\\..\\invoice.doc", Trick.PATH_TRAVERSAL),
        ("invoice.txt::$data ", Trick.DATA_STREAM),
        ("invoice.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}", Trick.CLASS_ID),
    ],
)
def test_tricks_are_told(name: str, trick: Trick) -> None:
    assert analyse(name).tricks == (trick,)


@pytest.mark.parametrize(
    "name",
    [
        "minutes.docx",
        "Year 7 (set 2) - results, 50%.xlsx",
        "RE: Trip to Leeds.eml",
        "caf\u00e9.pdf",
        "\u200fשיעור.docx",
        "a very long\r\n\tfolded name.pdf",
        "name \x1b$B in a wrong character set\x85.txt",
        "...and so on.txt",
    ],
)
def test_ordinary_names_have_no_tricks(name: str) -> None:
    assert analyse(name).tricks == ()


def test_an_ordinary_name_has_one_reading() -> None:
    assert analyse("report 2024-05.pdf") == FileName("report 2024-05.pdf", ("report 2024-05.pdf",))


def test_both_the_last_and_the_last_two_extensions_count() -> None:
    assert analyse("backup.TAR.GZ").extensions == ["gz", "tar.gz"]
    assert analyse("backup.TAR.GZ").extension == "gz"


@pytest.mark.parametrize("name", ["", ".", " . ", "\0", "/", "\u202e"])
def test_a_name_of_which_nothing_is_left(name: str) -> None:
    found = analyse(name)
    assert found.bases == ()
    assert found.extension == ""
    assert found.extensions == []


def test_what_is_shown_cannot_mislead() -> None:
    assert analyse("inv\u202efdp.exe\0").shown == "inv<U+202E>fdp.exe\ufffd"
    assert analyse("caf\u00e9.pdf").shown == "caf\u00e9.pdf"


def test_a_long_name_is_shown_by_both_ends() -> None:
    shown = analyse("a" * 4000 + ".exe").shown
    assert len(shown) == 201
    assert shown.startswith("aaa")
    assert shown.endswith(".exe")


def test_a_name_of_control_characters_is_cut_short() -> None:
    shown = analyse("start" + "\0\x01\x1b\x85" * 5000 + "x\x02" * 5000 + "end.exe").shown
    assert shown.startswith("start\ufffdx\ufffdx")
    assert shown.endswith("\ufffdend.exe")
    assert "…" in shown
    assert len(shown) <= 61
    assert shown.isprintable()


def test_the_extension_of_a_very_long_name_is_found() -> None:
    assert analyse("x" * 4000 + ".exe").extension == "exe"


def test_stem_and_extension() -> None:
    assert split_extension("a.b.PDF") == ("a.b", "pdf")
    assert split_extension("README") == ("README", "")


def test_blanks_at_end() -> None:
    assert blanks_at_end("report.pdf \u2800\u3164") == 3
    assert blanks_at_end("report") == 0


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_a_name(name: str) -> None:
    found = analyse(name)
    assert found.received == name
    assert found.shown.isprintable()
    assert all(not set(base) & set("/\\\0") for base in found.bases)


@given(
    st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=20),
    st.text(alphabet=" .\t\0", max_size=9),
)
@settings(max_examples=100, deadline=None)
def test_no_tail_hides_an_extension(stem: str, tail: str) -> None:
    assert "exe" in analyse(f"{stem}.exe{tail}").extensions


@pytest.mark.parametrize(
    "name",
    [
        "x" * 5_000 + ".exe",
        "report.pdf" + " " * 5_000 + ".exe",
        "x" * 3_000 + ".exe" + " " * 5_000,
        "x" * 3_000 + ".exe" + "\u200b\u2003\u3002." * 2_000,
        "x" * 3_000 + ".exe" + "%20" * 5_000,
        "x" * 3_000 + ".exe\0" + "y" * 5_000 + ".txt",
        "x" * 3_000 + ".exe%00" + "y" * 5_000 + ".txt",
        "x" * 3_000 + ".e(" + "y" * 5_000 + ")xe",
        "x" * 5_000 + ".exe:" + "y" * 200,
        "x" * 5_000 + "%2Eexe",
        "x" * 5_000 + "\uff0e\uff45xe",
        "folder/" * 1_000 + "invoice.exe",
        "\u0300\u0316" * 30_000 + ".exe",
        "\ufdfa" * 20_000 + ".exe",
    ],
)
@pytest.mark.timeout(20)
def test_no_length_hides_an_extension(name: str) -> None:
    found = analyse(name)
    assert "exe" in found.extensions
    assert found.received == name
    assert max(map(len, found.bases)) <= 4 * LONGEST


def test_padding_and_tricks_in_a_very_long_name_are_seen() -> None:
    found = analyse("report.pdf" + " " * 5_000 + ".exe")
    stem, extension = split_extension(found.bases[0])
    assert extension == "exe"
    assert blanks_at_end(stem) > 100
    middle = "a" * 3_000 + "/../\u202e\x01" + "b" * 3_000
    assert set(analyse(middle).tricks) == {
        Trick.PATH_TRAVERSAL, Trick.REVERSED_TEXT, Trick.CONTROL_CHARACTER,
    }  # fmt: skip


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1])
def test_names_on_both_sides_of_the_limit_are_read_alike(length: int) -> None:
    name = ("invo\u0301ice" * 1_000)[: length - 7] + "%2E\uff45xe "
    assert len(name) == length
    assert "exe" in analyse(name).extensions


@pytest.mark.timeout(20)
def test_marks_are_never_put_in_order() -> None:
    """Unicode sorts a run of combining marks, which takes the square of its length."""
    for number in range(2_000):
        found = analyse(f"{number}" + "\u0300\u0316" * 1_000 + ".exe")
        assert found.extension == "exe"


def test_only_short_names_are_remembered() -> None:
    name = "\u00e9" * 100 + ".exe"
    assert analyse(name) is analyse(name)
    name = "\u00e9" * 1_000 + ".exe"
    assert analyse(name) is not analyse(name)
    assert analyse(name) == analyse(name)


@pytest.mark.parametrize(
    ("name", "extensions"),
    [
        ("invoice.\u0435\u0445\u0435", ["exe"]),
        ("invoice.\u0455cr", ["scr"]),
        ("\u0441\u0447\u0435\u0442.doc", ["doc"]),
        ("invoice.exe" + "x" * 244, ["exe" + "x" * 244]),
        ("a" * 251 + ".exe" + "x", ["exe"]),
    ],
)
def test_extensions_that_only_look_so_and_those_of_names_cut_off(name: str, extensions: list[str]) -> None:
    assert set(extensions) <= set(analyse(name).extensions)


def test_a_name_in_another_script_keeps_its_own_letters() -> None:
    assert analyse("\u0441\u0447\u0435\u0442.doc").bases == ("\u0441\u0447\u0435\u0442.doc",)
