"""A household (CR-48): members with their relation to one head, so that no relation can run in a circle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.reference_data import OptionSet

MOST = 30


class Consent(StrEnum):
    """Who allowed that a person who is no client is on file."""

    PERSON = "person"
    CLIENT_FOR_FAMILY = "client_for_family"


class HouseholdPurpose(StrEnum):
    """What a person who is no client is on file for."""

    FAMILY_CARE = "family_care"
    EMERGENCY_CONTACT = "emergency_contact"


class Leaving(StrEnum):
    """Why somebody left a household; the last two are said by the registry itself."""

    MOVED_OUT = "moved_out"
    DIVORCED = "divorced"
    DIED = "died"
    CORRECTION = "correction"
    MERGED = "merged"
    CLOSED = "closed"


class InAnotherHousehold(RuleBroken):
    """A client is in one household at a time; which other one is not said."""

    code = "household.client-elsewhere"
    text = Text(en="This client is a member of a household already.", zh="该客户已属于一个家庭。")


class SecondSpouse(RuleBroken):
    code = "household.second-spouse"
    text = Text(
        en="The head of this household has a spouse on file; end that first.", zh="户主已登记配偶，请先办理变更。"
    )


class OwnRelative(RuleBroken):
    code = "household.own-relative"
    text = Text(en="Nobody is a relative of himself.", zh="客户不能与本人建立亲属关系。")


class HeadNeeded(RuleBroken):
    code = "household.head-needed"
    text = Text(
        en="The relations are counted from this member; name another head first.",
        zh="家庭关系以该成员为准，请先变更户主。",
    )


class MemberGone(RuleBroken):
    code = "household.member-gone"
    text = Text(en="This member has left the household already.", zh="该成员已不在此家庭中。")


class HouseholdClosed(RuleBroken):
    code = "household.closed"
    text = Text(en="This household is closed.", zh="该家庭档案已关闭。")


class TooManyMembers(RuleBroken):
    code = "household.too-many"
    text = Text(en="A household has at most {most} members.", zh="一个家庭最多登记{most}位成员。")


class NotPersonal(RuleBroken):
    code = "household.not-personal"
    text = Text(en="A company belongs to no household.", zh="公司客户不能加入家庭。")


_EVERYBODY = Text(
    en="State the relation of every other present member to the new head.", zh="请逐一填写其他现有成员与新户主的关系。"
)
_PERIOD = Text(en="The day lies before the member came or in the future.", zh="日期早于加入日期或晚于今天。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A present or former member; `client_id` is the client in whose file he stands."""

    id: UUID
    client_id: UUID
    is_client: bool
    relation: str | None
    from_on: date
    until_on: date | None

    @property
    def present(self) -> bool:
        return self.until_on is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A household with everybody who is or was in it."""

    id: UUID
    head_id: UUID
    contact_id: UUID | None
    closed_on: date | None
    members: tuple[Member, ...]
    version: int

    def require_open(self) -> None:
        """Raises HouseholdClosed."""
        if self.closed_on is not None:
            raise HouseholdClosed()

    def present(self) -> list[Member]:
        """Who is in it today, the longest first."""
        return [member for member in self.members if member.present]

    def member(self, member_id: UUID) -> Member:
        """A present member. Raises MemberGone."""
        for member in self.present():
            if member.id == member_id:
                return member
        raise MemberGone()

    def check_new(self, relation: str, client_id: UUID | None) -> None:
        """Raises HouseholdClosed, TooManyMembers, OwnRelative, SecondSpouse."""
        self.require_open()
        present = self.present()
        if len(present) >= MOST:
            raise TooManyMembers(most=MOST)
        head = next((member for member in present if member.id == self.head_id), None)
        if head is not None and client_id is not None and head.client_id == client_id and head.is_client:
            raise OwnRelative()
        if relation == "spouse" and any(member.relation == "spouse" for member in present):
            raise SecondSpouse()

    def check_leaving(self, member_id: UUID, until_on: date, *, today: date) -> Member:
        """The member who leaves. Raises MemberGone, HeadNeeded where others stay behind, Invalid for the day."""
        member = self.member(member_id)
        if not member.from_on <= until_on <= today:
            raise Invalid([FieldError("/until_on", "household.period", _PERIOD)])
        if member.id == self.head_id and len(self.present()) > 1:
            raise HeadNeeded()
        return member

    def contact_after(self, member_id: UUID) -> UUID | None:
        """Whom one turns to when that member is gone: as before, else the spouse, else the client who is longest there."""
        if self.contact_id != member_id:
            return self.contact_id
        others = [member for member in self.present() if member.id != member_id]
        spouse = [member for member in others if member.relation == "spouse"]
        clients = [member for member in others if member.is_client]
        return next((member.id for member in (*spouse, *clients)), None)

    def has_client_without(self, member_id: UUID) -> bool:
        """Whether a client is left when that member is gone."""
        return any(member.is_client for member in self.present() if member.id != member_id)


def checked_relations(
    household: Household, head_id: UUID, relations: Mapping[UUID, str], offered: OptionSet
) -> dict[UUID, str]:
    """Everybody's relation to a new head. Raises MemberGone, Invalid for a member left out, an unknown code, two spouses."""
    household.require_open()
    household.member(head_id)
    others = {member.id for member in household.present()} - {head_id}
    if set(relations) != others:
        raise Invalid([FieldError("/relations", "household.relations-incomplete", _EVERYBODY)])
    for n, code in enumerate(relations.values()):
        check_relation(code, offered, pointer=f"/relations/{n}/relation")
    if list(relations.values()).count("spouse") > 1:
        raise SecondSpouse()
    return dict(relations)


def check_relation(code: str, offered: OptionSet, *, pointer: str = "/relation") -> None:
    """Raises Invalid for a relation that is not offered."""
    if error := offered.refuse(pointer, code):
        raise Invalid([error])


def check_from(from_on: date, *, today: date) -> None:
    """Raises Invalid for a membership that begins in the future."""
    if from_on > today:
        raise Invalid([FieldError("/from_on", "household.period", _PERIOD)])


def merged_spouses(kept: Household, joining: Sequence[Member]) -> list[Member]:
    """Spouses who would be the second one of the same head when two households become one."""
    has_spouse = any(member.relation == "spouse" for member in kept.present())
    return [member for member in joining if has_spouse and member.relation == "spouse"]
