"""What is told of a client's family: the whole list of days that come back, without years and names (CR-48)."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.db import Tx

from client_registry.domain.profile_events import ClientProfileChanged
from client_registry.domain.registration_form import Group
from client_registry.store import important_dates, registration_forms


async def tell_family(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """Says ClientProfileChanged with the days as they now stand."""
    # The number first: it locks, and who comes later reads what the earlier one wrote.
    family_version = await important_dates.next_telling(tx, client_id)
    kept = await important_dates.list_of(tx, client_id)
    form_version, _ = await registration_forms.form_header(tx, client_id)
    changed = ClientProfileChanged(
        at=now,
        # The form itself did not change; its listeners see no newer one.
        version=form_version,
        client_id=client_id,
        groups=(Group.BASIC.value,),
        occasion_month_day=None,
        family_occasions=tuple(each.date.occasion(each.relation) for each in kept if not each.gone),
        family_version=family_version,
    )
    await outbox.add(tx, changed)
