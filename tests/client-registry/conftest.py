"""A client registry of its own for each test: a migrated database with a small bank in it, and callers."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from itertools import count
from json import loads
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.assembly import create_app, open_runtime
from chassis.db import Database
from chassis.identity import Grant, Principal, system
from chassis.ids import new_id
from chassis.migrating import migrate
from chassis.operations import Operation
from chassis.runtime import Runtime
from chassis.tokens import generate_key, mint, public_jwks, write_key
from client_registry.app import SERVICE
from client_registry.domain.reference import read_organisation
from client_registry.use_cases.evaluate_range import evaluate_range
from client_registry.use_cases.load_entitlements import load_entitlements
from client_registry.use_cases.load_policies import load_policies
from client_registry.use_cases.load_reference_data import load_reference_data
from client_registry.use_cases.seed_organisation import seed_organisation
from vip.copies import Copies

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # Sunday, noon in Shanghai
TODAY = date(2026, 11, 22)
KNOWN = datetime(2026, 11, 5, tzinfo=UTC)
UNITS = [
    ("hq", None, "head_office", None),
    ("bj", "hq", "first_level_branch", "BJ"),
    ("bj-01", "bj", "second_level_branch", None),
    ("bj-01-c1", "bj-01", "wealth_centre", None),
    ("bj-01-o1", "bj-01", "outlet", None),
    ("bj-02", "bj", "second_level_branch", None),
    ("bj-02-c1", "bj-02", "wealth_centre", None),
    ("sh", "hq", "first_level_branch", "SH"),
    ("sh-01-c1", "sh", "wealth_centre", None),
    ("sh-01-o1", "sh", "outlet", None),
]
STAFF = [
    ("1001", "王经理", "bj-01-c1", "relationship_manager", "own"),
    ("1002", "李经理", "bj-01-c1", "relationship_manager", "own"),
    ("1003", "赵主任", "bj-01-c1", "wealth_centre_head", "unit"),
    ("1004", "钱备案", "bj", "branch_personal_banking", "unit"),
    ("1005", "孙备案", "bj-02", "branch_personal_banking", "unit"),
    ("1006", "周柜员", "bj-01-o1", "open_counter_teller", "unit"),
    ("1007", "吴坐席", "hq", "call_centre_agent", "unit"),
    ("1008", "郑数据", "bj", "data_steward", "unit"),
    ("1009", "冯审计", "hq", "auditor", "unit"),
    ("1010", "陈中心", "bj-01-c1", "branch_personal_banking", "unit"),
    ("2001", "上经理", "sh-01-c1", "relationship_manager", "own"),
    ("2002", "上备案", "sh", "branch_personal_banking", "unit"),
    ("1011", "褚审批", "bj", "policy_approver", "unit"),
    ("2003", "上柜员", "sh-01-o1", "open_counter_teller", "unit"),
    ("2004", "上主任", "sh-01-o1", "outlet_head", "unit"),
    ("2005", "上私行", "sh", "private_banking_department", "unit"),
    ("2006", "上审批", "sh", "policy_approver", "unit"),
    ("2007", "上副职", "sh-01-o1", "outlet_deputy", "unit"),
]
ORGANISATION = {
    "units": [
        {"code": code, "parent_code": parent, "kind": kind, "name_zh": f"机构{code}", "name_en": f"Unit {code}",
         "branch_code": letters}
        for code, parent, kind, letters in UNITS
    ],
    "staff": [
        {"staff_no": no, "name": name, "work_phone": f"010-6600{no}",
         "postings": [{"unit_code": unit, "role": role, "reach": reach}]}
        for no, name, unit, role, reach in STAFF
    ],
}  # fmt: skip
POLICIES = loads(files("client_registry").joinpath("reference", "tier_policies.json").read_text(encoding="utf-8"))
ENTITLEMENTS = loads(files("client_registry").joinpath("reference", "entitlements.json").read_text(encoding="utf-8"))


def builtin(name: str) -> Any:
    """A reference file that comes with the registry."""
    return loads(files("client_registry").joinpath("reference", f"{name}.json").read_text(encoding="utf-8"))


_PATHS = {
    "hq": "/hq/", "bj": "/hq/bj/", "bj-01": "/hq/bj/bj-01/", "bj-02": "/hq/bj/bj-02/", "sh": "/hq/sh/",
    "bj-01-c1": "/hq/bj/bj-01/bj-01-c1/", "bj-01-o1": "/hq/bj/bj-01/bj-01-o1/", "sh-01-c1": "/hq/sh/sh-01-c1/",
    "sh-01-o1": "/hq/sh/sh-01-o1/",
}  # fmt: skip
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CLIENT_COLUMNS = (
    "id", "client_no", "kind", "name_sealed", "name_tokens", "home_unit_id", "manager", "registered_on",
    "client_since_on", "service_tier",
)  # fmt: skip


def staff(no: str) -> Principal:
    """Somebody of the small bank, with the rights of the post."""
    _, _, unit, role, reach = next(person for person in STAFF if person[0] == no)
    return Principal(f"staff:{no}", (Grant(role, _PATHS[unit], reach),))  # type: ignore[arg-type]


def month(back: int, *, of: date = TODAY) -> date:
    """The month so many closed months before the decision day: 1 is the last one."""
    index = of.year * 12 + of.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


class Bank:
    """The registry's database and the small bank in it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.units: dict[str, UUID] = {}
        self._numbers = count(1)

    async def open(self) -> None:
        rows = await self.rows("SELECT code, id FROM units")
        self.units = {row["code"]: row["id"] for row in rows}

    def resident_id(self, born: date = date(1980, 1, 1)) -> str:
        """A fresh number of a man with a right check digit."""
        body = f"110101{born:%Y%m%d}{2 * next(self._numbers) - 1:03d}"
        total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
        return body + "10X98765432"[total % 11]

    async def add_clients(
        self, number: int, *, home: str = "bj-01-c1", manager: str | None = None, since: date | None = None,
        tier: str = "mass", kind: str = "personal",
    ) -> list[UUID]:  # fmt: skip
        """Plain files in bulk, in id order; nobody's name is searched here."""
        made = [new_id() for _ in range(number)]
        async with self.database.transaction() as tx:
            await tx.copy(
                "clients",
                _CLIENT_COLUMNS,
                [
                    (
                        client_id, f"T{client_id.hex}", kind, tx.cipher.seal("clients.name", client_id, "测试甲"), [],
                        self.units[home], manager, TODAY, since, tier,
                    )
                    for client_id in made
                ],
            )  # fmt: skip
        return made

    async def add_client(self, **wanted: Any) -> UUID:
        """One plain file."""
        return (await self.add_clients(1, **wanted))[0]

    async def deliver(
        self, client_id: UUID, back: int | Iterable[int], *, known_at: datetime = KNOWN, **figures: Any
    ) -> None:
        """Money figures of these months: deposit_average, deposit_month_end, card_spend, assets."""
        for each in [back] if isinstance(back, int) else back:
            await self.run(
                "INSERT INTO monthly_figures (client_id, month, known_at, deposit_average, deposit_month_end, card_spend,"
                " assets) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                client_id, month(each), known_at,
                *(_amount(figures.get(name)) for name in ("deposit_average", "deposit_month_end", "card_spend", "assets")),
            )  # fmt: skip

    async def lend(
        self, client_id: UUID, back: int | Iterable[int], outstanding: Any, *, worst: int | None = 0,
        open_: int | None = 0, known_at: datetime = KNOWN,
    ) -> None:  # fmt: skip
        """Loan figures of these months."""
        for each in [back] if isinstance(back, int) else back:
            await self.run(
                "INSERT INTO loan_months (client_id, month, known_at, outstanding, overdue_days_max, overdue_days_open)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                client_id, month(each), known_at, _amount(outstanding), worst, open_,
            )  # fmt: skip

    async def hold(self, client_id: UUID, *said: tuple[str, date, bool], known_at: datetime = KNOWN) -> None:
        """Products held or not held any more from these days on."""
        for code, on, held in said:
            await self.run(
                "INSERT INTO held_products (client_id, product_code, said_on, known_at, held, since_on)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                client_id, code, on, known_at, held, on if held else None,
            )  # fmt: skip

    async def harm(self, client_id: UUID, *events: tuple[str, date, int | None], known_at: datetime = KNOWN) -> None:
        """Risk events of these days."""
        for kind, on, days in events:
            await self.run(
                "INSERT INTO bank_reports (client_id, id, topic, source, report_no, kind, days_overdue, occurred_on,"
                " received_at) VALUES ($1, $2, 'risk', 'test', $3, $4, $5, $6, $7)",
                client_id, uuid4(), uuid4().hex, kind, days, on, known_at,
            )  # fmt: skip

    async def rich(self, client_id: UUID, *, deposit: Any = 600_000, assets: Any | None = None) -> None:
        """Twelve full months that meet the head-office standard by deposits."""
        await self.deliver(client_id, range(2, 13), deposit_average=deposit, card_spend=0)
        await self.deliver(client_id, 1, deposit_average=deposit, card_spend=0, assets=assets or deposit)
        await self.lend(client_id, 1, 0)

    async def evaluate(self, *, unit_path: str = "/hq/", as_of: date = TODAY, size: int = 1_000) -> dict[str, Any]:
        """A whole qualification run, range by range as a worker does it; gives its result."""
        steps = 0
        run_id = new_id()
        cursor: dict[str, Any] = {}
        done, total = 0, None
        while True:
            operation = Operation(
                id=uuid4(), kind="qualification-run", status="running", started_by="staff:1004",
                detail={"run_id": str(run_id), "as_of": as_of.isoformat(), "unit_path": unit_path,
                        "cut_off_at": self.now.isoformat()},
                done=done, total=total, cursor=cursor, result=None, problem=None, created_at=self.now,
                started_at=self.now, finished_at=None, cancel_requested=False,
            )  # fmt: skip
            async with self.database.transaction() as tx:
                step = await evaluate_range(tx, operation, now=self.now, size=size)
            steps += 1
            done, total, cursor = step.done, step.total, step.cursor
            if step.finished:
                assert step.result is not None
                return {**step.result, "steps": steps}

    async def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        async with self.database.reading() as tx:
            return [dict(row) for row in await tx.connection.fetch(sql, *args)]

    async def row(self, sql: str, *args: Any) -> dict[str, Any]:
        (found,) = await self.rows(sql, *args)
        return found

    async def run(self, sql: str, *args: Any) -> None:
        async with self.database.transaction() as tx:
            await tx.connection.execute(sql, *args)

    async def said(self, type_: str, client_id: UUID | None = None) -> list[dict[str, Any]]:
        """The data of the facts of a type in the outbox, in order; of one client where named."""
        rows = await self.rows("SELECT data, key FROM outbox WHERE type = $1 ORDER BY id", type_)
        return [row["data"] for row in rows if client_id is None or row["key"] == str(client_id)]

    async def client(self, client_id: UUID) -> dict[str, Any]:
        return await self.row("SELECT * FROM clients WHERE id = $1", client_id)


def _amount(given: Any) -> Decimal | None:
    return None if given is None else Decimal(str(given))


@pytest.fixture(scope="session")
async def registry_template(postgres, field_cipher) -> str:
    """A migrated database in which the small bank stands."""
    url = await postgres.fresh_database("client_registry_template")
    await migrate(url, migrations=SERVICE.migrations, metadata=SERVICE.metadata)
    database = await Database.open(url, name="template", cipher=field_cipher)
    async with database.transaction() as tx:
        await seed_organisation(tx, read_organisation(ORGANISATION), now=NOW)
        await load_policies(tx, POLICIES)
        await load_entitlements(tx, ENTITLEMENTS, now=NOW)
        await load_reference_data(tx, form=builtin("registration_form"), policy=builtin("information_policy"))
    await database.close()
    return url


@pytest.fixture(scope="session")
async def registry_copies(postgres, registry_template) -> AsyncIterator[Copies]:
    copies = Copies(postgres, "client_registry", template=registry_template)
    yield copies
    await copies.close()


@pytest.fixture
async def registry_url(registry_copies) -> AsyncIterator[str]:
    copy = await registry_copies.take()
    yield copy.url
    registry_copies.give_back(copy)


@pytest.fixture
async def bank(registry_url, field_cipher) -> AsyncIterator[Bank]:
    database = await Database.open(registry_url, name="tests", size_max=16, cipher=field_cipher)
    bank = Bank(database)
    await bank.open()
    yield bank
    await database.close()


@pytest.fixture(scope="session")
def keys() -> Mapping[str, Any]:
    return {name: generate_key(f"{name}-test") for name in ("gateway", "card-service")}


@pytest.fixture
async def runtime(bank, registry_url, keys, field_keys_file, session_folder: Path) -> AsyncIterator[Runtime]:
    key_file = session_folder / "registry-signing-key.json"
    if not key_file.exists():
        write_key(generate_key("client-registry-test"), key_file, development=True)
    settings = SERVICE.settings.model_validate(
        {
            "environment": "development",
            "port": 0,
            "signing_key_file": key_file,
            "database_url": registry_url,
            "kafka_bootstrap": "127.0.0.1:1",
            "trusted_jwks": {name: public_jwks(key) for name, key in keys.items()},
            "field_keys_file": field_keys_file,
        }
    )
    opened = await open_runtime(SERVICE, settings, clock=lambda: bank.now)
    yield opened
    await opened.close()


class Caller:
    """Calls the registry in process, as somebody."""

    def __init__(self, client: httpx.AsyncClient, keys: Mapping[str, Any]) -> None:
        self._client = client
        self._keys = keys

    async def __call__(
        self, by: Principal, method: str, path: str, *, body: Any = None, key: str | None = None, language: str = "en",
        headers: Mapping[str, str] | None = None, params: Any = None, files: Any = None,
    ) -> httpx.Response:  # fmt: skip
        issuer = by.system or "gateway"
        sent = {
            "Authorization": f"Bearer {mint(self._keys[issuer], by, audience='client-registry', issuer=issuer)}",
            "Idempotency-Key": key or str(uuid4()),
            "Accept-Language": language,
            **(headers or {}),
        }
        return await self._client.request(method, path, json=body, headers=sent, params=params, files=files)


@pytest.fixture
async def call(runtime, keys) -> AsyncIterator[Caller]:
    transport = httpx.ASGITransport(app=create_app(SERVICE, runtime), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
        yield Caller(client, keys)


@pytest.fixture
def person():
    """`person("1004")`: somebody of the small bank; `person("client", id)` and `person("system", name)` too."""

    def made(kind: str, name: Any = None) -> Principal:
        if kind == "client":
            return Principal(f"client:{name}", (Grant("client", "/hq/bj/bj-01/bj-01-c1/", "own"),))
        return system(name) if kind == "system" else staff(kind)

    return made


@pytest.fixture
def months():
    """`months(1)`: the last closed month before 22 November 2026."""
    return month


@pytest.fixture
def registration(bank):
    """A registration form that is in order; give what is to differ."""

    def made(**wanted: Any) -> dict[str, Any]:
        form = {
            "name": "王小明",
            "identity": {"type": "resident_id", "number": bank.resident_id()},
            "sex": "male",
            "contacts": [
                {"way": "mobile", "value": "138 1234 5678"},
                {"way": "email", "value": "Wang.XM@example.com"},
                {"way": "home_phone", "value": "010-66001234"},
            ],
            "consents": {
                "marketing": True,
                "events": False,
                "wished_interval": "quarterly",
                "notice_version": "2026-01",
            },
            "home_unit_id": str(bank.units["bj-01-c1"]),
            **wanted,
        }
        return {**entered_twice(form), **wanted}

    return made


@pytest.fixture
def member(bank, call, person):
    """`await member()`: a client whose deposits meet the head-office standard, filed and joined; he and his membership."""

    async def made(level: str = "head_office", **wanted: Any) -> tuple[UUID, UUID]:
        client = await bank.add_client(manager="staff:1001")
        await bank.rich(client, **wanted)
        await bank.evaluate()
        if level == "head_office":
            filed = await call(
                person("1004"),
                "POST",
                "/v1/qualification-filings",
                body={"level": level, "client_ids": [str(client)]},
            )
            assert filed.status_code == 201, filed.text
        joined = await call(
            person("1001"), "POST", f"/v1/clients/{client}/memberships", body={"level": level, "channel": "outlet"}
        )
        assert joined.status_code == 201, joined.text
        return client, UUID(joined.json()["membership_id"])

    return made


def entered_twice(form: Mapping[str, Any]) -> dict[str, Any]:
    """A form with the second entries of the fields that are entered twice."""
    mobile = next((contact["value"] for contact in form["contacts"] if contact.get("way") == "mobile"), None)
    return {**form, "confirm_identity_number": form["identity"].get("number"), "confirm_mobile": mobile}
