"""Every operation as its contract declares it, with what the matrix needs to call it: bodies and ids.

The tables are complete by construction: an id or a body the contract knows and a table does not fails the test.
"""

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chassis.assembly import Service
from chassis.db import Database
from vip.places import SERVICES

from .small_bank import Known

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts" / "openapi"
METHODS = ("get", "post", "put", "patch", "delete")
# Every role of the domain's list (domain decisions §6).
ROLES = (
    "client", "relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor",
    "wealth_centre_head", "outlet_head", "outlet_deputy", "lobby_manager", "counter_teller", "open_counter_teller",
    "account_manager", "corporate_manager", "corporate_head", "card_keeper", "card_supervisor", "complaint_officer",
    "complaint_coordinator", "call_centre_agent", "call_centre_complaint_officer", "branch_personal_banking",
    "private_banking_department", "private_banking_office", "head_office_personal_banking", "client_service_section",
    "quality_officer", "policy_author", "policy_approver", "data_steward", "auditor", "operator", "integration",
)  # fmt: skip
ANY_STAFF = "*"
# What an id of that name names.
KINDS = {
    "client_id": "client", "client_ids": "client", "card_id": "card", "case_id": "case", "receipt_id": "receipt",
    "issue_id": "issue", "segment_id": "segment", "reservation_ids": "reservation", "import_id": "import",
    "lookup_id": "look-up", "operation_id": "operation", "item_id": "work item", "unit_id": "unit", "home_unit_id": "unit",
    "grant_id": "sharing grant", "recipient_unit_id": "unit",
    "review_id": "review",
    "policy_id": "policy", "policy_ids": "policy", "against_policy_ids": "policy", "simulation_id": "simulation",
    "compare_with": "simulation", "decision_id": "decision",
    "serving_unit_ids": "unit", "about_unit_id": "unit", "membership_id": "membership",
    "admission_id": "admission", "corporate_vip_id": "corporate VIP",
    "scheme_code": "scheme", "scheme_version_id": "scheme version",
    "risk_event_id": "risk event", "record_id": "record", "attachment_id": "attachment",
    "parent_id": "unit", "into_unit_id": "unit", "staff_id": "staff", "to_staff_id": "staff", "posting_id": "posting",
    "delegation_id": "delegation",
    "death_id": "death",
    "candidate_id": "duplicate", "merger_id": "merger", "surviving_client_id": "client", "merged_client_id": "client",
    "entitlement_id": "branch entitlement", "away_service_id": "away service", "cash_request_id": "emergency cash",
    "service_request_id": "service request",
    "hand_over_id": "hand-over", "hand_over_record_id": "hand-over record",
    "reassignment_id": "reassignment",
    "hold_id": "legal hold", "erasure_list_id": "erasure list", "erasure_request_id": "erasure request",
    "retention_policy_id": "retention policy",
    "household_id": "household", "member_id": "household member", "date_id": "important date",
    "potential_id": "potential client",
    "figure_import_id": "figure import", "organisation_import_id": "organisation import", "set_code": "reference set",
    "second_entry_id": "second entry",
    "report_id": "upward report",
}  # fmt: skip
_POLICY_CONTENT: Mapping[str, Any] = {
    "ladder": "card_level", "level": "branch", "unit_id": None, "article": "CCB Art. 8", "valid_from": "2026-11-20",
    "criteria": [{"code": "deposit", "metric": "deposit_avg_12m", "bound": {"amount": "300000.00", "currency": "CNY"},
                  "article": "CCB Art. 8", "text_zh": "存款", "text_en": "deposits"}],
    "reason": "年度检视",
}  # fmt: skip
# A body that passes validation, for each operation that takes one; ids are put in by the matrix.
BODIES: Mapping[str, dict[str, Any]] = {
    "registerClient": {
        "name": "王小明", "identity": {"type": "resident_id", "number": "110101198001010010"}, "sex": "male",
        "contacts": [{"way": "mobile", "value": "13812345678"}],
        "consents": {"marketing": True, "events": False, "wished_interval": "quarterly", "notice_version": "2026-01"},
        "home_unit_id": None, "confirm_identity_number": "110101198001010010", "confirm_mobile": "13812345678",
    },
    "fillRegistrationForm": {
        "source": "questionnaire", "fund_uses": ["savings"], "needs_and_suggestions": "测试",
    },
    "registerFromWorkbook": {"home_unit_id": None},
    "enterAgain": {"values": {"mobile": "13812345678"}},
    "correctEntry": {"values": {"mobile": "13812345678"}},
    "verifyClientInformation": {"source": "active_contact", "changed": ["employer"]},
    "endRelationship": {"ended_on": "2026-11-20", "cause": "client_left", "evidence": "letter"},
    "reopenRelationship": {"reopened_on": "2026-11-20"},
    "placeLegalHold": {"cause": "dispute", "reason": "测试"},
    "proposeRetentionPolicy": {"valid_from": "2027-01-01", "years": {"contacts": 5}, "article": "测试"},
    "refuseErasures": {"reason": "other"},
    "askForErasure": {"way": "letter"},
    "answerErasureRequest": {"decision": "refused", "refusal": "relationship_stands"},
    "moveClient": {"home_unit_id": None, "serving_unit_ids": []},
    "assignManager": {"manager": "staff:1001"},
    "proposeManagerHandOver": {"to": "staff:1002"},
    "refuseManagerHandOver": {"reason": "workload"},
    "previewManagerReassignment": {"from_manager": "staff:1001", "to": ["staff:1002"], "rule": "by_number"},
    "confirmManagerReassignment": {"digest": "0" * 64},
    "changeConsents": {"marketing": False, "events": True, "wished_interval": "monthly", "notice_version": "2026-01"},
    "startQualificationRun": {"as_of": "2026-11-20", "unit_id": None},
    "fileQualifications": {"level": "head_office", "client_ids": [None], "validate_only": True},
    "changeEvaluationPolicy": {
        "figures_percent": 95, "from_hour": 2, "latest_working_day": 5, "classify": True, "near_percent": 10, "article": "A5",
    },
    "changePlanningValues": {"clients_a_manager": 300, "valid_from": "2026-12-01", "article": "EN-18"},
    "askToContactNearCandidates": {"level": "head_office", "client_ids": [None]},
    "enrolClient": {"level": "head_office", "channel": "outlet"},
    "endMembership": {"cause": "left"},
    "startClassificationRun": {"unit_id": None},
    "recordCreditAssessment": {"assessed_on": "2026-11-19", "credit_score": 640, "warnings": []},
    "proposeExceptionalAdmission": {
        "client_id": None, "kind": "potential", "justification": "有发展潜力", "expires_on": "2027-06-30",
    },
    "refuseExceptionalAdmission": {"reason": "not_justified"},
    "proposeCorporateVip": {
        "client_id": None, "grounds": "公司金融重点客户", "evidence_no": "GSJR-1", "valid_from": "2026-12-01",
        "valid_until": "2027-11-30",
    },
    "refuseCorporateVip": {"reason": "evidence_missing"},
    "proposeSchemeVersion": {
        "name_zh": "建行卡级别", "name_en": "CCB card level", "article": "CCB Art. 2", "valid_from": "2027-01-01",
        "grades": [{"code": "head-office", "name_zh": "总行级", "name_en": "Head-office level", "article": "CCB Art. 6",
                    "attribute": "card_level", "value": "head_office"}],
    },
    "importCorporateVips": {
        "rows": [{"client_no": "KH0000000001", "grounds": "公司金融重点客户", "evidence_no": "GSJR-1",
                  "valid_from": "2026-12-01", "valid_until": "2027-11-30"}],
    },
    "revokeQualification": {"cause": "loan_arrears", "reason": "拖欠"},
    "changeIdentity": {"name": "王晓明", "cause": "name_changed", "reason": "更名"},
    "reportDeath": {"died_on": "2026-11-18", "source": "certificate"},
    "refuseDeath": {"reason": "not-proved"},
    "dismissDuplicate": {"reason": "两人"},
    "proposeMerger": {"surviving_client_id": None, "merged_client_id": None, "reason": "重复建档"},
    "refuseMerger": {"reason": "different-people"},
    "publishPrivacyNotice": {
        "version": "2026-12", "title_zh": "隐私告知", "title_en": "Notice", "text_zh": "保密", "text_en": "Confidential",
    },
    "closeQualificationReview": {"result": "stands"},
    "deliverFigures": {
        "source": "core", "delivery_no": "M1", "rows": [{"month": "2026-10", "client_no": "M-own", "assets": "1.00"}],
    },
    "proposeFigureImportUndo": {"reason": "wrong_file"},
    "proposeClientImportUndo": {"reason": "wrong_file"},
    "recordExchangeRates": {"source": "safe", "rates": [{"currency": "USD", "month": "2026-10", "rate": "7.1"}]},
    "lookUpClient": {"name": "测试甲", "purpose": "recognition"},
    "confirmClient": {"identity_last4": "0010"},
    "draftTierPolicy": {"code": "matrix-standard", **_POLICY_CONTENT},
    "changeTierPolicy": {**_POLICY_CONTENT},
    "submitTierPolicy": {"reason": "年度检视"},
    "approveTierPolicy": {"reason": "同意"},
    "refuseTierPolicy": {"reason": "门槛过低"},
    "activateTierPolicy": {"reason": "到期启用"},
    "endTierPolicy": {"reason": "终止"},
    "recheckQualification": {"client_id": None, "decision_id": None},
    "simulatePolicies": {"policy_ids": [None], "against_policy_ids": [None], "unit_id": None, "as_of": "2026-11-20"},
    "checkEntitlement": {"client_id": None, "service": "note-exchange", "unit_id": None},
    "proposeBranchEntitlement": {
        "unit_id": None, "kind": "override", "code": "note-exchange", "effective_on": "2026-12-01",
        "limits": {"amount_max": "100", "count_max": 1, "period": "month"},
    },
    "decideBranchEntitlement": {"decision": "refused"},
    "recordAwayService": {
        "lookup_id": None, "unit_id": None, "card_shown": True, "process": "取款", "result": "已办结",
    },
    "followUpAwayService": {"text": "已回访"},
    "reportAwayService": {"business": "转账", "handling": "核实身份", "result": "已办结"},
    "requestEmergencyCash": {
        "lookup_id": None, "unit_id": None, "reason": "card_lost", "amount": {"amount": "100.00", "currency": "CNY"},
    },
    "refuseEmergencyCash": {"reason": "other"},
    "takeServiceRequest": {"lookup_id": None, "unit_id": None, "need": "counter"},
    "allotNumberSegment": {"unit_id": None, "level": "head_office", "count": 1},
    "proposeStockReceipt": {"unit_id": None, "segment_id": None, "count": 1},
    "proposeStockIssue": {"reservation_ids": [None]},
    "verifyCard": {"card_number": "BJ000001", "unit_id": None},
    "openComplaint": {
        "kind": "complaint", "complaint_type": "process", "channel": "outlet_lobby", "client_id": None,
        "about_unit_id": None, "subject": "排队", "text": "等候过久",
    },
    "reportComplaintProgress": {"text": "核实中"},
    "answerComplaint": {
        "outcome": "justified", "opinion": "已致歉", "delivered_at": "2026-11-20T09:30:00+08:00", "delivery_way": "in_person",
    },
    "closeComplaint": {"because": "quiet"},
    "complainAgain": {"text": "未回答"},
    "logContact": {
        "client_id": None, "channel": "phone", "direction": "outbound", "reason": "cadence", "reached": True,
        "happened_at": "2026-11-20T09:30:00+08:00",
    },
    "recordPotentialClient": {
        "unit_id": None, "client_id": None, "owner": "staff:1001", "referral_source": "event", "source": "active_contact",
    },
    "followUpPotentialClient": {"next_step": "电话约见", "next_on": "2026-12-01"},
    "closePotentialClient": {"because": "not_interested"},
    "convertPotentialClient": {
        "identity": {"type": "resident_id", "number": "110101198001010010"}, "consents": {"marketing": False, "events": False},
        "confirm_identity_number": "110101198001010010",
    },
    "keepCorporateFile": {"industry": "C", "region": "110000", "source": "active_contact"},
    "openHousehold": {"client_id": None, "from_on": "2026-11-02", "source": "active_contact"},
    "addHouseholdMember": {"client_id": None, "relation": "sibling", "from_on": "2026-11-02", "source": "active_contact"},
    "endHouseholdMember": {"until_on": "2026-11-20", "because": "correction"},
    "nameHouseholdHead": {"member_id": None, "relations": []},
    "nameHouseholdContact": {"member_id": None},
    "addImportantDate": {"kind": "wedding", "month": 5, "day": 4, "source": "active_contact"},
    "changeImportantDate": {"kind": "wedding", "month": 5, "day": 3, "source": "active_contact"},
    "reportUpward": {"kind": "leaving", "text": "测试"},
    "recordMeeting": {"met_on": "2026-11-20", "fields": ["hobbies"]},
    "grantSharing": {
        "kind": "internal", "purpose": "risk_control", "fields": ["name"], "recipient_role": "relationship_manager",
        "recipient_unit_id": None, "from_on": "2026-11-20", "until_on": "2026-12-20",
    },
    "useSharing": {"fields": ["name"]},
    "openUnit": {
        "parent_id": None, "kind": "outlet", "code": "matrix-o1", "name_zh": "网点", "name_en": "Outlet", "reason": "批复",
    },
    "renameUnit": {"name_zh": "网点", "name_en": "Outlet", "reason": "更名"},
    "moveUnit": {"parent_id": None, "reason": "划转"},
    "mergeUnit": {"into_unit_id": None, "reason": "整合"},
    "closeUnit": {"reason": "撤销"},
    "addStaff": {
        "staff_no": "7001", "name": "测试乙", "posting": {
            "unit_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "role": "lobby_manager", "reach": "unit",
        },
    },
    "changeStaff": {"name": "测试乙", "work_phone": None},
    "postStaff": {"unit_id": None, "role": "lobby_manager", "reach": "unit"},
    "endPosting": {"until_on": "2026-12-31"},
    "changeRole": {"role": "lobby_manager", "reach": "unit"},
    "delegatePosting": {
        "posting_id": None, "to_staff_id": None, "until_at": "2026-12-05T18:00:00+08:00", "reason": "leave",
    },
    "handOverWorkItem": {"owner": "staff:1001"},
    "completeWorkItem": {"result": "done"},
}  # fmt: skip


@dataclass
class Place:
    """A service in the matrix."""

    face: Any
    database: Database
    known: Known


@dataclass(frozen=True)
class Slot:
    """A place in a request where an id stands."""

    where: str
    name: str

    @property
    def kind(self) -> str:
        return KINDS[self.name]


@dataclass(frozen=True)
class Operation:
    """One operation of one service."""

    service: str
    id: str
    method: str
    path: str
    roles: frozenset[str]
    systems: frozenset[str]
    nationwide: bool
    slots: tuple[Slot, ...]
    body: str | None

    def admits(self, role: str) -> bool:
        return role in self.roles or (ANY_STAFF in self.roles and role != "client")

    def with_ids(self, ids: Mapping[Slot, str]) -> tuple[str, dict[str, str], Any]:
        """Path, query and body of a request with these ids; optional ones that are not given are left out."""
        path, query, body = self.path, {}, json.loads(json.dumps(BODIES.get(self.id)))
        for slot, value in ids.items():
            if slot.where == "path":
                path = path.replace(f"{{{slot.name}}}", value)
            elif slot.where == "query":
                query[slot.name] = value
            else:
                body[slot.name] = [value] if slot.name.endswith("_ids") else value
        return path, query, body


@cache
def service_named(name: str) -> Service:
    return importlib.import_module(f"{SERVICES[name]}.app").SERVICE


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _is_id(document: dict[str, Any], schema: dict[str, Any]) -> bool:
    schema = _resolved(document, schema)
    parts = [schema.get("items", {}), *schema.get("anyOf", [])]
    return schema.get("format") == "uuid" or any(_is_id(document, part) for part in parts if part)


def _slots(document: dict[str, Any], described: dict[str, Any]) -> Iterator[Slot]:
    for parameter in described.get("parameters", []):
        if parameter["in"] == "path" or _is_id(document, parameter["schema"]):
            yield Slot(parameter["in"], parameter["name"])
    for content in described.get("requestBody", {}).get("content", {}).values():
        for name, schema in _resolved(document, content["schema"]).get("properties", {}).items():
            if _is_id(document, schema):
                yield Slot("body", name)


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation that the four contracts offer to people."""
    found = []
    for service in SERVICES:
        document = json.loads((CONTRACTS / f"{service}.json").read_text(encoding="utf-8"))
        for path, item in document["paths"].items():
            for method in METHODS:
                described = item.get(method)
                if described is None:
                    continue
                found.append(
                    Operation(
                        service=service,
                        id=described["operationId"],
                        method=method.upper(),
                        path=path,
                        roles=frozenset(described["x-roles"]),
                        systems=frozenset(described["x-systems"]),
                        nationwide=described["x-nationwide"],
                        slots=tuple(_slots(document, described)),
                        body=next(iter(described.get("requestBody", {}).get("content", {})), None),
                    )
                )
    return tuple(found)
