"""May this client have this service here, and why (CR-19 to CR-21, CR-92; CCB Art. 26, 27)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from chassis.texts import Text

from client_registry.domain.entitlements import (
    Catalogue,
    Condition,
    Entitlement,
    Family,
    Limits,
    LocalEntitlement,
    ServedClient,
    Visibility,
)
from client_registry.domain.levels import CardLevel

REASONS = {
    "head-office-level": Text(
        en="Head-office level holds nationwide (CR-20, CCB Art. 27).",
        zh="总行级客户权益全国有效（CR-20，建行办法第27条）。",
    ),
    "local-for-head-office": Text(
        en="Away from home, a head-office-level client has what this branch gives its own (CR-20, CCB Art. 27).",
        zh="总行级客户在异地可享受当地分行提供的服务（CR-20，建行办法第27条）。",
    ),
    "branch-level-at-home": Text(
        en="Branch level holds inside the issuing branch (CR-21, CCB Art. 27).",
        zh="分行级客户权益在发卡分行辖内有效（CR-21，建行办法第27条）。",
    ),
    "by-service-tier": Text(
        en="The client's service tier has this at any outlet (CR-26, BOC-S Art. 27).",
        zh="该服务层级客户在任一网点均可享受（CR-26，中行办法第27条）。",
    ),
    "branch-level-elsewhere": Text(
        en="Branch level holds only inside the issuing branch, and this place lies outside (CR-21, CCB Art. 27).",
        zh="分行级客户权益仅在发卡分行辖内有效，本机构不在其辖内（CR-21，建行办法第27条）。",
    ),
    "no-level": Text(
        en="The client holds no level that gives this service (CR-3).", zh="客户未持有可享受该服务的级别（CR-3）。"
    ),
    "not-away": Text(
        en="Rules do not allow this business away from the home branch (CR-20, CCB Art. 27).",
        zh="该业务按规定不允许异地办理（CR-20，建行办法第27条）。",
    ),
    "not-in-force": Text(
        en="This service is not in force yet or is suspended (CR-92).", zh="该服务尚未生效或已暂停（CR-92）。"
    ),
    "not-rolled-out": Text(
        en="This branch begins to offer the service on a later day (CR-92).", zh="本分行尚未推出该服务（CR-92）。"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Yes or no, as which level, how much, what to check, and the reason; `local` is the branch's own row, if any."""

    code: str
    family: Family
    title: Text
    words: Text
    article: str
    allowed: bool
    reason: str
    level: str | None = None
    place_rule: str | None = None
    limits: Limits | None = None
    conditions: tuple[Condition, ...] = ()
    visibility: Visibility = Visibility.EVERYBODY
    local: str | None = None
    catalogue_version: int = field(default=0)


def decide(
    catalogue: Catalogue,
    local: Sequence[LocalEntitlement],
    code: str,
    client: ServedClient,
    *,
    branch_path: str | None,
    day: date,
) -> Decided | None:
    """What holds for a service at a place in `branch_path`; None where neither the catalogue nor the branch knows it.

    `local` are the approved rows of that branch. A branch level is brought down to what head-office level has, so that a
    newer catalogue is never exceeded by an older branch row (CR-19).
    """
    here = sorted(
        (row for row in local if row.code == code and row.branch_path == branch_path),
        key=lambda row: row.effective_on,
        reverse=True,
    )
    item = catalogue.find(code)
    if item is not None:
        return _from_catalogue(catalogue, item, here, client, branch_path=branch_path, day=day)
    additions = [row for row in here if row.kind == "addition"]
    own = next((row for row in additions if row.holds_on(day)), additions[0] if additions else None)
    return None if own is None else _from_branch(catalogue, own, client, day=day)


def decide_all(
    catalogue: Catalogue,
    local: Sequence[LocalEntitlement],
    client: ServedClient,
    *,
    branch_path: str | None,
    day: date,
) -> list[Decided]:
    """Every service the client may have at that place on that day, the catalogue's first."""
    codes = [item.code for item in catalogue.entitlements]
    codes += sorted({row.code for row in local if row.kind == "addition"} - set(codes))
    found = [decide(catalogue, local, code, client, branch_path=branch_path, day=day) for code in codes]
    return [decided for decided in found if decided is not None and decided.allowed]


def _from_catalogue(
    catalogue: Catalogue,
    item: Entitlement,
    here: Sequence[LocalEntitlement],
    client: ServedClient,
    *,
    branch_path: str | None,
    day: date,
) -> Decided:
    at_home = branch_path is not None and branch_path == client.branch_path
    level, reason, place_rule = _level(item, client, at_home=at_home)
    override = next((row for row in here if row.kind == "override" and row.holds_on(day)), None)
    rollouts = [row for row in here if row.kind == "rollout"]
    later = bool(rollouts) and not any(row.holds_on(day) for row in rollouts)
    if level is not None:
        if item.status != "active" or day < item.effective_on:
            level, reason = None, "not-in-force"
        elif later:
            level, reason = None, "not-rolled-out"
        elif item.not_away and not at_home:
            level, reason = None, "not-away"
    limits, applied = None, None
    if level is not None:
        ceiling = item.limits[CardLevel.HEAD_OFFICE]
        limits = ceiling
        if level is CardLevel.BRANCH:
            applied = override
            limits = (item.limits[level] if override is None else override.limits).within(ceiling)
    return Decided(
        code=item.code,
        family=item.family,
        title=item.title,
        words=item.words,
        article=item.article,
        allowed=level is not None,
        reason=reason,
        level=None if level is None else level.value,
        place_rule=place_rule,
        limits=limits,
        conditions=item.conditions if applied is None else tuple(dict.fromkeys(item.conditions + applied.conditions)),
        visibility=item.visibility,
        local=None if applied is None else applied.id,
        catalogue_version=catalogue.version,
    )


def _level(item: Entitlement, client: ServedClient, *, at_home: bool) -> tuple[CardLevel | None, str, str | None]:
    """As which level the client has the item, why, and where it holds."""
    if client.card_level is CardLevel.HEAD_OFFICE:
        return CardLevel.HEAD_OFFICE, "head-office-level", "nationwide"
    if client.service_tier in item.tiers:
        return CardLevel.HEAD_OFFICE, "by-service-tier", "nationwide"
    if client.card_level is CardLevel.BRANCH and CardLevel.BRANCH in item.limits:
        if at_home:
            return CardLevel.BRANCH, "branch-level-at-home", "issuing-branch"
        return None, "branch-level-elsewhere", "issuing-branch"
    return None, "no-level", None


def _from_branch(catalogue: Catalogue, own: LocalEntitlement, client: ServedClient, *, day: date) -> Decided:
    """A service of the branch's own (CR-92): for its branch level, and for every head-office-level client there."""
    at_home = own.branch_path == client.branch_path
    level: CardLevel | None = client.card_level
    if client.card_level is CardLevel.HEAD_OFFICE:
        reason = "local-for-head-office"
    elif client.card_level is CardLevel.BRANCH:
        reason = "branch-level-at-home" if at_home else "branch-level-elsewhere"
        level = CardLevel.BRANCH if at_home else None
    else:
        level, reason = None, "no-level"
    if level is not None and not own.holds_on(day):
        level, reason = None, "not-in-force"
    if level is not None and own.not_away and not at_home:
        level, reason = None, "not-away"
    return Decided(
        code=own.code,
        family=own.family,
        title=own.title,
        words=own.words,
        article="CCB Art. 21",
        allowed=level is not None,
        reason=reason,
        level=None if level is None else level.value,
        place_rule="issuing-branch",
        limits=None if level is None else own.limits,
        conditions=own.conditions,
        local=own.id,
        catalogue_version=catalogue.version,
    )
