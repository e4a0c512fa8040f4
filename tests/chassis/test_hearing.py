"""Registering consumers, and the order in which a batch is put through them."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from chassis.db import Tx
from chassis.envelope import Envelope
from chassis.handling import Delivery, describe, runs
from chassis.hearing import Heard, Hears
from hypothesis import given
from hypothesis import strategies as st


class Opened(Heard):
    box_id: UUID


def hears_both() -> Hears:
    hears = Hears("boxes")
    for kind in ("A", "B", "C"):

        @hears(kind, batch=True)
        async def hear(tx: Tx, facts: list[Opened], *, now: datetime) -> None:
            raise AssertionError("not called here")

    return hears


def test_a_consumer_must_say_what_it_hears() -> None:
    hears = Hears("boxes")
    with pytest.raises(TypeError, match="a Heard"):

        @hears("Opened")
        async def without(tx: Tx, fact: dict[str, str], *, now: datetime) -> None: ...

    with pytest.raises(TypeError, match="list"):

        @hears("Opened", batch=True)
        async def with_one(tx: Tx, fact: Opened, *, now: datetime) -> None: ...


def test_a_type_is_heard_by_one_consumer() -> None:
    hears = Hears("boxes")

    @hears("Opened")
    async def first(tx: Tx, fact: Opened, *, now: datetime) -> None: ...

    with pytest.raises(ValueError, match="heard twice: by first and second"):

        @hears("Opened")
        async def second(tx: Tx, fact: Opened, *, now: datetime) -> None: ...


def test_a_heard_event_ignores_what_it_does_not_read() -> None:
    fact = Opened.model_validate(
        {"event_id": uuid4(), "occurred_at": datetime.now(UTC), "aggregate_version": 1, "box_id": uuid4(), "new": 1}
    )
    assert set(fact.model_dump()) == {"event_id", "occurred_at", "aggregate_version", "box_id"}


def test_a_description_of_an_error_names_places_and_no_values() -> None:
    try:
        Opened.model_validate({"box_id": "Wang Xiaoming"})
    except ValueError as wrong:
        told = describe(wrong)
    assert "box_id: uuid_parsing" in told and "Wang" not in told


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 4))))
def test_runs_keep_the_order_of_each_key_and_lose_nothing(events: list[tuple[str, int]]) -> None:
    hears = hears_both()
    made = [
        Delivery("boxes", 0, n, str(key), b"", uuid4(), kind, hears.hearers[kind], None, None)
        for n, (kind, key) in enumerate(events)
    ]
    together = runs(made)
    put_through = [delivery for run in together for delivery in run.deliveries]
    assert sorted(delivery.position for delivery in put_through) == list(range(len(events)))
    for key in range(5):
        positions = [delivery.position for delivery in put_through if delivery.key == str(key)]
        assert positions == sorted(positions)
    for run in together:
        assert {delivery.type for delivery in run.deliveries} == {run.hearer.event_type}


def test_many_keys_with_the_same_story_need_as_many_runs_as_the_story_is_long() -> None:
    hears = hears_both()
    made = [
        Delivery("boxes", 0, 0, str(key), b"", uuid4(), kind, hears.hearers[kind], None, None)
        for key in range(100)
        for kind in ("A", "B", "A")
    ]
    assert [len(run.deliveries) for run in runs(made)] == [100, 100, 100]


def test_an_envelope_is_a_plain_value() -> None:
    envelope = Envelope(uuid4(), "A", "b", 1, datetime.now(UTC), None, {})
    with pytest.raises(AttributeError):
        envelope.type = "B"  # type: ignore[misc]
