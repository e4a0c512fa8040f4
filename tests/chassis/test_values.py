"""The pure values: money, ids, days, facts, their written form."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from chassis.clock import business_day, system_clock
from chassis.envelope import Unreadable, read, type_in_headers, write
from chassis.events import Fact, dataschema, event_type
from chassis.ids import new_id
from chassis.json_values import dumps, json_ready
from chassis.money import CurrenciesDiffer, Money
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chassis.conftest import NOON


class Face(StrEnum):
    GOLD = "gold"


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Fact):
    topic: ClassVar[str] = "test.cases.v1"
    aggregate: ClassVar[str] = "case"
    aggregate_id_field: ClassVar[str] = "case_id"

    case_id: UUID
    client_id: UUID | None = None
    face: Face = Face.GOLD
    share: Decimal = Decimal("0.10")
    opened_on: date = date(2026, 11, 22)
    answer_at: datetime = NOON
    channels: tuple[str, ...] = ("mobile", "email")


def test_money_is_written_as_text_and_never_mixes_currencies() -> None:
    assert Money.of("12.30", "CNY").as_json() == {"amount": "12.30", "currency": "CNY"}
    assert Money.of("1.10") + Money.of("2.20") == Money.of("3.30")
    assert Money.of("5") - Money.of("7") == -Money.of("2")
    assert Money.of("2.50") * 3 == Money.of("7.50") and Money.of(1) < Money.of(2) <= Money.of(2)
    for mixing in (
        lambda: Money.of(1, "CNY") + Money.of(1, "USD"),
        lambda: Money.of(1, "CNY") < Money.of(1, "USD"),
        lambda: Money.of(1, "CNY") - Money.of(1, "USD"),
    ):
        with pytest.raises(CurrenciesDiffer):
            mixing()


@pytest.mark.parametrize("amount", [1.5, True])
def test_money_takes_no_float(amount: object) -> None:
    with pytest.raises(TypeError):
        Money.of(amount, "CNY")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money.of(1) * 1.5  # type: ignore[operator]


@pytest.mark.parametrize(("amount", "currency"), [("x", "CNY"), ("NaN", "CNY"), ("Infinity", "CNY"), ("1", "cny")])
def test_money_refuses_what_is_no_amount(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"amount|currency"):
        Money.of(amount, currency)


def test_new_ids_are_version_7_and_rise() -> None:
    made = [new_id() for _ in range(2000)]
    assert {id.version for id in made} == {7} and {id.variant for id in made} == {uuid4().variant}
    assert len(set(made)) == 2000
    milliseconds = [id.int >> 80 for id in made]
    assert milliseconds == sorted(milliseconds)
    assert abs(milliseconds[-1] - system_clock().timestamp() * 1000) < 1000


def test_a_business_day_is_shanghais() -> None:
    assert business_day(datetime(2026, 11, 21, 15, 59, tzinfo=UTC)) == date(2026, 11, 21)
    assert business_day(datetime(2026, 11, 21, 16, 0, tzinfo=UTC)) == date(2026, 11, 22)
    with pytest.raises(ValueError, match="time zone"):
        business_day(datetime(2026, 11, 21))


def test_a_fact_says_its_data_without_its_envelope() -> None:
    case = uuid4()
    fact = CaseOpened(at=NOON, version=1, case_id=case)
    assert fact.data() == {
        "case_id": str(case),
        "client_id": None,
        "face": "gold",
        "share": "0.10",
        "opened_on": "2026-11-22",
        "answer_at": "2026-11-22T04:00:00+00:00",
        "channels": ["mobile", "email"],
    }
    assert (event_type(fact), event_type(CaseOpened)) == ("CaseOpened", "CaseOpened")
    assert dataschema("CaseOpened", 2) == "CaseOpened.v2.schema.json"


def test_the_key_is_the_client_or_else_the_aggregate() -> None:
    case, client = uuid4(), uuid4()
    assert CaseOpened(at=NOON, version=1, case_id=case, client_id=client).partition_key() == str(client)
    assert CaseOpened(at=NOON, version=1, case_id=case).partition_key() == str(case)


def test_what_has_no_written_form_is_refused() -> None:
    assert json_ready({Face.GOLD: {3, 1, 2}, "m": Money.of(1)}) == {
        "gold": [1, 2, 3],
        "m": {"amount": "1", "currency": "CNY"},
    }
    for unwritten in (1.5, object(), b"bytes"):
        with pytest.raises(TypeError, match="no written form"):
            json_ready(unwritten)
    with pytest.raises(ValueError, match="JSON"):
        dumps({"n": float("nan")})


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=20) | st.lists(st.none() | st.booleans())),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=8)))),
    st.integers(min_value=0, max_value=2**31 - 1),
)
def test_an_envelope_is_read_as_it_was_written(data: dict[str, object], at: datetime, version: int) -> None:
    row = {
        "event_id": uuid4(),
        "type": "CaseOpened",
        "schema_version": 1,
        "topic": "t",
        "key": "客户",
        "aggregate_id": "a",
        "aggregate_version": version,
        "occurred_at": at,
        "data": dumps(data),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    message = write(row, service="case-service")
    envelope = read(message.value)
    assert (envelope.event_id, envelope.type, envelope.aggregate_version) == (row["event_id"], "CaseOpened", version)
    assert (envelope.data, envelope.occurred_at, envelope.traceparent) == (data, at, row["traceparent"])
    assert type_in_headers(message.headers) == "CaseOpened" and message.key.decode() == "客户"


@pytest.mark.parametrize(
    "message",
    [None, b"", b"[]", b"null", b"{}", b'"x"', b"\xff\xfe", b'{"id": 1, "type": "A", "time": "x", "data": {}}'],
)
def test_what_is_no_event_of_ours_is_unreadable(message: bytes | None) -> None:
    with pytest.raises(Unreadable):
        read(message)
