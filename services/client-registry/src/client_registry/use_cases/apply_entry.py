"""What was entered is done: at once, or when a second person has entered the same (XC-21)."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.contact_ways import Way
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.registration_form import Source
from client_registry.domain.second_entries import EntryKind, grants_of_json
from client_registry.use_cases.change_identity import change_identity
from client_registry.use_cases.fill_registration_form import FilledForm, fill_registration_form
from client_registry.use_cases.register_client import Registered, Registration, register_client

_DATES = ("birth_on", "form_on", "client_since_on")


async def apply_entry(tx: Tx, body: Mapping[str, Any], *, now: datetime) -> UUID:
    """The client whom it concerns. It is the first person's act, under the rights he had; raises what the act raises."""
    grants = grants_of_json(body["grants"])
    by = Principal(body["subject"], tuple(grants))
    kind = EntryKind(body["kind"])
    if kind is EntryKind.REGISTRATION:
        rest = None if body["form"] is None else form_of_json(body["form"])
        done = await apply_registration(tx, registration_of_json(body["registration"]), rest, by=by, now=now)
        return done.client_id
    client_id = UUID(body["client_id"])
    if kind is EntryKind.FORM:
        await fill_registration_form(
            tx, client_id, form_of_json(body["form"]), roles=frozenset(body["roles"]),
            expected_version=body["expected_version"], by=by, now=now,
        )  # fmt: skip
        return client_id
    said = body["identity"]
    document = None if said["number"] is None else (IdentityType(said["type"]), said["number"])
    await change_identity(
        tx, client_id, name=said["name"], document=document, cause=said["cause"], reason=said["reason"], by=by, now=now
    )
    return client_id


async def apply_registration(
    tx: Tx, form: Registration, rest: FilledForm | None, *, by: Principal, now: datetime
) -> Registered:
    """The new file, and the rest of the form where it was filled in too."""
    done = await register_client(tx, form, by=by, grants=list(by.grants), now=now)
    if rest is not None:
        roles = frozenset(grant.role for grant in by.grants)
        await fill_registration_form(tx, done.client_id, rest, roles=roles, expected_version=0, by=by, now=now)
    return done


def registration_as_json(form: Registration) -> dict[str, Any]:
    """A registration as it is kept."""
    kept = asdict(form)
    return {
        **kept, "identity_type": form.identity_type.value, "home_unit_id": str(form.home_unit_id),
        "serving_unit_ids": [str(unit_id) for unit_id in form.serving_unit_ids],
        "contacts": [[way.value, value] for way, value in form.contacts],
        **{name: _iso(kept[name]) for name in ("birth_on", "client_since_on")},
    }  # fmt: skip


def registration_of_json(kept: Mapping[str, Any]) -> Registration:
    """What `registration_as_json` gave."""
    said = {
        **kept, "identity_type": IdentityType(kept["identity_type"]), "home_unit_id": UUID(kept["home_unit_id"]),
        "serving_unit_ids": tuple(UUID(unit_id) for unit_id in kept["serving_unit_ids"]),
        "contacts": tuple((Way(way), value) for way, value in kept["contacts"]),
        **{name: _day(kept[name]) for name in ("birth_on", "client_since_on")},
    }  # fmt: skip
    return Registration(**said)


def form_as_json(form: FilledForm) -> dict[str, Any]:
    """A filled form as it is kept."""
    return {
        "entered": {name: _iso(value) if isinstance(value, date) else value for name, value in form.entered.items()},
        "contacts": None if form.contacts is None else [[way.value, value] for way, value in form.contacts],
        "twice": dict(form.twice), "source": form.source.value, "notice_version": form.notice_version,
    }  # fmt: skip


def form_of_json(kept: Mapping[str, Any]) -> FilledForm:
    """What `form_as_json` gave."""
    entered = {name: _day(value) if name in _DATES else value for name, value in kept["entered"].items()}
    contacts = None if kept["contacts"] is None else tuple((Way(way), value) for way, value in kept["contacts"])
    return FilledForm(
        entered=entered, contacts=contacts, twice=kept["twice"], source=Source(kept["source"]),
        notice_version=kept["notice_version"],
    )  # fmt: skip


def _iso(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
