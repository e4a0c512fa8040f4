"""A client's death: reported by one person, confirmed or refused by another."""

from datetime import date
from typing import Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router

from client_registry.use_cases.confirm_death import confirm_death, refuse_death
from client_registry.use_cases.report_death import report_death
from client_registry.views import clients as files
from client_registry.views import papers

api = router()
_REPORTERS = allow(
    "relationship_manager", "private_banker", "open_counter_teller", "branch_personal_banking", "data_steward"
)
_DECIDERS = allow("branch_personal_banking", "head_office_personal_banking")


class ReportDeath(Input):
    """When, and by what it is known; the paper itself is added with attachPaper."""

    died_on: date
    source: Literal["certificate", "police", "relative", "court"] = described(en="By what it is known", zh="信息来源")


class RefuseDeath(Input):
    """Why it is not confirmed."""

    reason: Literal["not-proved", "alive", "wrong-client"]


class DeathView(Output):
    """The report as it stands."""

    death_id: UUID
    client_id: UUID
    status: str


@api.post(
    "/v1/clients/{client_id}/deaths",
    status_code=201,
    **operation(
        "reportDeath",
        allow=_REPORTERS,
        en="Report a client's death",
        zh="登记客户死亡",
        en_detail="Nothing ends before another person confirms it.",
        zh_detail="须经另一人确认后方生效。",
        audience=["branch"],
        example={"died_on": "2026-11-18", "source": "certificate"},
    ),
)
async def report(client_id: UUID, body: ReportDeath, call: Call) -> DeathView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    death_id = await report_death(
        call.tx, client_id, died_on=body.died_on, source=body.source, by=call.principal, now=call.now
    )
    return DeathView(death_id=death_id, client_id=client_id, status="reported")


@api.post(
    "/v1/clients/{client_id}/deaths/{death_id}/confirmations",
    status_code=201,
    **operation(
        "confirmDeath",
        allow=_DECIDERS,
        en="Confirm a client's death",
        zh="确认客户死亡",
        en_detail="By another person than the one who reported it. Membership ends, the card stops, nobody contacts the "
        "client any more.",
        zh_detail="须由登记人以外的人员确认。会员资格即时终止，卡片停用，不再联系客户。",
        audience=["branch"],
    ),
)
async def confirm(client_id: UUID, death_id: UUID, call: Call) -> DeathView:
    await papers.require_record(call.tx, client_id, death_id, scope=call.scope)
    await confirm_death(call.tx, client_id, death_id, by=call.principal, now=call.now)
    return DeathView(death_id=death_id, client_id=client_id, status="confirmed")


@api.post(
    "/v1/clients/{client_id}/deaths/{death_id}/refusals",
    status_code=201,
    **operation(
        "refuseDeath",
        allow=_DECIDERS,
        en="Refuse a report of death",
        zh="驳回死亡登记",
        audience=["branch"],
        example={"reason": "not-proved"},
    ),
)
async def refuse(client_id: UUID, death_id: UUID, body: RefuseDeath, call: Call) -> DeathView:
    await papers.require_record(call.tx, client_id, death_id, scope=call.scope)
    await refuse_death(call.tx, client_id, death_id, reason=body.reason, by=call.principal, now=call.now)
    return DeathView(death_id=death_id, client_id=client_id, status="refused")
