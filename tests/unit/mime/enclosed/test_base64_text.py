"""Base64 between a first and a last line: begin-base64, and PEM."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import find


def found(data: bytes) -> list[tuple[str, tuple[str, ...], str, bytes, set[str]]]:
    result = []
    for one in find(data, "text/plain", ()):
        content = b"".join(one.chunks)
        names = {deviation.name for deviation in one.deviations}
        result.append((one.kind, one.filenames, one.content_type, content, names))
    return result


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=200), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_begin_base64(content: bytes, ending: bytes) -> None:
    lines = [
        b"Hello",
        b"begin-base64 644 a b.exe",
        *base64.encodebytes(content).splitlines(),
        b"====",
        b"Bye.",
    ]
    assert found(ending.join(lines)) == [
        ("begin-base64", ("a b.exe",), "application/octet-stream", content, set())
    ]


def test_two_of_them_the_first_without_end() -> None:
    data = b"begin-base64 644 a\nQ2F0\nBEGIN-BASE64 600 b\nRG9n\n====\n"
    assert [(one[1], one[3]) for one in found(data)] == [(("a",), b"Cat"), (("b",), b"Dog")]


def test_without_name_and_with_junk() -> None:
    assert found(b"begin-base64 644\nQ2*F0\n====\n") == [
        ("begin-base64", (), "application/octet-stream", b"Cat", {"base64-junk"})
    ]


@pytest.mark.parametrize("label", [b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA"])
def test_pem(label: bytes) -> None:
    data = b"-----BEGIN %b-----\r\nQ2F0\r\nRG9n\r\n-----END %b-----\r\nmore\r\n" % (label, label)
    assert found(data) == [("cms-pem", (), "application/pkcs7-mime", b"CatDog", set())]


@pytest.mark.parametrize(
    "text",
    [
        b"-----BEGIN PGP MESSAGE-----\nQ2F0\n-----END PGP MESSAGE-----\n",
        b"-----BEGIN CERTIFICATE-----\nQ2F0\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CMS here\nQ2F0\n",
        b"begin-base64 is another way\n",
        b"use begin-base64 644 x\nQ2F0\n====\n",
    ],
)
def test_other_text_has_none(text: bytes) -> None:
    assert found(text) == []
