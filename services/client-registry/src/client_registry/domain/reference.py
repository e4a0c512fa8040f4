"""What is loaded as reference data: the shape of an organisation file, and the arithmetic of a calendar's notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from client_registry.domain.organisation import ROLES, OrganisationRefused, UnitKind

REACHES = frozenset({"own", "unit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEntry:
    """A unit as the file states it."""

    code: str
    parent_code: str | None
    kind: UnitKind
    name_zh: str
    name_en: str
    branch_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingEntry:
    """A posting as the file states it."""

    unit_code: str
    role: str
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffEntry:
    """A person as the file states them; the postings are all that person holds."""

    staff_no: str
    name: str
    work_phone: str | None
    postings: tuple[PostingEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationFile:
    """Units and staff, read and checked."""

    units: tuple[UnitEntry, ...]
    staff: tuple[StaffEntry, ...]


def read_organisation(given: Mapping[str, Any]) -> OrganisationFile:
    """An organisation file's content (XC-1, XC-8). Raises OrganisationRefused naming what is missing or unknown."""
    try:
        units = tuple(
            UnitEntry(
                code=unit["code"],
                parent_code=unit.get("parent_code"),
                kind=UnitKind(unit["kind"]),
                name_zh=unit["name_zh"],
                name_en=unit["name_en"],
                branch_code=unit.get("branch_code"),
            )
            for unit in given["units"]
        )
        staff = tuple(_staff(person) for person in given["staff"])
    except KeyError as missing:
        raise OrganisationRefused(reason=f"a field is missing: {missing}") from None
    except ValueError as unknown:
        raise OrganisationRefused(reason=str(unknown)) from None
    return OrganisationFile(units=units, staff=staff)


def _staff(person: Mapping[str, Any]) -> StaffEntry:
    postings = tuple(
        PostingEntry(unit_code=posting["unit_code"], role=posting["role"], reach=posting["reach"])
        for posting in person["postings"]
    )
    unknown = {posting.role for posting in postings} - ROLES | {posting.reach for posting in postings} - REACHES
    if unknown:
        raise OrganisationRefused(reason=f"unknown role or reach {sorted(unknown)}")
    return StaffEntry(
        staff_no=person["staff_no"], name=person["name"], work_phone=person.get("work_phone"), postings=postings
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFacts:
    """The days of a calendar before it gets its version number, and the papers they come from."""

    calendar: str
    off_days: frozenset[date]
    work_days: frozenset[date]
    noticed_years: frozenset[int]
    source: str


def read_calendar(given: Mapping[str, Any], provisional: Mapping[int, Sequence[date]]) -> CalendarFacts:
    """The days of the notices, and for later years without one the statutory holidays alone, never make-up days.

    A provisional year stays out of `noticed_years`. Days of an earlier notice win over a later provisional year.
    """
    off = {date.fromisoformat(day) for notice in given["notices"] for day in notice["off_days"]}
    work = {date.fromisoformat(day) for notice in given["notices"] for day in notice["work_days"]}
    noticed = frozenset(int(notice["year"]) for notice in given["notices"])
    for year, days in provisional.items():
        if year not in noticed:
            off |= set(days) - work
    return CalendarFacts(
        calendar=given["calendar"],
        off_days=frozenset(off),
        work_days=frozenset(work),
        noticed_years=noticed,
        source="; ".join(notice["notice"] for notice in given["notices"]),
    )


def day_before(day: date) -> date:
    """The last day that counts of something that ends now."""
    return day - timedelta(days=1)
