"""Countersign a receipt: the cards are in stock, and whoever waits for them is served (CS-12 to CS-14)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit, due_work, work_items
from chassis.db import Tx
from chassis.identity import Principal, system
from chassis.ids import new_id

from card_service.domain.cards import Card
from card_service.domain.receipts import Receipt, check_receipt
from card_service.domain.shelves import RESTOCK
from card_service.store import cards, organisation, receipts, reservations, shelves
from card_service.use_cases.serve_reservations import serve_reservations


async def confirm_receipt(tx: Tx, receipt_id: UUID, *, by: Principal, now: datetime) -> Receipt:
    """Everything that held when it was proposed must still hold (CS-14).

    Raises `NotPending`, `SamePerson` and what `check_receipt` raises.
    """
    receipt = await receipts.lock_receipt(tx, receipt_id)
    signed = replace(receipt, signatures=receipt.signatures.countersigned(by.subject, at=now))
    check_receipt(
        segment=signed.segment,
        segment_unit=await organisation.get_unit(tx, signed.segment.unit_id),
        unit=await organisation.get_unit(tx, signed.unit_id),
        run=signed.run,
        taken=await receipts.taken_runs(tx, signed.segment.id, besides=signed.id),
    )
    await receipts.save_receipt(tx, signed)
    await due_work.cancel(tx, kind="card.receipt-held", subject_id=signed.id)
    await _shelve(tx, signed, now=now)
    await audit.record(
        tx,
        act="stock-receipt.countersigned",
        by=by,
        object_type="stock-receipt",
        object_id=signed.id,
        detail={"cards": len(signed.run), "proposed_by": signed.signatures.proposed_by},
        at=now,
    )
    return signed


async def _shelve(tx: Tx, receipt: Receipt, *, now: datetime) -> None:
    """Cards, ledger entries and the count; then those who wait, in the order in which they asked."""
    level = receipt.segment.level
    held = await shelves.lock_shelves(tx, of_units=[(receipt.unit_id, level)])
    arrived = [
        Card.received(new_id(), number, into=receipt.unit_id, receipt_id=receipt.id) for number in receipt.numbers()
    ]
    await cards.add_cards(tx, [card for card, _ in arrived])
    await cards.add_entries(tx, [entry for _, entry in arrived], at=now)
    for place, shelf in held.items():
        filled = shelf.put(len(arrived))
        await shelves.save_shelves(tx, [filled])
        if shelf.low_since is not None and filled.low_since is None:
            await work_items.complete_for(
                tx, subject_id=shelf.id, kind=RESTOCK, by=system("card-service"), result="restocked", now=now
            )
        waiting = await reservations.lock_waiting_below(tx, path=place[0], level=level, limit=filled.in_stock)
        await serve_reservations(tx, waiting, now=now)
