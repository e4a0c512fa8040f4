"""Over a hundred thousand generated clients the set-based statement, the plain evaluator and a naive third say the same."""

import gc
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from chassis.ids import new_id
from client_registry.domain.circumstances import Circumstances
from client_registry.domain.figures import Delivered, Metrics, metrics
from client_registry.domain.levels import asset_band
from client_registry.domain.policies import Evaluation, TierPolicy, applicable, evaluate
from client_registry.store import policies
from client_registry.store.evaluation import decide

from .generated_clients import HOMES, NOW, TODAY, Book, add_november
from .naive_evaluator import naive, standards_as_tables

METRICS = [field.name for field in fields(Metrics)]
# What a decision says, without the cost of unfolding a document for each.
SAID = f"""
    SELECT client_id, level_met, card_undecided, tier_met, tier_undecided, asset_band, {", ".join(METRICS)},
           (SELECT string_agg(concat_ws(' ', o ->> 'code', o ->> 'outcome', o ->> 'criteria_met',
                                        (SELECT jsonb_agg(r ORDER BY r) FROM jsonb_array_elements(o -> 'reasons') AS r)),
                              E'\n' ORDER BY o ->> 'code' COLLATE "C")
            FROM jsonb_array_elements(outcomes) AS o) AS verdicts
    FROM qualification_decisions WHERE run_id = $1
"""
GROUP = 17_000


async def plain_files(bank, number: int, *, home: str, since: date | None) -> list[UUID]:
    """Files whose names nobody reads, all in one COPY."""
    made = [new_id() for _ in range(number)]
    async with bank.database.transaction() as tx:
        await tx.copy(
            "clients",
            (
                "id",
                "client_no",
                "kind",
                "name_sealed",
                "name_tokens",
                "home_unit_id",
                "registered_on",
                "client_since_on",
            ),
            [(one, one.hex, "personal", b"", [], bank.units[home], TODAY, since) for one in made],
        )
    return made


@pytest.mark.requirement("CR-7", "CR-8", "CR-9", "CR-12", "CR-13", "CR-22", "CR-23", "CR-25")
async def test_three_evaluators_agree_on_a_hundred_thousand_generated_clients(bank, months) -> None:
    await add_november(bank)
    book, seen, said, compared = Book(20261122, months), set(), set(), 0
    async with bank.database.reading() as tx:
        standards = await policies.list_active(tx)
    # Group by group, so that a hundred thousand stories never lie in memory together.
    for home, path in HOMES.items():
        applying = applicable(standards, home_path=path, day=TODAY)
        table = standards_as_tables(applying)
        for since in (None, date(2026, 3, 15), date(2019, 1, 1)):
            ids = await plain_files(bank, GROUP, home=home, since=since)
            told = {one: (book.client(one, since), book.circumstances(one)) for one in ids}
            await book.write(bank)
            # Nothing of this is garbage: the collector need not look through it again and again.
            gc.freeze()
            run_id = new_id()
            async with bank.database.transaction(statement_timeout_ms=120_000) as tx:
                assert await decide(tx, ids, run_id=run_id, as_of=TODAY, cut_off_at=NOW) == GROUP
            for row in await bank.rows(SAID, run_id):
                delivered, beside = told.pop(row["client_id"])
                found = agree(row, delivered, beside, applying)
                assert naive(delivered, beside, TODAY, table) == found
                seen.add(found[:2])
                said.add(row["verdicts"])
                compared += 1
            assert told == {}
            gc.unfreeze()
    assert compared >= 100_000
    # Guards the generator: all kinds of verdict occur, so agreement means something.
    assert {("none", False), ("none", True), ("branch", False), ("branch", True), ("head_office", False)} <= seen
    reasons = "".join(said)
    assert all(
        each in reasons for each in ("veto-bad-repayment", "veto-risk-event", "tenure-too-short", "tenure-unknown")
    )


def agree(
    row: dict[str, Any], delivered: Delivered, beside: Circumstances, applying: tuple[TierPolicy, ...]
) -> tuple[str, bool, str, bool]:
    """The decision in the database is what plain Python says, figure by figure and policy by policy."""
    found = metrics(delivered, as_of=TODAY)
    assert [row[name] for name in METRICS] == [getattr(found, name) for name in METRICS]
    plain = evaluate(applying, found, beside)
    assert row["asset_band"] == (asset_band(found.assets) if found.assets_known else None)
    assert row["verdicts"] == verdicts(plain)
    levels = (plain.card_level, plain.card_undecided, plain.service_tier, plain.tier_undecided)
    assert (row["level_met"], row["card_undecided"], row["tier_met"], row["tier_undecided"]) == levels
    return levels


def verdicts(plain: Evaluation) -> str:
    """As the statement writes them."""
    return "\n".join(
        f"{each.policy.code} {each.outcome} {_list(each.criteria_met)}{_reasons(each.reasons)}"
        for each in sorted(plain.results, key=lambda each: each.policy.code)
    )


def _reasons(words: tuple[str, ...]) -> str:
    return f" {_list(words)}" if words else ""


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"
