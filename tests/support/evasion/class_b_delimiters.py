"""Class B: delimiter lines and the structure that they make. The payload is an honest base64 attachment with a
harmless name; what is odd is how, or whether, a reader comes to see it as a part."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.evasion.build import (
    BASE64,
    CRLF,
    EICAR,
    FILE,
    MIME,
    MIXED,
    OCTETS,
    PART,
    PAYLOAD,
    PLAIN,
    TEXT,
    b64,
    boundaries,
    entity,
    lines,
    message,
    mixed,
    nested,
    parts,
    structured,
    structures,
    uuencoded,
    with_lf,
)
from tests.support.evasion.recipe import Made, Target, recipe

KIND = b"Content-Type: multipart/mixed"
END = parts(TEXT)  # an innocent part and the close delimiter


@recipe("B053", "delimiter lines with more on them", Target.EICAR)
def suffix() -> Iterator[Made]:
    for name, more in {
        "X": b"X",
        "space X": b" X",
        "hyphen": b"-",
        "tab": b"\t",
        "vertical tab": b"\v",
        "form feed": b"\f",
        "NUL": b"\0",
        "spaces": b"     ",
        "colon": b": x",
        "hyphen space hyphen": b"- -",
        "comment": b" (x)",
        "many": b"X" * 2_000,
        "three hyphens": b"---",
    }.items():
        yield (
            name,
            message([MIME, MIXED], b"--foo\r\n" + TEXT + b"--foo" + more + CRLF + PART + b"--foo--\r\n"),
        )
        if name in ("X", "space X", "tab"):
            yield f"{name}, on all", message([MIME, MIXED], parts(TEXT, PART, delimiter=b"--foo" + more))
            first = b"--foo" + more + CRLF + PART + b"--foo\r\n" + TEXT + b"--foo--\r\n"
            yield f"{name}, on the first", message([MIME, MIXED], first)
    indented = b"--foo\r\n" + TEXT + b" --foo\r\n" + PART + b"--foo--\r\n"
    yield "space before", message([MIME, MIXED], indented)


@recipe("B054", "delimiter lines beside a bare CR or LF", Target.EICAR)
def bare_line_ends() -> Iterator[Made]:
    text = entity([PLAIN], b"Please see the attached file.")
    for name, (before, behind) in {
        "CR before": (b"\r", CRLF),
        "LF before": (b"\n", CRLF),
        "LF CR before": (b"\n\r", CRLF),
        "CR CR LF before": (b"\r\r\n", CRLF),
        "CR LF CR before": (b"\r\n\r", CRLF),
        "CR behind": (CRLF, b"\r"),
        "LF behind": (CRLF, b"\n"),
        "CR CR LF behind": (CRLF, b"\r\r\n"),
        "LF CR behind": (CRLF, b"\n\r"),
        "CR on both sides": (b"\r", b"\r"),
        "LF on both sides": (b"\n", b"\n"),
        "vertical tab before": (b"\v", CRLF),
        "NEL before": (b"\xc2\x85", CRLF),
        "NUL before": (b"\r\n\0", CRLF),
    }.items():
        body = b"--foo\r\n" + text + before + b"--foo" + behind + PART
        yield name, message([MIME, MIXED], body + b"\r\n--foo--\r\n")
        if name.endswith("before"):
            yield f"{name}, text behind", message([MIME, MIXED], body + CRLF + END)


@recipe("B055", "no close delimiter", Target.EICAR)
def no_close() -> Iterator[Made]:
    open_end = parts(TEXT, PART, close=b"")
    yield "after the payload", message([MIME, MIXED], open_end)
    yield "within the last line", message([MIME, MIXED], open_end.rstrip())
    yield "as text", message([MIME, MIXED], parts(TEXT, entity([PLAIN, BASE64], PAYLOAD), close=b""))
    inner = parts(TEXT, PART, delimiter=b"--bar", close=b"")
    kind = b"Content-Type: multipart/mixed; boundary=bar"
    yield "inner", message([MIME, MIXED], parts(TEXT, entity([kind], inner)))
    yield "outer", message([MIME, MIXED], parts(TEXT, entity([kind], inner + b"--bar--\r\n"), close=b""))
    yield "both", message([MIME, MIXED], parts(entity([kind], inner), close=b""))
    yield "half of it", message([MIME, MIXED], parts(TEXT, PART, close=b"--foo-"))
    yield "half of it, without an end", message([MIME, MIXED], open_end + b"--fo")
    yield "ends in the header", message([MIME, MIXED], parts(PART, entity([PLAIN], b"")[:-2], close=b""))
    yield "LF", with_lf(message([MIME, MIXED], open_end))
    yield "nested", nested(message([MIME, MIXED], open_end)).removesuffix(b"--foo--\r\n")


@recipe("B057", "a part behind the close delimiter", Target.EICAR, may_miss=["payload alone"])
def after_close() -> Iterator[Made]:
    yield "with a delimiter", message([MIME, MIXED], END + parts(PART))
    yield "without a delimiter", message([MIME, MIXED], END + PART)
    yield "with a delimiter, as text", message([MIME, MIXED], END + parts(entity([PLAIN, BASE64], PAYLOAD)))
    yield "without a delimiter, as text", message([MIME, MIXED], END + entity([PLAIN, BASE64], PAYLOAD))
    yield "payload alone", message([MIME, MIXED], END + CRLF + PAYLOAD)
    yield "encoding alone", message([MIME, MIXED], END + entity([BASE64], PAYLOAD))
    yield "after two", message([MIME, MIXED], END + lines(b"--foo--", b"--foo--") + parts(PART))
    yield "other delimiter", message([MIME, MIXED], END + parts(PART, delimiter=b"--bar"))
    yield "far away", message([MIME, MIXED], END + b"and on it goes\r\n" * 5_000 + parts(PART))
    yield "close delimiter first", message([MIME, MIXED], b"--foo--\r\n" + parts(PART))
    yield "close delimiter with more", message([MIME, MIXED], parts(TEXT, close=b"--foo--X") + parts(PART))
    yield (
        "close delimiter with a space",
        message([MIME, MIXED], parts(TEXT, close=b"--foo--  ") + parts(PART)),
    )
    yield "whole message", message([MIME, MIXED], END + mixed(PART))
    yield "nested", nested(message([MIME, MIXED], END + parts(PART)))
    yield "LF", with_lf(message([MIME, MIXED], END + parts(PART)))
    kind = b"Content-Type: multipart/mixed; boundary=bar"
    inner = parts(TEXT, delimiter=b"--bar") + parts(PART, delimiter=b"--bar")
    yield "inner", message([MIME, MIXED], parts(entity([kind], inner)))
    uu = lines(b"begin 644 agenda.dat", *uuencoded(EICAR)) + lines(b"`", b"end")
    yield "uuencoded", message([MIME, MIXED], END + uu)


@recipe("B058", "a part before the first delimiter", Target.EICAR, may_miss=["payload alone", "behind words"])
def preamble() -> Iterator[Made]:
    yield "fields and payload", message([MIME, MIXED], PART + END)
    yield "as text", message([MIME, MIXED], entity([PLAIN, BASE64], PAYLOAD) + END)
    yield "behind an empty line", message([MIME, MIXED], CRLF + PART + END)
    yield "payload alone", message([MIME, MIXED], PAYLOAD + END)
    yield "encoding alone", message([MIME, MIXED], entity([BASE64], PAYLOAD) + END)
    yield "other delimiter", message([MIME, MIXED], parts(PART, delimiter=b"--bar") + END)
    yield "behind words", message([MIME, MIXED], b"This is a message in MIME format.\r\n\r\n" + PART + END)
    yield "nested", nested(message([MIME, MIXED], PART + END))
    yield "LF", with_lf(message([MIME, MIXED], PART + END))
    kind = b"Content-Type: multipart/mixed; boundary=bar"
    yield "inner", message([MIME, MIXED], parts(entity([kind], PART + parts(TEXT, delimiter=b"--bar"))))
    yield "encoding on the multipart", message([MIME, MIXED, BASE64], PAYLOAD + END)


@recipe("B059", "a close delimiter within a header", Target.EICAR)
def close_in_header() -> Iterator[Made]:
    head = MIXED + b"\r\n--foo--"
    yield "message", message([MIME, head], parts(TEXT, PART))
    yield "message, no more fields", message([MIME, MIXED, b"--foo--", b"X-Note: x"], parts(TEXT, PART))
    yield "message, delimiter", message([MIME, MIXED, b"--foo"], parts(TEXT, PART))
    kind = b"Content-Type: multipart/mixed; boundary=bar"
    inner = parts(TEXT, PART, delimiter=b"--bar")
    yield "inner header, inner", mixed(entity([kind, b"--bar--"], inner))
    yield "inner header, outer", mixed(entity([kind, b"--foo--"], inner))
    yield "inner header, outer delimiter", mixed(entity([kind, b"--foo"], inner))
    yield "part", mixed(entity([OCTETS, b"--foo--", BASE64], PAYLOAD))
    yield "part, delimiter", mixed(entity([OCTETS, b"--foo", BASE64], PAYLOAD))
    yield "part, folded", mixed(entity([OCTETS, b"X-Note: x\r\n --foo--", BASE64], PAYLOAD))
    yield "before the fields", mixed(lines(b"--foo--") + PART)


@recipe("B061", "one boundary extends the other", Target.EICAR)
def extends() -> Iterator[Made]:
    for name, (outer, inner) in {
        "inner is longer": (b"foo", b"foo_"),
        "outer is longer": (b"foo_", b"foo"),
        "inner is longer by a hyphen": (b"foo", b"foo-"),
        "inner is longer by a space": (b"foo", b"foo x"),
        "inner is in capitals": (b"foo", b"FOO"),
        "outer is in capitals": (b"FOO", b"foo"),
    }.items():
        for order, inside in {"": [TEXT, PART], ", payload first": [PART, TEXT]}.items():
            child = entity([KIND + b'; boundary="' + inner + b'"'], parts(*inside, delimiter=b"--" + inner))
            whole = parts(child, delimiter=b"--" + outer)
            yield name + order, structured(KIND + b'; boundary="' + outer + b'"', whole)
    kind = KIND + b"; boundary=foo"
    yield (
        "nobody's delimiter",
        structured(
            KIND + b"; boundary=foo_",
            parts(entity([kind], lines(b"--foo_X", b"") + parts(PART)), delimiter=b"--foo_"),
        ),
    )


@recipe("B062", "the outer end is the inner delimiter", Target.EICAR)
def outer_end() -> Iterator[Made]:
    inner = entity([KIND + b'; boundary="foo--"'], parts(PART, delimiter=b"--foo--"))
    yield "payload alone", message([MIME, MIXED], parts(inner))
    yield "behind a text", message([MIME, MIXED], parts(TEXT, inner))
    child = entity([KIND + b'; boundary="foo--"'], parts(TEXT, PART, delimiter=b"--foo--"))
    yield "behind an inner text", message([MIME, MIXED], parts(child))
    yield (
        "no inner end",
        message(
            [MIME, MIXED],
            parts(entity([KIND + b'; boundary="foo--"'], parts(PART, delimiter=b"--foo--", close=b""))),
        ),
    )
    yield "nested", nested(message([MIME, MIXED], parts(inner)))
    yield "LF", with_lf(message([MIME, MIXED], parts(inner)))
    other = entity([KIND + b"; boundary=foo"], parts(TEXT, PART))
    yield "the other way", structured(KIND + b'; boundary="foo--"', parts(other, delimiter=b"--foo--"))


@recipe("B063", "inner and outer have one boundary", Target.EICAR)
def shared() -> Iterator[Made]:
    whole = lines(b"--foo")
    for name, kind in {
        "inner has none": KIND,
        "inner has the same": KIND + b"; boundary=foo",
        "inner has an empty one": KIND + b'; boundary=""',
        "inner is alternative": b"Content-Type: multipart/alternative",
    }.items():
        yield name, message([MIME, MIXED], whole + entity([kind], parts(TEXT, PART)))
        yield (
            f"{name}, both closed",
            message([MIME, MIXED], whole + entity([kind], parts(TEXT, PART)) + lines(b"--foo--")),
        )
        closed = whole + entity([kind], parts(TEXT)) + parts(PART)
        yield f"{name}, payload outside", message([MIME, MIXED], closed)
    outer, cut = b"--####", PAYLOAD[:40] + b"\r\n--####\r\n" + PAYLOAD[40:]
    child = entity([KIND + b"; boundary=bar"], parts(entity([*FILE, BASE64], cut), delimiter=b"--bar"))
    yield (
        "outer delimiter within the payload",
        structured(KIND + b'; boundary="####"', parts(child, delimiter=outer)),
    )
    late = entity([KIND + b"; boundary=bar"], lines(b"--####", b"") + parts(PART, delimiter=b"--bar"))
    yield (
        "outer delimiter in the inner preamble",
        structured(KIND + b'; boundary="####"', parts(late, delimiter=outer)),
    )


@recipe("B065", "a very long boundary", Target.EICAR)
def long_boundary() -> Iterator[Made]:
    yield from boundaries(
        {
            "71": (b"; boundary=" + b"f" * 71, b"f" * 71),
            "300": (b"; boundary=" + b"f" * 300, b"f" * 300),
            "2,000": (b"; boundary=" + b"f" * 2_000, b"f" * 2_000),
            "10,000": (b"; boundary=" + b"f" * 10_000, b"f" * 10_000),
            "300, cut to 70": (b"; boundary=" + b"f" * 300, b"f" * 70),
            "70, more in use": (b"; boundary=" + b"f" * 70, b"f" * 300),
            "in 100 pieces": (
                b"".join([b"; boundary*%d=fff" % number for number in range(100)]),
                b"fff" * 100,
            ),
            "cut to 255": (b"; boundary=" + b"f" * 300, b"f" * 255),
        }
    )


@recipe("B066", "NUL and other controls in the boundary", Target.EICAR)
def control() -> Iterator[Made]:
    yield from boundaries(
        {
            "kept": (b'; boundary="fo\0o"', b"fo\0o"),
            "removed": (b'; boundary="fo\0o"', b"foo"),
            "cut off": (b'; boundary="fo\0o"', b"fo"),
            "only declared": (b"; boundary=foo\0", b"foo"),
            "only in use": (b"; boundary=foo", b"foo\0"),
            "escaped": (b"; boundary*=''fo%00o", b"fo"),
            "before": (b"; boundary=\0foo", b"foo"),
            "backspace": (b'; boundary="fo\bo"', b"fo\bo"),
            "DEL": (b'; boundary="fo\x7fo"', b"fo\x7fo"),
            "bare CR": (b'; boundary="fo\ro"', b"fo\ro"),
            "bare CR, cut off": (b"; boundary=fo\ro", b"fo"),
            "8-bit": (b"; boundary=fo\xff", b"fo\xff"),
            "8-bit, replaced": (b"; boundary=fo\xff", b"fo?"),
        }
    )


@recipe("B067", "delimiters without parts", Target.EICAR)
def extra_delimiters() -> Iterator[Made]:
    more = lines(*[b"--foo"] * 5)
    yield "five in a row", message([MIME, MIXED], more + parts(PART))
    yield "five behind a text", message([MIME, MIXED], b"--foo\r\n" + TEXT + more + parts(PART))
    yield "an empty line before the fields", mixed(CRLF + PART)
    yield "two empty lines before the fields", mixed(CRLF + CRLF + PART)
    yield "a blank line before the fields", mixed(b" \r\n" + PART)
    yield "an empty line before the fields, as text", mixed(CRLF + entity([PLAIN, BASE64], PAYLOAD))
    yield "no empty line", mixed(lines(*FILE, BASE64) + PAYLOAD)
    yield "no fields", mixed(CRLF + PAYLOAD)
    yield "2,500 in a row", message([MIME, MIXED], lines(*[b"--foo"] * 2_500) + parts(PART))
    yield "2,500 empty parts", message([MIME, MIXED], parts(*[entity([PLAIN], CRLF)] * 2_500, PART))
    yield "LF", with_lf(message([MIME, MIXED], more + parts(PART)))


@recipe("B069", "unusual kinds of multipart", Target.EICAR)
def kinds() -> Iterator[Made]:
    names = (
        *(
            b"related",
            b"x-mixed-replace",
            b"foo",
            b"alternative",
            b"parallel",
            b"signed",
            b"encrypted",
            b"report",
        ),
        *(b"form-data", b"byteranges", b"appledouble", b"voice-message", b"header-set", b"*", b"MIXED"),
    )
    whole = parts(TEXT, PART)
    yield from structures(
        {name.decode(): (b"Content-Type: multipart/" + name + b"; boundary=foo", whole) for name in names}
    )
    related = b'Content-Type: multipart/related; boundary=foo; start="<b>"; type=text/html'
    yield (
        "related, start elsewhere",
        structured(related, parts(TEXT, PART, entity([PLAIN, b"Content-ID: <b>"], CRLF))),
    )
    yield (
        "alternative, payload first",
        structured(b"Content-Type: multipart/alternative; boundary=foo", parts(PART, TEXT)),
    )


@recipe("B070", "a digest", Target.EICAR)
def digest() -> Iterator[Made]:
    kind = b"Content-Type: multipart/digest; boundary=foo"
    text, inner = entity([], message([MIME, PLAIN], b"Minutes.\r\n")), mixed(PART).replace(b"foo", b"bar")
    yield "no type", structured(kind, parts(text, CRLF + inner))
    yield "no empty line", structured(kind, parts(text, inner))
    yield "typed", structured(kind, parts(text, entity([b"Content-Type: message/rfc822"], inner)))
    yield "other type", structured(kind, parts(text, PART))
    yield "other field", structured(kind, parts(text, entity([b"Content-Description: x"], inner)))
    yield "encoded", structured(kind, parts(text, entity([BASE64], b64(inner))))
    yield "encoded leaf", structured(kind, parts(text, CRLF + message([MIME, PLAIN, BASE64], PAYLOAD)))
    yield "LF", with_lf(structured(kind, parts(text, CRLF + inner)))
    yield "nested", nested(structured(kind, parts(text, CRLF + inner)).replace(b"foo", b"baz"))


@recipe("B071", "parts nested deeply", Target.EICAR)
def deep() -> Iterator[Made]:
    for levels in (10, 45, 200, 1_000):
        yield f"{levels} levels", _deep(levels, PART)
    yield "200 levels, as text", _deep(200, entity([PLAIN, BASE64], PAYLOAD))
    yield "200 levels without ends", _deep(200, PART, closed=False)
    yield "200 levels, LF", with_lf(_deep(200, PART))
    body = parts(
        *[
            entity([KIND + b"; boundary=b%d" % n], parts(TEXT, PART, delimiter=b"--b%d" % n))
            for n in range(50)
        ]
    )
    yield "50 side by side", message([MIME, MIXED], body)
    yield "beside the depth", message([MIME, MIXED], parts(_nest(200, TEXT, closed=True), PART))


def _deep(levels: int, leaf: bytes, *, closed: bool = True) -> bytes:
    return message([MIME], b"").removesuffix(CRLF) + _nest(levels, leaf, closed=closed)


def _nest(levels: int, leaf: bytes, *, closed: bool) -> bytes:
    head = b"".join(
        [entity([KIND + b"; boundary=level%d" % n], lines(b"--level%d" % n)) for n in range(levels)]
    )
    tail = lines(*[b"--level%d--" % n for n in reversed(range(levels))]) if closed else b""
    return head + leaf + tail
