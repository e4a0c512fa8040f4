"""Clients near a standard as a workbook for the branch (CR-16): one row a criterion, amounts as numbers, names masked."""

import io
from collections.abc import Sequence

from chassis.texts import Language, Text
from xlsxwriter import Workbook

from client_registry.domain.near_candidates import Reach
from client_registry.views.near_candidates import NearCandidate

_SHEET = Text(en="Near candidates", zh="临近达标客户")
_HEADINGS = (
    (Text(en="Client number", zh="客户号"), 18),
    (Text(en="Name", zh="姓名"), 10),
    (Text(en="Unit", zh="机构"), 14),
    (Text(en="Manager", zh="客户经理"), 16),
    (Text(en="Card level", zh="现有级别"), 12),
    (Text(en="Service tier", zh="服务层级"), 18),
    (Text(en="Wanted level", zh="目标级别"), 12),
    (Text(en="Criterion", zh="达标条件"), 14),
    (Text(en="Has", zh="现有金额"), 16),
    (Text(en="Standard", zh="标准"), 16),
    (Text(en="Missing", zh="差额"), 16),
    (Text(en="Missing %", zh="差额百分比"), 10),
    (Text(en="This month must bring", zh="当月须达到"), 16),
    (Text(en="Leaves the window", zh="即将移出的月份"), 16),
    (Text(en="On", zh="移出日期"), 12),
    (Text(en="Months without figures", zh="缺少数据的月份"), 24),
    (Text(en="Contact", zh="联系情况"), 12),
)
_CONTACT = {
    "none": Text(en="not asked", zh="未安排"),
    "asked": Text(en="asked", zh="已安排"),
    "done": Text(en="contacted", zh="已联系"),
}


def near_candidates_sheet(found: Sequence[NearCandidate], language: Language) -> bytes:
    """The workbook's bytes. Text is written as text: a cell that begins like a formula is shown, never computed."""
    written = io.BytesIO()
    with Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(_SHEET.say(language))
        bold, money, day = (
            book.add_format(given)
            for given in ({"bold": True}, {"num_format": "#,##0.00"}, {"num_format": "yyyy-mm-dd"})
        )
        for column, (heading, width) in enumerate(_HEADINGS):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading.say(language), bold)
        sheet.freeze_panes(1, 0)
        row = 0
        for candidate in found:
            for reach in candidate.reaches:
                row += 1
                for column, text in enumerate(_who(candidate, reach)):
                    sheet.write_string(row, column, text)
                missing = reach.missing
                for column, amount in enumerate((missing.value, missing.bound, missing.missing), start=8):
                    sheet.write_number(row, column, amount, money)
                sheet.write_number(row, 11, missing.missing_percent)
                sheet.write_number(row, 12, reach.open_month_needs, money)
                sheet.write_string(row, 13, f"{reach.leaves_month:%Y-%m}")
                sheet.write_datetime(row, 14, reach.leaves_on, day)
                sheet.write_string(row, 15, " ".join(f"{month:%Y-%m}" for month in reach.undelivered))
                sheet.write_string(row, 16, _CONTACT[candidate.contact].say(language))
        sheet.autofilter(0, 0, row, len(_HEADINGS) - 1)
    return written.getvalue()


def _who(candidate: NearCandidate, reach: Reach) -> tuple[str, ...]:
    return (
        candidate.client_no, candidate.name, candidate.home_code, candidate.manager or "", candidate.card_level,
        candidate.service_tier, candidate.level, reach.missing.criterion,
    )  # fmt: skip
