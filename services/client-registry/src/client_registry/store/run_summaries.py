"""What a run over everybody found, summed up for each branch as it goes: who moved, who will fall, who is undecided."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

_BRANCH = "coalesce(nullif(split_part(u.path, '/', 3), ''), split_part(u.path, '/', 2))"
_TIERS = prepare(sa.text("SELECT id, service_tier FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[]))"))
_RANK = """(CASE {0} WHEN 'corporate_vip' THEN 4 WHEN 'private_banking' THEN 3 WHEN 'wealth' THEN 2
                     WHEN 'wealth_management' THEN 1 ELSE 0 END)"""
_MOVED = prepare(
    sa.text(
        f"""
        SELECT {_BRANCH} AS branch,
               count(*) FILTER (WHERE {_RANK.format("c.service_tier")} > {_RANK.format("g.tier")}) AS tiers_up,
               count(*) FILTER (WHERE {_RANK.format("c.service_tier")} < {_RANK.format("g.tier")}) AS tiers_down,
               count(*) FILTER (WHERE EXISTS (
                   SELECT FROM qualifications q JOIN qualification_decisions d
                     ON d.client_id = q.client_id AND d.id = q.decision_id
                   WHERE q.client_id = c.id AND d.run_id = :run_id AND q.since_on = :as_of AND q.status = 'candidate'
               )) AS qualified
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:tiers AS text[])) AS g(client_id, tier)
        JOIN clients c ON c.id = g.client_id JOIN units u ON u.id = c.home_unit_id
        GROUP BY branch
        """  # noqa: S608 - put together from constants
    )
)
_STANDING = prepare(
    sa.text(
        f"""
        SELECT {_BRANCH} AS branch, count(*) AS evaluated,
               count(*) FILTER (WHERE d.card_undecided OR d.tier_undecided) AS undecided,
               count(*) FILTER (WHERE c.tier_short_since_on IS NOT NULL OR EXISTS (
                   SELECT FROM downgrade_notices n WHERE n.client_id = c.id AND n.falls_on > :as_of)) AS foreseen_down
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        LEFT JOIN LATERAL (
            SELECT card_undecided, tier_undecided FROM qualification_decisions
            WHERE client_id = c.id ORDER BY id DESC LIMIT 1
        ) d ON true
        WHERE c.id > :after AND c.id <= :last AND c.kind = 'personal' AND c.merged_into IS NULL AND c.died_on IS NULL
          AND starts_with(u.path, :unit_path)
        GROUP BY branch
        """  # noqa: S608 - put together from constants
    )
)
Summary = dict[str, dict[str, int]]


async def tiers_of(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where they stand now."""
    rows = await tx.fetch(_TIERS, client_ids=list(client_ids)) if client_ids else []
    return {row["id"]: row["service_tier"] for row in rows}


async def add_range(
    tx: Tx,
    summary: Mapping[str, Mapping[str, int]],
    *,
    tiers_before: Mapping[UUID, str],
    run_id: UUID,
    as_of: date,
    unit_path: str,
    after: UUID,
    last: UUID,
) -> Summary:
    """The sums with one more range of the run in them: who of it moved, and how all of it stands."""
    moved = await tx.fetch(
        _MOVED, client_ids=list(tiers_before), tiers=list(tiers_before.values()), run_id=run_id, as_of=as_of
    )
    standing = await tx.fetch(_STANDING, after=after, last=last, unit_path=unit_path, as_of=as_of)
    sums: Summary = {branch: dict(counts) for branch, counts in summary.items()}
    for row in (*moved, *standing):
        counts = sums.setdefault(row["branch"], {})
        for name, found in row.items():
            if name != "branch":
                counts[name] = counts.get(name, 0) + found
    return sums
