"""What proves how a client was treated, as of a moment: the parts of it, and how much of it fits into one answer (XC-15)."""

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

# Rows of one part. A client of thirty years has about four hundred decisions and as many months.
PART_MAX = 5_000
_FUTURE = Text(en="Evidence is given as of a moment that has passed.", zh="取证截至时间不能晚于当前时间。")
_NO_PURPOSE = Text(en="Evidence is exported for a purpose.", zh="导出证据须说明用途。")
# What a reader has to know about the parts, in both languages, kept with them.
NOTES = (
    Text(
        en="Records count that were known at the moment; figures withdrawn or corrected later appear as they were then.",
        zh="仅含截至该时刻已知的记录；其后撤回或更正的数据按当时情况列示。",
    ),
    Text(
        en="Memberships and the days of a relationship are kept by day: the whole business day of the moment counts.",
        zh="会员资格及客户关系的起止以日为单位，按截至时刻所在营业日全日计。",
    ),
    Text(
        en="What was erased of the person is not in it; what was decided is (PIPL Art. 47).",
        zh="已依法删除的个人信息不在其中，评定结论仍予保留（个人信息保护法第四十七条）。",
    ),
    Text(
        en="Papers are named with the hash of their content; their content is read on its own.",
        zh="证明材料仅列名称及内容摘要，内容须另行查阅。",
    ),
)


class EvidenceTooLarge(RuleBroken):
    """One part of the evidence has more rows than one answer takes; nothing is left out silently."""

    code = "evidence.too-large"
    text = Text(
        en="There are more than {most} rows of {part}; ask for an earlier moment.",
        zh="{part} 超过 {most} 条，请选择更早的截至时间。",
    )


def future_moment() -> Invalid:
    """The refusal of a moment that has not come yet."""
    return Invalid([FieldError("/as_of", "as-of.future", _FUTURE)])


def purpose_missing() -> Invalid:
    """The refusal of an export that does not say what it is for."""
    return Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
