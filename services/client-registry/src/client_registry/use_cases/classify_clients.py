"""Value, risk and needs of many clients at once (CR-28 to CR-32); what high risk asks for (CR-36)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import due_work, outbox, work_items
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.classification import Classification, classify
from client_registry.domain.grades import Grade
from client_registry.domain.standing_events import ClientClassified
from client_registry.domain.standing_policy import months_later
from client_registry.store import classification as store
from client_registry.store import evaluation
from client_registry.use_cases.ask_to_contact import CONTACT_WITHIN, FALLBACK_ROLE
from client_registry.use_cases.plan_review import morning

REASSESS = "classification.reassess"
DECAYS = "classification.risk-decays"


async def classify_clients(tx: Tx, client_ids: Sequence[UUID], *, now: datetime) -> list[Classification]:
    """The classes of those over whom a decision stands. Says ClientClassified of those whose classes moved; who is of high
    risk is assessed again in the model's months, and somebody is asked to look at once when he becomes it."""
    today = business_day(now)
    locked = await evaluation.lock_these(tx, client_ids)
    model = await store.model_on(tx, today)
    classes = [classify(model, inputs, today=today) for inputs in await store.inputs_of(tx, locked, today=today)]
    if not classes:
        return []
    moved = await store.save_classes(tx, classes)
    await outbox.add(
        tx,
        *(
            ClientClassified(
                at=now, version=moved[each.client_id]["version"], client_id=each.client_id,
                value_class=each.value_class.value, risk_class=each.risk_class.value, needs=each.needs,
                model_version=each.model_version, classified_on=today,
            )
            for each in classes if each.client_id in moved
        ),
    )  # fmt: skip
    high = [each.client_id for each in classes if each.risk_class is Grade.HIGH]
    again = morning(months_later(today, model.reassess_months))
    await due_work.schedule_many(tx, kind=REASSESS, due=[(client_id, again) for client_id in high])
    await _look_again_when_weights_decay(tx, classes)
    newly = [moved[one] for one in high if one in moved and moved[one]["risk_before"] != Grade.HIGH.value]
    await work_items.add_many(
        tx,
        [
            {
                "kind": REASSESS,
                "rule": "CR-36",
                "text": REASSESS,
                "client_id": row["id"],
                "subject_id": row["id"],
                "owner": row["manager"],
                "owner_role": None if row["manager"] else FALLBACK_ROLE,
                "unit_id": row["home_unit_id"],
                "unit_path": row["path"],
                "due_at": now + CONTACT_WITHIN,
            }
            for row in newly
        ],
        now=now,
    )
    return classes


async def _look_again_when_weights_decay(tx: Tx, classes: Sequence[Classification]) -> None:
    """On the first day on which an event that counts now does not count any more."""
    days = {each.client_id: min(event.decays_on for event in each.risk_events) for each in classes if each.risk_events}
    await due_work.schedule_many(tx, kind=DECAYS, due=[(client_id, morning(day)) for client_id, day in days.items()])
