"""Two files become one: the second person's yes moves everything to the survivor and leaves a pointer (CR-38, CR-84)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import approvals, audit, outbox
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.clients import ClientMerged, Consent
from client_registry.domain.contact_ways import Way
from client_registry.domain.events import ClientMoved, ClientUpgraded
from client_registry.domain.levels import CardLevel, ServiceTier, card_rank, tier_rank
from client_registry.domain.merger_events import ClientsMerged
from client_registry.domain.mergers import ContactChoice, Side, check_revocations, chosen_contacts, stricter, stronger
from client_registry.domain.notices import statements
from client_registry.store import clients, evaluation, figure_families, merger_rows, notices
from client_registry.store import mergers as store
from client_registry.store import standing as memberships
from client_registry.store import statements as figures
from client_registry.use_cases.follow_up_potential_client import join_potentials
from client_registry.use_cases.join_households import join_households, tell_both
from client_registry.use_cases.propose_merger import KIND, version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Both files, locked, and who decides when."""

    merger: Record
    kept: Record
    gone: Record
    by: Principal
    now: datetime

    @property
    def surviving(self) -> UUID:
        return UUID(str(self.kept["id"]))

    @property
    def merged(self) -> UUID:
        return UUID(str(self.gone["id"]))


async def merge_clients(tx: Tx, merger_id: UUID, *, by: Principal, now: datetime) -> None:
    """Carries out a proposed merger. Says ClientsMerged under both clients, then what moved for the survivor.

    Raises NotFound, what `approvals.approve` raises (NotOpen, SamePerson, Overtaken), RevocationStands, ClientMerged.
    """
    pair = await _lock(tx, merger_id, by, now)
    before: dict[str, Any] = {"serving_unit_ids": [str(unit) for unit in pair.kept["serving_unit_ids"]]}
    for name in ("card_level", "service_tier", "card_number"):
        before[name] = pair.kept[name]
    become = await _standing(tx, pair, before)
    await join_households(tx, surviving=pair.surviving, merged=pair.merged, by=by, now=now)
    await join_potentials(tx, surviving=pair.surviving, merged=pair.merged, by=by, now=now)
    await merger_rows.move(tx, merger_id, surviving=pair.surviving, merged=pair.merged)
    await _contacts(tx, pair, before)
    consent = await _consents(tx, pair, before)
    version = int(pair.kept["version"]) + 1
    await store.survive(tx, pair.surviving, version=version, **become)
    merged_version = await store.point(tx, merged=pair.merged, surviving=pair.surviving)
    await figure_families.carry(tx, [pair.surviving], now=now)
    await store.close_pairs(tx, merged=pair.merged, by=by.subject, now=now)
    before["after"] = {name: become[name] for name in ("card_level", "service_tier")}
    until = (await store.policy(tx, today=business_day(now))).reversible_until(business_day(now))
    await store.keep_merged(tx, merger_id, before=before, until=until, by=by.subject, now=now)
    await outbox.add(tx, *told(pair.merger, version, merged_version, undone=False, now=now))
    await _tell_what_moved(tx, pair, become, version, consent)
    await tell_both(tx, surviving=pair.surviving, merged=pair.merged, now=now)
    await evaluate_anew(tx, [pair.surviving], now=now)
    await figures.tell_holdings(tx, [pair.surviving], now=now)
    await audit.record(
        tx, act="clients.merged", by=by, object_type="client-merger", object_id=merger_id, client_id=pair.surviving,
        detail={"merged_client_id": str(pair.merged)}, at=now,
    )  # fmt: skip


def told(merger: Record, version: int, merged_version: int, *, undone: bool, now: datetime) -> list[ClientsMerged]:
    """The fact under the survivor's key, and once more under the merged file's."""
    surviving, merged = merger["surviving_client_id"], merger["merged_client_id"]
    return [
        ClientsMerged(
            at=now, version=each_version, client_id=client_id, surviving_client_id=surviving, merged_client_id=merged,
            merger_id=merger["id"], reversed=undone, effective_on=business_day(now),
        )
        for client_id, each_version in ((surviving, version), (merged, merged_version))
    ]  # fmt: skip


async def evaluate_anew(tx: Tx, client_ids: list[UUID], *, now: datetime) -> None:
    """Decides these clients with the figures they have now; tiers and candidates follow."""
    locked = await evaluation.lock_these(tx, client_ids)
    if locked:
        run_id, today = new_id(), business_day(now)
        await evaluation.decide(tx, locked, run_id=run_id, as_of=today, cut_off_at=now)
        await evaluation.follow(tx, locked, run_id=run_id, as_of=today, now=now)


async def _lock(tx: Tx, merger_id: UUID, by: Principal, now: datetime) -> _Pair:
    merger = await store.lock(tx, merger_id)
    if merger is None:
        raise NotFound()
    kept, gone = await store.lock_pair(tx, merger["surviving_client_id"], merger["merged_client_id"])
    if kept is None or gone is None:
        raise NotFound()
    await approvals.approve(
        tx,
        kind=KIND,
        subject_id=merger_id,
        subject_version=version_of(kept["version"], gone["version"]),
        by=by,
        now=now,
    )
    for file in (kept, gone):
        if file["merged_into"] is not None:
            raise ClientMerged(surviving_client_id=file["merged_into"])
    return _Pair(merger=merger, kept=kept, gone=gone, by=by, now=now)


async def _standing(tx: Tx, pair: _Pair, before: dict[str, Any]) -> dict[str, Any]:
    """The highest that stands, with its decision; what the survivor's file becomes."""
    own = await store.lock_qualifications(tx, pair.surviving)
    other = await store.lock_qualifications(tx, pair.merged)
    mine = await memberships.lock_membership(tx, pair.surviving)
    theirs = await memberships.lock_membership(tx, pair.merged)
    check_revocations(revoked=(_is_revoked(own), _is_revoked(other)), member=(mine is not None, theirs is not None))
    winners = dict(own)
    for level, row in other.items():
        if stronger(row["status"], own[level]["status"] if level in own else None):
            winners[level] = row
    await store.put_qualifications(tx, pair.merged, [])
    await store.put_qualifications(tx, pair.surviving, list(winners.values()))
    before["qualifications"] = {"surviving": list(own.values()), "merged": list(other.values())}
    higher = theirs is not None and (mine is None or card_rank(theirs.level) > card_rank(mine.level))
    loser = (mine if higher else theirs) if mine is not None and theirs is not None else None
    before["ended_membership"] = None if loser is None else str(loser.id)
    if loser is not None:
        await store.end_membership(tx, loser.id, today=business_day(pair.now))
    levels = [CardLevel(file["card_level"]) for file in (pair.kept, pair.gone)]
    tiers = [ServiceTier(file["service_tier"]) for file in (pair.kept, pair.gone)]
    served = dict.fromkeys([*pair.kept["serving_unit_ids"], pair.gone["home_unit_id"], *pair.gone["serving_unit_ids"]])
    numbers = (pair.gone["card_number"], pair.kept["card_number"])
    return {
        "card_level": max(levels, key=card_rank).value,
        "service_tier": max(tiers, key=tier_rank).value,
        "card_number": (numbers if higher else numbers[::-1])[0] or (numbers if higher else numbers[::-1])[1],
        "serving_unit_ids": [unit for unit in served if unit != pair.kept["home_unit_id"]],
    }


def _is_revoked(qualifications: dict[str, dict[str, Any]]) -> bool:
    return any(row["status"] == "revoked" for row in qualifications.values())


async def _contacts(tx: Tx, pair: _Pair, before: dict[str, Any]) -> None:
    own = await store.contacts_of(tx, pair.surviving)
    choices = [ContactChoice(way=Way(each["way"]), of=Side(each["of"])) for each in pair.merger["contacts"]]
    chosen = chosen_contacts(choices, own, await store.contacts_of(tx, pair.merged))
    before["contacts"] = {way.value: value for way, value in own.items()}
    before["contacts_after"] = {contact.way.value: contact.value for contact in chosen}
    await store.put_contacts(tx, pair.surviving, chosen)


async def _consents(tx: Tx, pair: _Pair, before: dict[str, Any]) -> Consent | None:
    """The stricter wins (CR-67, CR-68); a change is a new word in the ledger. The consent that now stands."""
    own = await clients.lock_consent(tx, pair.surviving)
    other = await clients.lock_consent(tx, pair.merged)
    wins = stricter(own, other, by=pair.by.subject)
    before["consent"] = None if own is None else own.as_json()
    if wins is None:
        return None
    if own is None:
        await clients.add_consent(tx, pair.surviving, wins.first(), now=pair.now)
        wins = wins.first()
    else:
        wins = own.change(wins)
        await clients.save_consent(tx, pair.surviving, wins, now=pair.now)
    before["consent_version_after"] = wins.version
    await notices.record(
        tx, pair.surviving, statements(own, wins), notice_version=wins.notice_version, way="merger", by=pair.by.subject,
        now=pair.now,
    )  # fmt: skip
    return wins


async def _tell_what_moved(tx: Tx, pair: _Pair, become: dict[str, Any], version: int, consent: Consent | None) -> None:
    today = business_day(pair.now)
    if set(become["serving_unit_ids"]) != set(pair.kept["serving_unit_ids"]):
        moved = ClientMoved(
            at=pair.now, version=version, client_id=pair.surviving, home_unit_id=pair.kept["home_unit_id"],
            serving_unit_ids=tuple(become["serving_unit_ids"]), moved_on=today,
        )  # fmt: skip
        await outbox.add(tx, moved)
    if (become["card_level"], become["service_tier"]) != (pair.kept["card_level"], pair.kept["service_tier"]):
        membership = await memberships.lock_membership(tx, pair.surviving)
        upgraded = ClientUpgraded(
            at=pair.now,
            version=version,
            client_id=pair.surviving,
            card_level_from=pair.kept["card_level"],
            card_level_to=become["card_level"],
            service_tier_from=pair.kept["service_tier"],
            service_tier_to=become["service_tier"],
            cause="evaluation",
            decision_id=pair.merger["id"] if membership is None else membership.decision_id,
            policy_version="none/0" if membership is None else membership.policy_version,
            home_unit_id=pair.kept["home_unit_id"],
            effective_on=today,
        )
        await outbox.add(tx, upgraded)
    if consent is not None:
        await outbox.add(tx, consent.said(pair.surviving, await clients.channels(tx, pair.surviving), pair.now))
