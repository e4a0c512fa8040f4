"""Dates that come back every year in PostgreSQL: the year and the words about them go in sealed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.important_dates import ImportantDate
from client_registry.domain.lunar_calendar import YearlyDay
from client_registry.domain.registration_form import Source
from client_registry.tables.households import household_members, important_dates

YEAR = "important_dates.year"
WORDS = "important_dates.words"
_CLIENT = sa.bindparam("client_id", type_=sa.Uuid())
_NEW = insert(important_dates).values(
    {
        name: sa.bindparam(name)
        for name in (
            "id", "client_id", "member_id", "kind", "lunar", "leap_month", "month", "day", "year_sealed", "words_sealed",
            "source", "collector", "collected_at", "version",
        )
    }
)  # fmt: skip
# Entered anew: what was verified before was another date.
_SAVE = prepare(
    _NEW.on_conflict_do_update(
        index_elements=[important_dates.c.id],
        set_={
            **{
                name: _NEW.excluded[name]
                for name in (
                    "member_id", "kind", "lunar", "leap_month", "month", "day", "year_sealed", "words_sealed", "source",
                    "collector", "collected_at", "version",
                )
            },
            "verified_at": None,
            "verified_by": None,
        },
    )
)  # fmt: skip
_LIST = prepare(
    sa.select(important_dates, household_members.c.relation, household_members.c.until_on)
    .outerjoin(household_members, household_members.c.id == important_dates.c.member_id)
    .where(important_dates.c.client_id == _CLIENT)
    .order_by(important_dates.c.id)
)
_DROP = prepare(sa.text("DELETE FROM important_dates WHERE client_id = :client_id AND id = :date_id"))
_IS_MEMBER = prepare(
    sa.text(
        """
        SELECT EXISTS (
            SELECT FROM household_members AS h JOIN household_members AS m ON m.household_id = h.household_id
            WHERE h.client_id = :client_id AND h.kind = 'client' AND h.until_on IS NULL
              AND m.id = :member_id AND m.until_on IS NULL AND m.kind = 'person' AND m.client_id = :client_id)
        """
    )
)
_TELL = prepare(
    sa.text(
        """
        INSERT INTO family_tellings AS f (client_id, version) VALUES (:client_id, 1)
        ON CONFLICT (client_id) DO UPDATE SET version = f.version + 1 RETURNING version
        """
    )
)
_VERIFY = tuple(
    prepare(
        sa.text(
            f"UPDATE {table} SET verified_at = :now, verified_by = :by WHERE client_id = :client_id"  # noqa: S608
        )
    )
    for table in ("important_dates", "household_members")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDate:
    """A date as it stands on file, of whom it is and where it comes from."""

    date: ImportantDate
    relation: str | None
    # He has left the household: his dates are told to nobody.
    gone: bool
    collector: str
    collected_at: datetime
    verified_at: datetime | None
    verified_by: str | None


async def save(tx: Tx, wanted: ImportantDate, *, collector: str, collected_at: datetime) -> None:
    """A new date, or the same one anew; lock the client's file first."""
    year = None if wanted.year is None else tx.cipher.seal(YEAR, wanted.id, str(wanted.year))
    words = None if wanted.words is None else tx.cipher.seal(WORDS, wanted.id, wanted.words)
    await tx.execute(
        _SAVE, id=wanted.id, client_id=wanted.client_id, member_id=wanted.member_id, kind=wanted.kind,
        lunar=wanted.day.lunar, leap_month=wanted.day.leap, month=wanted.day.month, day=wanted.day.day, year_sealed=year,
        words_sealed=words, source=wanted.source.value, collector=collector, collected_at=collected_at,
        version=wanted.version,
    )  # fmt: skip


async def list_of(tx: Tx, client_id: UUID) -> list[KeptDate]:
    """Every date on a client's file, opened."""
    return [_kept(tx, row) for row in await tx.fetch(_LIST, client_id=client_id)]


async def drop(tx: Tx, client_id: UUID, date_id: UUID) -> None:
    """The date is gone from the file."""
    await tx.execute(_DROP, client_id=client_id, date_id=date_id)


async def is_of_household(tx: Tx, client_id: UUID, member_id: UUID) -> bool:
    """Whether that is a present member of the client's household who is recorded in this client's file; another client's
    dates stand in his own."""
    return bool(await tx.fetchval(_IS_MEMBER, client_id=client_id, member_id=member_id))


async def next_telling(tx: Tx, client_id: UUID) -> int:
    """The number of the next list of family dates that is told of this client."""
    return int(await tx.fetchval(_TELL, client_id=client_id))


async def verify(tx: Tx, client_id: UUID, *, by: str, now: datetime) -> None:
    """The client confirmed what stands about his family."""
    for query in _VERIFY:
        await tx.execute(query, client_id=client_id, by=by, now=now)


def _kept(tx: Tx, row: Record) -> KeptDate:
    year, words = row["year_sealed"], row["words_sealed"]
    return KeptDate(
        date=ImportantDate(
            id=row["id"],
            client_id=row["client_id"],
            member_id=row["member_id"],
            kind=row["kind"],
            day=YearlyDay(row["lunar"], row["leap_month"], row["month"], row["day"]),
            year=None if year is None else int(tx.cipher.open(YEAR, row["id"], year)),
            words=None if words is None else tx.cipher.open(WORDS, row["id"], words),
            source=Source(row["source"]),
            version=row["version"],
        ),
        relation=row["relation"],
        gone=row["until_on"] is not None,
        collector=row["collector"],
        collected_at=row["collected_at"],
        verified_at=row["verified_at"],
        verified_by=row["verified_by"],
    )
