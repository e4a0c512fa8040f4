"""Filling in the registration form (CR-40, CR-45, CR-53 to CR-73), with the source of each field (CR-75)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis import audit, outbox, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Invalid, NotFound, Stale
from chassis.texts import Text

from client_registry.domain.clients import Consent, checked_birth, checked_sex
from client_registry.domain.contact_ways import ContactWay, Way, ordered
from client_registry.domain.information_policy import InformationPolicy
from client_registry.domain.profile_events import ClientProfileChanged
from client_registry.domain.registration_form import (
    CONSENT_FIELDS,
    FIELDS,
    WAYS,
    Change,
    Shape,
    Source,
    changes_between,
    checked_answers,
    contact_changes,
    require_other,
    require_writable,
)
from client_registry.store import clients as files
from client_registry.store import information_policies, reference_data
from client_registry.store import registration_forms as store
from client_registry.store.registration_forms import KeptForm, Origin
from client_registry.use_cases.change_consents import change_consents

KIND = "profile.changed"
_LOOK_WITHIN = timedelta(days=7)
_FUTURE = Text(en="The form cannot be dated in the future.", zh="填表日期不能晚于今天。")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """What was entered: only the fields that were sent; None clears. `twice` holds second entries (XC-21),
    `notice_version` says under which privacy notice the survey was answered where another one holds by now (CR-74)."""

    entered: Mapping[str, object]
    contacts: Sequence[tuple[Way, str]] | None
    twice: Mapping[str, str | None]
    source: Source
    notice_version: str | None = None


async def fill_registration_form(
    tx: Tx, client_id: UUID, form: FilledForm, *, roles: frozenset[str], expected_version: int, by: Principal, now: datetime
) -> int:  # fmt: skip
    """The form's version after it; says ClientProfileChanged, and ConsentChanged where survey 1 to 3 or the order of
    contact ways moved. Nothing changed: nothing is said.

    Raises Stale, FieldNotYours, and Invalid for what cannot be.
    """
    kept = await store.lock_form(tx, client_id)
    if kept is None:
        raise NotFound()
    if kept.version != expected_version:
        raise Stale()
    given = frozenset(form.entered) | ({"contacts"} if form.contacts is not None else frozenset())
    require_writable(given, roles)
    origin = Origin(source=form.source, collector=by.subject, collected_at=now)
    changes = [
        *await _answers(tx, client_id, kept, form, origin),
        *await _person(tx, client_id, kept, form, today=business_day(now)),
        *await _contacts(tx, client_id, kept, form),
    ]
    changes += await _consents(tx, client_id, form, changes, by=by, now=now)
    form_on = _date_of(form, kept, business_day(now))
    if not changes and form_on == kept.form_on:
        return kept.version
    await _keep(tx, client_id, kept, changes, origin, form_on=form_on, by=by, now=now)
    return kept.version + 1


async def _answers(tx: Tx, client_id: UUID, kept: KeptForm, form: FilledForm, origin: Origin) -> list[Change]:
    answers = checked_answers(form.entered, await reference_data.sets_by_code(tx))
    require_other({**kept.answers, **answers})
    changes = changes_between(kept.answers, answers)
    await store.save_fields(tx, client_id, {change.field: answers[change.field] for change in changes}, origin)
    return changes


async def _person(tx: Tx, client_id: UUID, kept: KeptForm, form: FilledForm, *, today: date) -> list[Change]:
    sex = _text(form.entered.get("sex", kept.sex))
    birth_on = _day(form.entered.get("birth_on", kept.birth_on))
    if kept.identity_type is not None and kept.identity_number is not None:
        birth_on = checked_birth(kept.identity_type, kept.identity_number, birth_on, today=today)
        # What stands on file is not judged again: only a sex that is stated now.
        sex = sex if sex == kept.sex else checked_sex(kept.identity_type, kept.identity_number, sex)
    changes = []
    if sex != kept.sex:
        changes.append(Change(field="sex", before=kept.sex, after=sex))
    if birth_on != kept.birth_on:
        changes.append(Change(field="birth_on", before=_iso(kept.birth_on), after=_iso(birth_on)))
    if changes:
        await store.save_person(tx, client_id, sex=sex, birth_on=birth_on)
    return changes


async def _contacts(tx: Tx, client_id: UUID, kept: KeptForm, form: FilledForm) -> list[Change]:
    if form.contacts is None:
        return []
    contacts = ordered(form.contacts)
    changes = contact_changes(kept.contacts, contacts)
    _require_twice(await information_policies.current(tx), changes, contacts, form)
    if changes:
        await store.replace_contacts(tx, client_id, contacts)
    return changes


def _require_twice(
    policy: InformationPolicy, changes: Sequence[Change], contacts: Sequence[ContactWay], form: FilledForm
) -> None:
    """XC-21: a way that the policy names is entered twice when it changes; both entries are compared in one form."""
    for change in changes:
        if change.field in WAYS and change.after is not None:
            second = form.twice.get(change.field)
            same = None if second is None else ordered([(Way(change.field), second)])[0].value
            policy.require_twice(change.field, f"/confirm_{change.field}", change.after, same)


async def _consents(
    tx: Tx, client_id: UUID, form: FilledForm, changes: Sequence[Change], *, by: Principal, now: datetime
) -> list[Change]:
    """Survey 1 to 3, and the order in which the client wants to be reached: one ConsentChanged tells both."""
    current = await files.lock_consent(tx, client_id)
    stated = {name: value for name, value in form.entered.items() if name in CONSENT_FIELDS}
    reordered = any(change.field == "contact_order" for change in changes)
    if not stated and not (reordered and current is not None):
        return []
    was = current or Consent(
        marketing=False, events=False, wished_interval=None, notice_version=None, recorded_by=by.subject, version=1
    )
    interval = stated.get("wished_interval", was.wished_interval)
    wanted = replace(
        was,
        marketing=bool(stated.get("accepts_marketing", was.marketing)),
        events=bool(stated.get("attends_events", was.events)),
        wished_interval=None if interval is None else str(interval),
        notice_version=form.notice_version or was.notice_version,
        recorded_by=by.subject,
    )
    said = [
        Change(field=field, before=None if current is None else before, after=after)
        for field, before, after in (
            ("wished_interval", was.wished_interval, wanted.wished_interval),
            ("accepts_marketing", _yes(was.marketing), _yes(wanted.marketing)),
            ("attends_events", _yes(was.events), _yes(wanted.events)),
        )
        if before != after or (current is None and field in stated)
    ]
    if said or reordered:
        version = 0 if current is None else current.version
        await change_consents(tx, client_id, wanted, expected_version=version, by=by, now=now)
    return said


async def _keep(
    tx: Tx, client_id: UUID, kept: KeptForm, changes: Sequence[Change], origin: Origin, *, form_on: date | None,
    by: Principal, now: datetime,
) -> None:  # fmt: skip
    version = kept.version + 1
    groups = tuple(sorted({change.group.value for change in changes}))
    born = next((change for change in changes if change.field == "birth_on"), None)
    await store.save_header(tx, client_id, form_on=form_on, version=version, now=now)
    # What the client file itself keeps has a row for its source only.
    kept_by_file = {change.field: None for change in changes if FIELDS[change.field].shape is Shape.FILE}
    await store.save_fields(tx, client_id, kept_by_file, origin)
    await store.add_changes(tx, client_id, changes, origin, now=now)
    if changes:
        await outbox.add(
            tx,
            ClientProfileChanged(
                at=now, version=version, client_id=client_id, groups=groups,
                occasion_month_day=None if born is None or born.after is None else born.after[5:],
            ),
        )  # fmt: skip
        await _tell(tx, client_id, kept, changes, by=by, now=now)
    await audit.record(
        tx, act="registration-form.filled", by=by, object_type="registration-form", object_id=client_id,
        client_id=client_id, detail={"fields": sorted(change.field for change in changes), "version": version}, at=now,
    )  # fmt: skip


async def _tell(
    tx: Tx, client_id: UUID, kept: KeptForm, changes: Sequence[Change], *, by: Principal, now: datetime
) -> None:
    """CR-79: the manager hears of what others changed, the heads of serving units of other contact ways."""
    asked = {
        (item.owner, item.unit_id) for item in await work_items.list_of_subject(tx, client_id) if item.kind == KIND
    }
    item = {
        "kind": KIND, "rule": "CR-79", "text": KIND, "client_id": client_id, "subject_id": client_id, "owner_role": None,
        "due_at": now + _LOOK_WITHIN,
    }  # fmt: skip
    items = []
    if kept.manager not in (None, by.subject) and (kept.manager, kept.home_unit_id) not in asked:
        items.append({**item, "owner": kept.manager, "unit_id": kept.home_unit_id, "unit_path": kept.home_path})
    if any(change.field in WAYS or change.field == "contact_order" for change in changes):
        items += [
            {**item, "owner": None, "owner_role": "outlet_head", "unit_id": unit_id, "unit_path": path}
            for unit_id, path in (await store.paths_of(tx, kept.serving_unit_ids)).items()
            if (None, unit_id) not in asked
        ]
    await work_items.add_many(tx, items, now=now)


def _date_of(form: FilledForm, kept: KeptForm, today: date) -> date | None:
    form_on = _day(form.entered.get("form_on", kept.form_on))
    if form_on is not None and form_on > today:
        raise Invalid([FieldError("/form_on", "form.future", _FUTURE)])
    return form_on


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _yes(choice: bool) -> str:
    return "yes" if choice else "no"
