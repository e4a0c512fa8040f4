"""Simulating standards before they are in force: who would move, what it asks of managers and cards."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from chassis.bodies import Input, MoneyBody, Output, described
from chassis.call import Call, CallContext
from chassis.clock import business_day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from chassis.validation_texts import field_refusal
from fastapi import Query, Response
from pydantic import Field, model_validator

from client_registry.api.planning_values import AssumptionsBody
from client_registry.api.policy_bodies import CODE, EXAMPLE, PolicyContent
from client_registry.api.qualification import OperationAccepted, run_path
from client_registry.api.simulation_bodies import (
    CardsView,
    LevelView,
    ManagerLoadView,
    MovedView,
    NormsView,
    UnitCardsView,
    UnitLoadView,
    UnitManagersView,
    cards_view,
    levels,
    loads,
    manager_load,
    moved,
    norms_view,
    unit_cards,
    unit_managers,
    yuan,
)
from client_registry.domain.levels import CardLevel, ServiceTier
from client_registry.domain.policies import TierPolicy
from client_registry.domain.simulations import load_of
from client_registry.use_cases.draft_tier_policy import placed
from client_registry.use_cases.start_policy_simulation import start_policy_simulation
from client_registry.views import planning
from client_registry.views import policies as policy_views
from client_registry.views import simulations as views

api = router()
_ALLOWED = allow("policy_author", "policy_approver", "branch_personal_banking", "head_office_personal_banking")
_FUTURE = Text(en="A decision day cannot lie in the future.", zh="评定日期不能晚于今天。")
_AGAINST_ITSELF = Text(en="A version is not compared with itself.", zh="标准不能与自身对比。")


class TriedPolicy(PolicyContent):
    """A version that stands nowhere yet."""

    code: str = Field(pattern=CODE, max_length=80)


class StartSimulation(Input):
    """Versions to try, by id or written here; where; compared with what."""

    policy_ids: list[UUID] = Field(default_factory=list, max_length=20)
    versions: list[TriedPolicy] = Field(default_factory=list, max_length=20)
    against_policy_ids: list[UUID] = described(
        en="Compared with these in place of what is in force", zh="对比版本，默认为现行标准",
        default_factory=list, max_length=20,
    )  # fmt: skip
    unit_id: UUID | None = described(en="Unit, your own by default", zh="机构，默认为本机构", default=None)
    as_of: date | None = described(en="Decision day, today by default", zh="评定日期，默认为当日", default=None)
    assumptions: AssumptionsBody = Field(default_factory=AssumptionsBody)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.policy_ids and not self.versions:
            raise field_refusal(
                "simulation.nothing-given", en="Give policy_ids or versions.", zh="须填写 policy_ids 或 versions。"
            )
        return self


class SimulationAccepted(OperationAccepted):
    """A simulation that has begun."""

    simulation_id: UUID


class TotalsView(Output):
    """All units together."""

    evaluated: int
    moved: int
    contacts_a_week_before: str
    contacts_a_week_after: str
    cards: CardsView


class ComparisonView(Output):
    """This simulation less another one."""

    simulation_id: UUID
    moved: int
    contacts_a_week_after: str
    cards_needed: int
    cost: MoneyBody


class SimulationView(Output):
    """What would change; complete once the status is succeeded."""

    simulation_id: UUID
    operation_id: UUID
    status: str
    done: int
    total: int | None
    unit_path: str
    as_of: date
    cut_off_at: datetime
    policies_before: list[str]
    policies_after: list[str]
    contacts_a_year: dict[str, int]
    totals: TotalsView
    moves: list[MovedView]
    levels: list[LevelView]
    load: list[UnitLoadView]
    cards: list[UnitCardsView]
    norms: NormsView
    managers: list[UnitManagersView]
    comparison: ComparisonView | None = None


class ClientMoveView(Output):
    """One client who would move, and what was met before and after."""

    client_id: UUID
    client_no: str
    name: str
    home_code: str
    manager: str | None
    card_from: str
    card_to: str
    tier_from: str
    tier_to: str
    reasons: dict[str, Any]


@api.post(
    "/v1/policy-simulations",
    status_code=202,
    **operation(
        "simulatePolicies",
        allow=_ALLOWED,
        en="Simulate standards over all clients of a unit",
        zh="模拟标准调整",
        en_detail="Evaluates only: no decision, qualification or event comes of it. Runs in the background.",
        zh_detail="仅模拟评定，不产生任何评定结果或通知；后台执行。",
        audience=["branch"],
        example={"versions": [{name: value for name, value in EXAMPLE.items() if name != "reason"}]},
    ),
)
async def simulate(body: StartSimulation, call: Call, response: Response) -> SimulationAccepted:
    today = business_day(call.now)
    as_of = body.as_of or today
    if as_of > today:
        raise Invalid([FieldError("/as_of", "as-of.future", _FUTURE)])
    both = set(body.policy_ids) & set(body.against_policy_ids)
    if both:
        at = next(place for place, each in enumerate(body.against_policy_ids) if each in both)
        raise Invalid([FieldError(f"/against_policy_ids/{at}", "simulation.against-itself", _AGAINST_ITSELF)])
    own = (await planning.values_on(call.tx, today)).values
    inline = [
        await placed(call.tx, each.policy(code=each.code), currencies=each.currencies(), scope=call.scope)
        for each in body.versions
    ]
    started = await start_policy_simulation(
        call.tx,
        tried=[*await _named(call, body.policy_ids), *inline],
        against=await _named(call, body.against_policy_ids),
        unit_path=await run_path(call, body.unit_id),
        as_of=as_of,
        assumptions=body.assumptions.over(own),
        by=call.principal,
        now=call.now,
    )
    response.headers["Location"] = f"/v1/policy-simulations/{started.simulation_id}"
    work = started.operation
    return SimulationAccepted(
        simulation_id=started.simulation_id,
        operation_id=work.id,
        kind=work.kind,
        status=work.status,
        created_at=work.created_at,
    )


@api.get(
    "/v1/policy-simulations/{simulation_id}",
    **operation(
        "getPolicySimulation",
        allow=_ALLOWED,
        en="What a simulation found",
        zh="查询模拟结果",
        en_detail="Moves and manager load for each unit below, cards and their cost; with compare_with, the difference.",
        zh_detail="返回各下级机构的客户变动与客户经理联系工作量、所需卡片及费用；可与另一次模拟对比。",
        audience=["branch"],
    ),
)
async def get_simulation(simulation_id: UUID, call: Call, compare_with: UUID | None = None) -> SimulationView:
    found = await views.get_simulation(call.tx, simulation_id, scope=call.scope)
    totals = _totals(found)
    comparison = None
    if compare_with is not None:
        other = await views.get_simulation(call.tx, compare_with, scope=call.scope)
        comparison = _comparison(compare_with, totals, _totals(other))
    row = found.row
    return SimulationView(
        simulation_id=simulation_id,
        operation_id=found.operation.id,
        status=found.operation.status,
        done=found.operation.done,
        total=found.operation.total,
        unit_path=row["unit_path"],
        as_of=row["as_of"],
        cut_off_at=row["cut_off_at"],
        policies_before=_names(row["policies"], "b"),
        policies_after=_names(row["policies"], "a"),
        contacts_a_year=dict(found.assumptions.contacts_a_year),
        totals=totals,
        moves=moved(found.counts),
        levels=levels(found.counts),
        load=loads(found.counts, found.assumptions),
        cards=unit_cards(found.counts, found.assumptions),
        norms=norms_view(found.assumptions),
        managers=unit_managers(found.managers, found.assumptions),
        comparison=comparison,
    )


@api.get(
    "/v1/policy-simulations/{simulation_id}/moves",
    **operation(
        "listSimulatedMoves",
        allow=_ALLOWED,
        en="Clients who would move",
        zh="查询模拟中变动的客户",
        audience=["branch"],
    ),
)
async def list_moves(
    simulation_id: UUID,
    call: Call,
    params: Page,
    card_from: Annotated[CardLevel | None, Query()] = None,
    card_to: Annotated[CardLevel | None, Query()] = None,
    tier_from: Annotated[ServiceTier | None, Query()] = None,
    tier_to: Annotated[ServiceTier | None, Query()] = None,
) -> PageOf[ClientMoveView]:
    between = {"card_from": card_from, "card_to": card_to, "tier_from": tier_from, "tier_to": tier_to}
    key = params.after(UUID)
    found = await views.list_moves(
        call.tx,
        simulation_id,
        scope=call.scope,
        levels=between,
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(found, params.limit, lambda move: (move["client_id"],))
    return page([ClientMoveView.model_validate(move) for move in kept], cursor)


@api.get(
    "/v1/policy-simulations/{simulation_id}/managers",
    **operation(
        "listSimulatedManagerLoads",
        allow=_ALLOWED,
        en="What a simulation asks of each manager",
        zh="查询模拟对各客户经理的工作量影响",
        en_detail="Clients by service tier and value class, and contacts a week, before and after; above_norm=true leaves "
        "those who would carry more than the norm. Whoever does not move counts as he stands today. Filled once succeeded.",
        zh_detail="返回各客户经理调整前后按服务层级、价值分类的客户数及每周联系次数；above_norm=true 仅列出超出标准者。"
        "未变动客户按现状计；模拟成功后完整。",
        audience=["branch"],
    ),
)
async def list_managers(
    simulation_id: UUID, call: Call, params: Page, above_norm: bool = False
) -> PageOf[ManagerLoadView]:
    key = params.after(str)
    assumptions, found = await views.list_managers(
        call.tx,
        simulation_id,
        scope=call.scope,
        above_norm=above_norm,
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(found, params.limit, lambda row: (row["manager"],))
    return page([manager_load(row, assumptions) for row in kept], cursor)


async def _named(call: CallContext, ids: Sequence[UUID]) -> list[TierPolicy]:
    places = sorted({grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)})
    return [await policy_views.get_policy(call.tx, each, places=places, drafts=True) for each in ids]


def _names(policies: list[dict[str, Any]], side: str) -> list[str]:
    return [f"{each['code']}/{each['version']}" for each in policies if each["scope_path"].startswith(side)]


def _totals(found: views.Simulation) -> TotalsView:
    load = load_of(found.counts, found.assumptions)
    return TotalsView(
        evaluated=sum(count.clients for count in found.counts),
        moved=sum(count.clients for count in found.counts if count.moves),
        contacts_a_week_before=str(load.before),
        contacts_a_week_after=str(load.after),
        cards=cards_view(found.counts, found.assumptions),
    )


def _comparison(other_id: UUID, ours: TotalsView, other: TotalsView) -> ComparisonView:
    return ComparisonView(
        simulation_id=other_id,
        moved=ours.moved - other.moved,
        contacts_a_week_after=str(Decimal(ours.contacts_a_week_after) - Decimal(other.contacts_a_week_after)),
        cards_needed=ours.cards.needed - other.cards.needed,
        cost=yuan(Decimal(ours.cards.cost.amount) - Decimal(other.cards.cost.amount)),
    )
