"""A small bank told to each of the four services: two branches, two managers, and of every kind of object one that is
the caller's own, one of another manager of the same centre, one of another branch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import card_service.consumers as cards
import complaint_service.consumers as complaints
import engagement_service.consumers as engagements
from card_service.domain.issues import Eligibility
from card_service.domain.levels import CardLevel
from card_service.use_cases.allot_segment import allot_segment
from card_service.use_cases.confirm_issue import confirm_issue
from card_service.use_cases.confirm_receipt import confirm_receipt
from card_service.use_cases.propose_issue import propose_issue
from card_service.use_cases.propose_receipt import propose_receipt
from chassis import operations, work_items
from chassis.db import Database, Tx
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.scope import Scope
from client_registry.domain.recognition import LookupWay
from client_registry.domain.reference import read_organisation
from client_registry.use_cases.load_reference_data import load_reference_data
from client_registry.use_cases.look_up_client import look_up_client
from client_registry.use_cases.seed_organisation import seed_organisation
from complaint_service import use_cases as complaint_cases
from complaint_service.domain.intake import Intake
from complaint_service.domain.vocabulary import Channel, ComplaintType, Kind

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
# code, parent, kind, letters of the branch, path
UNITS = (
    ("hq", None, "head_office", None, "/hq/"),
    ("bj", "hq", "first_level_branch", "BJ", "/hq/bj/"),
    ("bj-01", "bj", "second_level_branch", None, "/hq/bj/bj-01/"),
    ("bj-01-c1", "bj-01", "wealth_centre", None, "/hq/bj/bj-01/bj-01-c1/"),
    ("sh", "hq", "first_level_branch", "SH", "/hq/sh/"),
    ("sh-01-c1", "sh", "wealth_centre", None, "/hq/sh/sh-01-c1/"),
)
CENTRE, OTHER_CENTRE = "bj-01-c1", "sh-01-c1"
PLACE = "/hq/bj/bj-01/bj-01-c1/"
ME, COLLEAGUE, STRANGER = "staff:1001", "staff:1002", "staff:2001"
# Whose an object is, where it stands, and who keeps it.
WHOSE = {"own": (CENTRE, ME), "other_manager": (CENTRE, COLLEAGUE), "other_unit": (OTHER_CENTRE, STRANGER)}
_FACT = {"occurred_at": NOW, "aggregate_version": 1}


@dataclass
class Known:
    """The ids of one service's objects: kind → whose → id; "unknown" is an id that nobody has."""

    ids: dict[str, dict[str, UUID | str]] = field(default_factory=dict)

    def add(self, kind: str, **whose: UUID | str) -> None:
        self.ids.setdefault(kind, {"unknown": uuid4()}).update(whose)

    def of(self, kind: str, whose: str) -> UUID | str:
        """That object; the own one of a kind that knows no such difference."""
        return self.ids[kind].get(whose, self.ids[kind]["own"])

    def tells_apart(self, kind: str, whose: str) -> bool:
        return whose in self.ids[kind]


def person(role: str, *, reach: Any = "unit", place: str = PLACE, subject: str = ME) -> Principal:
    return Principal(subject, (Grant(role, place, reach),))


def _at(place: str) -> Principal:
    """Whoever must sign before the matrix begins."""
    path = next(path for code, *_, path in UNITS if code == place)
    return Principal("staff:9001", (Grant("card_keeper", path, "unit"), Grant("branch_personal_banking", path, "unit")))


async def frame_objects(tx: Tx, known: Known) -> None:
    """Long work and work items: the frame's own objects, in every service."""
    for whose, (_, keeper) in WHOSE.items():
        kind = "matrix"
        started = await operations.start(tx, kind=kind, started_by=keeper, detail={}, now=NOW)
        item = await work_items.add(
            tx, kind=kind, rule="EN-12", text="matrix", client_id=None, subject_id=new_id(), owner=keeper, owner_role=None,
            unit_id=None, due_at=None, now=NOW,
        )  # fmt: skip
        known.add("operation", **{whose: started.id})
        known.add("work item", **{whose: item})


def _units(known: Known) -> dict[str, UUID]:
    units = {code: uuid4() for code, *_ in UNITS}
    known.add("unit", own=units[CENTRE], other_unit=units[OTHER_CENTRE])
    return units


def _unit_facts(model: Any, units: Mapping[str, UUID]) -> list[Any]:
    return [
        model(
            event_id=new_id(), **_FACT, unit_id=units[code], parent_id=units.get(parent or ""), kind=kind, code=code,
            path=path, name_zh=code, name_en=code, branch_code=letters, active=True,
        )
        for code, parent, kind, letters, path in UNITS
    ]  # fmt: skip


def _registered(model: Any, client_id: UUID, unit_id: UUID, manager: str, *, level: str = "none") -> Any:
    return model(
        event_id=new_id(), **_FACT, client_id=client_id, kind="personal", home_unit_id=unit_id, serving_unit_ids=[],
        manager=manager, service_tier="wealth", card_level=level, asset_band=None, registered_on=date(2026, 11, 2),
    )  # fmt: skip


def _reference(name: str) -> Any:
    """A reference file that comes with the registry."""
    return json.loads(files("client_registry").joinpath("reference", f"{name}.json").read_text(encoding="utf-8"))


async def registry_bank(database: Database) -> Known:
    """Files, uploads and look-ups."""
    known = Known()
    document = {
        "units": [
            {"code": code, "parent_code": parent, "kind": kind, "name_zh": code, "name_en": code, "branch_code": letters}
            for code, parent, kind, letters, _ in UNITS
        ],
        "staff": [
            {"staff_no": keeper.partition(":")[2], "name": keeper, "work_phone": None,
             "postings": [{"unit_code": unit, "role": "relationship_manager", "reach": "own"}]}
            for unit, keeper in WHOSE.values()
        ],
    }  # fmt: skip
    async with database.transaction() as tx:
        await seed_organisation(tx, read_organisation(document), now=NOW)
        await load_reference_data(tx, form=_reference("registration_form"), policy=_reference("information_policy"))
        units = {row["code"]: row["id"] for row in await tx.connection.fetch("SELECT code, id FROM units")}
        known.add("unit", own=units[CENTRE], other_unit=units[OTHER_CENTRE])
        known.add("reference set", own="hobby")
        for whose, (unit, keeper) in WHOSE.items():
            client_id, import_id = new_id(), new_id()
            await tx.connection.execute(
                "INSERT INTO clients (id, client_no, kind, name_sealed, name_tokens, home_unit_id, manager, registered_on,"
                " service_tier) VALUES ($1, $2, 'personal', $3, '{}', $4, $5, $6, 'wealth')",
                client_id, f"M-{whose}", tx.cipher.seal("clients.name", client_id, "测试甲"), units[unit], keeper,
                NOW.date(),
            )  # fmt: skip
            path = next(path for code, *_, path in UNITS if code == unit)
            operation = await operations.start(tx, kind="client-import", started_by=keeper, detail={}, now=NOW)
            await tx.connection.execute(
                "INSERT INTO client_imports (id, operation_id, started_by, unit_path, mode, validate_only, as_of,"
                " profile_name, profile, digest, status, created_at)"
                " VALUES ($1, $2, $3, $4, 'whole', false, $5, 'm', 'm', $6, 'received', $7)",
                import_id, operation.id, keeper, path, date(2026, 10, 31), b"0" * 32, NOW,
            )  # fmt: skip
            looked = await look_up_client(
                tx, way=LookupWay.NAME, value="测试甲", purpose="recognition", by=person("call_centre_agent", subject=keeper),
                now=NOW,
            )  # fmt: skip
            known.add("client", **{whose: client_id})
            known.add("import", **{whose: import_id})
            known.add("look-up", **{whose: looked.lookup_id})
        await frame_objects(tx, known)
    return known


async def card_bank(database: Database) -> Known:
    """Issued cards, cards set aside, and papers that wait for their second signature."""
    known = Known()
    units = _units(known)
    async with database.transaction() as tx:
        await cards.hear_units(tx, _unit_facts(cards.OrgUnitChanged, units), now=NOW)
    for whose, (unit, keeper) in WHOSE.items():
        await _cards_of(database, known, whose, units[unit], keeper, _at(unit))
    async with database.transaction() as tx:
        await frame_objects(tx, known)
    return known


async def _cards_of(database: Database, known: Known, whose: str, unit_id: UUID, keeper: str, signs: Principal) -> None:
    """One client with a card, one with a card set aside; a segment, a receipt and an issue that wait."""
    holder, waits, orders = new_id(), new_id(), new_id()
    second = Principal("staff:9002", signs.grants)
    async with database.transaction() as tx:
        facts = [_registered(cards.ClientRegistered, each, unit_id, keeper) for each in (holder, waits, orders)]
        await cards.hear_registered(tx, facts, now=NOW)
        level = CardLevel("head_office")
        segment = await allot_segment(
            tx, new_id(), unit_id=unit_id, level=level, run=None, count=400, by=signs, now=NOW
        )
        papers = [
            await propose_receipt(
                tx, new_id(), unit_id=unit_id, segment_id=segment.id, first=None, last=None, count=count, by=signs, now=NOW
            )
            for count in (10, 10)
        ]  # fmt: skip
        await confirm_receipt(tx, papers[0].id, by=second, now=NOW)
        rises = [
            cards.LevelMoved(
                event_id=new_id(), **_FACT, client_id=each, card_level_from=CardLevel("none"), card_level_to=level,
                home_unit_id=unit_id, decision_id=new_id(), cause="enrolment",
            )
            for each in (holder, waits, orders)
        ]  # fmt: skip
        await cards.hear_upgraded(tx, rises, now=NOW)
        scope = Scope([f"{signs.grants[0].unit_path}%"], signs.subject)
        reserved = {
            row["client_id"]: row
            for row in await tx.connection.fetch("SELECT id, client_id, card_id FROM reservations")
        }
        issue = await propose_issue(
            tx, new_id(), reservation_ids=[reserved[holder]["id"]], by=signs, scope=scope, now=NOW
        )
        yes = {(holder, level): Eligibility(eligible=True, decision_id=new_id())}
        await confirm_issue(tx, issue.id, answers=yes, by=second, now=NOW)
        waiting = await propose_issue(
            tx, new_id(), reservation_ids=[reserved[orders]["id"]], by=signs, scope=scope, now=NOW
        )
    known.add("client", **{whose: holder})
    known.add("card", **{whose: reserved[holder]["card_id"]})
    if whose != "other_manager":
        known.add("segment", **{whose: segment.id})
        known.add("receipt", **{whose: papers[1].id})
        known.add("issue", **{whose: waiting.id})
        known.add("reservation", **{whose: reserved[waits]["id"]})


async def complaint_bank(database: Database) -> Known:
    """One open case each."""
    known = Known()
    units = _units(known)
    async with database.transaction() as tx:
        for fact in _unit_facts(complaints.OrgUnitChanged, units):
            await complaints.copy_unit(tx, fact, now=NOW)
        calendar = complaints.WorkingCalendarPublished(
            event_id=new_id(), **_FACT, calendar_version=1, off_days=[], work_days=[], noticed_years=[2026, 2027]
        )
        await complaints.recount_clocks(tx, calendar, now=NOW)
    for whose, (unit, keeper) in WHOSE.items():
        client_id = new_id()
        async with database.transaction() as tx:
            await complaints.copy_clients(
                tx, [_registered(complaints.ClientRegistered, client_id, units[unit], keeper)], now=NOW
            )
            path = next(path for code, *_, path in UNITS if code == unit)
            case = await complaint_cases.open_complaint(
                tx,
                Intake(
                    kind=Kind.COMPLAINT, complaint_type=ComplaintType.PROCESS, channel=Channel.OUTLET_LOBBY,
                    client_id=client_id, about_unit_id=units[unit], subject="排队", text="等候过久", first_receiver=None,
                ),
                by=Principal(keeper, (Grant("wealth_centre_head", path, "unit"),)), place=path, now=NOW,
            )  # fmt: skip
        known.add("client", **{whose: client_id})
        known.add("case", **{whose: case.id})
    async with database.transaction() as tx:
        await frame_objects(tx, known)
    return known


async def engagement_bank(database: Database) -> Known:
    """Relationships."""
    known = Known()
    units = _units(known)
    async with database.transaction() as tx:
        for fact in _unit_facts(engagements.OrgUnitChanged, units):
            await engagements.copy_unit(tx, fact, now=NOW)
        calendar = engagements.WorkingCalendarPublished(
            event_id=new_id(), **_FACT, calendar_version=1, off_days=[], work_days=[], noticed_years=[2026, 2027]
        )
        await engagements.adopt_calendar(tx, calendar, now=NOW)
        for whose, (unit, keeper) in WHOSE.items():
            client_id = new_id()
            await engagements.begin_relationships(
                tx, [_registered(engagements.ClientRegistered, client_id, units[unit], keeper)], now=NOW
            )
            known.add("client", **{whose: client_id})
        await frame_objects(tx, known)
    return known
