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
    "serving_unit_ids": "unit", "about_unit_id": "unit", "membership_id": "membership",
    "risk_event_id": "risk event", "record_id": "record", "attachment_id": "attachment", "death_id": "death",
    "candidate_id": "duplicate", "merger_id": "merger", "surviving_client_id": "client", "merged_client_id": "client",
}  # fmt: skip
# A body that passes validation, for each operation that takes one; ids are put in by the matrix.
BODIES: Mapping[str, dict[str, Any]] = {
    "registerClient": {
        "name": "王小明", "identity": {"type": "resident_id", "number": "110101198001010010"}, "sex": "male",
        "contacts": [{"way": "mobile", "value": "13812345678"}],
        "consents": {"marketing": True, "events": False, "wished_interval": "quarterly", "notice_version": "2026-01"},
        "home_unit_id": None,
    },
    "moveClient": {"home_unit_id": None, "serving_unit_ids": []},
    "assignManager": {"manager": "staff:1001"},
    "changeConsents": {"marketing": False, "events": True, "wished_interval": "monthly", "notice_version": "2026-01"},
    "startQualificationRun": {"as_of": "2026-11-20", "unit_id": None},
    "fileQualifications": {"level": "head_office", "client_ids": [None], "validate_only": True},
    "enrolClient": {"level": "head_office", "channel": "outlet"},
    "endMembership": {"cause": "left"},
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
    "lookUpClient": {"name": "测试甲", "purpose": "recognition"},
    "confirmClient": {"identity_last4": "0010"},
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
