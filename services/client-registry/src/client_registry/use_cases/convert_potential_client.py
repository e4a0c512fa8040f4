"""A potential client becomes a client: what was recorded is taken over, nothing is typed twice (CR-52)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.db import Record, Tx
from chassis.identity import Grant, Principal

from client_registry.domain.contact_ways import Way
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.potential_clients import ClientAlready, PotentialStatus, no_document
from client_registry.domain.registration_form import Answer, Source
from client_registry.store import potential_clients as store
from client_registry.store import registration_forms
from client_registry.store.registration_forms import Origin
from client_registry.use_cases.follow_up_potential_client import lock_open
from client_registry.use_cases.record_potential_client import KIND
from client_registry.use_cases.register_client import Registered, Registration, register_client


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What the record does not know yet; the document only where none was recorded."""

    identity_type: IdentityType | None
    identity_number: str | None
    identity_number_again: str | None
    sex: str | None
    birth_on: date | None
    marketing: bool
    events: bool
    wished_interval: str | None
    notice_version: str | None


async def convert_potential_client(
    tx: Tx, potential_id: UUID, missing: Missing, *, by: Principal, grants: list[Grant], now: datetime
) -> Registered:
    """The new file. Raises NotFound, PotentialEnded, ClientAlready, Invalid, and what `register_client` raises."""
    row = await lock_open(tx, potential_id)
    if row["client_id"] is not None:
        raise ClientAlready()
    done = await register_client(tx, form_of(tx, row, missing), by=by, grants=grants, now=now)
    await _take_over(tx, row, done.client_id)
    await store.end(
        tx, [potential_id], status=PotentialStatus.CONVERTED.value, because="converted", client_id=done.client_id
    )
    await work_items.complete_for(tx, subject_id=potential_id, kind=KIND, by=by, result="converted", now=now)
    await audit.record(
        tx, act="potential-client.converted", by=by, object_type="potential-client", object_id=potential_id,
        client_id=done.client_id, at=now,
    )  # fmt: skip
    return done


def form_of(tx: Tx, row: Record, missing: Missing) -> Registration:
    """The registration form with what the record knows. Raises Invalid where there is no document at all."""
    number, again = store.opened(tx, row, "identity_number"), missing.identity_number_again
    kind = None if row["identity_type"] is None else IdentityType(row["identity_type"])
    if number is None:
        number, kind = missing.identity_number, missing.identity_type
    else:
        # Entered twice when it was recorded (XC-21).
        again = number
    if number is None or kind is None:
        raise no_document()
    phone = store.opened(tx, row, "phone")
    return Registration(
        name=store.opened(tx, row, "name") or "",
        identity_type=kind,
        identity_number=number,
        identity_number_again=again,
        sex=missing.sex,
        birth_on=missing.birth_on,
        contacts=() if phone is None else ((Way.MOBILE, phone),),
        mobile_again=phone,
        marketing=missing.marketing,
        events=missing.events,
        wished_interval=missing.wished_interval,
        notice_version=missing.notice_version,
        home_unit_id=row["unit_id"],
        serving_unit_ids=(),
        manager=row["owner"],
        client_since_on=None,
    )


async def _take_over(tx: Tx, row: Record, client_id: UUID) -> None:
    """Hobbies and needs stand on the registration form, with the source and the day they were recorded with (CR-75)."""
    answers: dict[str, Answer | None] = {}
    if row["hobbies"]:
        answers["hobbies"] = Answer(codes=tuple(row["hobbies"]))
    needs = store.opened(tx, row, "needs")
    if needs is not None:
        answers["needs_and_suggestions"] = Answer(text=needs)
    origin = Origin(source=Source(row["source"]), collector=row["collector"], collected_at=row["collected_at"])
    await registration_forms.save_fields(tx, client_id, answers, origin)
