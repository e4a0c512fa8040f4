"""Entering changes of the registration form: they stand at once, or when a second person has entered the same (XC-21)."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.refusals import NotFound

from client_registry.domain.contact_ways import kept_form
from client_registry.domain.second_entries import EntryKind, PendingEntry
from client_registry.store import registration_forms as store
from client_registry.store.registration_forms import KeptForm
from client_registry.use_cases.apply_entry import form_as_json
from client_registry.use_cases.await_second_person import FirstEntry, await_second_person
from client_registry.use_cases.enter_registration import texts_of
from client_registry.use_cases.fill_registration_form import FilledForm, fill_registration_form


async def enter_form(
    tx: Tx, client_id: UUID, form: FilledForm, *, roles: frozenset[str], expected_version: int, by: Principal,
    grants: list[Grant], now: datetime,
) -> int | PendingEntry:  # fmt: skip
    """The form's version after it, or the entry that waits: only what changes is entered again. Raises what
    `fill_registration_form` raises."""
    kept = await store.lock_form(tx, client_id)
    if kept is None:
        raise NotFound()
    first = FirstEntry(
        kind=EntryKind.FORM, client_id=client_id, unit_id=kept.home_unit_id, values=_changing(form, kept),
        body={"form": form_as_json(form), "roles": sorted(roles), "expected_version": expected_version},
    )  # fmt: skip
    waiting = await await_second_person(tx, first, by=by, grants=grants, now=now)
    if waiting is not None:
        return waiting
    return await fill_registration_form(
        tx, client_id, form, roles=roles, expected_version=expected_version, by=by, now=now
    )


def _changing(form: FilledForm, kept: KeptForm) -> dict[str, str]:
    before = {contact.way: contact.value for contact in kept.contacts}
    values = {
        way.value: value for way, value in form.contacts or () if kept_form(way, value) != before.get(way)
    }  # fmt: skip
    for name, text in texts_of(form).items():
        answer = kept.answers.get(name)
        if answer is None or answer.text != text.strip():
            values[name] = text
    born = form.entered.get("birth_on")
    if isinstance(born, date) and born != kept.birth_on:
        values["birth_on"] = born.isoformat()
    return values
