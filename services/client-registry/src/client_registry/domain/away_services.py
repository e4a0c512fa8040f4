"""Service away from home (CR-96 to CR-100, BOC-S Art. 28, 29): what is recorded, and the two clocks that follow."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from client_registry.domain.away_events import AwayServiceRecorded
from client_registry.domain.service_rules import AwayRules

REPORT_CLOCK = Text(
    en="Due {hours} hours after the service, counted by the clock and not by working days; any institution that received "
    "a private-banking client reports to the provincial private-banking department (CR-100, BOC-S Art. 28(4)).",
    zh="自服务时起{hours}小时内（按自然小时，不按工作日）；接待私人银行客户的机构须向省分行私人银行部报送"
    "《私人银行客户业务处理情况登记表》（CR-100，中行办法第28条第4款）。",
)
FOLLOW_UP_CLOCK = Text(
    en="The home manager follows up within {hours} hours of the service; a value of the bank (CR-99, BOC-S Art. 28(4)).",
    zh="归属客户经理须在服务后{hours}小时内跟进（本行设定值，CR-99，中行办法第28条第4款）。",
)


class ServedAtHome(RuleBroken):
    """The unit keeps the file or serves the client anyway."""

    code = "away-service.at-home"
    text = Text(
        en="This unit keeps or serves the client; it is no service away from home.",
        zh="本机构为客户归属或服务机构，不属于异地服务。",
    )


class CommunicationMissing(RuleBroken):
    """A large allocation without the home manager's knowledge (CR-96)."""

    code = "away-service.prior-communication-missing"
    text = Text(
        en="From {amount} yuan the home manager must be spoken to beforehand; record with whom and when (CR-96).",
        zh="资产配置金额达{amount}元及以上的，须事先与归属客户经理沟通，请登记沟通对象与时间（CR-96）。",
    )


class NotTheManager(RuleBroken):
    """Somebody was spoken to who does not keep the client."""

    code = "away-service.not-the-home-manager"
    text = Text(en="That is not the client's own manager.", zh="沟通对象不是客户的归属客户经理。")


class ReportNotAsked(RuleBroken):
    """Only services to private-banking clients are reported (CR-100)."""

    code = "away-service.report-not-asked"
    text = Text(en="No report is asked for this service.", zh="该笔服务无须报送登记表。")


class AlreadyReported(RuleBroken):
    """The report was handed in."""

    code = "away-service.already-reported"
    text = Text(en="The report has been handed in.", zh="登记表已报送。")


class NoFollowUp(RuleBroken):
    """No follow-up is asked, or it was recorded before."""

    code = "away-service.no-follow-up-open"
    text = Text(en="No follow-up is open for this service.", zh="该笔服务没有待跟进事项。")


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayService:
    """One service away from home; what was said and done is sealed by the store."""

    id: UUID
    client_id: UUID
    unit_id: UUID
    home_unit_id: UUID
    manager: str | None
    service_tier: str
    card_shown: bool
    product_codes: tuple[str, ...]
    allocation: Decimal | None
    consulted_manager: str | None
    consulted_at: datetime | None
    served_at: datetime
    recorded_by: str
    recorded_at: datetime
    catalogue_version: int
    follow_up_due_at: datetime | None = None
    followed_up_by: str | None = None
    followed_up_at: datetime | None = None
    report_due_at: datetime | None = None
    reported_by: str | None = None
    reported_at: datetime | None = None
    alarmed_at: datetime | None = None
    version: int = 1

    def follow_up(self, *, by: str, at: datetime) -> Self:
        """The home manager followed up (CR-99). Raises NoFollowUp."""
        if self.follow_up_due_at is None or self.followed_up_at is not None:
            raise NoFollowUp()
        return replace(self, followed_up_by=by, followed_up_at=at, version=self.version + 1)

    def report(self, *, by: str, at: datetime) -> Self:
        """The form was handed in (CR-100), also when it is late. Raises ReportNotAsked and AlreadyReported."""
        if self.report_due_at is None:
            raise ReportNotAsked()
        if self.reported_at is not None:
            raise AlreadyReported()
        return replace(self, reported_by=by, reported_at=at, version=self.version + 1)

    def report_status(self, now: datetime) -> str | None:
        """due, overdue, submitted or submitted_late; None where no report is asked."""
        if self.report_due_at is None:
            return None
        if self.reported_at is not None:
            return "submitted_late" if self.reported_at > self.report_due_at else "submitted"
        return "overdue" if now > self.report_due_at else "due"


def record(service: AwayService, *, at_home: bool, rules: AwayRules) -> tuple[AwayService, AwayServiceRecorded]:
    """The service with its clocks, and the fact. Both clocks count natural hours from the service.

    Raises ServedAtHome; CommunicationMissing and NotTheManager for a large allocation (CR-96: at or above the amount).
    """
    if at_home:
        raise ServedAtHome()
    if service.allocation is not None and service.allocation >= rules.large_allocation_min:
        if service.consulted_manager is None or service.consulted_at is None:
            raise CommunicationMissing(amount=rules.large_allocation_min)
        if service.consulted_at > service.served_at:
            raise CommunicationMissing(amount=rules.large_allocation_min)
        if service.manager is not None and service.consulted_manager != service.manager:
            raise NotTheManager()
    tier = service.service_tier
    recorded = replace(
        service,
        follow_up_due_at=service.served_at + rules.follow_up_within if tier in rules.feedback_tiers else None,
        report_due_at=service.served_at + rules.report_within if tier in rules.report_tiers else None,
    )
    return recorded, AwayServiceRecorded(
        at=service.recorded_at,
        version=recorded.version,
        away_service_id=service.id,
        client_id=service.client_id,
        unit_id=service.unit_id,
        home_unit_id=service.home_unit_id,
        manager=service.manager,
        service_tier=tier,
        product_codes=service.product_codes,
        card_shown=service.card_shown,
        served_at=service.served_at,
        follow_up_due_at=recorded.follow_up_due_at,
        report_due_at=recorded.report_due_at,
    )
