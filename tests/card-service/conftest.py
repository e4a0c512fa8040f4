"""A card service of its own for each test: a migrated database, a small organisation, a registry that answers."""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from card_service import consumers
from card_service.app import SERVICE
from card_service.domain.levels import CardLevel
from card_service.use_cases.allot_segment import allot_segment
from card_service.use_cases.confirm_receipt import confirm_receipt
from card_service.use_cases.propose_receipt import propose_receipt
from chassis.assembly import create_app, open_runtime
from chassis.db import Database
from chassis.due_work import Due
from chassis.http_client import HttpClient
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.migrating import migrate
from chassis.runtime import Runtime
from chassis.tokens import generate_key, mint, public_jwks, write_key
from vip.copies import Copies

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # Sunday, noon in Shanghai
PLACES = {
    "hq": ("/hq/", "head_office", None),
    "bj": ("/hq/bj/", "first_level_branch", "BJ"),
    "bj-01": ("/hq/bj/bj-01/", "second_level_branch", None),
    "centre": ("/hq/bj/bj-01/bj-01-c1/", "wealth_centre", None),
    "outlet": ("/hq/bj/bj-01/bj-01-c1/bj-01-o1/", "outlet", None),
    "other": ("/hq/bj/bj-02/", "wealth_centre", None),
    "sh": ("/hq/sh/", "first_level_branch", "SH"),
    "sh-centre": ("/hq/sh/sh-01/", "wealth_centre", None),
}
KEEPER = Principal("staff:1001", (Grant("card_keeper", "/hq/bj/", "unit"),))
SUPERVISOR = Principal("staff:1002", (Grant("card_supervisor", "/hq/bj/", "unit"),))
BRANCH = Principal("staff:1003", (Grant("branch_personal_banking", "/hq/bj/", "unit"),))


class Registry:
    """The registry's side of the eligibility check: says yes unless told otherwise."""

    def __init__(self) -> None:
        self.refuses: set[UUID] = set()
        self.away = False
        self.asked: list[dict[str, Any]] = []
        self.decision = uuid4()

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectTimeout("away")
        assert request.url.path == "/internal/eligibility-checks"
        question = json.loads(request.content)
        self.asked.append(question)
        eligible = UUID(question["client_id"]) not in self.refuses
        return httpx.Response(200, json={"eligible": eligible, "decision_id": str(self.decision)})


class House:
    """The service's database and the small organisation in it; each helper is one thing that happens."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.units = {name: uuid4() for name in PLACES}
        self.now = NOW

    async def open(self) -> None:
        facts = [
            consumers.OrgUnitChanged(
                **self.envelope(), unit_id=self.units[name], kind=kind, code=name, path=path, name_zh=f"机构{name}",
                name_en=f"Unit {name}", branch_code=letters, active=True,
            )
            for name, (path, kind, letters) in PLACES.items()
        ]  # fmt: skip
        async with self.database.transaction() as tx:
            await consumers.hear_units(tx, facts, now=self.now)

    @staticmethod
    def envelope() -> dict[str, Any]:
        return {"event_id": new_id(), "occurred_at": NOW, "aggregate_version": 1}

    async def post_keeper(self, place: str) -> None:
        fact = consumers.StaffPosted(
            **self.envelope(), subject="staff:1001", unit_id=self.units[place], role="card_keeper", reach="unit",
            from_on=date(2026, 1, 1), until_on=None,
        )  # fmt: skip
        async with self.database.transaction() as tx:
            await consumers.hear_posting(tx, fact, now=self.now)

    async def segment(self, place: str, level: str = "head_office", *, count: int = 100) -> UUID:
        async with self.database.transaction() as tx:
            made = await allot_segment(
                tx, new_id(), unit_id=self.units[place], level=CardLevel(level), run=None, count=count, by=BRANCH,
                now=self.now,
            )  # fmt: skip
        return made.id

    async def propose(self, place: str, segment_id: UUID, *, count: int | None = None, **run: int) -> UUID:
        async with self.database.transaction() as tx:
            receipt = await propose_receipt(
                tx, new_id(), unit_id=self.units[place], segment_id=segment_id, first=run.get("first"),
                last=run.get("last"), count=count, by=KEEPER, now=self.now,
            )  # fmt: skip
        return receipt.id

    async def confirm(self, receipt_id: UUID, *, by: Principal = SUPERVISOR) -> None:
        async with self.database.transaction() as tx:
            await confirm_receipt(tx, receipt_id, by=by, now=self.now)

    async def stock(self, place: str, count: int, level: str = "head_office") -> UUID:
        """So many cards in stock, by a fresh segment and a receipt with both signatures; gives the segment."""
        segment_id = await self.segment(place, level, count=count)
        await self.confirm(await self.propose(place, segment_id, count=count))
        return segment_id

    def upgraded(
        self, client_id: UUID, to: str = "head_office", *, home: str = "centre", was: str = "none"
    ) -> consumers.LevelMoved:
        return consumers.LevelMoved(
            **self.envelope(), client_id=client_id, card_level_from=CardLevel(was), card_level_to=CardLevel(to),
            home_unit_id=self.units[home], decision_id=new_id(), cause="enrolment",
        )  # fmt: skip

    async def upgrade(self, *clients: UUID, to: str = "head_office", home: str = "centre", was: str = "none") -> None:
        async with self.database.transaction() as tx:
            facts = [self.upgraded(client, to, home=home, was=was) for client in clients]
            await consumers.hear_upgraded(tx, facts, now=self.now)

    async def revoke(self, client_id: UUID) -> None:
        fact = consumers.QualificationRevoked(
            **self.envelope(), client_id=client_id, decision_id=new_id(), cause="arrears"
        )
        async with self.database.transaction() as tx:
            await consumers.hear_revoked(tx, fact, now=self.now)

    async def reverify(self, client_id: UUID, *, passed: bool = True, level: str = "head_office") -> None:
        fact = consumers.ClientReverified(
            **self.envelope(), client_id=client_id, passed=passed, level=CardLevel(level),
            home_unit_id=self.units["centre"], decision_id=new_id(),
        )  # fmt: skip
        async with self.database.transaction() as tx:
            await consumers.hear_reverified(tx, fact, now=self.now)

    async def leave(self, client_id: UUID, cause: str = "left") -> None:
        fact = consumers.MembershipEnded(**self.envelope(), client_id=client_id, decision_id=new_id(), cause=cause)
        async with self.database.transaction() as tx:
            await consumers.hear_ended(tx, fact, now=self.now)

    async def move(self, client_id: UUID, home: str) -> None:
        fact = consumers.ClientMoved(
            **self.envelope(), client_id=client_id, home_unit_id=self.units[home], serving_unit_ids=[]
        )
        async with self.database.transaction() as tx:
            await consumers.hear_moved(tx, fact, now=self.now)

    async def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        async with self.database.reading() as tx:
            return [dict(row) for row in await tx.connection.fetch(sql, *args)]

    async def run(self, sql: str, *args: Any) -> None:
        async with self.database.transaction() as tx:
            await tx.connection.execute(sql, *args)

    async def reservation_of(self, client_id: UUID) -> dict[str, Any]:
        rows = await self.rows(
            "SELECT r.*, c.number FROM reservations r LEFT JOIN cards c ON c.id = r.card_id WHERE r.client_id = $1"
            " ORDER BY r.asked_at DESC, r.id DESC LIMIT 1",
            client_id,
        )
        return rows[0]

    async def said(self, type_: str) -> list[dict[str, Any]]:
        return [row["data"] for row in await self.rows("SELECT data FROM outbox WHERE type = $1 ORDER BY id", type_)]

    async def sweep(self, kind: str, subject_id: UUID) -> None:
        """The work of a due row, done at `now`."""
        due = Due(kind=kind, subject_id=subject_id, due_at=self.now, detail={}, attempts=0)
        async with self.database.transaction() as tx:
            await SERVICE.sweeps.sweeps[kind].call(tx, due, now=self.now)

    async def books_agree(self) -> None:
        """Shelves count what lies on them, and the ledger says where each card is."""
        wrong = await self.rows(
            """
            SELECT s.unit_id, s.level, s.in_stock, count(c.id) AS lie_there
            FROM shelves s LEFT JOIN cards c ON c.unit_id = s.unit_id AND c.level = s.level AND c.status = 'in_stock'
            GROUP BY s.id HAVING s.in_stock <> count(c.id)
            """
        )
        assert wrong == []
        lost = await self.rows(
            """
            SELECT c.number FROM cards c
            LEFT JOIN LATERAL (
                SELECT * FROM custody_entries e WHERE e.card_id = c.id ORDER BY e.step DESC LIMIT 1) AS last ON true
            WHERE last.to_place IS DISTINCT FROM c.place OR last.step IS DISTINCT FROM c.custody_step
            """
        )
        assert lost == []


@pytest.fixture(scope="session")
async def migrated(postgres) -> str:
    url = await postgres.fresh_database("card_template")
    await migrate(url, migrations=SERVICE.migrations, metadata=SERVICE.metadata)
    return url


@pytest.fixture(scope="session")
async def card_copies(postgres, migrated) -> AsyncIterator[Copies]:
    copies = Copies(postgres, "card_service", template=migrated)
    yield copies
    await copies.close()


@pytest.fixture
async def card_url(card_copies) -> AsyncIterator[str]:
    copy = await card_copies.take()
    yield copy.url
    card_copies.give_back(copy)


@pytest.fixture
async def house(card_url, field_cipher) -> AsyncIterator[House]:
    database = await Database.open(card_url, name="tests", size_max=16, cipher=field_cipher)
    house = House(database)
    await house.open()
    yield house
    await database.close()


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture(scope="session")
def gateway_key():
    return generate_key("gateway-test")


@pytest.fixture
async def runtime(
    house, card_url, registry, gateway_key, field_keys_file, session_folder: Path
) -> AsyncIterator[Runtime]:
    key_file = session_folder / "card-signing-key.json"
    if not key_file.exists():
        write_key(generate_key("card-service-test"), key_file, development=True)
    settings = SERVICE.settings.model_validate(
        {
            "environment": "development",
            "port": 0,
            "signing_key_file": key_file,
            "database_url": card_url,
            "kafka_bootstrap": "127.0.0.1:1",
            "trusted_jwks": {"gateway": public_jwks(gateway_key)},
            "peers": {"client-registry": "http://registry"},
            "field_keys_file": field_keys_file,
        }
    )
    http = HttpClient(httpx.MockTransport(registry.answer))
    opened = await open_runtime(SERVICE, settings, clock=lambda: house.now, http=http)
    # Tokens are minted by the real clock, business happens at the house's.
    yield opened
    await opened.close()


class Caller:
    """Calls the service in process, as somebody."""

    def __init__(self, client: httpx.AsyncClient, key) -> None:
        self._client = client
        self._key = key

    async def __call__(
        self, by: Principal, method: str, path: str, *, body: Any = None, key: str | None = None, language: str = "en"
    ) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {mint(self._key, by, audience='card-service')}",
            "Idempotency-Key": key or str(uuid4()),
            "Accept-Language": language,
        }
        return await self._client.request(method, path, json=body, headers=headers)


@pytest.fixture
async def call(runtime, gateway_key) -> AsyncIterator[Caller]:
    transport = httpx.ASGITransport(app=create_app(SERVICE, runtime), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://card") as client:
        yield Caller(client, gateway_key)


@pytest.fixture
def someone():
    """`someone("card_keeper", "/hq/bj/")`: a person with one grant."""

    def made(role: str, path: str = "/hq/bj/", *, subject: str = "staff:9", reach: Any = "unit") -> Principal:
        return Principal(subject, (Grant(role, path, reach),))

    return made


@pytest.fixture
def keeper() -> Principal:
    return KEEPER


@pytest.fixture
def supervisor() -> Principal:
    return SUPERVISOR


@pytest.fixture
def branch() -> Principal:
    return BRANCH


@pytest.fixture
def clients() -> Any:
    """`clients(3)`: three new client ids."""

    def made(count: int) -> list[UUID]:
        return [uuid4() for _ in range(count)]

    return made


def numbers(rows: Iterable[dict[str, Any]]) -> list[str]:
    return [row["number"] for row in rows]
