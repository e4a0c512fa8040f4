"""Numbers as people type them into spreadsheets: full-width digits and thousands separators are read, guesses are not."""

import re
import unicodedata
from decimal import Decimal

_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
# What a statistics program makes of a round number: 2e+05 is 200,000 and nothing else. Below twelve digits no spreadsheet
# shortens a number to this.
_ROUND = re.compile(r"[-+]?\d[eE]\+?(0?\d|10)", re.ASCII)
# What a spreadsheet makes of a long number: 1.10101E+17.
ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+", re.ASCII)


def narrow(text: str) -> str:
    """Full-width digits, letters and signs in their usual form."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def number_of(text: str) -> Decimal | None:
    """The number; None for what is none, and for what could be read in two ways (1.234,56 or 1,23)."""
    plain = narrow(text)
    if _PLAIN.fullmatch(plain) or _ROUND.fullmatch(plain):
        return Decimal(plain)
    if _THOUSANDS.fullmatch(plain):
        return Decimal(plain.replace(",", ""))
    return None
