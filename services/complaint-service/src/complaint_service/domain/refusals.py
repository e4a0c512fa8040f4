"""What complaint handling refuses, in the bank's words."""

from chassis.refusals import FieldError, Forbidden, Invalid, NotFound, RuleBroken
from chassis.texts import Text


class CaseNotFound(NotFound):
    """No such case, or not one the caller may see."""

    code = "complaint.not-found"
    text = Text(en="There is no such case.", zh="未找到该投诉。")


class ClientNotKnown(NotFound):
    """The client is not in this service's copy, or not one the caller may see."""

    code = "complaint.client-not-known"
    text = Text(en="There is no such client.", zh="未找到该客户。")


class UnitNotKnown(Invalid):
    """The outlet a case is said to be about is not known here."""

    code = "complaint.unit-not-known"
    text = Text(en="There is no such unit.", zh="未找到该机构。")

    def __init__(self) -> None:
        super().__init__([FieldError("/about_unit_id", self.code, self.text)])


class TypeDoesNotFit(RuleBroken):
    """A complaint needs a type, an enquiry or suggestion has none (CM-9, CM-55)."""

    code = "complaint.type-does-not-fit"
    text = Text(
        en="A complaint needs a type; an enquiry or a suggestion has none.",
        zh="投诉须选择投诉类型,咨询和建议无需类型。",
    )


class IllegalMove(RuleBroken):
    """The case's status does not allow this."""

    code = "complaint.illegal-move"
    text = Text(en="A case that is {status} does not allow this.", zh="该投诉目前为“{status}”,不能办理此操作。")


class NotTheHandler(Forbidden):
    """Only the handler of the present round may do this."""

    code = "complaint.not-the-handler"
    text = Text(en="Only the handler of this case may do this.", zh="只有该投诉的处理人可以办理。")


class NotAcknowledged(RuleBroken):
    """The handler has not taken the case over yet; the first receiver still holds the duty (CM-4)."""

    code = "complaint.not-acknowledged"
    text = Text(en="Take the case over before you answer it.", zh="请先确认接手,再答复客户。")


class DeliveryOutOfTime(RuleBroken):
    """An opinion cannot have been delivered in the future or before the round began (A10)."""

    code = "complaint.delivery-out-of-time"
    text = Text(
        en="The opinion cannot have been delivered before the case was opened or after now.",
        zh="处理意见的送达时间不能早于受理时间,也不能晚于当前时间。",
    )


class WindowStillOpen(RuleBroken):
    """The quiet window after delivery is not over (CM-26, BOC-S Art. 34(4))."""

    code = "complaint.window-still-open"
    text = Text(
        en="The client may still complain again until {until}; silence closes the case only after that.",
        zh="客户在{until}之前仍可再次投诉,此后方可因未再投诉而结案。",
    )


class WindowOver(RuleBroken):
    """The re-complaint window is over (CM-27, BOC-S Art. 34(4))."""

    code = "complaint.window-over"
    text = Text(
        en="The window for complaining again ended at {until}; please open a new case.",
        zh="再次投诉的期限已于{until}届满,请另行提交新的投诉。",
    )


class OfficerMustClose(Forbidden):
    """A complaint is closed by a complaint officer, not by its handler (A11)."""

    code = "complaint.officer-must-close"
    text = Text(en="A complaint is closed by a complaint officer.", zh="投诉须由投诉专员确认结案。")


class SameHandler(RuleBroken):
    """A new round needs another handler (CM-27, BOC-S Art. 34(4))."""

    code = "complaint.same-handler"
    text = Text(
        en="A new round needs a handler who has not handled this case.", zh="再次投诉须另派未处理过该投诉的人员。"
    )


class NotForSomebodyElse(Forbidden):
    """A client speaks for himself only."""

    code = "complaint.not-for-somebody-else"
    text = Text(en="A client can only open cases of his own.", zh="客户只能提交本人的投诉、咨询或建议。")
