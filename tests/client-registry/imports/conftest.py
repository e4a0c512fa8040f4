"""A registry with a small bank, spoken to over HTTP, its operations done by its own worker."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import xlsxwriter
from chassis.assembly import create_app, open_runtime
from chassis.db import Database
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.migrating import migrate
from chassis.operations_worker import OperationsWorker
from chassis.runtime import Runtime
from chassis.tokens import generate_key, mint, public_jwks, write_key
from client_registry.app import SERVICE
from client_registry.domain.reference import read_organisation
from client_registry.settings import Settings
from client_registry.use_cases.seed_organisation import seed_organisation

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
STEWARD = Principal("staff:900002", (Grant("data_steward", "/hq/", "unit", None),))
TIANJIN_STEWARD = Principal("staff:900003", (Grant("data_steward", "/hq/tj/", "unit", None),))
HEADER = ("no", "name", "id", "phone", "unit", "rm", "dep", "owed", "late")
# Invented: check digits are right, nobody is meant.
PEOPLE = (
    ("A1", "王小明", "110101199001014518", "13800000001", "BJ-W1", "101", "600000", "", ""),
    ("A2", "李芳", "110101198505050024", "13800000002", "BJ-W1", "102", "12.50", "1200000", "0"),
    ("A3", "张伟", "110101197803030035", "", "TJ-W1", "", "0", "500", "45"),
)
PROFILE = """
name = "small-book"
[[file]]
name = "book"
match = "*.csv*"
[client]
client_no = "no"
name = "name"
identity_number = "id"
mobile = "phone"
home_unit = "unit"
manager = "rm"
[figures.deposit]
each = "dep"
[loan]
present = "owed"
outstanding = "owed"
[repayment]
longest = "late"
open = "late"
"""


def unit(code: str, parent: str | None, kind: str, branch: str | None = None) -> dict[str, Any]:
    return {"code": code, "parent_code": parent, "kind": kind, "name_zh": code, "name_en": code, "branch_code": branch}


def manager(number: str, at: str) -> dict[str, Any]:
    posting = {"unit_code": at, "role": "relationship_manager", "reach": "own"}
    return {"staff_no": number, "name": f"经理{number}", "postings": [posting]}


BANK = {
    "units": [
        unit("hq", None, "head_office"),
        unit("BJ", "hq", "first_level_branch", "BJ"),
        unit("BJ-W1", "BJ", "wealth_centre", "BJ"),
        unit("TJ", "hq", "first_level_branch", "TJ"),
        unit("TJ-W1", "TJ", "wealth_centre", "TJ"),
    ],
    "staff": [manager("101", "BJ-W1"), manager("102", "BJ-W1"), manager("201", "TJ-W1")],
}


def book(rows: Sequence[Sequence[str]] = PEOPLE, header: Sequence[str] = HEADER) -> bytes:
    """Rows as an uploaded CSV."""
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


class Registry:
    """The registry over HTTP, and a look into its database."""

    def __init__(self, http: httpx2.AsyncClient, key: Any, runtime: Runtime) -> None:
        self._http, self._key = http, key
        self.database: Database = runtime.database
        self._moments = count()
        self._worker = OperationsWorker(runtime.database, SERVICE.operations, clock=self._later)

    def _later(self) -> datetime:
        """A second later each time: figures are told apart by the moment they became known."""
        return NOW + timedelta(seconds=next(self._moments))

    async def get(self, path: str, *, by: Principal = STEWARD, language: str = "en") -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._token(by)}", "Accept-Language": language}
        return await self._http.get(path, headers=headers)

    async def post(self, path: str, body: Any, *, by: Principal = STEWARD) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._token(by)}", "Idempotency-Key": str(new_id())}
        return await self._http.post(path, json=body, headers={**headers, "Accept-Language": "en"})

    async def upload(
        self,
        content: bytes,
        *,
        profile: str | None = PROFILE,
        by: Principal = STEWARD,
        name: str = "book.csv",
        key: str | None = None,
        more: Mapping[str, bytes] | None = None,
        to: str = "/v1/client-imports",
        **form: str,
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._token(by)}", "Idempotency-Key": key or str(new_id())}
        files = [("files", (name, content))]
        if profile is not None:
            files.append(("profile", ("profile.toml", profile.encode())))
        files += [("files", pair) for pair in (more or {}).items()]
        return await self._http.post(to, files=files, data=form, headers={**headers, "Accept-Language": "en"})

    async def work(self) -> None:
        """Does whatever operations wait."""
        while await self._worker.work_on_one(asyncio.Event()):
            pass

    async def take_in(self, content: bytes, **how: Any) -> tuple[UUID, dict[str, Any]]:
        """Uploads and works; the import's id and its operation at the end."""
        answer = await self.upload(content, **how)
        assert answer.status_code == 202, answer.text
        await self.work()
        operation = await self.get(f"/v1/operations/{answer.json()['operation_id']}", by=how.get("by", STEWARD))
        return UUID(answer.json()["import_id"]), operation.json()

    async def figures(self, content: bytes, **how: Any) -> tuple[UUID, dict[str, Any]]:
        """Uploads figures and works; the import's id and its operation at the end."""
        answer = await self.upload(content, **{"profile": None, "name": "figures.csv", **how}, to="/v1/figure-imports")
        assert answer.status_code == 202, answer.text
        await self.work()
        operation = await self.get(f"/v1/operations/{answer.json()['operation_id']}", by=how.get("by", STEWARD))
        return UUID(answer.json()["figure_import_id"]), operation.json()

    async def refused(self, figure_import_id: UUID) -> list[tuple[int, str, str]]:
        """Row, column and code of each finding."""
        report = await self.get(f"/v1/figure-imports/{figure_import_id}/report?limit=200")
        return [(found["row"], found["column"], found["code"]) for found in report.json()["items"]]

    async def rows(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        async with self.database.reading() as tx:
            return [tuple(row) for row in await tx.connection.fetch(sql, *arguments)]

    def _token(self, by: Principal) -> str:
        return mint(self._key, by, audience="client-registry")


@pytest.fixture(scope="session")
async def seeded(
    postgres: Any, field_keys_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Registry]:
    """A registry with the small bank's units and managers."""
    url = await postgres.fresh_database("client_registry")
    await migrate(url, migrations=SERVICE.migrations, metadata=SERVICE.metadata)
    key = generate_key("gateway-test")
    own = tmp_path_factory.mktemp("keys") / "signing.json"
    write_key(generate_key("client-registry-test"), own, development=True)
    settings = Settings(
        environment="development",
        port=0,
        database_url=url,
        kafka_bootstrap="127.0.0.1:1",
        trusted_jwks={"gateway": public_jwks(key)},
        signing_key_file=own,
        field_keys_file=field_keys_file,
    )
    runtime = await open_runtime(SERVICE, settings, clock=lambda: NOW)
    async with runtime.database.transaction() as tx:
        await seed_organisation(tx, read_organisation(BANK), now=NOW)
    transport = httpx2.ASGITransport(app=create_app(SERVICE, runtime))
    async with httpx2.AsyncClient(transport=transport, base_url="http://client-registry") as http:
        yield Registry(http, key, runtime)
    await runtime.close()


@pytest.fixture
async def registry(seeded: Registry) -> Registry:
    """The registry without clients, imports and anything said."""
    async with seeded.database.transaction() as tx:
        await tx.connection.execute(
            "TRUNCATE clients, client_imports, monthly_figures, loan_months, repayment_histories, outbox, operations, "
            "idempotency_keys, source_figures, figure_deliveries, exchange_rates, due_work CASCADE"
        )
    return seeded


class SmallBook:
    """The small book, its people and its profile, for tests to bend."""

    people = PEOPLE
    header = HEADER
    profile = PROFILE
    tianjin = TIANJIN_STEWARD
    bank = BANK
    steward = STEWARD
    manager = Principal("staff:101", (Grant("relationship_manager", "/hq/bj/bj-w1/", "own", None),))

    def csv(self, rows: Sequence[Sequence[str]] = PEOPLE, header: Sequence[str] = HEADER) -> bytes:
        return book(rows, header)

    def workbook(self, *, numbers: bool = False) -> bytes:
        """The book as xlsx; with `numbers` its identity numbers are numbers, as Excel makes them."""
        out = io.BytesIO()
        made = xlsxwriter.Workbook(out)
        sheet = made.add_worksheet("客户")
        for number, cells in enumerate([HEADER, *PEOPLE]):
            sheet.write_row(number, 0, cells)
            if numbers and number:
                sheet.write_number(number, HEADER.index("id"), int(cells[HEADER.index("id")]))
        made.close()
        return out.getvalue()

    def with_value(self, row: int, column: str, value: str) -> list[tuple[str, ...]]:
        """The people, one of them with another value."""
        place = HEADER.index(column)
        return [
            (*person[:place], value, *person[place + 1 :]) if number == row else person
            for number, person in enumerate(PEOPLE)
        ]


@pytest.fixture
def small_book() -> SmallBook:
    return SmallBook()
