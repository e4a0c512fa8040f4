"""A merger is taken back within its window: both files are again what was recorded (CR-38)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.clients import ClientMerged, Consent
from client_registry.domain.contact_ways import ContactWay, Way
from client_registry.domain.events import ClientDowngraded, ClientMoved
from client_registry.domain.mergers import check_reversible
from client_registry.domain.notices import statements
from client_registry.store import clients, figure_families, households, merger_rows, notices
from client_registry.store import mergers as store
from client_registry.store import statements as figures
from client_registry.use_cases.follow_up_potential_client import separate_potentials
from client_registry.use_cases.join_households import tell_both
from client_registry.use_cases.merge_clients import evaluate_anew, told


async def reverse_merger(tx: Tx, merger_id: UUID, *, by: Principal, now: datetime) -> None:
    """Says ClientsMerged with `reversed` under both clients, and what fell back for the survivor.

    What was changed on the survivor since stays his. Raises NotFound, NotMerged, WindowOver, ClientMerged where the
    survivor went into a third file meanwhile.
    """
    merger = await store.lock(tx, merger_id)
    if merger is None:
        raise NotFound()
    check_reversible(merger["status"], merger["reversible_until"], business_day(now))
    surviving, merged = merger["surviving_client_id"], merger["merged_client_id"]
    kept, gone = await store.lock_pair(tx, surviving, merged)
    if kept is None or gone is None:
        raise NotFound()
    if kept["merged_into"] is not None:
        raise ClientMerged(surviving_client_id=kept["merged_into"])
    before = store.before_of(tx, merger)
    become = _levels(kept, before)
    await _qualifications(tx, surviving, merged, before)
    await merger_rows.move_back(tx, merger_id, surviving=surviving, merged=merged)
    await households.separate(tx, merged)
    await separate_potentials(tx, surviving=surviving, merged=merged, now=now)
    if before["ended_membership"] is not None:
        await store.resume_membership(tx, UUID(before["ended_membership"]))
    await _contacts(tx, surviving, before)
    await _consents(tx, surviving, before, by, now)
    version = int(kept["version"]) + 1
    await store.survive(tx, surviving, version=version, **become)
    merged_version = await store.point(tx, merged=merged, surviving=None)
    # What was delivered meanwhile under the merged number lies with its own file already.
    await figure_families.part(tx, survivor=surviving, since=merger["decided_at"], now=now)
    await figure_families.carry(tx, [surviving, merged], now=now)
    await store.keep_reversed(tx, merger_id, by=by.subject, now=now)
    await outbox.add(tx, *told(merger, version, merged_version, undone=True, now=now))
    await _tell_what_fell_back(tx, merger, kept, become, version, now)
    await tell_both(tx, surviving=surviving, merged=merged, now=now)
    await evaluate_anew(tx, [surviving, merged], now=now)
    held = await figures.months_held(tx, merged)
    await figures.tell_holdings(tx, [surviving, merged], now=now, ended=held)
    await audit.record(
        tx, act="clients.merger-reversed", by=by, object_type="client-merger", object_id=merger_id, client_id=surviving,
        detail={"merged_client_id": str(merged)}, at=now,
    )  # fmt: skip


def _levels(kept: Record, before: dict[str, Any]) -> dict[str, Any]:
    """What the survivor was, but for what has moved since the merger."""
    become = {
        name: before[name] if kept[name] == before["after"][name] else kept[name]
        for name in ("card_level", "service_tier")
    }
    units = [UUID(unit) for unit in before["serving_unit_ids"]]
    return {**become, "card_number": before["card_number"], "serving_unit_ids": units}


async def _qualifications(tx: Tx, surviving: UUID, merged: UUID, before: dict[str, Any]) -> None:
    await store.lock_qualifications(tx, surviving)
    await store.put_qualifications(tx, surviving, before["qualifications"]["surviving"])
    await store.put_qualifications(tx, merged, before["qualifications"]["merged"])


async def _contacts(tx: Tx, surviving: UUID, before: dict[str, Any]) -> None:
    now_there = {way.value: value for way, value in (await store.contacts_of(tx, surviving)).items()}
    if now_there == before["contacts_after"]:
        ways = enumerate(before["contacts"].items(), 1)
        await store.put_contacts(
            tx, surviving, [ContactWay(way=Way(way), value=value, priority=n) for n, (way, value) in ways]
        )


async def _consents(tx: Tx, surviving: UUID, before: dict[str, Any], by: Principal, now: datetime) -> None:
    """Back to what he said himself, unless he has said something since."""
    current = await clients.lock_consent(tx, surviving)
    if current is None or before["consent"] is None or current.version != before["consent_version_after"]:
        return
    earlier = current.change(Consent.of_json(before["consent"]))
    await clients.save_consent(tx, surviving, earlier, now=now)
    await notices.record(
        tx, surviving, statements(current, earlier), notice_version=earlier.notice_version, way="merger", by=by.subject,
        now=now,
    )  # fmt: skip
    await outbox.add(tx, earlier.said(surviving, await clients.channels(tx, surviving), now))


async def _tell_what_fell_back(
    tx: Tx, merger: Record, kept: Record, become: dict[str, Any], version: int, now: datetime
) -> None:
    surviving, today = merger["surviving_client_id"], business_day(now)
    if set(become["serving_unit_ids"]) != set(kept["serving_unit_ids"]):
        moved = ClientMoved(
            at=now, version=version, client_id=surviving, home_unit_id=kept["home_unit_id"],
            serving_unit_ids=tuple(become["serving_unit_ids"]), moved_on=today,
        )  # fmt: skip
        await outbox.add(tx, moved)
    if (become["card_level"], become["service_tier"]) != (kept["card_level"], kept["service_tier"]):
        fallen = ClientDowngraded(
            at=now,
            version=version,
            client_id=surviving,
            card_level_from=kept["card_level"],
            card_level_to=become["card_level"],
            service_tier_from=kept["service_tier"],
            service_tier_to=become["service_tier"],
            cause="ended",
            decision_id=merger["id"],
            policy_version="none/0",
            home_unit_id=kept["home_unit_id"],
            effective_on=today,
        )
        await outbox.add(tx, fallen)
