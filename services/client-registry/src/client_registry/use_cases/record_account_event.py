"""An account event from the bank's systems: kept once, told where what is held changes, else put before the manager."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chassis import work_items
from chassis.db import Tx
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid
from chassis.tracing import current_traceparent

from client_registry.domain.bank_reports import CHANGES_HOLDINGS, AccountEventKind
from client_registry.domain.statements import TEXTS
from client_registry.store import bank_reports as store
from client_registry.store import clients, held_products
from client_registry.use_cases.reevaluate_clients import mark_changed

WORK = "account.look"
FALLBACK_ROLE = "wealth_centre_head"
LOOK_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """What a system reports: which client and product, what happened, when; `report_no` is the system's own."""

    source: str
    report_no: str
    client_no: str
    kind: AccountEventKind
    product_code: str
    product_kind: str
    occurred_on: date
    opened_on: date | None = None
    matures_on: date | None = None
    yield_percent: str | None = None


async def record_account_event(tx: Tx, event: AccountEvent, *, now: datetime) -> None:
    """CR-51: changes of accounts are surfaced as they come. The same report again changes nothing.

    Raises Invalid where the client is not on file.
    """
    client_id = await store.lock_client(tx, event.client_no)
    if client_id is None:
        code = "figures.client-unknown"
        raise Invalid([FieldError("/client_no", code, TEXTS[code])])
    fresh = await store.add_report(
        tx, client_id=client_id, report_id=new_id(), topic="account", source=event.source, report_no=event.report_no,
        kind=event.kind.value, product_code=event.product_code, days_overdue=None, occurred_on=event.occurred_on, now=now,
    )  # fmt: skip
    if not fresh:
        return
    if event.kind not in CHANGES_HOLDINGS:
        files = await clients.managers_of(tx, [client_id])
        file = files[client_id]
        await work_items.add(
            tx, kind=WORK, rule="CR-51", text=f"{WORK}.{event.kind.value}", client_id=client_id, subject_id=client_id,
            owner=file["manager"], owner_role=None if file["manager"] else FALLBACK_ROLE, unit_id=file["home_unit_id"],
            unit_path=file["path"], due_at=now + LOOK_WITHIN, now=now,
        )  # fmt: skip
        return
    if event.kind is AccountEventKind.OPENED:
        holding = {
            "product_code": event.product_code,
            "kind": event.product_kind,
            "opened_on": (event.opened_on or event.occurred_on).isoformat(),
            "matures_on": event.matures_on.isoformat() if event.matures_on else None,
            "yield_percent": event.yield_percent,
        }
        await store.open_holding(tx, client_id, holding, on=event.occurred_on)
        changed = True
        said = await held_products.note_opened(
            tx, client_id, event.product_code, on=event.opened_on or event.occurred_on, now=now
        )
    else:
        changed = await store.close_holding(
            tx, client_id, product_code=event.product_code, opened_on=event.opened_on, on=event.occurred_on
        )
        said = await held_products.note_closed(tx, client_id, event.product_code, on=event.occurred_on, now=now)
    if said:
        await mark_changed(tx, [client_id], now=now)
    if changed:
        await store.say_holdings(tx, client_id, now=now, traceparent=current_traceparent())
