"""Identity documents (CR-55): which kinds there are, when a number is valid, and in what form it is compared."""

import re
import unicodedata
from enum import StrEnum

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError


class IdentityType(StrEnum):
    """Kinds of document; the unified social credit code is that of a corporate client."""

    RESIDENT_ID = "resident_id"
    HOUSEHOLD_BOOK = "household_book"
    PASSPORT = "passport"
    MILITARY_OFFICER = "military_officer"
    HMT_PERMIT = "hmt_permit"
    FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"
    UNIFIED_SOCIAL_CREDIT = "unified_social_credit"


# Shapes only: these documents carry no check digit that a bank could compute.
_SHAPES = {
    IdentityType.PASSPORT: re.compile(r"[A-Z0-9]{6,12}"),
    IdentityType.MILITARY_OFFICER: re.compile(r"[\u4e00-\u9fff]{0,4}[A-Z0-9]{6,10}"),
    # Mainland travel permit of Hong Kong and Macao residents, of Taiwan residents, and the residence permit.
    IdentityType.HMT_PERMIT: re.compile(r"[HM]\d{8}(\d{2})?|\d{8}(\d{2})?|8[123]0000\d{11}[\dX]"),
    IdentityType.FOREIGN_PERMANENT_RESIDENT: re.compile(r"[A-Z]{3}\d{12}|9\d{17}"),
}


def normalize(number: str) -> str:
    """The form in which a number is sealed and indexed: half width, upper case, no spaces, hyphens or brackets."""
    return re.sub(r"[\s\-()第字号]", "", unicodedata.normalize("NFKC", number)).upper()


def is_valid(kind: IdentityType, number: str) -> bool:
    """Whether a normalized number can be one of this kind.

    Resident identity cards are checked by check digit and birth date (GB 11643); a household book names the same
    citizen number; a unified social credit code is checked by its own digit (GB 32100); the rest by shape.
    """
    if kind in (IdentityType.RESIDENT_ID, IdentityType.HOUSEHOLD_BOOK):
        return _is_citizen_number(number)
    if kind is IdentityType.UNIFIED_SOCIAL_CREDIT:
        return _passes(uscc, number)
    return _SHAPES[kind].fullmatch(number) is not None


def index_form(kind: IdentityType, number: str) -> str:
    """What the blind index is made of: two kinds of document may share a number and are still two documents."""
    return f"{kind.value}:{normalize(number)}"


def last_four(number: str) -> str:
    """The factor of recognition (CR-97): the last four characters of the normalized number."""
    return normalize(number)[-4:]


def _is_citizen_number(number: str) -> bool:
    # Not the library's whole check: it refuses everybody whose place bears a code younger than the person, though the
    # code is that of the place where the number was given.
    if not re.fullmatch(r"[1-8]\d{16}[\dX]", number) or ric.calc_check_digit(number) != number[-1]:
        return False
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return True


def _passes(module: object, number: str) -> bool:
    try:
        module.validate(number)  # type: ignore[attr-defined]
    except ValidationError:
        return False
    return True
