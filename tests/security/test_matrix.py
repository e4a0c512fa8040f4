"""Every route × every role × whose object it is: nobody reaches what is not theirs (domain decisions §6)."""

import io
import json
import re
from typing import Any
from uuid import uuid4

import pytest
from chassis.identity import Grant, Principal, system
from chassis.media_types import XLSX
from python_calamine import CalamineWorkbook

from .matrix import BODIES, KINDS, ROLES, Operation, Place, Slot, operations
from .small_bank import PLACE, person

# Where another's object is answered on purpose, to whom, and why ("all": to every role the route admits).
CALL_CENTRE = frozenset({"call_centre_agent", "call_centre_complaint_officer"})
ALL = frozenset(ROLES)
REACHES_FURTHER: dict[tuple[str, str], frozenset[str]] = {
    # A file moves to wherever the client moves, and a complaint may concern any outlet.
    ("moveClient", "home_unit_id"): ALL,
    ("moveClient", "serving_unit_ids"): ALL,
    ("openComplaint", "about_unit_id"): ALL,
    # Nationwide: complaints and complaints about the handling are taken in anywhere (CM-2, CM-4), the call centre
    # recognises everybody (XC-12); a client complains for nobody else.
    ("openComplaint", "client_id"): ALL - {"client"},
    ("complainAgain", "case_id"): ALL - {"client"},
    # Whether a client may have a service is asked anywhere (CR-20), and a client has services at any place.
    ("checkEntitlement", "client_id"): ALL,
    ("listEntitlementsOfClient", "unit_id"): ALL,
    ("listCardsOfClient", "client_id"): CALL_CENTRE,
    ("listOpenComplaintsOfClient", "client_id"): CALL_CENTRE,
    # A colleague of one's own branch stands in for one; who works there is no secret (listStaff).
    ("delegatePosting", "to_staff_id"): ALL,
    # Work is handed over to other units too.
    ("handOverWorkItem", "unit_id"): ALL,
    # Operators stop and auditors read any long work.
    ("getOperation", "operation_id"): frozenset({"operator", "auditor"}),
    ("cancelOperation", "operation_id"): frozenset({"operator"}),
    # Data is shared with another unit; and that is its sense (CR-82).
    ("grantSharing", "recipient_unit_id"): ALL,
    # An auditor reads the whole bank's audit (domain decisions §6, §9).
    ("listAuditRecords", "client_id"): frozenset({"auditor"}),
}
OPERATIONS = pytest.mark.parametrize("operation", operations(), ids=lambda each: f"{each.service}:{each.id}")
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def someone(role: str, place: Place, reach: Any = "unit") -> Principal:
    if role == "client":
        own = place.known.of("client", "own") if "client" in place.known.ids else uuid4()
        return Principal(f"client:{own}", (Grant("client", PLACE, "own"),))
    return person(role, reach=reach)


async def ask(
    place: Place, operation: Operation, who: Principal | None, changed: Slot | None = None, whose: str = "own"
) -> Any:
    """One call with the caller's own objects, but for the one that is changed."""
    ids = {
        slot: str(place.known.of(slot.kind, whose if slot == changed else "own"))
        for slot in operation.slots
        if slot.where != "query" or slot == changed
    }
    path, query, body = operation.with_ids(ids)
    headers = {"If-Match": '"0"'} if operation.method == "PUT" else {}
    return await place.face(who, operation.method, path, body, headers=headers, **query)


def gives_nothing(answer: Any) -> bool:
    """Refused, an empty list, or a workbook with nothing below its heading."""
    if answer.headers.get("content-type") == XLSX:
        return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).height == 1
    return answer.status_code >= 400 or answer.json().get("items") == []


def alike(answer: Any) -> tuple[int, str]:
    """Status and body without what differs by nature."""
    body = answer.json() if answer.content else {}
    for name in ("trace_id", "instance"):
        body.pop(name, None)
    return answer.status_code, IDS.sub("<id>", json.dumps(body, sort_keys=True, ensure_ascii=False))


@OPERATIONS
async def test_the_matrix_knows_every_id_and_every_body(operation: Operation, places: dict[str, Place]) -> None:
    known = places[operation.service].known
    missing = [slot.name for slot in operation.slots if slot.name not in KINDS or slot.kind not in known.ids]
    assert not missing, f"{operation.id}: say in KINDS what these ids name, and make such objects: {missing}"
    if operation.body == "application/json":
        assert operation.id in BODIES, f"{operation.id}: give the matrix a body"
        assert not [slot.name for slot in operation.slots if slot.where == "body" and slot.name not in KINDS]


@OPERATIONS
async def test_roles_outside_the_contract_are_denied(operation: Operation, places: dict[str, Place]) -> None:
    place = places[operation.service]
    wrong = []
    for role in ROLES:
        if operation.admits(role):
            continue
        answer = await ask(place, operation, someone(role, place))
        if (answer.status_code, answer.json()["code"]) != (403, "forbidden"):
            wrong.append((role, answer.status_code, answer.text[:200]))
    assert not wrong


@OPERATIONS
async def test_nobody_the_bank_does_not_know_gets_in(operation: Operation, places: dict[str, Place]) -> None:
    place = places[operation.service]
    none = await ask(place, operation, None)
    assert (none.status_code, none.json()["code"]) == (401, "token.refused")
    assert none.headers["www-authenticate"] == "Bearer"
    nothing_granted = await ask(place, operation, Principal("staff:1001"))
    assert nothing_granted.status_code == 403
    itself = await ask(place, operation, system("gateway"))
    assert itself.status_code == 403 if "gateway" not in operation.systems else itself.status_code != 403


@pytest.mark.requirement("CR-85", "XC-8", "XC-19")
@OPERATIONS
async def test_third_party_staff_are_denied_with_every_role_and_each_attempt_is_kept(
    operation: Operation, places: dict[str, Place]
) -> None:
    place = places[operation.service]
    count = "SELECT count(*) FROM audit WHERE act = 'access.denied' AND subject = $1"
    subject = f"staff:T{uuid4().hex[:12]}"
    roles = [role for role in ROLES if operation.admits(role)][:3]
    for role in roles:
        grants = (Grant(role, PLACE, "unit"), Grant("third_party_staff", PLACE, "own"))
        answer = await ask(place, operation, Principal(subject, grants))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden.third-party")
    async with place.database.reading() as tx:
        assert await tx.connection.fetchval(count, subject) == len(roles)


@OPERATIONS
async def test_what_is_ones_own_is_answered(operation: Operation, places: dict[str, Place]) -> None:
    place = places[operation.service]
    wrong = []
    for role in sorted(role for role in ROLES if operation.admits(role)):
        answer = await ask(place, operation, someone(role, place))
        if answer.status_code in (401, 404) or answer.status_code >= 500 or '"code": "forbidden"' in answer.text:
            wrong.append((role, answer.status_code, answer.text[:300]))
    assert not wrong


@OPERATIONS
async def test_anothers_object_answers_like_an_unknown_id(operation: Operation, places: dict[str, Place]) -> None:
    place = places[operation.service]
    wrong = []
    for role in sorted(role for role in ROLES if operation.admits(role)):
        for reach in ("unit", "own") if role != "client" else ("own",):
            who = someone(role, place, reach)
            for slot in operation.slots:
                if role in REACHES_FURTHER.get((operation.id, slot.name), ()):
                    continue
                if slot.kind == "unit":
                    # Where the bank has units is no secret (listUnits); what belongs to them is.
                    for whose in ("other_unit", "unknown"):
                        answer = await ask(place, operation, who, slot, whose)
                        if not gives_nothing(answer):
                            wrong.append((role, reach, slot.name, whose, answer.status_code, answer.text[:300]))
                    continue
                unknown = alike(await ask(place, operation, who, slot, "unknown"))
                if slot.where == "path" and unknown[0] != 404:
                    wrong.append((role, reach, slot.name, "unknown", *unknown))
                for whose in ("other_unit",) if reach == "unit" else ("other_unit", "other_manager"):
                    if place.known.tells_apart(slot.kind, whose):
                        found = alike(await ask(place, operation, who, slot, whose))
                        if found != unknown:
                            wrong.append((role, reach, slot.name, whose, found, unknown))
    assert not wrong, wrong[:4]


@OPERATIONS
async def test_where_a_route_reaches_further_it_does_so(operation: Operation, places: dict[str, Place]) -> None:
    """The exceptions are real ones: an entry that no longer holds must go."""
    place = places[operation.service]
    for (operation_id, name), roles in REACHES_FURTHER.items():
        if operation_id != operation.id:
            continue
        slot = next(slot for slot in operation.slots if slot.name == name)
        for role in sorted(role for role in roles if operation.admits(role) and role != "client"):
            answer = await ask(place, operation, someone(role, place), slot, "other_unit")
            assert answer.status_code != 404, (role, answer.text)


def test_an_auditor_only_reads_and_an_operator_sees_no_client() -> None:
    frame = {"/v1/operations", "/v1/work-items"}
    business = [each for each in operations() if not each.path.startswith(tuple(frame))]
    assert [each.id for each in business if "auditor" in each.roles and each.method != "GET"] == []
    without_clients = {
        "listUnits", "listStaff", "listTierPolicies", "listReferenceData", "getReferenceData", "getEvaluationPolicy",
        "changeEvaluationPolicy", "listMonthlyEvaluations", "listSchemes", "getScheme", "listFestivals",
    }  # fmt: skip
    assert {each.id for each in business if "operator" in each.roles} == without_clients
    assert [each.id for each in business if "integration" in each.roles and each.method == "GET"] == []
    assert [each.id for each in operations() if "third_party_staff" in each.roles] == []
    assert {role for each in operations() for role in each.roles} <= {*ROLES, "*"}
