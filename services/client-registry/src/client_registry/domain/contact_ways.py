"""The five contact ways (CR-57), the client's order among them (CR-58), and the form in which they are compared."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import phonenumbers
from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.contact_faults import Fault, fault_of_email, fault_of_phone, split_extension

_EXTENSION = ";ext="
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class Way(StrEnum):
    """A home phone, B office phone, C mobile, D fax, E e-mail (CCB Annex 2)."""

    HOME_PHONE = "home_phone"
    OFFICE_PHONE = "office_phone"
    MOBILE = "mobile"
    FAX = "fax"
    EMAIL = "email"


PHONES = frozenset({Way.HOME_PHONE, Way.OFFICE_PHONE, Way.MOBILE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWay:
    """One way, its value in comparable form, and its place in the client's order (1 first)."""

    way: Way
    value: str
    priority: int


def contact_id(client_id: UUID, way: Way) -> UUID:
    """The id of a client's way, known before the row is: what a sealed value is bound to. The table computes the same."""
    return UUID(hashlib.md5(f"{client_id}:{way.value}".encode(), usedforsecurity=False).hexdigest())


def normalize(way: Way, value: str) -> str | None:
    """The comparable form: phones as +8613812345678 (a number without country is Chinese), e-mail in lower case.

    None where it cannot be one.
    """
    if way is Way.EMAIL:
        plain = value.strip().casefold()
        return plain if _EMAIL.fullmatch(plain) else None
    return normalize_phone(value)


def fault_of_way(way: Way, value: str) -> Fault | None:
    """Code and sentence of what is wrong with a contact way (CR-57, CR-77); None where it can be one."""
    return fault_of_email(value) if way is Way.EMAIL else fault_of_phone(value, mobile=way is Way.MOBILE)


def kept_form(way: Way, value: str) -> str | None:
    """The form in which a way is kept: the comparable one, with the extension of a landline behind it."""
    normalized = normalize(way, value)
    extension = None if way in (Way.EMAIL, Way.MOBILE) else split_extension(value)[1]
    return normalized if normalized is None or extension is None else f"{normalized}{_EXTENSION}{extension}"


def searched_form(kept: str) -> str:
    """What a kept way is found by: a caller's number shows no extension."""
    return kept.partition(_EXTENSION)[0]


def normalize_phone(value: str) -> str | None:
    """A phone or fax number in E.164 form without its extension, or None where it cannot be one."""
    try:
        parsed = phonenumbers.parse(split_extension(value)[0], "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def ordered(ways: Sequence[tuple[Way, str]]) -> tuple[ContactWay, ...]:
    """Contact ways in the order the client stated them (CR-58, CCB Annex 2); each way at most once.

    Raises Invalid with a pointer to each value that cannot be one, or way that is named twice.
    """
    errors: list[FieldError] = []
    accepted: list[ContactWay] = []
    for position, (way, value) in enumerate(ways):
        normalized = kept_form(way, value)
        if (fault := fault_of_way(way, value)) is not None:
            errors.append(FieldError(f"/contacts/{position}/value", *fault))
        elif normalized is None:
            errors.append(FieldError(f"/contacts/{position}/value", "contact.not-valid", _NOT_VALID))
        elif any(way is earlier.way for earlier in accepted):
            errors.append(FieldError(f"/contacts/{position}/way", "contact.twice", _TWICE))
        else:
            accepted.append(ContactWay(way=way, value=normalized, priority=len(accepted) + 1))
    if errors:
        raise Invalid(errors)
    return tuple(accepted)


_NOT_VALID = Text(en="This cannot be a number or address of this way.", zh="号码或地址与该联系方式不符。")
_TWICE = Text(en="Each way is given once, in the client's order.", zh="每种联系方式只能填写一次，并按客户意愿排序。")
