"""Why a case is where it is and due when it is: each routing decision and each clock, with rule, article, versions."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from complaint_service import tables as t
from complaint_service.domain.policy import HandlingPolicy
from complaint_service.store import cases, copies

_ROUTINGS = prepare(
    sa.select(t.routings).where(t.routings.c.case_id == sa.bindparam("case_id")).order_by(t.routings.c.id)
)
_STEPS = prepare(sa.select(t.steps).where(t.steps.c.case_id == sa.bindparam("case_id")).order_by(t.steps.c.id))
_CLOCKS = prepare(
    sa.select(t.clocks).where(t.clocks.c.case_id == sa.bindparam("case_id")).order_by(t.clocks.c.round, t.clocks.c.id)
)


async def explanation_of(tx: Tx, case_id: UUID) -> dict[str, Any]:
    """Routings, clocks and steps as they were decided, in the words of the policy version that decided them."""
    routings = await tx.fetch(_ROUTINGS, case_id=case_id)
    clocks = await tx.fetch(_CLOCKS, case_id=case_id)
    steps = await tx.fetch(_STEPS, case_id=case_id)
    versions = {row["policy_version"] for row in (*routings, *clocks)}
    policies = {version: await copies.get_policy(tx, version) for version in sorted(versions)}
    return {
        "routings": [_routing(row, policies[row["policy_version"]]) for row in routings],
        "clocks": [_clock(row, policies[row["policy_version"]]) for row in clocks],
        "steps": [{"step": row["step"], "by": row["by"], "at": row["at"], "detail": row["detail"]} for row in steps],
    }


def _rule(policy: HandlingPolicy, code: str) -> dict[str, Any]:
    rule = policy.route(code)
    return {
        "code": rule.code,
        "priority": rule.priority,
        "requirement": rule.requirement,
        "article": rule.article,
        "text": {"en": rule.text.en, "zh": rule.text.zh},
    }


def _routing(row: Record, policy: HandlingPolicy) -> dict[str, Any]:
    return {
        "round": row["round"],
        "decided_at": row["decided_at"],
        "cause": row["cause"],
        "cause_id": row["cause_id"],
        "policy_version": row["policy_version"],
        "inputs": row["situation"],
        "rule": _rule(policy, row["winner"]),
        "losing_rules": [_rule(policy, code) for code in row["losers"]],
        "served_by": row["served_by"],
        "role": row["role"],
        "unit_id": row["unit_id"],
        "handler": row["handler"],
        "climbed_unit_ids": row["climbed"],
        "excluded": row["excluded"],
        "found": _found(row),
    }


def _found(row: Record) -> dict[str, str]:
    """Where the person was found, as a sentence in both languages."""
    if row["handler"] is None:
        return {
            "en": "Nobody holds a suitable role in the line; the case waits for that role at its top.",
            "zh": "管辖线上无人担任相应岗位,该投诉由最上级对应岗位认领。",
        }
    steps = len(row["climbed"])
    if row["served_by"] is None:
        return {
            "en": f"Nobody holds the rule's roles; found by the fallback roles, {steps} unit(s) up.",
            "zh": f"无人担任规则指定的岗位,按后备岗位向上{steps}级机构找到处理人。",
        }
    if row["served_by"] != row["winner"]:
        return {
            "en": f"Nobody holds the rule's roles; the next rule ({row['served_by']}) found the handler.",
            "zh": f"无人担任规则指定的岗位,由下一规则({row['served_by']})找到处理人。",
        }
    if steps:
        return {
            "en": f"Nobody at the unit itself holds the role; found {steps} unit(s) up.",
            "zh": f"本机构无人担任该岗位,向上{steps}级机构找到处理人。",
        }
    return {"en": "Found where the rule begins to look.", "zh": "在规则指定的机构找到处理人。"}


def _clock(row: Record, policy: HandlingPolicy) -> dict[str, Any]:
    rule = policy.clock(row["code"])
    clock = cases.clock_from(row)
    return {
        "code": clock.code,
        "purpose": clock.purpose.value,
        "round": clock.round,
        "sequence": clock.sequence,
        "requirement": rule.requirement,
        "article": rule.article,
        "text": {"en": rule.text.en, "zh": rule.text.zh},
        "policy_version": clock.policy_version,
        "calendar_version": clock.calendar_version,
        "started_at": clock.started_at,
        "ends": [
            {
                "unit": end.span.unit.value,
                "count": end.span.count,
                "at": end.at,
                "calendar_version": end.calendar_version,
                "provisional": end.provisional,
            }
            for end in clock.ends
        ],
        "due_at": clock.due_at,
        "provisional": clock.provisional,
        "met_at": clock.met_at,
        "met_in_time": clock.met_in_time,
        "stopped_at": clock.stopped_at,
        "breached_at": clock.breached_at,
    }
