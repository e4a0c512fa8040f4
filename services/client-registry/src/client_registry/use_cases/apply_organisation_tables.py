"""Every row of uploaded tables as if it were asked for by hand, in an order that lets parents come before children."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import Invalid, Refusal
from chassis.scope import Scope

from client_registry.domain.organisation import Posting, ServiceInstitution, Unit, UnitKind
from client_registry.domain.organisation_sheets import Line, SheetFinding, Tables, day_of, finding
from client_registry.domain.postings import check_staff_no
from client_registry.store import organisation
from client_registry.store import organisation_imports as store
from client_registry.use_cases.change_staff import change_staff
from client_registry.use_cases.end_posting import end_posting
from client_registry.use_cases.find_own_unit import find_own_unit
from client_registry.use_cases.find_posting_in_scope import find_posting_in_scope
from client_registry.use_cases.move_unit import move_unit
from client_registry.use_cases.open_unit import open_unit
from client_registry.use_cases.post_staff import post_staff
from client_registry.use_cases.rename_unit import rename_unit

_COLUMN_OF = {"parent_id": "parent_code", "unit_id": "unit_code"}


@dataclass(slots=True)
class Counts:
    """How much was new or different."""

    units_opened: int = 0
    units_changed: int = 0
    staff_added: int = 0
    staff_changed: int = 0
    postings_begun: int = 0
    postings_ended: int = 0


async def apply_organisation_tables(
    tx: Tx, tables: Tables, *, reason: str, by: Principal, scope: Scope, now: datetime
) -> tuple[Counts, list[SheetFinding]]:
    """What was changed and what was refused; where anything was refused the caller takes everything back."""
    work = _Work(tx, reason=reason, by=by, scope=scope, now=now)
    await work.take_units(tables.units)
    await work.take_staff(tables)
    for line in tables.postings:
        await work.tried(line, work.take_posting)
    return work.counts, work.findings


class _Work:
    def __init__(self, tx: Tx, *, reason: str, by: Principal, scope: Scope, now: datetime) -> None:
        self._tx, self._reason, self._by, self._scope, self._now = tx, reason, by, scope, now
        self._units: dict[str, UUID] = {}
        self._staff: dict[str, UUID] = {}
        self.counts = Counts()
        self.findings: list[SheetFinding] = []

    async def tried(self, line: Line, take: Callable[[Line], Awaitable[None]]) -> None:
        """A refusal becomes a finding at its row and column."""
        try:
            await take(line)
        except Invalid as invalid:
            for error in invalid.errors:
                name = error.pointer.rpartition("/")[2]
                column = _COLUMN_OF.get(name, name)
                self.findings.append(finding(line.place, column, error.code, error.text, **error.params))
        except Refusal as refused:
            self.findings.append(finding(line.place, "", refused.code, refused.text, **refused.params))

    async def take_units(self, lines: list[Line]) -> None:
        """Parents first, whatever the order in the file."""
        self._units = {unit.code.lower(): unit.id for unit in await organisation.list_units(self._tx)}
        waiting = {line.cells["code"].lower(): line for line in lines}
        while waiting:
            ready = [code for code, line in waiting.items() if line.cells["parent_code"].lower() not in waiting]
            if not ready:
                break
            for code in ready:
                await self.tried(waiting.pop(code), self.take_unit)
        for line in waiting.values():
            self.findings.append(finding(line.place, "parent_code", "organisation-import.circle"))

    async def take_unit(self, line: Line) -> None:
        cells = line.cells
        known = self._units.get(cells["code"].lower())
        parent_id = self._units.get(cells["parent_code"].lower())
        if known is None and parent_id is None:
            self.findings.append(finding(line.place, "parent_code", "organisation-import.unknown-unit"))
            return
        institution = ServiceInstitution(cells["service_institution"]) if cells["service_institution"] else None
        if known is not None:
            await self._change_unit(line, known, parent_id, institution)
        elif parent_id is not None:
            parent = await organisation.find_unit(self._tx, parent_id)
            letters = cells["branch_code"] or None
            # Units below a first-level branch may name its letters; they are not their own.
            inherited = parent is not None and letters == parent.branch_code
            unit = await open_unit(
                self._tx, parent_id=parent_id, kind=UnitKind(cells["kind"]), code=cells["code"],
                name_zh=cells["name_zh"], name_en=cells["name_en"], branch_code=None if inherited else letters,
                service_institution=institution, reason=self._reason, by=self._by, scope=self._scope, now=self._now,
            )  # fmt: skip
            self._units[unit.code.lower()] = unit.id
            self.counts.units_opened += 1

    async def _change_unit(
        self, line: Line, unit_id: UUID, parent_id: UUID | None, institution: ServiceInstitution | None
    ) -> None:
        cells = line.cells
        before = await organisation.find_unit(self._tx, unit_id)
        if before is None:
            raise LookupError(f"no unit {unit_id}")
        if before.kind is not UnitKind(cells["kind"]):
            self.findings.append(finding(line.place, "kind", "organisation-import.kind-fixed"))
            return
        named = (cells["name_zh"], cells["name_en"], institution)
        if parent_id == before.parent_id and named == (before.name_zh, before.name_en, before.service_institution):
            return
        unit: Unit = await find_own_unit(self._tx, unit_id, scope=self._scope)
        if parent_id is not None and parent_id != unit.parent_id:
            moved = await move_unit(
                self._tx, unit, parent_id=parent_id, reason=self._reason, by=self._by, scope=self._scope, now=self._now
            )
            unit = moved[0]
        await rename_unit(
            self._tx, unit, name_zh=named[0], name_en=named[1], service_institution=institution, reason=self._reason,
            by=self._by, now=self._now,
        )  # fmt: skip
        self.counts.units_changed += 1

    async def take_staff(self, tables: Tables) -> None:
        """New people need a posting in the same files: without one nobody would see them."""
        posted = {line.cells["staff_no"] for line in tables.postings}
        for line in tables.staff:
            number, phone = line.cells["staff_no"], line.cells["work_phone"] or None
            known = await store.find_person(self._tx, number)
            if known is not None:
                self._staff[number] = known["id"]
                if (known["name"], known["work_phone"]) != (line.cells["name"], phone):
                    await self._change_person(line, known["id"], known["version"], phone)
            elif not check_staff_no(number):
                self.findings.append(
                    finding(line.place, "staff_no", "row.not-one-of", field="staff_no", expected="0-9 A-Z a-z")
                )
            elif number not in posted:
                self.findings.append(finding(line.place, "staff_no", "organisation-import.no-posting"))
            else:
                self._staff[number] = await self._add_person(number, line.cells["name"], phone)

    async def _add_person(self, number: str, name: str, phone: str | None) -> UUID:
        staff_id = new_id()
        await organisation.add_staff(self._tx, staff_id=staff_id, staff_no=number, name=name, work_phone=phone)
        await audit.record(
            self._tx, act="staff.added", by=self._by, object_type="staff", object_id=staff_id, at=self._now
        )
        self.counts.staff_added += 1
        return staff_id

    async def _change_person(self, line: Line, staff_id: UUID, version: int, phone: str | None) -> None:
        held = await organisation.list_postings(self._tx, staff_id)
        places = [await organisation.find_unit(self._tx, posting.unit_id) for posting in held]
        if not any(unit is not None and self._scope.covers(unit.path) for unit in places):
            self.findings.append(finding(line.place, "staff_no", "organisation-import.unknown-staff"))
            return
        await change_staff(
            self._tx, staff_id, name=line.cells["name"], work_phone=phone, version=version, by=self._by, now=self._now
        )
        self.counts.staff_changed += 1

    async def take_posting(self, line: Line) -> None:
        cells = line.cells
        staff_id = self._staff.get(cells["staff_no"])
        if staff_id is None:
            known = await store.find_person(self._tx, cells["staff_no"])
            staff_id = None if known is None else known["id"]
        unit_id = self._units.get(cells["unit_code"].lower())
        for column, found in (("staff_no", staff_id), ("unit_code", unit_id)):
            if found is None:
                code = "organisation-import.unknown-" + ("staff" if column == "staff_no" else "unit")
                self.findings.append(finding(line.place, column, code))
        if staff_id is None or unit_id is None:
            return
        wanted = Posting(
            id=new_id(), staff_id=staff_id, subject="", unit_id=unit_id, role=cells["role"], reach=cells["reach"],
            from_on=day_of(cells["from_on"]) or business_day(self._now), until_on=day_of(cells["until_on"]),
            full_time=cells["full_time"] != "no",
        )  # fmt: skip
        await self._post(wanted)

    async def _post(self, wanted: Posting) -> None:
        today = business_day(self._now)
        held = [
            posting
            for posting in await organisation.list_postings(self._tx, wanted.staff_id)
            if (posting.unit_id, posting.role, posting.reach) == (wanted.unit_id, wanted.role, wanted.reach)
            and (posting.until_on is None or posting.until_on >= min(today, wanted.from_on))
        ]
        if not held:
            await post_staff(self._tx, wanted, by=self._by, scope=self._scope, now=self._now, taken_over=True)
            self.counts.postings_begun += 1
        elif wanted.until_on is not None and wanted.until_on != held[-1].until_on:
            posting, person = await find_posting_in_scope(self._tx, held[-1].id, by=self._by, scope=self._scope)
            await end_posting(self._tx, posting, person, until_on=wanted.until_on, by=self._by, now=self._now)
            self.counts.postings_ended += 1
