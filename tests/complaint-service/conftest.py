"""A migrated database of the complaint service, a small bank told of by events, and the service's own HTTP face."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import complaint_service
import httpx2
import pytest
from chassis.assembly import create_app, open_runtime
from chassis.db import Database, Tx
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.migrating import migrate
from chassis.tokens import generate_key, mint, public_jwks, write_key
from complaint_service import consumers, use_cases
from complaint_service.app import SERVICE
from complaint_service.domain.case import Case
from complaint_service.domain.intake import Intake
from complaint_service.domain.policy import HandlingPolicy, from_document
from complaint_service.domain.vocabulary import Channel, ComplaintType, DeliveryWay, Kind, Outcome
from complaint_service.settings import Settings

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai

HQ, BJ, BJ_PB, CENTRE, OUTLET, BARE_OUTLET, TJ, TJ_OUTLET, CALL_CENTRE = (
    UUID(f"01935a10-0000-7000-8000-0000000000{n:02x}") for n in range(1, 10)
)
# id, parent, kind, path
UNITS = [
    (HQ, None, "head_office", "/hq/"),
    (BJ, HQ, "first_level_branch", "/hq/bj/"),
    (BJ_PB, BJ, "department", "/hq/bj/pb/"),
    (OUTLET, BJ, "outlet", "/hq/bj/bj-01/"),
    (CENTRE, OUTLET, "wealth_centre", "/hq/bj/bj-01/c1/"),
    (BARE_OUTLET, BJ, "outlet", "/hq/bj/bj-02/"),
    (TJ, HQ, "first_level_branch", "/hq/tj/"),
    (TJ_OUTLET, TJ, "outlet", "/hq/tj/tj-01/"),
    (CALL_CENTRE, HQ, "department", "/hq/95566/"),
]
PATHS = {unit[0]: unit[3] for unit in UNITS}
# subject, unit, role
STAFF = {
    "outlet_head": ("staff:2001", OUTLET, "outlet_head"),
    "outlet_deputy": ("staff:2002", OUTLET, "outlet_deputy"),
    "centre_head": ("staff:2003", CENTRE, "wealth_centre_head"),
    "rm_supervisor": ("staff:2004", CENTRE, "rm_supervisor"),
    "pb_office": ("staff:2005", BJ_PB, "private_banking_office"),
    "bj_officer": ("staff:2006", BJ, "complaint_officer"),
    "bj_coordinator": ("staff:2007", BJ, "complaint_coordinator"),
    "corporate_head": ("staff:2008", BJ, "corporate_head"),
    "cc_officer": ("staff:9001", CALL_CENTRE, "call_centre_complaint_officer"),
    "agent": ("staff:9002", CALL_CENTRE, "call_centre_agent"),
    "other_agent": ("staff:9003", CALL_CENTRE, "call_centre_agent"),
    "teller": ("staff:2009", OUTLET, "counter_teller"),
    "tj_outlet_head": ("staff:3001", TJ_OUTLET, "outlet_head"),
    "tj_officer": ("staff:3002", TJ, "complaint_officer"),
    "manager": ("staff:2010", CENTRE, "relationship_manager"),
}
_OWN = {"call_centre_agent", "call_centre_complaint_officer", "counter_teller", "relationship_manager"}

OFF_DAYS = [date(2026, 10, day) for day in range(1, 8)] + [date(2026, 1, day) for day in (1, 2, 3)]
WORK_DAYS = [date(2026, 9, 20), date(2026, 10, 10), date(2026, 1, 4)]


def policy_one() -> HandlingPolicy:
    """The published policy 1, as the migration loads it."""
    file = Path(complaint_service.__file__).parent / "migrations" / "policies" / "0001.json"
    return from_document(1, json.loads(file.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def policy() -> HandlingPolicy:
    return policy_one()


@pytest.fixture(scope="session")
def now() -> datetime:
    """Friday 20 November 2026, 10:00 in Shanghai."""
    return NOW


@pytest.fixture(scope="session")
async def complaint_url(postgres) -> str:
    url: str = await postgres.fresh_database("complaint_service")
    await migrate(url, migrations=SERVICE.migrations, metadata=SERVICE.metadata)
    return url


class Told:
    """What the registry tells us, one call a fact."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.version = 1

    async def say(self, consumer: Callable[..., Awaitable[None]], model: type, **fields: Any) -> None:
        self.version += 1
        fact = model(event_id=new_id(), occurred_at=NOW, aggregate_version=self.version, **fields)
        async with self.database.transaction() as tx:
            await consumer(tx, fact, now=fields.pop("now", NOW))

    async def bank(self) -> None:
        for unit_id, parent_id, kind, path in UNITS:
            await self.say(
                consumers.copy_unit, consumers.OrgUnitChanged, unit_id=unit_id, parent_id=parent_id, kind=kind,
                path=path, name_zh=path, name_en=path, active=True,
            )  # fmt: skip
        for subject, unit_id, role in STAFF.values():
            await self.post(subject, unit_id, role)

    async def post(self, subject: str, unit_id: UUID, role: str, *, until_on: date | None = None) -> None:
        await self.say(
            consumers.copy_posting, consumers.StaffPosted, subject=subject, unit_id=unit_id, role=role,
            from_on=date(2026, 1, 1), until_on=until_on,
        )  # fmt: skip

    async def calendar(self, version: int, *, years: list[int], off: list[date], work: list[date]) -> None:
        await self.say(
            consumers.recount_clocks, consumers.WorkingCalendarPublished, calendar_version=version, off_days=off,
            work_days=work, noticed_years=years,
        )  # fmt: skip

    async def client(
        self, tier: str = "mass", *, home: UUID = CENTRE, serving: tuple[UUID, ...] = (), manager: str = "staff:2010"
    ) -> UUID:
        client_id = new_id()
        fact = consumers.ClientRegistered(
            event_id=new_id(), occurred_at=NOW, aggregate_version=1, client_id=client_id, kind="personal", home_unit_id=home,
            serving_unit_ids=list(serving), manager=manager, service_tier=tier, card_level="none",
        )  # fmt: skip
        async with self.database.transaction() as tx:
            await consumers.copy_clients(tx, [fact], now=NOW)
        return client_id

    async def managed(self, client_id: UUID, manager: str) -> None:
        """The registry gave the client another manager."""
        self.version += 1
        fact = consumers.RelationshipManagerAssigned(
            event_id=new_id(), occurred_at=NOW, aggregate_version=self.version, client_id=client_id, manager=manager
        )
        async with self.database.transaction() as tx:
            await consumers.assign_managers(tx, [fact], now=NOW)

    async def upgraded(self, client_id: UUID, before: str, after: str, *, decision_id: UUID | None = None) -> UUID:
        decision_id = decision_id or new_id()
        await self.say(
            consumers.follow_rise, consumers.LevelMoved, client_id=client_id, service_tier_from=before,
            service_tier_to=after, card_level_to="none", decision_id=decision_id,
        )  # fmt: skip
        return decision_id


@pytest.fixture(scope="session")
async def database(complaint_url: str, field_cipher) -> AsyncIterator[Database]:
    database = await Database.open(complaint_url, name="tests", cipher=field_cipher)
    told = Told(database)
    await told.bank()
    await told.calendar(1, years=[2026], off=OFF_DAYS, work=WORK_DAYS)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def told(database: Database) -> Told:
    return Told(database)


@pytest.fixture(scope="session")
def told_in() -> type[Told]:
    """Tells another database."""
    return Told


@pytest.fixture
async def tx(database: Database) -> AsyncIterator[Tx]:
    """One committed transaction around a test's use cases."""
    async with database.transaction() as tx:
        yield tx


class Face:
    """The service over HTTP at a moment that the test sets."""

    def __init__(self, http: httpx2.AsyncClient, key: Any) -> None:
        self.http = http
        self.key = key
        self.now = NOW

    async def __call__(
        self, who: Principal, method: str, path: str, body: Any = None, *, key: str | None = None, **query: Any
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {mint(self.key, who, audience='complaint-service')}"}
        if method == "POST":
            headers["Idempotency-Key"] = key or str(new_id())
        return await self.http.request(method, path, json=body, params=query or None, headers=headers)

    def later(self, **by: float) -> None:
        self.now = self.now + timedelta(**by)


@pytest.fixture
async def face(database: Database, complaint_url: str, field_keys_file: Path, tmp_path: Path) -> AsyncIterator[Face]:
    key = generate_key("gateway-test")
    own = tmp_path / "signing.json"
    write_key(generate_key("complaint-service-test"), own, development=True)
    settings = Settings(
        environment="development", port=0, database_url=complaint_url, kafka_bootstrap="127.0.0.1:1",
        trusted_jwks={"gateway": public_jwks(key)}, signing_key_file=own, field_keys_file=field_keys_file,
    )  # fmt: skip
    holder: list[Face] = []
    runtime = await open_runtime(SERVICE, settings, clock=lambda: holder[0].now)
    transport = httpx2.ASGITransport(app=create_app(SERVICE, runtime))
    async with httpx2.AsyncClient(transport=transport, base_url="http://complaint-service") as http:
        holder.append(Face(http, key))
        yield holder[0]
    await runtime.close()


class Bank:
    """The little bank's places and people, and short ways to do and to look."""

    places: ClassVar = {
        "hq": HQ, "branch": BJ, "department": BJ_PB, "centre": CENTRE, "outlet": OUTLET, "bare_outlet": BARE_OUTLET,
        "other_outlet": TJ_OUTLET, "call_centre": CALL_CENTRE,
    }  # fmt: skip
    staff: ClassVar = {name: subject for name, (subject, _, _) in STAFF.items()}

    def person(self, name: str) -> Principal:
        """One of the little bank's people, with the grant the registry would give."""
        subject, unit, role = STAFF[name]
        return Principal(subject, (Grant(role, PATHS[unit], "own" if role in _OWN else "unit"),))

    def whoever(self, subject: str) -> Principal:
        """The person of that subject."""
        return self.person(next(name for name, (known, _, _) in STAFF.items() if known == subject))

    def intake(self, client_id: UUID | None = None, **changes: Any) -> Intake:
        """A process complaint in the lobby, unless said otherwise."""
        fields: dict[str, Any] = {
            "kind": Kind.COMPLAINT,
            "complaint_type": ComplaintType.PROCESS,
            "channel": Channel.OUTLET_LOBBY,
            "client_id": client_id,
            "about_unit_id": None,
            "subject": "开户排队时间过长",
            "text": "等候四十分钟仍未叫号。",
            "first_receiver": None,
        }
        return Intake(**(fields | changes))

    async def open(
        self, tx: Tx, client_id: UUID | None = None, *, by: str = "teller", now: datetime = NOW, **changes: Any
    ) -> Case:
        """A case taken in by one of the people."""
        who = self.person(by)
        return await use_cases.open_complaint(
            tx, self.intake(client_id, **changes), by=who, place=who.grants[0].unit_path, now=now
        )

    async def answer(self, tx: Tx, case: Case, *, now: datetime = NOW) -> Case:
        """The case taken over and answered by its handler, delivered at that moment."""
        assert case.round.handler is not None
        handler = self.whoever(case.round.handler)
        await use_cases.acknowledge_complaint(tx, case.id, by=handler, now=now)
        return await use_cases.answer_complaint(
            tx, case.id, Outcome.JUSTIFIED, "已当面致歉。", delivered_at=now, delivery_way=DeliveryWay.IN_PERSON,
            by=handler, now=now,
        )  # fmt: skip

    async def said(self, tx: Tx, case_id: UUID) -> list[tuple[str, dict[str, Any]]]:
        """What was said about a case, in order."""
        rows = await tx.connection.fetch(
            "SELECT type, data FROM outbox WHERE aggregate_id = $1 ORDER BY id", str(case_id)
        )
        return [(row["type"], row["data"]) for row in rows]

    async def items(self, tx: Tx, case_id: UUID) -> list[dict[str, Any]]:
        """The work items about a case, in order."""
        rows = await tx.connection.fetch("SELECT * FROM work_items WHERE subject_id = $1 ORDER BY id", case_id)
        return [dict(row) for row in rows]

    async def due(self, tx: Tx, *subject_ids: UUID) -> dict[tuple[str, UUID], datetime]:
        """What falls due for these subjects."""
        rows = await tx.connection.fetch(
            "SELECT kind, subject_id, due_at FROM due_work WHERE subject_id = ANY($1)", list(subject_ids)
        )
        return {(row["kind"], row["subject_id"]): row["due_at"] for row in rows}


@pytest.fixture(scope="session")
def bank() -> Bank:
    return Bank()
