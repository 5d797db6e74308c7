"""Where the walk and a collection's expectations differ, and why what the walk shows is right, or is more.

Every entry is checked: a difference that is not here fails the test, and so does an entry that no longer differs.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.corpora.conformance.leaf import Aspect


@dataclass(frozen=True, slots=True)
class Argued:
    """Files of a collection that differ from what is expected in just these aspects, for one reason."""

    collection: str
    files: tuple[str, ...]
    aspects: frozenset[Aspect]
    why: str


def _argued(collection: str, folder: str, names: str, aspects: tuple[Aspect, ...], why: str) -> Argued:
    return Argued(
        collection,
        tuple(f"{folder}/{name}" for name in names.split()),
        frozenset(aspects),
        " ".join(why.split()),
    )


_STALWART = ("mime-stalwart", "resources/eml")
_MIME4J = ("mime-mime4j", "core/src/test/resources")
_KMIME = ("mime-kde-kmime", "autotests/data")
_COUNT, _TYPE, _NAME = (Aspect.COUNT,), (Aspect.TYPE,), (Aspect.NAME,)
_SIZE, _CONTENT = (Aspect.SIZE,), (Aspect.CONTENT,)

ARGUED = (
    _argued(
        *_STALWART,
        "legacy/016.eml legacy/023.eml",
        _NAME,
        """The name has an octet above 127 and no charset. The expected name has a replacement character there;
        ours has the letter of windows-1252, which is what mail clients show.""",
    ),
    _argued(
        *_STALWART,
        "legacy/052.eml",
        _CONTENT,
        """The same for text that names no charset and is not UTF-8.""",
    ),
    _argued(
        *_STALWART,
        "malformed/001.eml",
        _COUNT,
        """The line `--ab` is the delimiter of the outer multipart, so the inner one, of boundary `a`, ends there
        (RFC 2046, 5.1.2), and `--a` after it is text. Expected is that the inner one goes on.""",
    ),
    _argued(
        *_STALWART,
        "malformed/002.eml",
        _COUNT,
        """A multipart without any delimiter. Its content is shown as preamble, and inspected as text; expected
        is one part of type multipart.""",
    ),
    _argued(
        *_STALWART,
        "malformed/005.eml malformed/013.eml malformed/014.eml",
        _COUNT,
        """The message ends behind a delimiter that is no close delimiter. We show the part that begins there, of
        no octets; expected is none.""",
    ),
    _argued(
        *_STALWART,
        "malformed/007.eml",
        _COUNT,
        """A line that begins with the outer delimiter stands within the inner multipart's header. The inner
        multipart is without content then; expected is an empty part for it. No octet is in dispute.""",
    ),
    _argued(
        *_STALWART,
        "malformed/009.eml malformed/011.eml malformed/012.eml",
        _COUNT,
        """The inner multipart has no close delimiter. The outer delimiter ends it (RFC 2046, 5.1.2), and a part
        begins; expected is that this part is still text of the inner one.""",
    ),
    _argued(
        *_STALWART,
        "malformed/016.eml",
        _COUNT,
        """Each boundary begins with the next one. The line with the outermost ends all within (RFC 2046, 5.1.2),
        so that the other lines are text of the part that begins there; expected is that they go on dividing. We
        show the parts that stand in that text besides, and the reading that is expected too.""",
    ),
    _argued(
        *_STALWART,
        "malformed/020.eml malformed/021.eml",
        _COUNT,
        """A header names two types, multipart/alternative and text/plain. We read it as the multipart and show
        its HTML part, with what stands before the first delimiter as preamble; expected is one text/plain
        part of all that.""",
    ),
    _argued(
        *_STALWART,
        "malformed/022.eml",
        _TYPE,
        """A message/rfc822 part holds text that is no message. We show the text as a message without header;
        expected is a leaf of type message/rfc822 with the same octets.""",
    ),
    _argued(
        *_STALWART,
        "thirdparty/002.eml",
        _CONTENT,
        """Base64 with more behind its padding, and base64 that begins with a character outside the alphabet. We
        decode all of it and report it; expected is to stop at the padding, and not to decode at all.""",
    ),
    _argued(
        *_STALWART,
        "thirdparty/005.eml",
        _CONTENT,
        """`invalid--1--`: a delimiter stands at the beginning of a line (RFC 2046, 5.1.1), so this is text;
        expected is that the part ends before the dashes. In the form with CRLF the line endings of UTF-16
        text are not UTF-16 any more, which makes an odd number of octets.""",
    ),
    _argued(
        *_STALWART,
        "thirdparty/015.eml",
        _CONTENT,
        """The header of an attached message has lines that are no fields. We take the first for the beginning of
        the body, and inspect it and all that follows; expected is to pass over it.""",
    ),
    _argued(
        *_MIME4J,
        "mimetools-testmsgs/frag.msg",
        _CONTENT,
        """Base64 that ends within a group of four. We decode the two octets that are there; expected is to drop
        them.""",
    ),
    _argued(
        *_MIME4J,
        "mimetools-testmsgs/multi-frag.msg",
        _CONTENT,
        """Text follows base64 in one part, since the delimiter between them is damaged. It is decoded here as
        there; we take its `-` for the URL-safe alphabet in the likeliest reading, and leave it out in
        another.""",
    ),
    _argued(
        *_MIME4J,
        "mimetools-testmsgs/x-gzip64.msg",
        _CONTENT,
        """The transfer encoding x-gzip64, which we decode, and which is expected as it stands.""",
    ),
    _argued(
        *_MIME4J,
        """testmsgs/basic-plain-with-bad-header-separator.msg testmsgs/malformedHeader-nocrlfcrlf.msg
        testmsgs/malformedHeader-noheader.msg testmsgs/malformedHeaderStartsBody-nocrlfcrlf.msg
        testmsgs/malformedHeaderStartsBody-noheader.msg""",
        _CONTENT,
        """No empty line separates header and body. Our body begins at the first line that is no field; expected
        is that some of these lines are dropped with the header.""",
    ),
    _argued(
        *_MIME4J,
        "testmsgs/very-long-boundary.msg",
        _COUNT,
        """The boundary ends with spaces, which none may (RFC 2046, 5.1.1), and which mail systems remove. We
        take lines with and without them for delimiters, so that we show more parts.""",
    ),
    _argued(
        *_MIME4J,
        "testmsgs/very-very-long-boundary.msg",
        _COUNT,
        """The boundary is longer than our limit: the message is reported as not inspected, and its content as
        preamble.""",
    ),
    _argued(
        "mime-mimetools",
        "testmsgs",
        "multi-weirdspace.ref",
        _SIZE,
        """The size of the first part is one less than the octets between its delimiters. mime-mime4j has the
        same message and expects what we show.""",
    ),
    _argued(
        "mime-mimekit",
        "TestData/mbox",
        "issue1189.mbox.txt",
        _CONTENT,
        """In message 2 no empty line stands between the header of a part and its base64. We decode the file;
        expected is that it is part of the header, and the part is empty.""",
    ),
    _argued(
        "mime-mimekit",
        "TestData/tnef",
        "MAPI_OBJECT.tnef winmail.tnef",
        _CONTENT,
        """Embedded OLE objects are expected with the 16 octets of the interface identifier in front. We show the
        compound file behind it, so that it is recognised for what it is.""",
    ),
    _argued(
        *_KMIME,
        "codec_base64/corrupt.base64",
        _CONTENT,
        """Base64 with `-` in it. We take it for the URL-safe alphabet in the likeliest reading; expected is to
        leave it out, which another of our readings does.""",
    ),
    _argued(
        *_KMIME,
        "codec_quoted-printable/corrupt.quoted-printable codec_quoted-printable/corrupt4.quoted-printable",
        _CONTENT,
        """An equals sign as the last octet of a part. The line ending behind it belongs to the delimiter, so it
        is a soft line break; expected is an equals sign.""",
    ),
)
