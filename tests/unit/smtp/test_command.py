"""The arguments of MAIL and RCPT."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import reply
from gateway.reply import Reply
from gateway.smtp.command import MailCommand, domain_of, parse_mail, parse_rcpt


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("FROM:<>", MailCommand("", None, None, False)),
        ("FROM:<a@b.example>", MailCommand("a@b.example", None, None, False)),
        ("from: <a@b.example> SIZE=10 BODY=8bitmime", MailCommand("a@b.example", 10, "8BITMIME", False)),
        ("FROM:a@b.example", MailCommand("a@b.example", None, None, False)),
        ("FROM:<@one.example,@two.example:a@b.example>", MailCommand("a@b.example", None, None, False)),
        ('FROM:<"a b"@x.example>', MailCommand('"a b"@x.example', None, None, False)),
        ('FROM:<"a>b"@x.example>', MailCommand('"a>b"@x.example', None, None, False)),
        ("FROM:<a@[192.0.2.1]>", MailCommand("a@[192.0.2.1]", None, None, False)),
        ("FROM:<a@[IPv6:2001:db8::1]>", MailCommand("a@[IPv6:2001:db8::1]", None, None, False)),
        ("FROM:<ü@b.example> SMTPUTF8", MailCommand("ü@b.example", None, None, True)),
        ("FROM:<ü@b.example>", reply.UTF8_NOT_ASKED),
        ("FROM:<a@b> NOSUCH=1", reply.BAD_PARAMETER),
        ("FROM:<a@b> SIZE=many", reply.BAD_PARAMETER),
        ("FROM:<a@b> SIZE=" + "9" * 30, reply.BAD_PARAMETER),
        ("FROM:<a@b> BODY=BINARYMIME", reply.BAD_PARAMETER),
        ("FROM:<a@b>SIZE=1", reply.MAIL_SYNTAX),
        ("FROM:<a b@c>", reply.MAIL_SYNTAX),
        ("FROM:<a@b", reply.MAIL_SYNTAX),
        ("FROM:", reply.MAIL_SYNTAX),
        ("<a@b>", reply.MAIL_SYNTAX),
        ("FROM:<a@b@c>", reply.BAD_SENDER),
        ("FROM:<a@-b>", reply.BAD_SENDER),
        ("FROM:<a\0@b>", reply.BAD_SENDER),
        ("FROM:<a\udcff@b>", reply.BAD_SENDER),
        ("FROM:<" + "a" * 400 + "@b>", reply.BAD_SENDER),
    ],
)
def test_mail(argument: str, expected: MailCommand | Reply) -> None:
    assert parse_mail(argument) == expected


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("TO:<a@b.example>", "a@b.example"),
        ("to: <a@b.example>", "a@b.example"),
        ("TO:<Postmaster>", "Postmaster"),
        ("TO:<o'brien+tag@b.example>", "o'brien+tag@b.example"),
        ("TO:<>", reply.BAD_RECIPIENT),
        ("TO:<nobody>", reply.BAD_RECIPIENT),
        ("TO:<a@b> NOTIFY=NEVER", reply.BAD_PARAMETER),
        ("TO:<a@münchen.example>", reply.UTF8_NOT_ASKED),
        ("FROM:<a@b>", reply.RCPT_SYNTAX),
    ],
)
def test_rcpt(argument: str, expected: str | Reply) -> None:
    assert parse_rcpt(argument, smtputf8=False) == expected


def test_rcpt_with_smtputf8() -> None:
    assert parse_rcpt("TO:<a@münchen.example>", smtputf8=True) == "a@münchen.example"


@pytest.mark.parametrize(
    ("address", "domain"),
    [("a@B.Example.", "b.example"), ("postmaster", ""), ('"x@y"@z.example', "z.example")],
)
def test_domain_of(address: str, domain: str) -> None:
    assert domain_of(address) == domain


@given(st.text(max_size=200))
def test_any_text_gets_an_answer_without_control_characters(text: str) -> None:
    parsed = parse_mail("FROM:<" + text + ">")
    if isinstance(parsed, MailCommand):
        assert not any(ord(c) < 32 or ord(c) == 127 for c in parsed.sender)
        assert "@" in parsed.sender or parsed.sender == ""
