"""What a simulation is answered with: moves, levels, load of units and managers, cards and their cost."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from chassis.bodies import MoneyBody, Output, described
from chassis.db import Record
from chassis.money import Money

from client_registry.domain.simulations import Assumptions, Count, a_week, cards_of, load_of, standings_of
from client_registry.views.simulations import LEVELS


class MovedView(Output):
    """So many clients of a unit would go from here to there."""

    unit_id: UUID
    unit_code: str
    card_from: str
    card_to: str
    tier_from: str
    tier_to: str
    clients: int


class UnitLoadView(Output):
    """Contacts a week below a unit, as text with one decimal."""

    unit_id: UUID
    unit_code: str
    clients: int
    contacts_a_week_before: str
    contacts_a_week_after: str


class LevelCardsView(Output):
    """Cards of one level."""

    level: Literal["branch", "head_office"]
    issue: int = described(en="To clients without a card level", zh="新发卡数")
    replace: int = described(en="To clients of the other level, in place of theirs", zh="换发卡数")
    stop: int = described(en="Of clients who fall to no level", zh="停用卡数")
    unit_price: MoneyBody
    cost: MoneyBody


class CardsView(Output):
    """Cards to be made, their cost, and what becomes of the cards of each level."""

    needed: int
    cost: MoneyBody
    by_level: list[LevelCardsView]


class UnitCardsView(CardsView):
    """Cards of one unit."""

    unit_id: UUID
    unit_code: str


class LevelView(Output):
    """So many clients of a unit would stand on this level under each of both sets."""

    unit_id: UUID
    unit_code: str
    ladder: Literal["card_level", "service_tier"]
    level: str
    before: int
    after: int


class UnitManagersView(Output):
    """The managers of a unit: served clients, contacts a week, how many carry more than the norm (null: none is set)."""

    unit_id: UUID
    unit_code: str
    managers: int
    clients_before: int
    clients_after: int
    contacts_a_week_before: str
    contacts_a_week_after: str
    above_norm_before: int | None
    above_norm_after: int | None


class NormsView(Output):
    """What one manager can carry (EN-18); no document names a number, so each is null until the bank sets it."""

    clients_a_manager: int | None
    contacts_a_week_a_manager: str | None


class ManagerSideView(Output):
    """A manager's clients under one set."""

    clients: int = described(en="With a card level or a tier above mass", zh="持卡或高于大众层级的客户数")
    tiers: dict[str, int] = described(en="All clients by service tier", zh="全部客户按服务层级")
    value_classes: dict[str, int] = described(en="Served clients by value class", zh="服务客户按价值分类")
    contacts_a_week: str
    above_norm: bool | None


class ManagerLoadView(Output):
    """What the standards ask of one manager."""

    manager: str
    unit_id: UUID
    unit_code: str
    norms: NormsView
    before: ManagerSideView
    after: ManagerSideView


def yuan(amount: Decimal) -> MoneyBody:
    """An amount in yuan as it is answered."""
    return MoneyBody.of(Money.of(f"{amount:.2f}", "CNY"))


def cards_view(counts: Sequence[Count], assumptions: Assumptions) -> CardsView:
    """The cards that these moves need."""
    cards = cards_of(counts, assumptions)
    return CardsView(
        needed=sum(each.needed for each in cards),
        cost=yuan(sum((each.cost for each in cards), Decimal(0))),
        by_level=[
            LevelCardsView.model_validate(
                {"level": each.level, "issue": each.issue, "replace": each.replace, "stop": each.stop}
                | {"unit_price": yuan(each.unit_price), "cost": yuan(each.cost)}
            )
            for each in cards
        ],
    )


def moved(counts: Sequence[Count]) -> list[MovedView]:
    """Who goes from where to where, by unit."""
    summed: dict[tuple[Any, ...], int] = {}
    for count in counts:
        if count.moves:
            key = (count.unit_id, count.unit_code, count.card_from, count.card_to, count.tier_from, count.tier_to)
            summed[key] = summed.get(key, 0) + count.clients
    names = ("unit_id", "unit_code", *LEVELS)
    return [MovedView(**dict(zip(names, key, strict=True)), clients=clients) for key, clients in summed.items()]


def loads(counts: Sequence[Count], assumptions: Assumptions) -> list[UnitLoadView]:
    """Contacts a week by unit."""
    found = []
    for (unit_id, code), ours in _by_unit(counts).items():
        load = load_of(ours, assumptions)
        found.append(
            UnitLoadView(
                unit_id=unit_id,
                unit_code=code,
                clients=sum(count.clients for count in ours),
                contacts_a_week_before=str(load.before),
                contacts_a_week_after=str(load.after),
            )
        )
    return found


def unit_cards(counts: Sequence[Count], assumptions: Assumptions) -> list[UnitCardsView]:
    """Cards and cost by unit; a unit that needs none and takes none back is left out."""
    found = []
    for (unit_id, code), ours in _by_unit(counts).items():
        cards = cards_view(ours, assumptions)
        if any(each.issue or each.replace or each.stop for each in cards.by_level):
            found.append(UnitCardsView(unit_id=unit_id, unit_code=code, **dict(cards)))
    return found


def levels(counts: Sequence[Count]) -> list[LevelView]:
    """How many would be at which level under each set, by unit."""
    return [
        LevelView.model_validate(
            {"unit_id": unit_id, "unit_code": code, "ladder": each.ladder, "level": each.level}
            | {"before": each.before, "after": each.after}
        )
        for (unit_id, code), ours in _by_unit(counts).items()
        for each in standings_of(ours)
    ]


def norms_view(assumptions: Assumptions) -> NormsView:
    """The norms of a simulation."""
    a_manager = assumptions.contacts_a_week_a_manager
    return NormsView(
        clients_a_manager=assumptions.clients_a_manager,
        contacts_a_week_a_manager=None if a_manager is None else str(a_manager),
    )


def unit_managers(rows: Sequence[Record], assumptions: Assumptions) -> list[UnitManagersView]:
    """The managers of each unit together."""
    is_set = assumptions.is_above(clients=0, contacts=0) is not None
    return [
        UnitManagersView(
            unit_id=row["unit_id"],
            unit_code=row["unit_code"],
            managers=row["managers"],
            clients_before=row["clients_before"],
            clients_after=row["clients_after"],
            contacts_a_week_before=str(a_week(row["contacts_before"])),
            contacts_a_week_after=str(a_week(row["contacts_after"])),
            above_norm_before=row["above_before"] if is_set else None,
            above_norm_after=row["above_after"] if is_set else None,
        )
        for row in rows
    ]


def manager_load(row: Record, assumptions: Assumptions) -> ManagerLoadView:
    """One manager."""

    def side(name: str) -> ManagerSideView:
        clients, contacts = row[f"clients_{name}"], row[f"contacts_{name}"]
        return ManagerSideView(
            clients=clients,
            tiers={tier: count for tier, count in row[name]["tiers"].items() if count},
            value_classes={each: count for each, count in row[name]["values"].items() if count},
            contacts_a_week=str(a_week(contacts)),
            above_norm=assumptions.is_above(clients=clients, contacts=contacts),
        )

    return ManagerLoadView(
        manager=row["manager"],
        unit_id=row["unit_id"],
        unit_code=row["unit_code"],
        norms=norms_view(assumptions),
        before=side("before"),
        after=side("after"),
    )


def _by_unit(counts: Sequence[Count]) -> dict[tuple[UUID, str], list[Count]]:
    units: dict[tuple[UUID, str], list[Count]] = {}
    for count in counts:
        units.setdefault((count.unit_id, count.unit_code), []).append(count)
    return units
