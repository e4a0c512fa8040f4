"""Important client information goes upward promptly (CR-46, BOC-S Art. 22(2)4(1)): what may be reported, who takes note."""

from enum import StrEnum

from chassis.refusals import Forbidden, RuleBroken
from chassis.texts import Text


class ReportKind(StrEnum):
    """What it is about."""

    RISK = "risk"
    DISSATISFACTION = "dissatisfaction"
    LEAVING = "leaving"
    MAJOR_NEED = "major_need"
    LIFE_EVENT = "life_event"
    LARGE_MOVEMENT = "large_movement"
    OTHER = "other"


class AlreadyAcknowledged(RuleBroken):
    """Somebody has taken note of it."""

    code = "upward-report.acknowledged"
    text = Text(en="Somebody has acknowledged this report already.", zh="该报告已签收。")


class NotYoursToAcknowledge(Forbidden):
    """Only whom it was reported to takes note of it."""

    code = "upward-report.not-yours"
    text = Text(en="This report went to somebody else.", zh="该报告未报送给您，不能签收。")


class NobodyAbove(RuleBroken):
    """There is nobody to report to."""

    code = "upward-report.nobody-above"
    text = Text(
        en="Nobody holds a supervisor's post above this client.", zh="该客户所属机构及上级均无在岗主管，无法报送。"
    )
