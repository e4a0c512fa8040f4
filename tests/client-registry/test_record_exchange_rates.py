"""Month-end exchange rates over HTTP: dated, from a named source, a corrected one reaches exactly whom it touches."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.assembly import create_app
from chassis.identity import Grant, Principal
from chassis.operations import Operation
from chassis.tokens import mint
from client_registry.app import SERVICE
from client_registry.use_cases.carry_rate_correction import carry_rate_correction

HEAD = Principal("staff:9001", (Grant("head_office_personal_banking", "/hq/", "unit"),))
SYSTEM = Principal("staff:core", (Grant("integration", "/hq/", "unit"),))
USD = {"currency": "USD", "month": "2026-10", "rate": "7.1"}


@pytest.fixture
async def upload_file(runtime, keys):
    """Uploads one file as somebody."""
    transport = httpx.ASGITransport(app=create_app(SERVICE, runtime), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:

        async def upload(by: Principal, path: str, content: bytes, **form: str) -> httpx.Response:
            token = mint(keys["gateway"], by, audience="client-registry", issuer="gateway")
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), "Accept-Language": "en"}
            return await client.post(path, files={"file": ("rates.csv", content)}, data=form, headers=headers)

        yield upload


async def record(call, *rates, by=HEAD, source="safe"):
    return await call(by, "POST", "/v1/exchange-rates", body={"source": source, "rates": list(rates)})


async def carry(bank, operation_id: str, *, size: int = 2_000) -> list[int]:
    """The whole correction, range by range as a worker does it; how many clients each range touched."""
    row = await bank.row("SELECT * FROM operations WHERE id = $1", UUID(operation_id))
    done, cursor, ranges = 0, {}, []
    while True:
        operation = Operation(
            id=row["id"], kind=row["kind"], status="running", started_by=row["started_by"], detail=row["detail"], done=done,
            total=None, cursor=cursor, result=None, problem=None, created_at=bank.now, started_at=bank.now,
            finished_at=None, cancel_requested=False,
        )  # fmt: skip
        async with bank.database.transaction() as tx:
            step = await carry_rate_correction(tx, operation, now=bank.now, size=size)
        ranges.append(step.done - done)
        done, cursor = step.done, step.cursor
        if step.finished:
            return ranges


async def test_rates_are_kept_with_their_source_and_the_same_again_changes_nothing(bank, call, person) -> None:
    first = await record(call, USD, {**USD, "currency": "HKD", "rate": "0.91"})
    assert (first.status_code, first.json()) == (
        201, {"new": 2, "corrected": 0, "unchanged": 0, "operation_id": None},
    )  # fmt: skip
    assert (await record(call, USD)).json() == {"new": 0, "corrected": 0, "unchanged": 1, "operation_id": None}
    shown = (await call(person("1004"), "GET", "/v1/exchange-rates", params={"limit": 1})).json()
    assert [(r["currency"], r["month"], r["rate"], r["source"]) for r in shown["items"]] == [
        ("HKD", "2026-10", "0.91", "safe")
    ]
    rest = await call(person("1004"), "GET", "/v1/exchange-rates", params={"cursor": shown["next_cursor"]})
    assert [(r["currency"], r["versions"]) for r in rest.json()["items"]] == [("USD", 1)]


@pytest.mark.requirement("CR-7")
async def test_a_corrected_rate_reaches_exactly_the_clients_it_touches(bank, call) -> None:
    clients = await bank.add_clients(5)
    await record(call, USD, {**USD, "month": "2026-09"}, {**USD, "currency": "HKD", "rate": "0.91"})
    rows = [
        *({"client_id": str(c), "month": "2026-10", "currency": "USD", "assets": "100.00"} for c in clients[:3]),
        {"client_id": str(clients[3]), "month": "2026-09", "currency": "USD", "assets": "100.00"},
        {"client_id": str(clients[4]), "month": "2026-10", "currency": "HKD", "assets": "100.00"},
    ]
    body = {"source": "core", "delivery_no": "1", "rows": rows}
    assert (await call(SYSTEM, "POST", "/v1/figure-deliveries", body=body)).status_code == 201
    await bank.run("DELETE FROM due_work WHERE kind = 'client.figures-changed'")
    bank.now += timedelta(hours=1)
    corrected = (await record(call, {**USD, "rate": "7.25"}, source="safe-2")).json()
    assert (corrected["corrected"], corrected["new"]) == (1, 0)
    assert await carry(bank, corrected["operation_id"], size=2) == [2, 1]
    marked = await bank.rows("SELECT subject_id FROM due_work WHERE kind = 'client.figures-changed' ORDER BY 1")
    assert [row["subject_id"] for row in marked] == sorted(clients[:3])
    newest = "SELECT DISTINCT ON (client_id) client_id, assets FROM monthly_figures ORDER BY client_id, known_at DESC"
    assert [row["assets"] for row in await bank.rows(newest)] == [Decimal(n) for n in (725, 725, 725, 710, 91)]
    # As then: the earlier rows still stand.
    assert len(await bank.rows("SELECT client_id FROM monthly_figures")) == 8


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"currency": "CNY"}, "/rates/0/currency", "rates.yuan"),
        ({"currency": "QQQ"}, "/rates/0/currency", "figures.currency-unknown"),
        ({"month": "2026-11"}, "/rates/0/month", "figures.month-open"),
        ({"month": "2026-12"}, "/rates/0/month", "figures.month-future"),
        ({"rate": "0.00"}, "/rates/0/rate", "rates.not-positive"),
    ],
)
async def test_rates_that_make_no_sense_are_refused(bank, call, wrong, pointer, code) -> None:
    answer = await record(call, {**USD, **wrong}, {**USD, "currency": "EUR"})
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert await bank.rows("SELECT * FROM exchange_rates") == []
    twice = await record(call, USD, USD)
    assert [e["code"] for e in twice.json()["errors"]] == ["rates.twice"]


async def test_a_branch_enters_no_rates(bank, call, person) -> None:
    assert (await record(call, USD, by=person("1008"))).json()["code"] == "rates.head-office-only"
    assert (await record(call, USD, by=person("1001"))).status_code == 403


async def test_a_file_of_rates_is_taken_whole_and_its_faults_are_named_by_row(bank, upload_file) -> None:
    good = "币种,currency,month,rate\n美元,USD,2026-10,7.1\n港币,HKD,2026-10,0.91\n".encode("gb18030")
    answer = await upload_file(HEAD, "/v1/exchange-rate-files", good, source="safe")
    assert (answer.status_code, answer.json()["new"]) == (201, 2)
    bad = b"currency,month,rate\nUSD,2026-09,7.0\nUSD,Oct 2026,7.1\nEUR,2026-09,7.1E1\n"
    answer = await upload_file(HEAD, "/v1/exchange-rate-files", bad, source="safe")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("/file/3/month", "rates.not-a-month"), ("/file/4/rate", "rates.not-a-rate"),
    ]  # fmt: skip
    assert len(await bank.rows("SELECT * FROM exchange_rates")) == 2
    for content, code in ((b"currency,rate\n", "rates.column-missing"), (b"", "import.file-empty"),
                          (b"PK\x03\x04", "import.file-not-csv"), (b"currency,month,rate\n", "rates.none"),
                          (b"currency,month,rate\n" + b"USD,2026-10,7\n" * 501, "rates.too-many")):  # fmt: skip
        answer = await upload_file(HEAD, "/v1/exchange-rate-files", content, source="safe")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
