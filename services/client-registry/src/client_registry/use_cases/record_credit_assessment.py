"""What a credit-score model or an early-warning system says of a client (CR-31) is kept, and he is classified at once."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.classification import Classification, EarlyWarning
from client_registry.store import classification as store
from client_registry.use_cases.classify_clients import classify_clients
from client_registry.use_cases.reevaluate_client import reevaluate_client


async def record_credit_assessment(
    tx: Tx,
    client_id: UUID,
    *,
    assessed_on: date,
    credit_score: int | None,
    warnings: Sequence[EarlyWarning],
    by: Principal,
    now: datetime,
) -> Classification | None:
    """The classes that follow from it; None for a company, which is classified elsewhere."""
    codes = sorted({warning.value for warning in warnings})
    await store.add_assessment(
        tx, client_id, assessed_on=assessed_on, credit_score=credit_score, warnings=codes, by=by.subject, now=now
    )
    await audit.record(
        tx, act="credit-assessment.recorded", by=by, object_type="client", object_id=client_id, client_id=client_id,
        detail={"assessed_on": assessed_on.isoformat(), "warnings": codes}, at=now,
    )  # fmt: skip
    await reevaluate_client(tx, client_id, as_of=business_day(now), now=now)
    found = await classify_clients(tx, [client_id], now=now)
    return found[0] if found else None
