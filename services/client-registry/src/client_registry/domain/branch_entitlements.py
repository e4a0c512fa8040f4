"""A branch adds a service, sets its branch level, or starts later (CR-92); never more than head-office level (CR-19)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from client_registry.domain.entitlements import Catalogue, LocalEntitlement
from client_registry.domain.levels import CardLevel

MEASURES = {
    "discount_percent": Text(en="discount (%)", zh="折扣（%）"),
    "amount_max": Text(en="amount (yuan)", zh="金额（元）"),
    "count_max": Text(en="times in a period", zh="次数"),
    "minutes_max": Text(en="minutes", zh="分钟"),
}


class AboveHeadOffice(RuleBroken):
    """The branch would give its branch level more than head-office level has."""

    code = "entitlement.above-head-office"
    text = Text(
        en="Branch level may not exceed head-office level (CR-19, CCB Art. 26): {measure} {wanted}, head office {ceiling}.",
        zh="分行级服务不得超过总行级（CR-19，建行办法第26条）：{measure}{wanted}，总行级为{ceiling}。",
    )


class NotInCatalogue(RuleBroken):
    """An override or a later start names a service that the head office does not know."""

    code = "entitlement.not-in-catalogue"
    text = Text(
        en="The head office's catalogue has no such service; add it as the branch's own.",
        zh="总行服务目录中没有该项目，请作为分行新增服务申报。",
    )


class InCatalogue(RuleBroken):
    """An addition names a service that the catalogue has."""

    code = "entitlement.in-catalogue"
    text = Text(
        en="The head office's catalogue has this service; set it instead of adding it.",
        zh="总行服务目录中已有该项目，请按调整申报，不得新增。",
    )


class NotABranch(RuleBroken):
    """Only first-level branches keep entitlements of their own."""

    code = "entitlement.not-a-first-level-branch"
    text = Text(en="Only a first-level branch adds or sets entitlements.", zh="仅一级分行可以新增或调整服务权益。")


class StartTaken(RuleBroken):
    """An approved row of the same begins on that day."""

    code = "entitlement.start-taken"
    text = Text(en="An approved row of the same begins on that day.", zh="同一项目在该日已有生效的审批记录。")


class StartsInThePast(RuleBroken):
    """What holds is not changed afterwards."""

    code = "entitlement.starts-in-the-past"
    text = Text(en="It may begin today at the earliest.", zh="生效日期不得早于当日。")


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchEntitlement:
    """One row of a branch and who proposed and decided it."""

    id: UUID
    unit_id: UUID
    local: LocalEntitlement
    plan: str | None
    status: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    version: int = 1

    def decide(self, *, approved: bool, by: str, at: datetime) -> Self:
        """Approved or refused; that it is a second person is the approvals' to hold."""
        return replace(
            self, status="active" if approved else "refused", decided_by=by, decided_at=at, version=self.version + 1
        )


def check_local(catalogue: Catalogue, local: LocalEntitlement, *, today: date) -> None:
    """At the proposal and again at the approval: the catalogue may have changed in between.

    Raises NotInCatalogue, InCatalogue, AboveHeadOffice (the first measure that exceeds), StartsInThePast.
    """
    if local.effective_on < today:
        raise StartsInThePast()
    item = catalogue.find(local.code)
    if local.kind == "addition":
        if item is not None:
            raise InCatalogue()
        return
    if item is None:
        raise NotInCatalogue()
    if local.kind == "override":
        ceiling = item.limits[CardLevel.HEAD_OFFICE]
        for measure in local.limits.exceeding(ceiling):
            raise AboveHeadOffice(
                measure=MEASURES[measure], wanted=local.limits.stated(measure), ceiling=ceiling.stated(measure)
            )
