"""Messages that are made to cost much: structure without end, doubts in every part, text that is hard to read.

Each maker gives a message of about `size` octets, so that a message twice as large shows whether time grows with the
size or faster. None holds anything forbidden; each is what somebody might send who wants a filter to be busy.
"""

from __future__ import annotations

from benchmarks.hostile_base import Maker
from benchmarks.hostile_doubts import DOUBTS
from benchmarks.hostile_fields import FIELDS
from benchmarks.hostile_files import FILES
from benchmarks.hostile_structure import STRUCTURE
from benchmarks.hostile_text import TEXTS

CASES: dict[str, Maker] = {
    make.__name__.replace("_", "-"): make for make in (*STRUCTURE, *DOUBTS, *FIELDS, *FILES, *TEXTS)
}
