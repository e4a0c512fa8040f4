"""A small bank told to each of the four services: two branches, two managers, and of every kind of object one that is
the caller's own, one of another manager of the same centre, one of another branch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from json import loads
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
from chassis import approvals, attachments, operations, work_items
from chassis.db import Database, Tx
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.scope import Scope
from chassis.texts import Text
from client_registry.domain.away_services import AwayService
from client_registry.domain.branch_entitlements import BranchEntitlement
from client_registry.domain.emergency_cash import CashReason, CashRequest, CashStatus
from client_registry.domain.entitlements import Family, Limits, LocalEntitlement
from client_registry.domain.households import Consent as FamilyConsent
from client_registry.domain.households import HouseholdPurpose
from client_registry.domain.lunar_calendar import YearlyDay
from client_registry.domain.recognition import LookupWay
from client_registry.domain.reference import read_organisation
from client_registry.domain.registration_form import Source
from client_registry.domain.retention import policy_id_of
from client_registry.domain.second_entries import EntryKind, EntryStatus, PendingEntry
from client_registry.domain.service_requests import Need, ServiceRequest
from client_registry.domain.sharing import SharedField, SharingGrant, SharingKind, SharingPurpose
from client_registry.domain.upward_reports import ReportKind
from client_registry.store import (
    away_services,
    emergency_cash,
    entitlements,
    erasures,
    second_entries,
    service_requests,
    upward_reports,
)
from client_registry.use_cases.add_household_member import Person, add_household_member
from client_registry.use_cases.ask_for_erasure import ask_for_erasure
from client_registry.use_cases.grant_sharing import grant_sharing
from client_registry.use_cases.keep_important_date import Entered, keep_important_date
from client_registry.use_cases.load_entitlements import load_entitlements
from client_registry.use_cases.load_reference_data import load_reference_data
from client_registry.use_cases.look_up_client import look_up_client
from client_registry.use_cases.open_household import open_household
from client_registry.use_cases.place_legal_hold import place_legal_hold
from client_registry.use_cases.propose_merger import propose_merger
from client_registry.use_cases.record_potential_client import Recording, record_potential_client
from client_registry.use_cases.report_death import report_death
from client_registry.use_cases.request_emergency_cash import APPROVAL as CASH_APPROVAL
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


def _catalogue() -> Any:
    return loads(files("client_registry").joinpath("reference", "entitlements.json").read_text(encoding="utf-8"))


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
        await load_entitlements(tx, _catalogue(), now=NOW)
        units = {row["code"]: row["id"] for row in await tx.connection.fetch("SELECT code, id FROM units")}
        known.add("unit", own=units[CENTRE], other_unit=units[OTHER_CENTRE])
        known.add("reference set", own="hobby")
        known.add("scheme", own="ccb-card-level")
        scheme_id = new_id()
        await tx.connection.execute(
            "INSERT INTO grade_schemes (id, code, version, name_zh, name_en, article, valid_from, status, proposed_by, grades)"
            " SELECT $1, code, 2, name_zh, name_en, article, '2027-01-01', 'proposed', 'staff:9001', grades"
            " FROM grade_schemes WHERE code = 'ccb-card-level'",
            scheme_id,
        )
        known.add("scheme version", own=scheme_id)
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
            figures_id = new_id()
            await tx.connection.execute(
                "INSERT INTO client_imports (id, operation_id, started_by, unit_path, mode, validate_only, as_of,"
                " profile_name, profile, digest, status, created_at, content, source)"
                " VALUES ($1, $2, $3, $4, 'whole', false, $5, 'm', '', $6, 'received', $7, 'figures', 'm')",
                figures_id, operation.id, keeper, path, date(2026, 10, 1), b"0" * 32, NOW,
            )  # fmt: skip
            known.add("figure import", **{whose: figures_id})
            looked = await look_up_client(
                tx, way=LookupWay.NAME, value="测试甲", purpose="recognition", by=person("call_centre_agent", subject=keeper),
                now=NOW,
            )  # fmt: skip
            shared = SharingGrant(
                id=new_id(), client_id=client_id, kind=SharingKind.INTERNAL, purpose=SharingPurpose.SERVICE,
                fields=(SharedField.NAME,), recipient_role="inspector", recipient_unit_id=units[unit],
                recipient_name=None, authorised_on=None, agreement_until_on=None, from_on=NOW.date(),
                until_on=NOW.date(), revoked=False, version=1,
            )  # fmt: skip
            await grant_sharing(tx, shared, authorisation=None, agreement=None, by=_at(unit), now=NOW)
            known.add("sharing grant", **{whose: shared.id})
            membership_id = new_id()
            await tx.connection.execute(
                "INSERT INTO memberships (client_id, id, level, status, channel, decision_id, policy_version, recorded_by,"
                " enrolled_on) VALUES ($1, $2, 'branch', 'member', 'outlet', $3, 'bj-branch-standard/1', $4, $5)",
                client_id, membership_id, new_id(), keeper, NOW.date(),
            )  # fmt: skip
            await _papers_of(tx, known, whose, client_id, keeper)
            if whose != "other_manager":
                review_id = new_id()
                await tx.connection.execute(
                    "INSERT INTO qualification_reviews (id, client_id, level, filed_decision_id, review_decision_id,"
                    " outcome, unit_id, opened_at) VALUES ($1, $2, 'head_office', $3, $4, 'not_met', $5, $6)",
                    review_id, client_id, uuid4(), uuid4(), units[unit], NOW,
                )  # fmt: skip
                known.add("review", **{whose: review_id})
            await _pair_of(tx, known, whose, client_id, units[unit], keeper)
            known.add("client", **{whose: client_id})
            known.add("membership", **{whose: membership_id})
            admission_id = new_id()
            await tx.connection.execute(
                "INSERT INTO exceptional_admissions (id, client_id, kind, justification_sealed, expires_on, status,"
                " client_version, decision_id, policy_version, proposed_by, proposed_at)"
                " VALUES ($1, $2, 'potential', $3, $4, 'proposed', 1, $5, 'head-office-standard/1', 'staff:9001', $6)",
                admission_id, client_id,
                tx.cipher.seal("exceptional_admissions.justification", admission_id, "有发展潜力"), date(2027, 6, 30),
                new_id(), NOW,
            )  # fmt: skip
            known.add("admission", **{whose: admission_id})
            entry_id = new_id()
            await tx.connection.execute(
                "INSERT INTO corporate_vips (id, client_id, grounds_sealed, evidence_no, valid_from, valid_until, status,"
                " proposed_by, proposed_at) VALUES ($1, $2, $3, 'GSJR-0', '2026-11-01', '2027-10-31', 'proposed',"
                " 'staff:9001', $4)",
                entry_id, client_id, tx.cipher.seal("corporate_vips.grounds", entry_id, "公司金融重点客户"), NOW,
            )  # fmt: skip
            known.add("corporate VIP", **{whose: entry_id})
            decision_id = await tx.connection.fetchval(
                "INSERT INTO qualification_decisions (client_id, run_id, as_of, cut_off_at, deposit_avg_12m, deposit_months,"
                " loan_outstanding, loan_known, repayment, card_spend_12m, card_months, assets, assets_known,"
                " assets_lower_bound, outcomes, level_met, card_undecided, tier_met, tier_undecided) VALUES ($1, $2, $3, $4,"
                " 0, 0, 0, false, 'none', 0, 0, 0, false, false, '[]', 'none', false, 'mass', false) RETURNING id",
                client_id, new_id(), NOW.date(), NOW,
            )  # fmt: skip
            known.add("decision", **{whose: decision_id})
            await tx.connection.execute(
                "INSERT INTO client_classifications (client_id, value_class, value_score, parts, risk_class, risk_reasons,"
                " needs, model_version, decision_id, classified_on)"
                " VALUES ($1, 'mid', 40.0, '[]', 'low', '{}', '{}', 1, $2, $3)",
                client_id, new_id(), NOW.date(),
            )  # fmt: skip
            known.add("import", **{whose: import_id})
            known.add("look-up", **{whose: looked.lookup_id})
            await _services_of(tx, known, whose, units, client_id, looked.lookup_id)
            await _family_of(tx, known, whose, client_id, keeper)
            await _potential_of(tx, known, whose, units[unit], keeper)
        await _policies(tx, known, units)
        await _people(tx, known)
        await _hand_overs(tx, known, units)
        await frame_objects(tx, known)
    return known


async def _policies(tx: Tx, known: Known, units: Mapping[str, UUID]) -> None:
    """A standard of the caller's own place and one of another branch."""
    for whose, unit in (("own", CENTRE), ("other_unit", OTHER_CENTRE)):
        policy_id = new_id()
        await tx.connection.execute(
            "INSERT INTO tier_policies (id, code, version, ladder, level, scope_unit_id, combinator, criteria, needs_filing,"
            " article, valid_from, status) VALUES ($1, $2, 1, 'card_level', 'branch', $3, 'ANY', '[]', false, 'CCB Art. 8',"
            " $4, 'active')",
            policy_id, f"m-{whose}", units[unit], NOW.date(),
        )  # fmt: skip
        known.add("policy", **{whose: policy_id})
        path = next(path for code, *_, path in UNITS if code == unit)
        simulation_id, keeper = new_id(), WHOSE[whose][1]
        operation = await operations.start(tx, kind="policy-simulation", started_by=keeper, detail={}, now=NOW)
        await tx.connection.execute(
            "INSERT INTO policy_simulations (id, operation_id, unit_path, as_of, cut_off_at, policies, assumptions,"
            " started_by, created_at) VALUES ($1, $2, $3, $4, $5, '[]', $6, $7, $5)",
            simulation_id, operation.id, path, NOW.date(), NOW,
            {"contacts_a_year": {"ge_8m": 52, "2m_8m": 26, "below": 4, "unknown": 4}, "contacts_a_year_by_value": {},
             "card_unit_prices": {"branch": "1.15", "head_office": "1.15"}, "clients_a_manager": None,
             "contacts_a_week_a_manager": None}, keeper,
        )  # fmt: skip
        known.add("simulation", **{whose: simulation_id})


async def _papers_of(tx: Tx, known: Known, whose: str, client_id: UUID, keeper: str) -> None:
    """A revocation that stands on the file, and a paper that proves it."""
    record_id = new_id()
    await tx.connection.execute(
        "INSERT INTO revocations (client_id, id, cause, reason_sealed, decision_id, decided_by, decided_at)"
        " VALUES ($1, $2, 'loan_arrears', $3, $4, $5, $6)",
        client_id, record_id, tx.cipher.seal("revocations.reason", record_id, "拖欠"), new_id(), keeper, NOW,
    )  # fmt: skip
    paper = await attachments.add(
        tx, subject_id=record_id, client_id=client_id, kind="revocation", name="a.pdf", media_type=None,
        content=b"%PDF-1.7", by=Principal(keeper), now=NOW,
    )  # fmt: skip
    death_id = await report_death(
        tx, client_id, died_on=NOW.date(), source="certificate", by=Principal("staff:9003"), now=NOW
    )
    known.add("death", **{whose: death_id})
    place = next(path for code, *_, path in UNITS if code == WHOSE[whose][0])
    hold_id = await place_legal_hold(tx, client_id, cause="dispute", reason="测试", by=Principal("staff:9003"), now=NOW)
    list_id = new_id()
    await erasures.add_list(tx, list_id, unit_path=place, source="request", policy_version=1, today=NOW.date())
    request_id, _ = await ask_for_erasure(tx, client_id, way="letter", words=None, by=Principal("staff:9003"), now=NOW)
    # A list is a branch's, whoever keeps the clients on it.
    if whose != "other_manager":
        known.add("erasure list", **{whose: list_id})
    known.add("legal hold", **{whose: hold_id})
    report_id = new_id()
    home_id = await tx.connection.fetchval("SELECT home_unit_id FROM clients WHERE id = $1", client_id)
    # A head's work is every head's at the unit; the other manager's report was taken on by name.
    by_name = whose == "other_manager"
    item_id = await work_items.add(
        tx, kind="matrix", rule="CR-46", text="matrix", client_id=client_id, subject_id=report_id,
        owner=keeper if by_name else None, owner_role=None if by_name else "wealth_centre_head", unit_id=home_id,
        unit_path=place, due_at=None, now=NOW,
    )  # fmt: skip
    await upward_reports.add(
        tx, report_id, client_id=client_id, kind=ReportKind.OTHER, text="测试", to_role="wealth_centre_head",
        to_unit_id=home_id, item_id=item_id, by="staff:9003", now=NOW,
    )  # fmt: skip
    known.add("upward report", **{whose: report_id})
    known.add("erasure request", **{whose: request_id})
    known.add("retention policy", own=policy_id_of(1))
    known.add("record", **{whose: record_id})
    known.add("attachment", **{whose: paper.id})
    known.add("risk event", own=new_id())


async def _family_of(tx: Tx, known: Known, whose: str, client_id: UUID, keeper: str) -> None:
    """The client heads a household, and one of his days comes back."""
    by = Principal(keeper)
    from_on = NOW.date() - timedelta(days=30)
    household_id = await open_household(tx, client_id, from_on=from_on, source=Source.ACTIVE_CONTACT, by=by, now=NOW)
    sister = Person(
        file_of=client_id, name="测试丁", phone=None, consent=FamilyConsent.PERSON, purpose=HouseholdPurpose.FAMILY_CARE
    )
    member_id = await add_household_member(
        tx, household_id, who=sister, relation="sibling", from_on=from_on, source=Source.ACTIVE_CONTACT, by=by, now=NOW
    )
    wedding = Entered(
        member_id=None, kind="wedding", day=YearlyDay(False, False, 5, 2), year=2004, words=None,
        source=Source.ACTIVE_CONTACT,
    )  # fmt: skip
    known.add("household", **{whose: household_id})
    known.add("household member", **{whose: member_id})
    known.add("important date", **{whose: await keep_important_date(tx, client_id, wedding, by=by, now=NOW)})


async def _potential_of(tx: Tx, known: Known, whose: str, unit_id: UUID, keeper: str) -> None:
    """A person who may become a client, recorded by the keeper."""
    path = next(path for code, *_, path in UNITS if code == WHOSE[whose][0])
    given = Recording(
        unit_id=unit_id, unit_path=path, owner=keeper, client_id=None, name="测试戊", phone=None, identity_type=None,
        identity_number=None, identity_number_again=None, hobbies=(), needs=None, referral_source="event",
        referred_by=None, next_step=None, next_on=None, consented_on=NOW.date(), source=Source.ACTIVE_CONTACT,
    )  # fmt: skip
    known.add("potential client", **{whose: await record_potential_client(tx, given, by=Principal(keeper), now=NOW)})


async def _people(tx: Tx, known: Known) -> None:
    """Who keeps the objects, at which post, and a colleague who will stand in for each of them."""
    for whose, (_, keeper) in WHOSE.items():
        row = await tx.connection.fetchrow(
            "SELECT s.id, p.id AS posting_id, p.unit_id FROM staff s JOIN postings p ON p.staff_id = s.id"
            " WHERE s.subject = $1", keeper,
        )  # fmt: skip
        stand_in, delegation_id = new_id(), new_id()
        number = f"9{keeper[-4:]}"
        await tx.connection.execute(
            "INSERT INTO staff (id, staff_no, subject, name_sealed) VALUES ($1, $2, $3, $4)",
            stand_in, number, f"staff:{number}", tx.cipher.seal("staff.name", stand_in, "测试丙"),
        )  # fmt: skip
        await tx.connection.execute(
            "INSERT INTO delegations (id, from_staff_id, to_staff_id, unit_id, role, reach, from_at, until_at)"
            " VALUES ($1, $2, $3, $4, 'relationship_manager', 'own', $5, $6)",
            delegation_id, row["id"], stand_in, row["unit_id"], datetime(2027, 1, 1, tzinfo=UTC),
            datetime(2027, 1, 9, tzinfo=UTC),
        )  # fmt: skip
        import_id = new_id()
        await tx.connection.execute(
            "INSERT INTO organisation_imports (id, started_by, unit_path, validate_only, status, counts, findings,"
            " findings_total, created_at) SELECT $1, $2, path, true, 'checked', '{}', '[]', 0, $4 FROM units WHERE id = $3",
            import_id, keeper, row["unit_id"], NOW,
        )  # fmt: skip
        known.add("organisation import", **{whose: import_id})
        known.add("staff", **{whose: row["id"]})
        known.add("posting", **{whose: row["posting_id"]})
        known.add("delegation", **{whose: delegation_id})


async def _pair_of(tx: Tx, known: Known, whose: str, client_id: UUID, unit_id: UUID, keeper: str) -> None:
    """A second file beside the first: a pair in the queue, and a merger that waits for its second signature."""
    other, pair_id = new_id(), new_id()
    await tx.connection.execute(
        "INSERT INTO clients (id, client_no, kind, name_sealed, name_tokens, home_unit_id, manager, registered_on,"
        " service_tier) VALUES ($1, $2, 'personal', $3, '{}', $4, $5, $6, 'wealth')",
        other, f"P-{whose}", tx.cipher.seal("clients.name", other, "测试甲"), unit_id, keeper, NOW.date(),
    )  # fmt: skip
    await tx.connection.execute(
        "INSERT INTO duplicate_candidates (id, client_id, other_client_id, agreeing, found_at)"
        " VALUES ($1, $2, $3, '{name,phone}', $4)",
        pair_id, min(client_id, other), max(client_id, other), NOW,
    )  # fmt: skip
    merger_id = await propose_merger(
        tx, surviving=client_id, merged=other, contacts=[], reason="重复", by=Principal("staff:9003"), now=NOW
    )
    known.add("duplicate", **{whose: pair_id})
    known.add("merger", **{whose: merger_id})


async def _services_of(
    tx: Tx, known: Known, whose: str, units: Mapping[str, UUID], client_id: UUID, lookup_id: UUID
) -> None:
    """The client is recognised; an away service, emergency cash, a need and a branch's own service stand there."""
    unit, keeper = WHOSE[whose]
    service_id, cash_id, request_id, row_id = (new_id() for _ in range(4))
    await tx.connection.execute(
        "UPDATE client_lookups SET confirmed_client_id = $2 WHERE id = $1", lookup_id, client_id
    )
    service = AwayService(
        id=service_id, client_id=client_id, unit_id=units[unit], home_unit_id=units[unit], manager=keeper,
        service_tier="private_banking", card_shown=True, product_codes=(), allocation=None, consulted_manager=None,
        consulted_at=None, served_at=NOW, recorded_by=keeper, recorded_at=NOW, catalogue_version=1,
        follow_up_due_at=NOW, report_due_at=NOW,
    )  # fmt: skip
    await away_services.add(tx, service, process="取款", result="已办结")
    cash = CashRequest(
        id=cash_id, client_id=client_id, unit_id=units[unit], reason=CashReason.CARD_LOST, amount=Decimal(100),
        status=CashStatus.REQUESTED, catalogue_version=1, decision_id=new_id(), requested_by=keeper, requested_at=NOW,
        expires_at=NOW + timedelta(days=3650),
    )  # fmt: skip
    await emergency_cash.add(tx, cash)
    by = Principal(keeper)
    await approvals.propose(tx, kind=CASH_APPROVAL, subject_id=cash_id, subject_version=1, by=by, now=NOW)
    need = ServiceRequest(
        id=request_id, client_id=client_id, unit_id=units[unit], need=Need.COUNTER, priority=2, service_tier="wealth",
        card_level="none", stated_at=NOW, due_at=None, taken_by=keeper, catalogue_version=1,
    )  # fmt: skip
    await service_requests.add(tx, need)
    local = LocalEntitlement(
        id=str(row_id), kind="addition", code=f"lounge-{whose.replace('_', '-')}", branch_path="", family=Family.PRIORITY,
        title=Text(en="Lounge", zh="贵宾厅"), words=Text(en="Lounge", zh="贵宾厅"), limits=Limits(), conditions=(),
        not_away=False, effective_on=NOW.date(), effective_until=None,
    )  # fmt: skip
    row = BranchEntitlement(
        id=row_id, unit_id=units[unit], local=local, plan=None, status="proposed", proposed_by=keeper, proposed_at=NOW
    )
    await entitlements.add_row(tx, row)
    if whose != "other_manager":
        # A colleague of the same place enters the second time: what waits there is nobody's own.
        entry = PendingEntry(
            id=new_id(), kind=EntryKind.FORM, client_id=client_id, unit_id=units[unit], unit_path="", fields=("mobile",),
            status=EntryStatus.WAITING, differing=(), attempts=0, first_by=keeper, first_at=NOW,
            expires_at=NOW + timedelta(days=3650), second_by=None, second_at=None, version=1,
        )  # fmt: skip
        await second_entries.add(tx, entry, {"values": {"mobile": "13812345678"}, "body": {}})
        known.add("second entry", **{whose: entry.id})
    known.add("away service", **{whose: service_id})
    known.add("emergency cash", **{whose: cash_id})
    known.add("service request", **{whose: request_id})
    if whose != "other_manager":
        known.add("branch entitlement", **{whose: row_id})


async def _hand_overs(tx: Tx, known: Known, units: Mapping[str, UUID]) -> None:
    """Of each place a client on the way to its keeper, a signed record, and a preview of a reassignment."""
    for whose, (unit, keeper) in WHOSE.items():
        client_id, offered, recorded, previewed = (new_id() for _ in range(4))
        path = next(path for code, *_, path in UNITS if code == unit)
        giver, by = "staff:7001", "staff:7002"
        await tx.connection.execute(
            "INSERT INTO clients (id, client_no, kind, name_sealed, name_tokens, home_unit_id, manager, registered_on)"
            " VALUES ($1, $2, 'personal', $3, '{}', $4, $5, $6)",
            client_id, f"H-{whose}", tx.cipher.seal("clients.name", client_id, "测试乙"), units[unit], giver, NOW.date(),
        )  # fmt: skip
        await tx.connection.execute(
            "INSERT INTO manager_hand_overs (id, client_id, from_manager, to_manager, unit_id, status, proposed_by,"
            " proposed_at) VALUES ($1, $2, $3, $4, $5, 'proposed', $6, $7)",
            offered, client_id, giver, keeper, units[unit], by, NOW,
        )  # fmt: skip
        await tx.connection.execute(
            "INSERT INTO post_hand_overs (id, kind, source_id, unit_path, from_subject, to_subject, made_at)"
            " VALUES ($1, 'reassignment', $2, $3, $4, $5, $6)",
            recorded, previewed, path, giver, keeper, NOW,
        )  # fmt: skip
        await tx.connection.execute(
            "INSERT INTO manager_reassignments (id, from_manager, receivers, rule, places, policy_version, digest,"
            " preview, status, proposed_by, proposed_at)"
            " VALUES ($1, $2, $3, 'by_number', $4, 1, $5, $6, 'previewed', $7, $8)",
            previewed, giver, [keeper], [f"{path}%"], b"0" * 32, {"clients": 0, "unplaced": 0, "managers": []}, keeper, NOW,
        )  # fmt: skip
        known.add("hand-over", **{whose: offered})
        known.add("hand-over record", **{whose: recorded})
        known.add("reassignment", **{whose: previewed})


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
