"""Headers as a reader sees them."""

from __future__ import annotations

from gateway.mime.header import Field, Header

HEADER = Header(
    (
        Field("subject", b"=?utf-8?Q?=5BPersonal=5D?= hello", 0, 10),
        Field("to", "Jos\u00e9 <j@example>".encode(), 10, 20),
        Field("subject", b"second", 20, 30),
    )
)


def test_all_keeps_order() -> None:
    assert [field.start for field in HEADER.all("subject")] == [0, 20]
    assert HEADER.all("cc") == []


def test_decoded_is_the_first_field() -> None:
    assert HEADER.decoded("subject") == "[Personal] hello"
    assert HEADER.decoded("to") == "José <j@example>"
    assert HEADER.decoded("cc") is None


def test_decoded_all() -> None:
    assert HEADER.decoded_all("subject") == ["[Personal] hello", "second"]
    assert HEADER.decoded_all("cc") == []
