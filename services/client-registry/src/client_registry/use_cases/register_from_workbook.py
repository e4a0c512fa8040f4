"""Opening a client file from the filled-in workbook of the registration form (CR-40, CR-45, CR-53 to CR-74)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import attachments
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.clients import ClientKnown
from client_registry.domain.form_workbook import lines, template_version
from client_registry.domain.form_workbook_answers import (
    answers,
    contacts,
    day_of,
    faults_of_new,
    placed,
    seconds,
    text_of,
)
from client_registry.domain.form_workbook_reading import FilledSheet, Workbook
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.registration_form import CONSENT_FIELDS, Source
from client_registry.domain.second_entries import PendingEntry
from client_registry.store import information_policies, reference_data
from client_registry.use_cases.enter_registration import enter_registration
from client_registry.use_cases.fill_registration_form import FilledForm
from client_registry.use_cases.register_client import Registered, Registration

KIND = "registration-form"
_ON_FILE = frozenset({"sex", "birth_on", *CONSENT_FIELDS})
_OF_A_CLIENT = Text(
    en="This template was downloaded for client {client_no}; hand it in at that client's file.",
    zh="该模板为客户 {client_no} 下载，请在该客户档案处上传。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedWorkbook:
    """A workbook as it was sent."""

    name: str
    media_type: str | None
    content: bytes


class KnownFromWorkbook(Exception):
    """The document in the sheet is on file; the edge says to whom which file may be named."""

    def __init__(self, kind: IdentityType, number: str, known: ClientKnown) -> None:
        super().__init__(known.code)
        self.kind, self.number, self.known = kind, number, known


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFromWorkbook:
    """The new file and the workbook that is kept with it."""

    client: Registered
    attachment_id: UUID


async def register_from_workbook(
    tx: Tx, sent: UploadedWorkbook, *, home_unit_id: UUID, by: Principal, grants: list[Grant], now: datetime
) -> NewFromWorkbook | PendingEntry:
    """The whole sheet is checked first; then the file is opened and filled under the rules of the API, or waits for a
    second person, and the workbook is kept, sealed, with who handed it in.

    Raises Invalid with each fault at its cell, KnownFromWorkbook where the document is on file, and what
    `register_client` and `fill_registration_form` raise.
    """
    workbook = await asyncio.to_thread(Workbook, sent.content)
    if workbook.mark.client_no is not None:
        params = {"client_no": workbook.mark.client_no}
        raise Invalid([FieldError("/file", "workbook.of-a-client", _OF_A_CLIENT, params)])
    sets, policy = await reference_data.sets_by_code(tx), await information_policies.current(tx)
    sheet = workbook.read(lines(sets, policy.entered_twice(), fresh=True), sets, version=template_version(sets))
    if errors := faults_of_new(sheet, sets, policy, today=business_day(now)):
        raise Invalid(errors)
    form = _registration(sheet, home_unit_id)
    try:
        done = await enter_registration(tx, form, _rest(sheet), by=by, grants=grants, now=now)
    except ClientKnown as known:
        raise KnownFromWorkbook(form.identity_type, form.identity_number, known) from None
    except Invalid as refused:
        raise Invalid(placed(sheet, refused, contacts(sheet))) from None
    subject_id, client_id = (done.id, None) if isinstance(done, PendingEntry) else (done.client_id, done.client_id)
    kept = await attachments.add(
        tx, subject_id=subject_id, client_id=client_id, kind=KIND, name=sent.name,
        media_type=sent.media_type, content=sent.content, by=by, now=now,
    )  # fmt: skip
    return done if isinstance(done, PendingEntry) else NewFromWorkbook(client=done, attachment_id=kept.id)


def _registration(sheet: FilledSheet, home_unit_id: UUID) -> Registration:
    again = seconds(sheet)
    return Registration(
        name=text_of(sheet, "name") or "",
        identity_type=IdentityType(text_of(sheet, "identity_type") or ""),
        identity_number=text_of(sheet, "identity_number") or "",
        sex=text_of(sheet, "sex"),
        birth_on=day_of(sheet, "birth_on"),
        contacts=tuple(contacts(sheet)),
        marketing=sheet.values["accepts_marketing"] is True,
        events=sheet.values["attends_events"] is True,
        wished_interval=text_of(sheet, "wished_interval"),
        notice_version=text_of(sheet, "notice_version"),
        home_unit_id=home_unit_id,
        serving_unit_ids=(),
        manager=None,
        client_since_on=None,
        identity_number_again=again.get("identity_number"),
        mobile_again=again.get("mobile"),
    )


def _rest(sheet: FilledSheet) -> FilledForm | None:
    """The rest of the form; what the file is opened with is in the registration already."""
    said = {name: value for name, value in answers(sheet).items() if value and name not in _ON_FILE}
    return FilledForm(entered=said, contacts=None, twice={}, source=Source.BUSINESS_HANDLING) if said else None
