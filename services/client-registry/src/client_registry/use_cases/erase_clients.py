"""Erasing the clients of a confirmed list, in ranges: the person goes, the proof stays (domain decisions, section 8)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit, forgetting, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation, Step

from client_registry.domain.relationship_events import ClientErased
from client_registry.domain.retention import RecordKind
from client_registry.store import erasure_plan, erasures, retention

RANGE = 500


async def erase_clients(tx: Tx, op: Operation, *, now: datetime, size: int = RANGE) -> Step:
    """The next range. Everybody is looked at again: who has come back, or is held by now, stays whole and is counted."""
    list_id = UUID(op.detail["list_id"])
    total = op.total if op.total is not None else await erasures.count_open(tx, list_id)
    rows = await erasures.next_on_list(tx, list_id, size=size)
    held = await retention.held_among(tx, [row["client_id"] for row in rows])
    outcomes: dict[UUID, str] = {}
    kinds: dict[UUID, Sequence[str]] = {}
    for row in rows:
        client_id = row["client_id"]
        if client_id in held:
            outcomes[client_id] = "held"
        elif row["ended_on"] is None and row["died_on"] is None:
            outcomes[client_id] = "reopened"
        else:
            outcomes[client_id] = "erased"
            if row["erased_on"] is None:
                kinds[client_id] = row["kinds"]
    await erase_kinds(tx, kinds, cause=op.detail["cause"], list_id=list_id, by=Principal(op.started_by), now=now)
    await erasures.keep_outcomes(tx, list_id, outcomes)
    counts = dict(op.cursor)
    for outcome in outcomes.values():
        counts[outcome] = counts.get(outcome, 0) + 1
    done = op.done + len(rows)
    if len(rows) == size:
        return Step(done=done, total=max(total, done), cursor=counts)
    await erasures.finish(tx, list_id, now=now)
    return Step(done=done, total=done, cursor=counts, finished=True, result=counts)


async def erase_kinds(
    tx: Tx, wanted: Mapping[UUID, Sequence[str]], *, cause: str, list_id: UUID | None, by: Principal, now: datetime
) -> None:
    """Erases these kinds of these clients, and with `file` everything of the person; says ClientErased of each."""
    if not wanted:
        return
    today = business_day(now)
    whole = await erasure_plan.with_merged(tx, _with(wanted, RecordKind.FILE))
    kinds = {**{client_id: tuple(kind.value for kind in _PERSONAL) for client_id in whole}, **_partly(wanted, whole)}
    await erasure_plan.erase_history(tx, _with(kinds, RecordKind.FORM_HISTORY))
    await forgetting.forget_papers(tx, _with(kinds, RecordKind.ATTACHMENTS))
    figures = [client_id for client_id, each in wanted.items() if RecordKind.FIGURES in each]
    await erasure_plan.erase_figures(tx, figures)
    for client_id in figures:
        kinds[client_id] = (*kinds.get(client_id, ()), RecordKind.FIGURES.value)
    if whole:
        await erasure_plan.erase_person(tx, whole, by=by.subject, today=today, now=now)
    versions = await erasures.versions_of(tx, list(kinds))
    await erasures.keep_proof(tx, kinds, cause=cause, list_id=list_id, today=today, now=now)
    await outbox.add(
        tx,
        *(
            ClientErased(
                at=now,
                version=versions[client_id],
                client_id=client_id,
                kinds=tuple(each),
                cause=cause,
                erased_on=today,
            )
            for client_id, each in sorted(kinds.items())
        ),
    )
    for client_id, each in kinds.items():
        await audit.record(
            tx, act="client.erased", by=by, object_type="client", object_id=client_id, client_id=client_id,
            detail={"kinds": list(each), "cause": cause, "list_id": list_id}, at=now,
        )  # fmt: skip


_PERSONAL = (
    RecordKind.FILE,
    RecordKind.FORM_HISTORY,
    RecordKind.ATTACHMENTS,
    RecordKind.COMPLAINTS,
    RecordKind.CONTACTS,
    RecordKind.RECORDINGS,
)


def _with(wanted: Mapping[UUID, Sequence[str]], kind: RecordKind) -> list[UUID]:
    return sorted(client_id for client_id, kinds in wanted.items() if kind in kinds)


def _partly(wanted: Mapping[UUID, Sequence[str]], whole: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    return {client_id: tuple(kinds) for client_id, kinds in wanted.items() if client_id not in whole}
