"""May this client have this service here? One call, nationwide, audited (CR-19 to CR-21, CS-27)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound, RuleBroken
from chassis.texts import Text

from client_registry.domain.entitlement_decisions import Decided, decide
from client_registry.domain.entitlements import branch_of
from client_registry.store import entitlements, served
from client_registry.store.served import Served
from client_registry.use_cases.recognise_client import recognise_client


class CardNotCurrent(RuleBroken):
    """The card shown is not the client's present one."""

    code = "entitlement.card-not-current"
    text = Text(
        en="This card is not the client's present card; verify it and recognise the client.",
        zh="该卡不是客户当前有效卡片，请核验卡片并识别客户。",
    )


class NoSuchEntitlement(NotFound):
    """Neither the head office nor this branch has such a service."""

    code = "entitlement.unknown"
    text = Text(en="There is no such service here.", zh="该机构没有此项服务。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is meant, one of the three; which service, where, on which day."""

    client_id: UUID | None
    card_number: str | None
    lookup_id: UUID | None
    code: str
    unit_id: UUID
    on: date


async def check_entitlement(
    tx: Tx, asked: Asked, *, places: list[str], by: Principal, now: datetime
) -> tuple[UUID, Decided]:
    """The decision and its id, kept in the audit with catalogue version and reason.

    `places` are the caller's: the service is given at one of them. Raises NotFound for an unknown client, card or place,
    NoSuchEntitlement, CardNotCurrent, LookupGone, NotConfirmed.
    """
    unit = await served.unit_within(tx, asked.unit_id, places)
    if unit is None:
        raise NotFound()
    client = await _client(tx, asked, by=by, now=now)
    branch = branch_of(unit.path)
    catalogue = (await entitlements.rules_in_force(tx, day=asked.on)).catalogue
    local = await entitlements.local_rows(tx, branch)
    decided = decide(catalogue, local, asked.code, client.levels, branch_path=branch, day=asked.on)
    if decided is None:
        raise NoSuchEntitlement()
    decision_id = new_id()
    await audit.record(
        tx, act="entitlement.checked", by=by, object_type="entitlement-decision", object_id=decision_id,
        client_id=client.client_id,
        detail={
            "code": decided.code, "allowed": decided.allowed, "reason": decided.reason, "level": decided.level,
            "unit_id": str(unit.id), "on": asked.on.isoformat(), "catalogue_version": decided.catalogue_version,
            "local": decided.local,
        },
        at=now,
    )  # fmt: skip
    return decision_id, decided


async def _client(tx: Tx, asked: Asked, *, by: Principal, now: datetime) -> Served:
    if asked.lookup_id is not None:
        rules = await entitlements.rules_in_force(tx, day=asked.on)
        return await recognise_client(tx, asked.lookup_id, rules=rules, by=by, now=now)
    client_id = asked.client_id
    if asked.card_number is not None:
        client_id = await served.holder_of(tx, asked.card_number)
    client = None if client_id is None else await served.find_served(tx, client_id)
    if client is None:
        raise NotFound()
    if asked.card_number is not None and asked.card_number != client.card_number:
        raise CardNotCurrent()
    return client
