"""What of a header field people may read: display names, comments, and fields of free text.

Subject apart, these are the names and comments in address fields (RFC 5322 section 3.4), without the addresses, which
say much about a domain and little about a message; and every field that is not known to be written by machines for
machines. A field that nobody knows is taken for text: a writer may have put it there.

Known limits: a display name that is nothing but an address is left out like an address.
"""

from __future__ import annotations

import re

_ADDRESS_FIELDS = frozenset(
    {
        *("from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-sender", "resent-reply-to"),
        *(
            "resent-to",
            "resent-cc",
            "resent-bcc",
            "mail-reply-to",
            "mail-followup-to",
            "apparently-to",
            "x-to",
        ),
        *(
            "x-sender",
            "x-from",
            "x-cc",
            "x-original-to",
            "x-reply-to",
            "errors-to",
            "disposition-notification-to",
        ),
    }
)
_MACHINE_FIELDS = frozenset(
    {
        *("received", "received-spf", "return-path", "delivered-to", "date", "resent-date", "message-id"),
        *(
            "resent-message-id",
            "in-reply-to",
            "references",
            "mime-version",
            "authentication-results",
            "autocrypt",
        ),
        *(
            "auto-submitted",
            "precedence",
            "feedback-id",
            "thread-index",
            "user-agent",
            "importance",
            "priority",
        ),
        *("newsgroups", "path", "xref", "lines", "envelope-to", "original-recipient", "status", "bounces-to"),
        *(
            "expires",
            "expiry-date",
            "deferred-delivery",
            "delivery-date",
            "domainkey-signature",
            "require-recipient",
        ),
        *(
            "sensitivity",
            "return-receipt-to",
            "accept-language",
            "x-mailer",
            "x-priority",
            "x-status",
            "x-keywords",
        ),
        *(
            "x-uid",
            "x-uidl",
            "x-mimeole",
            "x-originating-ip",
            "x-sent",
            "x-accept-language",
            "x-loop",
            "x-face",
        ),
        *(
            "x-beenthere",
            "x-mailman-version",
            "x-original-date",
            "x-newsreader",
            "x-report-abuse",
            "x-complaints-to",
        ),
        *(
            "x-authentication-warning",
            "x-csa-complaints",
            "x-sg-eid",
            "x-sg-id",
            "x-received",
            "x-folder",
            "x-url",
        ),
        *(
            "x-bigfish",
            "x-mozilla-status",
            "x-mozilla-status2",
            "x-evolution-source",
            "x-evolution",
            "face",
            "x-pgp",
        ),
    }
)
_MACHINE_PREFIXES = (
    *(
        "content-",
        "arc-",
        "dkim-",
        "list-",
        "x-list-",
        "x-ms-",
        "x-microsoft-",
        "x-exchange-",
        "x-google-",
        "x-gm-",
    ),
    *(
        "x-spam",
        "x-virus",
        "x-amavis",
        "x-antivirus",
        "x-barracuda-",
        "x-proofpoint-",
        "x-mimecast-",
        "x-forefront-",
    ),
    *(
        "x-ironport-",
        "x-mdaemon-",
        "x-mailscanner",
        "x-rspamd",
        "x-sophos",
        "x-ses-",
        "x-mailgun-",
        "x-mandrill-",
    ),
    *("x-mc-", "x-sonic", "x-yahoo-", "x-ymail-", "x-me-", "x-gmail-", "x-pstn", "x-cm-", "x-auth", "x-dkim"),
    *("x-postern-", "x-scanned", "x-provags-", "x-ui-", "x-hm", "x-eopattributed", "x-tm-", "x-mailer-"),
)
# Names that mail programs show, with an address beside them or not, among fields that are for machines.
_NAMES_OF_THINGS = frozenset({"content-description", "list-id"})
# A quoted string, an address in angle brackets, or one that stands alone.
_ADDRESS = re.compile(
    rb'"[^"]*+"|<[^<>@]*+@[^<>]*+>|(?<![^\s"<>(),;:])(?!=\?)[^\s"<>(),;:@]++@[^\s"<>(),;:]*+',
)
_QUOTED_ADDRESS = re.compile(rb"[\"'\s]*+[^\s\"'@]++@[^\s\"'@]*+[\"'\s]*+")


def is_read(name: str) -> bool:
    """True for a field (lower case) whose value people may read, Subject apart."""
    if name in _NAMES_OF_THINGS:
        return True
    return name != "subject" and name not in _MACHINE_FIELDS and not name.startswith(_MACHINE_PREFIXES)


def without_addresses(name: str, value: bytes) -> bytes:
    """The value of the field `name` (lower case), without addresses where it is a field of addresses. Linear."""
    return _ADDRESS.sub(_name_only, value) if name in _ADDRESS_FIELDS or name == "list-id" else value


def _name_only(match: re.Match[bytes]) -> bytes:
    found = match[0]
    return found if found.startswith(b'"') and not _QUOTED_ADDRESS.fullmatch(found) else b" "
