"""Entering a registration: the file is opened at once, or when a second person has entered the same (CR-40, XC-21)."""

from datetime import datetime

from chassis.db import Tx
from chassis.identity import Grant, Principal

from client_registry.domain.registration_form import FIELDS, Shape
from client_registry.domain.second_entries import EntryKind, PendingEntry
from client_registry.use_cases.apply_entry import apply_registration, form_as_json, registration_as_json
from client_registry.use_cases.await_second_person import FirstEntry, await_second_person
from client_registry.use_cases.fill_registration_form import FilledForm
from client_registry.use_cases.register_client import Registered, Registration


async def enter_registration(
    tx: Tx, form: Registration, rest: FilledForm | None, *, by: Principal, grants: list[Grant], now: datetime
) -> Registered | PendingEntry:
    """The new file, or the entry that waits. Raises what `register_client` and `fill_registration_form` raise."""
    values = {"name": form.name, "identity_number": form.identity_number}
    values |= {way.value: value for way, value in form.contacts}
    if form.birth_on is not None:
        values["birth_on"] = form.birth_on.isoformat()
    if rest is not None:
        values |= texts_of(rest)
    first = FirstEntry(
        kind=EntryKind.REGISTRATION, client_id=None, unit_id=form.home_unit_id, values=values,
        body={"registration": registration_as_json(form), "form": None if rest is None else form_as_json(rest)},
    )  # fmt: skip
    waiting = await await_second_person(tx, first, by=by, grants=grants, now=now)
    if waiting is not None:
        return waiting
    return await apply_registration(tx, form, rest, by=Principal(by.subject, tuple(grants), by.actor), now=now)


def texts_of(form: FilledForm) -> dict[str, str]:
    """The texts and numbers of a form that could be asked for again."""
    return {
        name: value
        for name, value in form.entered.items()
        if isinstance(value, str) and value.strip() and name in FIELDS
        and FIELDS[name].shape in (Shape.TEXT, Shape.POSTCODE, Shape.ACCOUNT)
    }  # fmt: skip
