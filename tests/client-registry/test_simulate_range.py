"""A simulation says of each client what plain Python says of him under both sets, though it looks at one of each kind."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.operations import get
from client_registry.domain import policy_rules as rules
from client_registry.domain.figures import metrics
from client_registry.domain.levels import asset_band
from client_registry.domain.policies import Criterion, Outcome, TierPolicy, applicable, evaluate
from client_registry.domain.range_sizes import next_size
from client_registry.domain.simulations import Assumptions
from client_registry.store import policies
from client_registry.use_cases.simulate_range import simulate_range
from client_registry.use_cases.start_policy_simulation import start_policy_simulation

from .conftest import staff
from .hand_worked import local_standards
from .test_evaluate_range import HOMES, NOW, TODAY, Book, add_november

_FEW_CONTACTS = Assumptions(
    contacts_a_year={"ge_8m": 12, "2m_8m": 12, "below": 4, "unknown": 4},
    card_unit_prices=dict.fromkeys(("branch", "head_office"), Decimal(1)),
)


def harder(standards: list[TierPolicy]) -> list[TierPolicy]:
    """Every standard by the next version of it: other bounds, all criteria at once, half a year with the bank, a card."""

    def raised(criterion: Criterion) -> Criterion:
        bound = criterion.bound if criterion.metric == "holds_product" else criterion.bound * 3 / 4
        return replace(criterion, bound=bound)

    tried = [
        replace(
            each, id=uuid4(), version=each.version + 1, criteria=tuple(map(raised, each.criteria)),
            minimum_tenure_months=0 if each.minimum_tenure_months else 6,
        )
        for each in standards
    ]  # fmt: skip
    return [replace(each, combinator="ALL") if number % 4 == 3 else each for number, each in enumerate(tried)]


def said(applying: tuple[TierPolicy, ...], found: Any, beside: Any) -> tuple[str, str, Any]:
    """Both levels, and what was met, as a move tells it."""
    plain = evaluate(applying, found, beside)
    met = {
        (f"{each.policy.code}/{each.policy.version}", each.policy.level, tuple(each.criteria_met))
        for each in plain.results
        if each.outcome is Outcome.MET
    }
    return str(plain.card_level), str(plain.service_tier), met


@pytest.mark.requirement("CR-14")
async def test_a_simulation_and_plain_python_agree_on_generated_clients(bank, months) -> None:
    await add_november(bank)
    async with bank.database.transaction() as tx:
        for standard in local_standards(bank.units):
            await policies.add(tx, standard)
    book, delivered, homes, beside = Book(20261123, months), {}, {}, {}
    for home in HOMES:
        for since in (None, date(2026, 3, 15), date(2019, 1, 1)):
            for client_id in await bank.add_clients(70, home=home, since=since):
                delivered[client_id], homes[client_id] = book.client(client_id, since), home
                beside[client_id] = book.circumstances(client_id)
    await book.write(bank)
    # A third have a kept row that holds, a third one that does not, the others none.
    await bank.evaluate()
    await bank.run("DELETE FROM client_metrics WHERE get_byte(uuid_send(client_id), 15) % 3 = 0")
    await bank.run(
        "UPDATE client_metrics SET fresh = false, assets = 1 WHERE get_byte(uuid_send(client_id), 15) % 3 = 1"
    )
    merged, dead = list(delivered)[:2]
    await bank.run("UPDATE clients SET merged_into = $2 WHERE id = $1", merged, list(delivered)[2])
    await bank.run("UPDATE clients SET died_on = $2 WHERE id = $1", dead, date(2026, 11, 1))
    async with bank.database.transaction() as tx:
        standing = rules.in_force_set(await policies.list_once_in_force(tx), day=TODAY)
        tried = harder(standing)
        started = await start_policy_simulation(
            tx,
            tried=tried,
            against=[],
            unit_path="/hq/",
            as_of=TODAY,
            assumptions=_FEW_CONTACTS,
            by=staff("1011"),
            now=NOW,
        )
    after = rules.with_versions(standing, tried)
    moves, counts = {}, Counter[tuple[Any, ...]]()
    for client_id in delivered.keys() - {merged, dead}:
        found = metrics(delivered[client_id], as_of=TODAY)
        at = {"home_path": HOMES[homes[client_id]], "day": TODAY}
        card_from, tier_from, met_before = said(applicable(standing, **at), found, beside[client_id])
        card_to, tier_to, met_after = said(applicable(after, **at), found, beside[client_id])
        levels = (card_from, card_to, tier_from, tier_to)
        band = str(asset_band(found.assets)) if found.assets_known else "unknown"
        counts[(bank.units[homes[client_id]], *levels, band)] += 1
        if (card_from, tier_from) != (card_to, tier_to):
            moves[client_id] = (levels, met_before, met_after)
    steps = await ranges(bank, started.operation.id, size=97)
    assert steps == 6 and len(moves) > 30 and len({levels for levels, *_ in moves.values()}) > 5
    counted = await bank.rows("SELECT * FROM policy_simulation_counts WHERE simulation_id = $1", started.simulation_id)
    names = ("unit_id", "card_from", "card_to", "tier_from", "tier_to", "asset_band")
    assert {tuple(row[name] for name in names): row["clients"] for row in counted} == counts
    rows = await bank.rows("SELECT * FROM policy_simulation_moves WHERE simulation_id = $1", started.simulation_id)
    assert {row["client_id"]: moved(row) for row in rows} == moves


def moved(row: dict[str, Any]) -> tuple[Any, Any, Any]:
    before, after = (
        {(met["policy"], met["level"], tuple(met["criteria"])) for met in row["reasons"][side]}
        for side in ("before", "after")
    )
    return tuple(row[name] for name in ("card_from", "card_to", "tier_from", "tier_to")), before, after


async def ranges(bank, operation_id: UUID, *, size: int) -> int:
    async with bank.database.reading() as tx:
        operation = await get(tx, operation_id)
    steps = 0
    while True:
        async with bank.database.transaction() as tx:
            step = await simulate_range(tx, operation, now=bank.now, size=size)
        steps += 1
        if step.finished:
            return steps
        operation = replace(operation, cursor=step.cursor, done=step.done, total=step.total)


@pytest.mark.parametrize(
    ("size", "done", "milliseconds", "next_one"),
    [
        (1_000, 1_000, 300, 1_000),
        (1_000, 1_000, 150, 2_000),
        (1_000, 1_000, 0, 2_000),
        (1_000, 1_000, 600, 500),
        (1_000, 1_000, 60_000, 125),
        (1_000, 999, 60_000, 1_000),
        (4_000, 4_000, 10, 5_000),
        (1, 1, 60_000, 1),
    ],
)
def test_the_next_range_takes_the_time_it_may(size, done, milliseconds, next_one) -> None:
    assert next_size(size, done=done, milliseconds=milliseconds, aim=300, most=5_000) == next_one
