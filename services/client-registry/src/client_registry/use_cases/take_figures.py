"""Figures of closed months taken in from another system of the bank (CR-7, CR-8, CR-9, CR-32, CR-51, CR-76)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.json_values import dumps
from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.scope import Scope
from chassis.texts import Text

from client_registry.domain.currencies import CURRENCIES, YUAN
from client_registry.domain.statements import TEXTS, Statement, faults_of
from client_registry.store import held_products
from client_registry.store import statements as store
from client_registry.use_cases.reevaluate_clients import mark_changed


class DeliveryNumberTaken(RuleBroken):
    """The source has delivered something else under this number."""

    code = "figures.delivery-number-taken"
    text = Text(
        en="This source has already delivered something else under this number; a correction needs a number of its own.",
        zh="该来源系统已用此批次号报送过不同内容，更正数据须使用新的批次号。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a delivery did. `repeated`: it was taken before, and nothing was done now."""

    delivery_id: UUID
    rows_total: int
    rows_new: int
    rows_corrected: int
    clients_changed: int
    repeated: bool = False


async def take_figures(
    tx: Tx,
    statements: Sequence[Statement],
    *,
    source: str,
    delivery_no: str,
    scope: Scope,
    by: Principal,
    now: datetime,
) -> Taken:
    """Takes a delivery whole or not at all.

    The same delivery again changes nothing; what a source has said about a month before is corrected by a later row,
    and the clients whose figures changed are decided over again. Raises Invalid with every fault of every row
    (pointers `/rows/<n>/…`), DeliveryNumberTaken.
    """
    digest = hashlib.sha256(dumps(list(statements)).encode()).digest()
    earlier = await store.earlier_delivery(tx, source=source, delivery_no=delivery_no)
    if earlier is not None:
        if earlier["digest"] != digest:
            raise DeliveryNumberTaken()
        counts = {name: earlier[name] for name in ("rows_total", "rows_new", "rows_corrected", "clients_changed")}
        return Taken(delivery_id=earlier["id"], **counts, repeated=True)
    clients = await store.clients_named(tx, statements, scope=scope)
    await _check(tx, statements, clients, today=business_day(now))
    delivery_id = new_id()
    placed = [(clients[_name(statement)], statement) for statement in statements]
    await store.lock_clients(tx, [client_id for client_id, _ in placed])
    kept = await store.keep(tx, placed, source=source, delivery_id=delivery_id, now=now)
    changed = await store.derive(tx, [(row.client_id, row.month) for row in kept], now=now)
    await mark_changed(tx, changed, now=now)
    held = [(row.client_id, row.month) for row in kept if statements[row.row_no].holdings is not None]
    if held:
        await store.tell_holdings(tx, [client_id for client_id, _ in held], now=now)
        await mark_changed(tx, await held_products.note_stated(tx, held, now=now), now=now)
    taken = Taken(
        delivery_id=delivery_id,
        rows_total=len(statements),
        rows_new=sum(row.first for row in kept),
        rows_corrected=sum(not row.first for row in kept),
        clients_changed=len(changed),
    )
    await store.add_delivery(
        tx, id=delivery_id, source=source, delivery_no=delivery_no, digest=digest, received_by=by.subject,
        received_at=now, rows_total=taken.rows_total, rows_new=taken.rows_new, rows_corrected=taken.rows_corrected,
        clients_changed=taken.clients_changed,
    )  # fmt: skip
    await audit.record(
        tx, act="figures.delivered", by=by, object_type="figure-delivery", object_id=delivery_id,
        detail={"source": source, "delivery_no": delivery_no, "rows": taken.rows_total, "new": taken.rows_new,
                "corrected": taken.rows_corrected}, at=now,
    )  # fmt: skip
    return taken


def _name(statement: Statement) -> UUID | str:
    return statement.client_id or statement.client_no or ""


async def _check(tx: Tx, statements: Sequence[Statement], clients: Mapping[UUID | str, UUID], *, today: date) -> None:
    rates = await store.rates_known(tx, [statement.month for statement in statements])
    erased = await store.erased_among(tx, clients.values())
    errors: list[FieldError] = []
    seen: set[tuple[UUID, date, str]] = set()
    for n, statement in enumerate(statements):
        place = f"/rows/{n}"
        found = [(fault.pointer, fault.code) for fault in faults_of(statement, today=today)]
        client_id = clients.get(_name(statement))
        if client_id is None and not any(code == "figures.one-client" for _, code in found):
            found.append(("/client_no" if statement.client_no else "/client_id", "figures.client-unknown"))
        elif client_id in erased:
            found.append(("/client_no" if statement.client_no else "/client_id", "figures.client-erased"))
        elif client_id is not None:
            key = (client_id, statement.month, statement.currency)
            if key in seen:
                found.append(("", "figures.row-twice"))
            seen.add(key)
        errors.extend(FieldError(place + pointer, code, TEXTS[code]) for pointer, code in found)
        if _lacks_rate(statement, rates, today=today):
            code, about = "figures.rate-missing", {"currency": statement.currency, "month": f"{statement.month:%Y-%m}"}
            errors.append(FieldError(f"{place}/currency", code, TEXTS[code], about))
    if errors:
        raise Invalid(errors)


def _lacks_rate(statement: Statement, rates: set[tuple[str, date]], *, today: date) -> bool:
    if statement.currency == YUAN or statement.currency not in CURRENCIES or statement.month >= today.replace(day=1):
        return False
    return (statement.currency, statement.month) not in rates
