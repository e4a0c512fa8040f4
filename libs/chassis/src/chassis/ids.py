"""Ids of our own making: UUIDv7, so that new rows land at the end of an index. Taken at the edges, never in a rule."""

import secrets
import time
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562): milliseconds, then the fraction of the millisecond in 12 bits, then 62 random bits."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80 | _VERSION | fraction << 64 | _VARIANT | secrets.randbits(62))
