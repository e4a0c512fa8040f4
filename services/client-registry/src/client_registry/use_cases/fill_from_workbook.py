"""Filling in a client's registration form from its workbook: what differs from the file counts, the rest is no change."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import attachments
from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.refusals import FieldError, Invalid, NotFound, RuleBroken
from chassis.texts import Text

from client_registry.domain.clients import Consent
from client_registry.domain.contact_ways import ContactWay, Way, ordered
from client_registry.domain.form_workbook import lines, template_version
from client_registry.domain.form_workbook_answers import (
    answers,
    contacts,
    faults_of_filled,
    faults_of_ways,
    placed,
    seconds,
    text_of,
)
from client_registry.domain.form_workbook_reading import FilledSheet, Workbook
from client_registry.domain.identity_documents import normalize
from client_registry.domain.reference_data import OptionSet
from client_registry.domain.registration_form import CONSENT_FIELDS, FIELDS, Answer, Shape, Source, checked_answers
from client_registry.domain.second_entries import PendingEntry
from client_registry.store import clients, identities, information_policies, reference_data
from client_registry.store import registration_forms as store
from client_registry.store.identities import Identity
from client_registry.store.registration_forms import KeptForm
from client_registry.use_cases.enter_form import enter_form
from client_registry.use_cases.fill_registration_form import FilledForm
from client_registry.use_cases.register_from_workbook import KIND, UploadedWorkbook

_ANOTHER = Text(
    en="This template was downloaded for client {client_no}, not for this one.",
    zh="该模板为客户 {client_no} 下载，与当前客户不符。",
)


class FormMovedOn(RuleBroken):
    """Somebody changed the form after the workbook was downloaded (CR-77)."""

    code = "workbook.form-moved-on"
    text = Text(
        en="The form was changed since this workbook was downloaded (version {was}, now {version}); download it again.",
        zh="该工作簿下载后登记表已被修改（下载时版本 {was}，现为 {version}），请重新下载。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledFromWorkbook:
    """The form's version, what was changed, and the workbook that is kept; None where nothing changed."""

    version: int
    changed: tuple[str, ...]
    attachment_id: UUID | None


async def fill_from_workbook(
    tx: Tx, client_id: UUID, sent: UploadedWorkbook, *, source: Source, roles: frozenset[str], by: Principal,
    grants: list[Grant], now: datetime,
) -> FilledFromWorkbook | PendingEntry:  # fmt: skip
    """What changed, or the entry that waits for a second person.

    An empty cell of a workbook that was downloaded for the client clears what stood there; one of an empty template
    leaves it. A workbook that says what is on file records nothing.

    Raises NotFound, FormMovedOn, Invalid with each fault at its cell, and what `fill_registration_form` raises.
    """
    workbook = await asyncio.to_thread(Workbook, sent.content)
    kept = await store.lock_form(tx, client_id)
    if kept is None or await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    mark = workbook.mark
    if mark.client_no is not None and mark.client_no != kept.client_no:
        raise Invalid([FieldError("/file", "workbook.another-client", _ANOTHER, {"client_no": mark.client_no})])
    if mark.client_no is not None and mark.form_version != kept.version:
        raise FormMovedOn(was=mark.form_version, version=kept.version)
    sets, policy = await reference_data.sets_by_code(tx), await information_policies.current(tx)
    wanted = lines(sets, policy.entered_twice(), fresh=mark.client_no is None)
    sheet = workbook.read(wanted, sets, version=template_version(sets))
    errors = [*_identity_faults(sheet, await identities.read(tx, client_id))]
    said = _said(sheet, kept, sets, await clients.lock_consent(tx, client_id), clears=mark.client_no is not None)
    errors += faults_of_filled(sheet, said, kept.answers, sets)
    errors += faults_of_ways(sheet, policy, before=kept.contacts)
    if errors:
        raise Invalid(errors)
    form = FilledForm(
        entered=said, contacts=_ways(sheet, kept, clears=mark.client_no is not None), twice=seconds(sheet), source=source,
        notice_version=text_of(sheet, "notice_version"),
    )  # fmt: skip
    if not said and form.contacts is None:
        return FilledFromWorkbook(version=kept.version, changed=(), attachment_id=None)
    try:
        done = await enter_form(
            tx, client_id, form, roles=roles, expected_version=kept.version, by=by, grants=grants, now=now
        )
    except Invalid as refused:
        raise Invalid(placed(sheet, refused, contacts(sheet))) from None
    paper = await attachments.add(
        tx, subject_id=done.id if isinstance(done, PendingEntry) else client_id, client_id=client_id, kind=KIND,
        name=sent.name, media_type=sent.media_type, content=sent.content, by=by, now=now,
    )  # fmt: skip
    if isinstance(done, PendingEntry):
        return done
    changed = tuple(sorted([*said, *(["contacts"] if form.contacts is not None else [])]))
    return FilledFromWorkbook(version=done, changed=changed, attachment_id=paper.id)


def _identity_faults(sheet: FilledSheet, kept: Identity) -> list[FieldError]:
    """Name and document are read, and must be those on file: what they are changed by is another act."""
    number = text_of(sheet, "identity_number")
    pairs = (
        ("name", text_of(sheet, "name"), kept.name),
        ("identity_type", text_of(sheet, "identity_type"), None if kept.kind is None else kept.kind.value),
        ("identity_number", None if number is None else normalize(number), kept.number),
    )
    return [sheet.at(key, "sheet.not-by-form") for key, said, on_file in pairs if said is not None and said != on_file]


def _said(
    sheet: FilledSheet, kept: KeptForm, sets: Mapping[str, OptionSet], consent: Consent | None, *, clears: bool
) -> dict[str, Any]:
    """The answers that differ from what is on file."""
    before: dict[str, Any] = {"sex": kept.sex, "birth_on": kept.birth_on, "form_on": kept.form_on}
    if consent is not None:
        before |= {"wished_interval": consent.wished_interval, "accepts_marketing": consent.marketing,
                   "attends_events": consent.events}  # fmt: skip
    said: dict[str, Any] = {}
    for name, value in answers(sheet).items():
        if not clears and value in (None, []):
            continue
        if name in before or name in CONSENT_FIELDS:
            if value != before.get(name) and (value is not None or name not in CONSENT_FIELDS - {"wished_interval"}):
                said[name] = value
        elif not _same(name, value, kept.answers.get(name), sets):
            said[name] = value
    return said


def _same(name: str, value: Any, kept: Answer | None, sets: Mapping[str, OptionSet]) -> bool:
    field = FIELDS[name]
    if field.shape is Shape.CODES:
        # A choice that is no longer offered has no line to tick and stays as it was.
        offered = set(sets[str(field.set_code)].offered())
        return set(value) == {code for code in (kept.codes or () if kept else ()) if code in offered}
    if field.shape is Shape.CODE:
        return bool(value == (kept.codes[0] if kept is not None and kept.codes else None))
    try:
        return checked_answers({name: value}, sets)[name] == kept
    except Invalid:
        return False


def _ways(sheet: FilledSheet, kept: KeptForm, *, clears: bool) -> tuple[tuple[Way, str], ...] | None:
    """The ways as they are to stand; None where they stand so already."""
    given = contacts(sheet)
    if not clears:
        named = {way for way, _ in given}
        given += [(each.way, each.value) for each in kept.contacts if each.way not in named]
        if not named:
            return None
    return None if _plain(ordered(given)) == _plain(kept.contacts) else tuple(given)


def _plain(ways: tuple[ContactWay, ...]) -> list[tuple[Way, str]]:
    return [(each.way, each.value) for each in ways]
