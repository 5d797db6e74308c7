"""The text of a leaf, as a reader sees it: which types are text, and how each is made readable.

Known limits: rich text (text/rtf) and other mark-up than HTML are given as they stand; format=flowed is not
unwrapped.
"""

from __future__ import annotations

import re

from gateway.text import charset as charsets
from gateway.text import html

_HTML_TYPES = frozenset(
    {"text/html", "text/x-html", "application/xhtml+xml", "image/svg+xml", "text/x-amp-html"}
)
_TEXT_TYPES = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/external-body",
        "message/feedback-report",
        "message/global-delivery-status",
        "message/global-disposition-notification",
        "message/global-headers",
        "message/partial",
        "application/json",
        "application/xml",
        "application/ics",
    }
)
_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,32}+=\s{0,32}+[\"']?\s{0,32}+([A-Za-z0-9_.:-]{1,64})", re.IGNORECASE
)
_META_SEARCHED = 4096  # octets; the HTML standard asks for the first 1,024


def readable(data: bytes, content_type: str, charset: str | None) -> str | None:
    """The text of a leaf with decoded octets `data`, or None where its type (lower case) is not one of text.

    For HTML without a charset parameter the document's own declaration is used.
    """
    if content_type in _HTML_TYPES:
        return html.visible(charsets.decode(data, charset or _declared(data)))
    if content_type.startswith("text/") or content_type in _TEXT_TYPES:
        return charsets.decode(data, charset)
    return None


def _declared(data: bytes) -> str | None:
    match = _META.search(data, 0, _META_SEARCHED)
    if match is None:
        return None
    label = match[1].decode("ascii")
    # A declaration that can be read as ASCII is not in UTF-16 (HTML standard, section 13.2.3.2).
    return None if label.lower().startswith(("utf-16", "utf-32")) else label
