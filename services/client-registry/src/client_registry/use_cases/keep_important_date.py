"""A date that comes back every year is put on a client's file, or changed there (CR-48)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound, Stale

from client_registry.domain.important_dates import (
    MOST,
    DateKnown,
    ImportantDate,
    TooManyDates,
    check_day,
    check_kind,
    not_a_member,
)
from client_registry.domain.lunar_calendar import YearlyDay
from client_registry.domain.registration_form import Source
from client_registry.store import clients, reference_data
from client_registry.store import important_dates as store
from client_registry.store.important_dates import KeptDate
from client_registry.use_cases.tell_family import tell_family


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A date as it was entered; whose it is, None for the client's own."""

    member_id: UUID | None
    kind: str
    day: YearlyDay
    year: int | None
    words: str | None
    source: Source


async def keep_important_date(
    tx: Tx, client_id: UUID, entered: Entered, *, change: UUID | None = None, expected_version: int = 0, by: Principal,
    now: datetime,
) -> UUID:  # fmt: skip
    """The date's id; `change` is the one that is entered anew. Says ClientProfileChanged.

    Raises NotFound, ClientMerged, Stale, Invalid, TooManyDates, DateKnown.
    """
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    kept = await store.list_of(tx, client_id)
    version = 0 if change is None else _found(kept, change).date.version
    if version != expected_version:
        raise Stale()
    await _check(tx, client_id, entered, [each for each in kept if each.date.id != change], now)
    wanted = ImportantDate(
        id=change or new_id(), client_id=client_id, member_id=entered.member_id, kind=entered.kind, day=entered.day,
        year=entered.year, words=entered.words, source=entered.source, version=version + 1,
    )  # fmt: skip
    await store.save(tx, wanted, collector=by.subject, collected_at=now)
    await tell_family(tx, client_id, now=now)
    await audit.record(
        tx, act="important-date.kept", by=by, object_type="important-date", object_id=wanted.id, client_id=client_id,
        detail={"kind": wanted.kind}, at=now,
    )  # fmt: skip
    return wanted.id


async def drop_important_date(
    tx: Tx, client_id: UUID, date_id: UUID, *, expected_version: int, by: Principal, now: datetime
) -> None:
    """Off the file. Says ClientProfileChanged. Raises NotFound, ClientMerged, Stale."""
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    if _found(await store.list_of(tx, client_id), date_id).date.version != expected_version:
        raise Stale()
    await store.drop(tx, client_id, date_id)
    await tell_family(tx, client_id, now=now)
    await audit.record(
        tx, act="important-date.dropped", by=by, object_type="important-date", object_id=date_id, client_id=client_id,
        at=now,
    )  # fmt: skip


async def verify_family(tx: Tx, client_id: UUID, *, by: Principal, now: datetime) -> None:
    """The client confirmed what stands about his family and its dates. Raises NotFound, ClientMerged."""
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    await store.verify(tx, client_id, by=by.subject, now=now)
    await audit.record(
        tx, act="family.verified", by=by, object_type="client", object_id=client_id, client_id=client_id, at=now
    )


def _found(kept: list[KeptDate], date_id: UUID) -> KeptDate:
    for each in kept:
        if each.date.id == date_id:
            return each
    raise NotFound()


async def _check(tx: Tx, client_id: UUID, entered: Entered, others: list[KeptDate], now: datetime) -> None:
    check_kind(entered.kind, entered.words, (await reference_data.sets_by_code(tx))["important_date"])
    check_day(entered.day, entered.year, today=business_day(now))
    if entered.member_id is not None and not await store.is_of_household(tx, client_id, entered.member_id):
        raise not_a_member()
    if len(others) >= MOST:
        raise TooManyDates(most=MOST)
    same = (entered.member_id, entered.kind, entered.day, entered.words)
    if any((each.date.member_id, each.date.kind, each.date.day, each.date.words) == same for each in others):
        raise DateKnown()
