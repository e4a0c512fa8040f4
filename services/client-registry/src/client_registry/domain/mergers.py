"""Two files of one person: how they are found, which words win, and when a merger may be taken back.

The rules decide; `store.mergers` moves the rows. Nothing is lost: what both files were is kept until the window is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.clients import Consent
from client_registry.domain.contact_ways import ContactWay, Way

# The rarer the wish, the stricter.
_INTERVALS = ("any_time", "monthly", "quarterly", "half_yearly", "yearly")
_STANDING = {"lapsed": 1, "candidate": 2, "filed": 3, "approved": 3, "revoked": 4}


class Side(StrEnum):
    """Of which of the two files."""

    SURVIVING = "surviving"
    MERGED = "merged"


class SameFile(RuleBroken):
    code = "merger.same-file"
    text = Text(en="A file cannot be merged into itself.", zh="不能将档案与其自身合并。")


class KindsDiffer(RuleBroken):
    code = "merger.kinds-differ"
    text = Text(en="A personal and a corporate file are not one client.", zh="个人客户与公司客户档案不能合并。")


class RevocationStands(RuleBroken):
    """A person whose qualification was cancelled does not come back by a second file (CR-18)."""

    code = "merger.revocation-stands"
    text = Text(
        en="One file's qualification is revoked and the other one is a member; decide that first.",
        zh="一份档案资格已取消而另一份仍为会员，请先处理后再合并。",
    )


class AlreadyMerging(RuleBroken):
    code = "merger.open"
    text = Text(en="A merger of this file already waits or stands.", zh="该档案已有待审批或已生效的合并。")


class NotMerged(RuleBroken):
    code = "merger.not-merged"
    text = Text(en="Only a merger that stands can be taken back.", zh="仅已生效的合并可以撤销。")


class WindowOver(RuleBroken):
    code = "merger.window-over"
    text = Text(en="This merger could be taken back until {until}.", zh="该合并的撤销期限已于 {until} 届满。")


class CandidateDecided(RuleBroken):
    code = "duplicate.decided"
    text = Text(en="This pair is decided already.", zh="该疑似重复档案已处理。")


_NO_SUCH_WAY = Text(en="That file has no such contact way.", zh="该档案没有此联系方式。")
_TWICE = Text(en="Each way is chosen once.", zh="每种联系方式只能选择一次。")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergerPolicy:
    """How long a merger can be taken back, and a proposal waits; a policy value (CR-38)."""

    version: int
    reversal_days: int
    proposal_days: int

    def reversible_until(self, merged_on: date) -> date:
        """The last day on which the merger may be taken back."""
        return merged_on + timedelta(days=self.reversal_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChoice:
    """Which file's value of a way the survivor keeps."""

    way: Way
    of: Side


def chosen_contacts(
    choices: Sequence[ContactChoice], surviving: Mapping[Way, str], merged: Mapping[Way, str]
) -> tuple[ContactWay, ...]:
    """The survivor's ways in the order of the choices; without any, his own and behind them what only the other had.

    Raises Invalid for a way that the named file does not have or that is named twice.
    """
    if not choices:
        rest = [(way, value) for way, value in merged.items() if way not in surviving]
        kept = [*surviving.items(), *rest]
        return tuple(ContactWay(way=way, value=value, priority=n) for n, (way, value) in enumerate(kept, 1))
    files = {Side.SURVIVING: surviving, Side.MERGED: merged}
    errors: list[FieldError] = []
    for position, choice in enumerate(choices):
        if choice.way not in files[choice.of]:
            errors.append(FieldError(f"/contacts/{position}/of", "merger.no-such-way", _NO_SUCH_WAY))
        if any(choice.way is earlier.way for earlier in choices[:position]):
            errors.append(FieldError(f"/contacts/{position}/way", "contact.twice", _TWICE))
    if errors:
        raise Invalid(errors)
    return tuple(
        ContactWay(way=choice.way, value=files[choice.of][choice.way], priority=n)
        for n, choice in enumerate(choices, 1)
    )


def stricter(surviving: Consent | None, merged: Consent | None, *, by: str) -> Consent | None:
    """What may be done with a client who said two things: only what he allowed both times. None where nobody asked."""
    if surviving is None or merged is None:
        # Nobody asked him on the other file: that is neither a yes nor a no, what he said once stands.
        return surviving or merged
    wished = max(surviving.wished_interval, merged.wished_interval, key=_rarity)
    return _consent(
        surviving,
        marketing=surviving.marketing and merged.marketing,
        events=surviving.events and merged.events,
        wished=wished,
        by=by,
    )


def _consent(said: Consent, *, marketing: bool, events: bool, wished: str | None, by: str) -> Consent:
    return Consent(
        marketing=marketing,
        events=events,
        wished_interval=wished,
        notice_version=said.notice_version,
        recorded_by=by,
        version=said.version,
    )


def _rarity(interval: str | None) -> int:
    return -1 if interval is None else _INTERVALS.index(interval)


def stronger(status: str, other: str | None) -> bool:
    """Whether a qualification's status counts before the other file's at the same level; revoked counts before all."""
    return other is None or _STANDING.get(status, 0) > _STANDING.get(other, 0)


def check_pair(surviving_id: UUID, merged_id: UUID, *, kinds: tuple[str, str]) -> None:
    """Raises SameFile, KindsDiffer."""
    if surviving_id == merged_id:
        raise SameFile()
    if kinds[0] != kinds[1]:
        raise KindsDiffer()


def check_revocations(*, revoked: tuple[bool, bool], member: tuple[bool, bool]) -> None:
    """Raises RevocationStands where one file is revoked and the other a member (CR-18)."""
    if (revoked[0] and member[1]) or (revoked[1] and member[0]):
        raise RevocationStands()


def check_reversible(status: str, until: date | None, today: date) -> None:
    """Raises NotMerged, WindowOver."""
    if status != "merged" or until is None:
        raise NotMerged()
    if today > until:
        raise WindowOver(until=until.isoformat())
