"""Proposing that two files are one person's; another person decides (CR-38, CR-84)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.clients import ClientMerged
from client_registry.domain.mergers import AlreadyMerging, ContactChoice, check_pair, chosen_contacts
from client_registry.store import mergers as store

KIND = "client-merger"


async def propose_merger(
    tx: Tx,
    *,
    surviving: UUID,
    merged: UUID,
    contacts: Sequence[ContactChoice],
    reason: str,
    by: Principal,
    now: datetime,
) -> UUID:
    """The proposal's id. Raises NotFound, SameFile, KindsDiffer, ClientMerged, AlreadyMerging, Invalid for a choice of
    contacts that cannot be made."""
    kept, gone = await store.lock_pair(tx, surviving, merged)
    if kept is None or gone is None:
        raise NotFound()
    check_pair(surviving, merged, kinds=(kept["kind"], gone["kind"]))
    for file in (kept, gone):
        if file["merged_into"] is not None:
            raise ClientMerged(surviving_client_id=file["merged_into"])
    if await store.has_open(tx, [surviving, merged]):
        raise AlreadyMerging()
    chosen_contacts(contacts, await store.contacts_of(tx, surviving), await store.contacts_of(tx, merged))
    merger_id = new_id()
    added = await store.add(
        tx, merger_id, reason=reason, contacts=[{"way": each.way.value, "of": each.of.value} for each in contacts],
        surviving_client_id=surviving, merged_client_id=merged, surviving_version=kept["version"],
        merged_version=gone["version"], proposed_by=by.subject, proposed_at=now,
    )  # fmt: skip
    if not added:
        raise AlreadyMerging()
    rules = await store.policy(tx, today=business_day(now))
    await approvals.propose(
        tx, kind=KIND, subject_id=merger_id, subject_version=version_of(kept["version"], gone["version"]), by=by, now=now,
        expires_at=now + timedelta(days=rules.proposal_days),
    )  # fmt: skip
    await audit.record(
        tx, act="merger.proposed", by=by, object_type="client-merger", object_id=merger_id, client_id=surviving,
        detail={"merged_client_id": str(merged)}, at=now,
    )  # fmt: skip
    return merger_id


def version_of(surviving: int, merged: int) -> int:
    """One number for both files: it moves as soon as either does."""
    return surviving + merged
