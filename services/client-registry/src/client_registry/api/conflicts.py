"""Two at the same moment: what the later one is told where a unique index decides, by the name of the index.

Each is the refusal that a look beforehand gives too; the look finds what is there, the index what came in between.
"""

from chassis.approvals import AlreadyProposed
from chassis.problems import Conflicts
from chassis.refusals import Invalid, RuleBroken, Stale
from chassis.texts import Text

from client_registry.domain.branch_entitlements import StartTaken
from client_registry.domain.clients import ClientKnown
from client_registry.domain.hand_overs import AlreadySigned, HandOverPending
from client_registry.domain.households import InAnotherHousehold, SecondSpouse
from client_registry.domain.life_events import DeathKnown
from client_registry.domain.mergers import AlreadyMerging
from client_registry.domain.postings import StaffNoTaken
from client_registry.domain.potential_clients import PotentialKnown
from client_registry.domain.units import code_taken, letters_taken


class PostedMeanwhile(RuleBroken):
    """Somebody else gave the same person the same post a moment ago."""

    code = "posting.given-meanwhile"
    text = Text(en="Somebody else has just given this person this post.", zh="刚刚已有他人为该人员办理了相同任职。")


class MemberMeanwhile(RuleBroken):
    """Somebody else enrolled the client a moment ago."""

    code = "membership.joined-meanwhile"
    text = Text(en="Somebody else has just enrolled this client.", zh="刚刚已有他人为该客户办理入会。")


class AdmissionOpen(RuleBroken):
    """One open admission a client."""

    code = "admission.open"
    text = Text(en="An exceptional admission of this client is open already.", zh="该客户已有未办结的特批申请。")


class PolicyMeanwhile(RuleBroken):
    """Somebody else made or activated a version of the same policy a moment ago."""

    code = "policy.version-meanwhile"
    text = Text(
        en="Somebody else has just made or activated a version of this policy; read it again.",
        zh="刚刚已有他人新建或启用了该政策的版本，请重新读取。",
    )


class CardNumberKnown(RuleBroken):
    """A card number belongs to one card."""

    code = "card.number-known"
    text = Text(en="This card number belongs to another card.", zh="该卡号已属于其他卡。")


def _code() -> Invalid:
    return Invalid([code_taken()])


def _letters() -> Invalid:
    return Invalid([letters_taken()])


CONFLICTS: Conflicts = {
    "uq_potential_clients_client": PotentialKnown,
    "uq_potential_clients_identity": PotentialKnown,
    "uq_clients_identity_index": ClientKnown,
    "pk_client_consents": Stale,
    "uq_staff_staff_no": StaffNoTaken,
    "uq_staff_subject": StaffNoTaken,
    "uq_units_code": _code,
    "uq_units_code_small": _code,
    "uq_units_path": _code,
    "uq_units_letters": _letters,
    "uq_postings_one_standing": PostedMeanwhile,
    "uq_memberships_one_standing": MemberMeanwhile,
    "uq_exceptional_admissions_one_open": AdmissionOpen,
    "uq_tier_policies_code_version": PolicyMeanwhile,
    "uq_tier_policies_one_active": PolicyMeanwhile,
    "uq_branch_entitlements_one_start": StartTaken,
    "uq_branch_entitlements_one_proposed": AlreadyProposed,
    "uq_client_deaths_one": DeathKnown,
    "uq_client_mergers_one_open": AlreadyMerging,
    "uq_manager_hand_overs_open": HandOverPending,
    "uq_post_hand_over_signatures_record_id_subject": AlreadySigned,
    "uq_client_cards_card_number": CardNumberKnown,
    "uq_household_members_client": InAnotherHousehold,
    "uq_household_members_spouse": SecondSpouse,
    "approvals_one_open": AlreadyProposed,
}
