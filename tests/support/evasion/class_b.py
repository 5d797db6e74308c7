"""Class B: the boundary of a multipart, as readers make it out. The payload is an honest base64 attachment with a
harmless name; what is odd is how, or whether, a reader comes to see it as a part."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.evasion.build import (
    MIME,
    PART,
    PLAIN,
    TEXT,
    boundaries,
    message,
    parts,
    structured,
)
from tests.support.evasion.recipe import Made, Target, recipe

KIND = b"Content-Type: multipart/mixed"
END = parts(TEXT)  # an innocent part and the close delimiter


@recipe("B035", "two boundary parameters", Target.EICAR)
def two_boundaries() -> Iterator[Made]:
    yield from boundaries(
        {
            "first in use": (b"; boundary=foo; boundary=bar", b"foo"),
            "second in use": (b"; boundary=bar; boundary=foo", b"foo"),
            "second of three": (b"; boundary=bar; boundary=foo; boundary=baz", b"foo"),
            "quoted and plain, first": (b'; boundary="foo"; boundary=bar', b"foo"),
            "quoted and plain, second": (b'; boundary=bar; boundary="foo"', b"foo"),
            "other case first": (b"; BOUNDARY=bar; boundary=foo", b"foo"),
            "other case second": (b"; boundary=bar; Boundary=foo", b"foo"),
            "extended first": (b"; boundary*=us-ascii''bar; boundary=foo", b"foo"),
            "extended in use": (b"; boundary=bar; boundary*=us-ascii''foo", b"foo"),
            "extended in use, first": (b"; boundary*=us-ascii''foo; boundary=bar", b"foo"),
            "plain in use, first": (b"; boundary=foo; boundary*=us-ascii''bar", b"foo"),
            "continued in use": (b"; boundary=bar; boundary*0=f; boundary*1=oo", b"foo"),
            "continued not in use": (b"; boundary*0=b; boundary*1=ar; boundary=foo", b"foo"),
            "empty first": (b"; boundary=; boundary=foo", b"foo"),
            "empty last": (b'; boundary=foo; boundary=""', b"foo"),
        }
    )
    both = parts(TEXT, delimiter=b"--bar") + parts(PART)
    yield "both in use, second", structured(KIND + b"; boundary=bar; boundary=foo", both)
    yield "both in use, first", structured(KIND + b"; boundary=foo; boundary=bar", both)


@recipe("B037", "an extended boundary parameter", Target.EICAR)
def extended() -> Iterator[Made]:
    wide = "".join([f"%00%{ord(letter):02x}" for letter in "foo"]).encode()
    yield from boundaries(
        {
            "escaped": (b"; boundary*=''%66oo", b"foo"),
            "charset": (b"; boundary*=us-ascii'en'f%6f%6F", b"foo"),
            "UTF-16": (b"; boundary*=utf-16be''" + wide, b"foo"),
            "UTF-16 by mark": (b"; boundary*=utf-16''%FE%FF" + wide, b"foo"),
            "no quotation marks": (b"; boundary*=%66oo", b"foo"),
            "one quotation mark": (b"; boundary*='%66oo", b"foo"),
            "quoted": (b"; boundary*=\"us-ascii''%66oo\"", b"foo"),
            "escapes in a plain one": (b"; boundary=%66oo", b"foo"),
            "escapes taken as they stand": (b"; boundary*=''%66oo", b"%66oo"),
            "marks taken as they stand": (b"; boundary*=''foo", b"''foo"),
            "unknown charset": (b"; boundary*=x-unknown''%66oo", b"foo"),
            "broken escape": (b"; boundary*=''foo%", b"foo%"),
            "octets": (b"; boundary*=utf-8''f%C3%B6", "f\u00f6".encode()),
        }
    )


@recipe("B038", "a boundary in pieces", Target.EICAR)
def pieces() -> Iterator[Made]:
    yield from boundaries(
        {
            "two": (b"; boundary*0=fo; boundary*1=o", b"foo"),
            "reversed": (b"; boundary*1=o; boundary*0=fo", b"foo"),
            "gap, all": (b"; boundary*0=fo; boundary*2=o", b"foo"),
            "gap, first": (b"; boundary*0=fo; boundary*2=o", b"fo"),
            "first twice, first": (b"; boundary*0=fo; boundary*0=ba; boundary*1=o", b"foo"),
            "first twice, last": (b"; boundary*0=ba; boundary*0=fo; boundary*1=o", b"foo"),
            "from 1": (b"; boundary*1=fo; boundary*2=o", b"foo"),
            "leading zero": (b"; boundary*00=fo; boundary*01=o", b"foo"),
            "escaped": (b"; boundary*0*=''%66; boundary*1*=%6fo", b"foo"),
            "mixed": (b"; boundary*0*=us-ascii''%66; boundary*1=oo", b"foo"),
            "mixed, reversed": (b"; boundary*1=oo; boundary*0*=us-ascii''%66", b"foo"),
            "quoted": (b'; boundary*0="f"; boundary*1="oo"', b"foo"),
            "only first": (b"; boundary*0=foo", b"foo"),
            "first taken alone": (b"; boundary*0=fo; boundary*1=o", b"fo"),
            "spaces": (b"; boundary*0 = fo; boundary *1=o", b"foo"),
            "eleven": (
                b"".join([b"; boundary*%d=%c" % (n, b"abcdefghijk"[n]) for n in (10, *range(10))]),
                b"abcdefghijk",
            ),
        }
    )


@recipe("B039", "an encoded-word as boundary", Target.EICAR)
def encoded_word() -> Iterator[Made]:
    yield from boundaries(
        {
            "decoded": (b'; boundary="=?us-ascii?Q?foo?="', b"foo"),
            "as it stands": (b'; boundary="=?us-ascii?Q?foo?="', b"=?us-ascii?Q?foo?="),
            "B": (b'; boundary="=?utf-8?B?Zm9v?="', b"foo"),
            "unquoted": (b"; boundary==?utf-8?B?Zm9v?=", b"foo"),
            "two words": (b'; boundary="=?utf-8?Q?fo?= =?utf-8?Q?o?="', b"foo"),
            "part of it": (b'; boundary="f=?utf-8?Q?oo?="', b"foo"),
            "unquoted, as it stands": (b"; boundary==?utf-8?B?Zm9v?=", b"=?utf-8?B?Zm9v?="),
        }
    )


@recipe("B041", "a space within the boundary", Target.EICAR)
def inner_space() -> Iterator[Made]:
    yield from boundaries(
        {
            "cut off": (b"; boundary=fo o", b"fo"),
            "kept": (b"; boundary=fo o", b"fo o"),
            "removed": (b"; boundary=fo o", b"foo"),
            "quoted": (b'; boundary="fo o"', b"fo o"),
            "quoted, cut off": (b'; boundary="fo o"', b"fo"),
            "tab, cut off": (b"; boundary=fo\to", b"fo"),
            "tab, kept": (b"; boundary=fo\to", b"fo\to"),
            "other ends": (b'; boundary="foo X"', b"foo Y"),
            "folded, cut off": (b'; boundary="foo\r\n X"', b"foo"),
            "folded, kept": (b'; boundary="foo\r\n X"', b"foo X"),
            "at the end, dropped": (b'; boundary="foo "', b"foo"),
            "at the end, kept": (b'; boundary="foo "', b"foo "),
            "at the end of the line only": (b"; boundary=foo", b"foo "),
            "at the beginning, dropped": (b'; boundary=" foo"', b"foo"),
            "at the beginning, kept": (b'; boundary=" foo"', b" foo"),
            "nothing else": (b'; boundary=" "', b" "),
            "NBSP": (b"; boundary=fo\xa0o", b"fo\xa0o"),
        }
    )


@recipe("B042", "white space around the equals sign", Target.EICAR)
def around_equals() -> Iterator[Made]:
    yield from boundaries(
        {
            "before": (b"; boundary =foo", b"foo"),
            "behind": (b"; boundary= foo", b"foo"),
            "folded before": (b"; boundary\r\n =foo", b"foo"),
            "folded behind": (b"; boundary=\r\n foo", b"foo"),
            "folded on both sides": (b"; boundary\r\n = \r\n foo", b"foo"),
            "tabs": (b";\tboundary\t=\tfoo", b"foo"),
            "quoted": (b'; boundary = "foo"', b"foo"),
            "no space at all": (b";boundary=foo", b"foo"),
            "fold within the name": (b"; bound\r\n ary=foo", b"foo"),
            "semicolons": (b";;; ; boundary=foo;;", b"foo"),
            "no semicolon": (b" boundary=foo", b"foo"),
            "comma": (b", boundary=foo", b"foo"),
            "two equals signs": (b"; boundary==foo", b"foo"),
            "two equals signs, kept": (b"; boundary==foo", b"=foo"),
            "colon": (b"; boundary:foo", b"foo"),
            "escaped equals sign": (b"; boundary\\=foo", b"foo"),
            "vertical tab": (b"; boundary=\vfoo", b"foo"),
            "other name": (b"; oundary=foo", b"foo"),
            "escaped name": (b"; b\\oundary=foo", b"foo"),
            "quoted name": (b'; "boundary"=foo', b"foo"),
        }
    )


@recipe("B043", "comments about the boundary", Target.EICAR)
def comments() -> Iterator[Made]:
    yield from boundaries(
        {
            "before, removed": (b"; boundary=(x)foo", b"foo"),
            "before, kept": (b"; boundary=(x)foo", b"(x)foo"),
            "behind, removed": (b"; boundary=foo(x)", b"foo"),
            "behind, kept": (b"; boundary=foo(x)", b"foo(x)"),
            "within, removed": (b"; boundary=f(x)oo", b"foo"),
            "within, kept": (b"; boundary=f(x)oo", b"f(x)oo"),
            "within, cut off": (b"; boundary=f(x)oo", b"f"),
            "before the name": (b"; (x)boundary=foo", b"foo"),
            "behind the name": (b"; boundary(x)=foo", b"foo"),
            "within the name": (b"; bound(x)ary=foo", b"foo"),
            "before, with another": (b"; boundary=(boundary=bar)foo", b"foo"),
            "never closed": (b"; boundary=foo (", b"foo"),
            "unbalanced, before": (b"; (() boundary=foo )", b"foo"),
            "in quotation marks": (b'; boundary="(x)foo"', b"foo"),
            "with a quotation mark": (b'; (") boundary=foo; x="', b"foo"),
            "semicolon within": (b"; boundary=foo(;boundary=bar)", b"foo"),
            "real one within": (b"; (boundary=foo)", b"foo"),
        }
    )


@recipe("B045", "quotation marks that do not match", Target.EICAR)
def quotes() -> Iterator[Made]:
    yield from boundaries(
        {
            "no end": (b'; boundary="foo', b"foo"),
            "no end, kept": (b'; boundary="foo', b'"foo'),
            "no beginning": (b'; boundary=foo"', b"foo"),
            "no beginning, kept": (b'; boundary=foo"', b'foo"'),
            "behind, first": (b'; boundary=foo"bar"', b"foo"),
            "behind, joined": (b'; boundary=foo"bar"', b"foobar"),
            "behind, kept": (b'; boundary=foo"bar"', b'foo"bar"'),
            "before, first": (b'; boundary="foo"bar', b"foo"),
            "before, joined": (b'; boundary="foo"bar', b"foobar"),
            "before, last": (b'; boundary="bar"foo', b"foo"),
            "two strings": (b'; boundary="fo""o"', b"foo"),
            "two strings, first": (b'; boundary="fo" "o"', b"fo"),
            "escaped": (rb'; boundary="f\o\o"', b"foo"),
            "escaped, kept": (rb'; boundary="f\o\o"', rb"f\o\o"),
            "escaped outside": (rb"; boundary=f\o\o", b"foo"),
            "escaped quotation mark": (rb'; boundary="foo\"', b"foo"),
            "escaped quotation marks": (rb"; boundary=foo\"bar\"", b"foo"),
            "no end, more behind": (b'; boundary="foo; x=y', b"foo"),
            "no end before it": (b'; x="y; boundary=foo', b"foo"),
            "semicolon before it": (b'; x=";boundary=bar;"; boundary=foo', b"foo"),
            "empty before": (b'; boundary=""foo', b"foo"),
            "escaped ones within": (rb'; boundary="f\"o\"o"', b'f"o"o'),
            "escaped ones within, kept": (rb'; boundary="f\"o\"o"', rb"f\"o\"o"),
            "escaped ones within, removed": (rb'; boundary="f\"o\"o"', b"foo"),
            "escaped ones within, cut off": (rb'; boundary="f\"o\"o"', b"f"),
        }
    )


@recipe("B046", "single and other quotation marks", Target.EICAR)
def single_quotes() -> Iterator[Made]:
    curly = "\u201cfoo\u201d".encode()
    yield from boundaries(
        {
            "kept": (b"; boundary='foo'", b"'foo'"),
            "removed": (b"; boundary='foo'", b"foo"),
            "within double ones": (b"; boundary=\"'foo'\"", b"foo"),
            "with a space": (b"; boundary='fo o'", b"fo o"),
            "with a space, kept": (b"; boundary='fo o'", b"'fo o'"),
            "with a space, cut off": (b"; boundary='fo o'", b"'fo"),
            "grave accents": (b"; boundary=`foo`", b"foo"),
            "typographic": (b"; boundary=" + curly, b"foo"),
            "typographic, kept": (b"; boundary=" + curly, curly),
            "angle brackets": (b"; boundary=<foo>", b"foo"),
            "angle brackets, kept": (b"; boundary=<foo>", b"<foo>"),
        }
    )


@recipe("B047", "a semicolon within the boundary", Target.EICAR)
def semicolon() -> Iterator[Made]:
    yield from boundaries(
        {
            "quoted": (b'; boundary="fo;o"', b"fo;o"),
            "quoted, cut off": (b'; boundary="fo;o"', b"fo"),
            "cut off": (b"; boundary=fo;o", b"fo"),
            "kept": (b"; boundary=fo;o", b"fo;o"),
            "escaped": (rb"; boundary=fo\;o", b"fo;o"),
            "escaped, kept": (rb"; boundary=fo\;o", rb"fo\;o"),
            "escaped, cut off": (rb"; boundary=fo\;o", rb"fo\ ".strip()),
            "escaped within quotation marks": (rb'; boundary="fo\;o"', b"fo;o"),
            "comma": (b"; boundary=fo,o", b"fo,o"),
            "comma, cut off": (b"; boundary=fo,o", b"fo"),
            "at the end": (b'; boundary="foo;"', b"foo;"),
            "specials": (b"; boundary=foo@bar/baz", b"foo@bar/baz"),
            "specials, cut off": (b"; boundary=foo@bar", b"foo"),
        }
    )


@recipe("B049", "a boundary with an equals sign", Target.EICAR)
def equals_sign() -> Iterator[Made]:
    value = b"; boundary=boundary=foo"
    yield from boundaries(
        {
            "all of it": (value, b"boundary=foo"),
            "behind": (value, b"foo"),
            "before": (value, b"boundary"),
            "quoted": (b'; boundary="boundary=foo"', b"foo"),
            "with a space": (b"; boundary=x boundary=foo", b"foo"),
            "at the end": (b"; boundary=foo=", b"foo="),
            "at the end, dropped": (b"; boundary=foo=", b"foo"),
            "another name": (b"; x=boundary=foo", b"foo"),
        }
    )


@recipe("B050", "an empty boundary", Target.EICAR)
def empty() -> Iterator[Made]:
    yield from boundaries(
        {
            "two hyphens": (b'; boundary=""', b""),
            "unquoted": (b"; boundary=", b""),
            "and a semicolon": (b"; boundary=;", b""),
            "only a space": (b"; boundary= ", b""),
            "extended": (b"; boundary*=us-ascii''", b""),
            "taken for none": (b'; boundary=""', b"foo"),
        }
    )
    yield (
        "no close delimiter",
        structured(KIND + b'; boundary=""', parts(TEXT, PART, delimiter=b"--", close=b"")),
    )
    yield "four hyphens", structured(KIND + b'; boundary=""', parts(TEXT, PART, delimiter=b"----", close=b""))
    yield "hyphens", structured(KIND + b'; boundary="--"', parts(TEXT, PART, delimiter=b"----"))


@recipe("B051", "no boundary", Target.EICAR, may_miss=["said to be text"])
def none_at_all() -> Iterator[Made]:
    yield from boundaries(
        {
            "nothing": (b"", b"foo"),
            "semicolon": (b";", b"foo"),
            "other parameter": (b"; charset=utf-8", b"foo"),
            "no equals sign": (b"; boundary", b"foo"),
            "no equals sign, value": (b"; boundary foo", b"foo"),
            "long one in use": (b"", b"----=_Part_1_0123456789.0123456789"),
        }
    )
    yield "neither type", message([MIME], parts(TEXT, PART))
    yield "said to be text", message([MIME, PLAIN], parts(TEXT, PART))
    yield "said to be text, with boundary", message([MIME, PLAIN + b"; boundary=foo"], parts(TEXT, PART))
    yield "said to be text, the only part", message([MIME, PLAIN], parts(PART))
    yield "boundary as a field", message([MIME, KIND, b"boundary: foo"], parts(TEXT, PART))
    yield "boundary behind a field", message([MIME, KIND, b"boundary=foo"], parts(TEXT, PART))
