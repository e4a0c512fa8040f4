"""A migrated database of the engagement service, and the facts it is told in most tests."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from chassis.db import Database
from chassis.ids import new_id
from chassis.migrating import migrate
from engagement_service import consumers
from engagement_service.app import SERVICE

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
CENTRE = UUID("01935a10-0000-7000-8000-00000000c001")


@pytest.fixture(scope="session")
async def engagement_url(postgres) -> str:
    url = await postgres.fresh_database("engagement_service")
    await migrate(url, migrations=SERVICE.migrations, metadata=SERVICE.metadata)
    return url


@pytest.fixture(scope="session")
async def database(engagement_url, field_cipher) -> AsyncIterator[Database]:
    database = await Database.open(engagement_url, name="tests", cipher=field_cipher)
    async with database.transaction() as tx:
        await consumers.copy_unit(
            tx,
            consumers.OrgUnitChanged(
                event_id=new_id(), occurred_at=NOW, aggregate_version=1, unit_id=CENTRE, path="/hq/bj/bj-01/bj-01-c1/",
                kind="wealth_centre", code="bj-01-c1", active=True,
            ),
            now=NOW,
        )  # fmt: skip
        await consumers.adopt_calendar(
            tx,
            consumers.WorkingCalendarPublished(
                event_id=new_id(), occurred_at=NOW, aggregate_version=1, calendar_version=1,
                off_days=[date(2026, 10, day) for day in range(1, 8)],
                work_days=[date(2026, 9, 20), date(2026, 10, 10)], noticed_years=[2026],
            ),
            now=NOW,
        )  # fmt: skip
    yield database
    await database.close()


class Told:
    """What the other services tell us, as one call a fact."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def register(
        self, *, client_id: UUID | None = None, band: str | None = None, manager: str | None = "staff:10023"
    ) -> UUID:
        """A client the registry told us of on Monday 2 November 2026."""
        client_id = client_id or new_id()
        fact = consumers.ClientRegistered(
            event_id=new_id(), occurred_at=NOW, aggregate_version=1, client_id=client_id, home_unit_id=CENTRE,
            serving_unit_ids=[], manager=manager, service_tier="mass", card_level="none", asset_band=band,
            registered_on=date(2026, 11, 2),
        )  # fmt: skip
        async with self.database.transaction() as tx:
            await consumers.begin_relationships(tx, [fact], now=NOW)
        return client_id

    async def consent(
        self, client_id: UUID, *, marketing: bool = True, channels: tuple[str, ...] = ("mobile",), wish=None
    ) -> None:
        fact = consumers.ConsentChanged(
            event_id=new_id(), occurred_at=NOW, aggregate_version=2, client_id=client_id, marketing=marketing, events=True,
            channels=list(channels), wished_interval=wish,
        )  # fmt: skip
        async with self.database.transaction() as tx:
            await consumers.copy_consents(tx, [fact], now=NOW)

    async def complain(self, client_id: UUID, *, case_id: UUID | None = None, kind: str = "complaint") -> UUID:
        """A case opened on 20 November 2026, to be answered by Monday 23 November, 18:00 in Shanghai."""
        case_id = case_id or new_id()
        fact = consumers.ComplaintOpened(
            event_id=new_id(), occurred_at=NOW, aggregate_version=1, case_id=case_id, client_id=client_id, kind=kind,
            answer_due_at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC), opened_at=NOW,
        )  # fmt: skip
        async with self.database.transaction() as tx:
            await consumers.fall_silent(tx, fact, now=NOW)
        return case_id

    async def answer(self, client_id: UUID, case_id: UUID, at: datetime) -> None:
        fact = consumers.ComplaintAnswered(
            event_id=new_id(), occurred_at=at, aggregate_version=3, case_id=case_id, client_id=client_id
        )
        async with self.database.transaction() as tx:
            await consumers.move_visit(tx, fact, now=at)

    async def close(self, case_id: UUID, at: datetime) -> None:
        fact = consumers.ComplaintClosed(event_id=new_id(), occurred_at=at, aggregate_version=4, case_id=case_id)
        async with self.database.transaction() as tx:
            await consumers.speak_again(tx, fact, now=at)


@pytest.fixture(scope="session")
def told(database: Database) -> Told:
    return Told(database)


@pytest.fixture(scope="session")
def now() -> datetime:
    """Friday 20 November 2026, 10:00 in Shanghai."""
    return NOW
