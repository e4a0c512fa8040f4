"""The organisation as a tree (XC-1, XC-2, XC-3): units, people and where they are posted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from client_registry.domain.events import OrgUnitChanged, StaffPosted

ROLES = frozenset(
    {
        "relationship_manager",
        "private_banker",
        "rm_supervisor",
        "private_banking_supervisor",
        "wealth_centre_head",
        "outlet_head",
        "outlet_deputy",
        "lobby_manager",
        "counter_teller",
        "open_counter_teller",
        "account_manager",
        "corporate_manager",
        "corporate_head",
        "card_keeper",
        "card_supervisor",
        "complaint_officer",
        "complaint_coordinator",
        "call_centre_agent",
        "call_centre_complaint_officer",
        "branch_personal_banking",
        "private_banking_department",
        "private_banking_office",
        "head_office_personal_banking",
        "client_service_section",
        "quality_officer",
        "policy_author",
        "policy_approver",
        "data_steward",
        "auditor",
        "operator",
        "integration",
        "third_party_staff",
    }
)
# Who may look after a client by name (CR-43).
MANAGER_ROLES = frozenset({"relationship_manager", "private_banker", "corporate_manager"})


class UnitKind(StrEnum):
    """What a unit is; filings need a second-level branch or higher (CR-10)."""

    HEAD_OFFICE = "head_office"
    FIRST_LEVEL_BRANCH = "first_level_branch"
    SECOND_LEVEL_BRANCH = "second_level_branch"
    SUB_BRANCH = "sub_branch"
    WEALTH_CENTRE = "wealth_centre"
    OUTLET = "outlet"
    DEPARTMENT = "department"


class ServiceInstitution(StrEnum):
    """The three levels of institutions that serve VIP clients (CR-27, BOC-S Art. 28(1))."""

    PRIVATE_BANK = "private_bank"
    WEALTH_CENTRE = "wealth_centre"
    WEALTH_MANAGEMENT_CENTRE = "wealth_management_centre"


FILING_KINDS = frozenset({UnitKind.HEAD_OFFICE, UnitKind.FIRST_LEVEL_BRANCH, UnitKind.SECOND_LEVEL_BRANCH})


class OrganisationRefused(RuleBroken):
    """The tree that was given is none."""

    code = "organisation.refused"
    text = Text(en="The organisation cannot be taken: {reason}.", zh="机构数据无法载入：{reason}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit of the tree."""

    id: UUID
    parent_id: UUID | None
    kind: UnitKind
    code: str
    path: str
    name_zh: str
    name_en: str
    branch_code: str | None
    active: bool
    version: int
    service_institution: ServiceInstitution | None = None
    merged_into_id: UUID | None = None

    def same_facts(self, other: Self) -> bool:
        """Whether nothing that others were told has changed."""
        mine = (self.parent_id, self.kind, self.path, self.name_zh, self.name_en, self.branch_code, self.active)
        return mine == (
            other.parent_id, other.kind, other.path, other.name_zh, other.name_en, other.branch_code, other.active,
        )  # fmt: skip

    def said(self, at: datetime) -> OrgUnitChanged:
        """The fact that states the unit as it now is."""
        return OrgUnitChanged(
            at=at,
            version=self.version,
            unit_id=self.id,
            parent_id=self.parent_id,
            kind=self.kind.value,
            code=self.code,
            path=self.path,
            name_zh=self.name_zh,
            name_en=self.name_en,
            branch_code=self.branch_code,
            active=self.active,
            service_institution=None if self.service_institution is None else self.service_institution.value,
            merged_into_id=self.merged_into_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A role at a unit; `until_on` is the last day that counts."""

    id: UUID
    staff_id: UUID
    subject: str
    unit_id: UUID
    role: str
    reach: str
    from_on: date
    until_on: date | None
    full_time: bool = True

    def is_valid(self, day: date) -> bool:
        """Whether it gives rights on that day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)

    def said(self, *, version: int, at: datetime) -> StaffPosted:
        """The fact that states the posting as it now is."""
        return StaffPosted(
            at=at,
            version=version,
            staff_id=self.staff_id,
            subject=self.subject,
            unit_id=self.unit_id,
            role=self.role,
            reach=self.reach,
            from_on=self.from_on,
            until_on=self.until_on,
        )


def unit_path(parent_path: str | None, code: str) -> str:
    """ "/hq/" for the root, the parent's path and the unit's own code below it."""
    return f"{parent_path or '/'}{code.lower()}/"


def parents_first(codes: Iterable[tuple[str, str | None]]) -> list[str]:
    """The codes so ordered that a parent comes before its children.

    Raises OrganisationRefused for a circle or a parent that is nowhere.
    """
    waiting = dict(codes)
    done: list[str] = []
    while waiting:
        ready = [code for code, parent in waiting.items() if parent is None or parent in done]
        if not ready:
            raise OrganisationRefused(reason="a unit's parent is missing or below itself")
        done.extend(ready)
        waiting = {code: parent for code, parent in waiting.items() if code not in ready}
    return done
