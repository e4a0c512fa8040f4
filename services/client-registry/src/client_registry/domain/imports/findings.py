"""What can be wrong with a profile, a file or a row, said in both languages. Never a value of a row, only its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.texts import Text

from client_registry.domain.statements import TEXTS as STATEMENT_TEXTS

TEXTS: Mapping[str, Text] = {
    **STATEMENT_TEXTS,
    "profile.not-toml": Text(en="The profile is not valid TOML: {what}.", zh="配置不是有效的 TOML：{what}。"),
    "profile.missing": Text(
        en="Line {line}, {field}: missing; expected {expected}.", zh="第{line}行 {field}：缺少，应为 {expected}。"
    ),
    "profile.wrong-kind": Text(
        en="Line {line}, {field}: not what is expected here: {expected}.",
        zh="第{line}行 {field}：类型不符，应为 {expected}。",
    ),
    "profile.not-one-of": Text(
        en="Line {line}, {field}: must be one of {expected}.", zh="第{line}行 {field}：只能是以下之一：{expected}。"
    ),
    "profile.unknown-key": Text(
        en="Line {line}, {field}: unknown field; expected one of {expected}.",
        zh="第{line}行 {field}：未知字段，可用字段为 {expected}。",
    ),
    "profile.expression-broken": Text(
        en="Line {line}, {field}: the expression cannot be read at “{what}”; allowed are column names, "
        "numbers, + - * / ( ) and the functions {functions}.",
        zh="第{line}行 {field}：表达式在“{what}”处无法解析；只允许列名、数字、+ - * / ( ) 以及函数 {functions}。",
    ),
    "profile.one-source": Text(
        en="Line {line}, {field}: give exactly one of column, value, invent.",
        zh="第{line}行 {field}：column、value、invent 须且只能给一个。",
    ),
    "profile.one-figure": Text(
        en="Line {line}, {field}: give exactly one of each, total, months.",
        zh="第{line}行 {field}：each、total、months 须且只能给一个。",
    ),
    "profile.one-repayment": Text(
        en="Line {line}, {field}: give either column with codes, or longest and open.",
        zh="第{line}行 {field}：须给 column 与 codes，或给 longest 与 open。",
    ),
    "profile.not-inventable": Text(
        en="Line {line}, {field}: only {expected} can be invented.", zh="第{line}行 {field}：只有 {expected} 可以虚构。"
    ),
    "profile.invented-is-synthetic": Text(
        en="Line {line}, {field}: must be true where fields are invented.",
        zh="第{line}行 {field}：有虚构字段时必须为 true。",
    ),
    "profile.first-file-joins": Text(
        en="Line {line}, {field}: the first file holds the clients and joins nothing.",
        zh="第{line}行 {field}：第一个文件是客户主文件，不能再关联。",
    ),
    "profile.file-name-twice": Text(
        en="Line {line}, {field}: two files bear one name.", zh="第{line}行 {field}：文件名称重复。"
    ),
    "profile.join-unknown-file": Text(
        en="Line {line}, {field}: must join this file with an earlier one of {expected}.",
        zh="第{line}行 {field}：须把本文件与前面的文件关联，可用文件为 {expected}。",
    ),
    "profile.unknown-file": Text(
        en="Line {line}: {name} names no file of this profile; its files are {expected}.",
        zh="第{line}行：{name} 所指文件未在配置中定义，已定义的文件为 {expected}。",
    ),
    "import.file-missing": Text(
        en="The profile asks for a file “{file}” like {match}; none or more than one was uploaded.",
        zh="配置需要文件“{file}”（形如 {match}），未上传或上传了多个。",
    ),
    "import.column-missing": Text(
        en="File “{file}” has no column “{column}”, which {field} needs. Its columns: {expected}.",
        zh="文件“{file}”没有“{column}”列（{field} 需要）。现有列：{expected}。",
    ),
    "import.column-twice": Text(en="The column stands twice in the header.", zh="表头中该列重复。"),
    "import.file-empty": Text(en="The file has no header row.", zh="文件没有表头。"),
    "import.file-not-csv": Text(
        en="The file cannot be read as CSV with this delimiter.", zh="文件无法按该分隔符读作 CSV。"
    ),
    "import.file-encoding": Text(en="The text is neither UTF-8 nor GB18030.", zh="文本既非 UTF-8 也非 GB18030 编码。"),
    "import.file-damaged": Text(en="The file is damaged or cut short.", zh="文件损坏或不完整。"),
    "import.file-unpacks-too-large": Text(en="Unpacked, the file is too large.", zh="文件解压后过大。"),
    "import.sheet-missing": Text(en="The workbook has no such sheet.", zh="工作簿中没有该工作表。"),
    "import.cells-merged": Text(
        en="The sheet has merged cells here; undo the merge.", zh="此处有合并单元格，请取消合并。"
    ),
    "import.several-sheets": Text(
        en="Several sheets hold something; name the one that is meant, or leave only it.",
        zh="多个工作表有内容，请指明要导入的工作表，或只保留该表。",
    ),
    "import.rows-hidden": Text(
        en="Rows are hidden from here on; show them or delete them, so that nothing is imported unseen.",
        zh="此处起有隐藏行，请取消隐藏或删除，以免导入未看到的数据。",
    ),
    "import.formula-without-value": Text(
        en="A formula stands here whose value was never computed; paste it as a value.",
        zh="此处为公式且没有计算结果，请粘贴为数值。",
    ),
    "import.sheet-too-wide": Text(
        en="The sheet reaches over more than 40 million cells; delete what stands far outside the table.",
        zh="工作表范围超过 4000 万个单元格，请删除表格以外的内容。",
    ),
    "import.delimiter-differs": Text(
        en="The header is one single column: the delimiter is another one than expected.",
        zh="表头只有一列，分隔符与预期不符。",
    ),
    "import.file-nul": Text(
        en="The text holds NUL characters; save it as UTF-8 or GB18030.",
        zh="文本含有 NUL 字符，请另存为 UTF-8 或 GB18030。",
    ),
    "import.no-rows": Text(en="There are no rows below the header.", zh="表头下没有数据行。"),
    "import.too-many-rows": Text(en="More than 1,048,576 rows.", zh="超过 1,048,576 行。"),
    "import.number-rounded": Text(
        en="A number of 15 or more digits: Excel has rounded it. Format the column as text and enter it again.",
        zh="数字达 15 位或以上，Excel 已将其舍入。请将该列设为文本格式并重新录入。",
    ),
    "import.joined-too-large": Text(
        en="A joined file has more than {limit} rows; make it the first file, or split it.",
        zh="关联文件超过 {limit} 行，请改作主文件或拆分。",
    ),
    "row.key-twice": Text(en="Another row of the joined file has the same key.", zh="关联文件中有另一行的关联键相同。"),
    "row.partner-missing": Text(en="No row of file “{file}” belongs to this one.", zh="文件“{file}”中没有对应的行。"),
    "row.required": Text(en="{field} is missing.", zh="缺少 {field}。"),
    "row.too-long": Text(en="{field} is longer than {limit} characters.", zh="{field} 超过 {limit} 个字符。"),
    "row.not-one-of": Text(en="{field} must be one of {expected}.", zh="{field} 只能是以下之一：{expected}。"),
    "row.not-a-number": Text(en="Not a number.", zh="不是数字。"),
    "row.not-computable": Text(en="{field} cannot be computed from this row.", zh="无法由本行计算 {field}。"),
    "row.amount-too-large": Text(en="{field} is larger than can be stored.", zh="{field} 金额过大，无法保存。"),
    "row.not-a-date": Text(
        en="{field} is not a date in the form {expected}.", zh="{field} 不是 {expected} 格式的日期。"
    ),
    "row.date-in-future": Text(en="{field} lies in the future.", zh="{field} 是将来的日期。"),
    "row.age-out-of-range": Text(en="The age must be a whole number from 0 to 130.", zh="年龄须为 0 至 130 的整数。"),
    "row.identity-invalid": Text(
        en="The identity number is not valid for its kind (check the check digit).", zh="证件号码无效（请核对校验位）。"
    ),
    "row.phone-invalid": Text(en="{field} is not a valid telephone number.", zh="{field} 不是有效的电话号码。"),
    "row.email-invalid": Text(en="The e-mail address is not valid.", zh="电子邮箱无效。"),
    "row.unknown-unit": Text(en="There is no such unit in your scope.", zh="权限范围内没有该机构。"),
    "row.unknown-manager": Text(en="There is no such client manager.", zh="没有该客户经理。"),
    "row.unknown-code": Text(
        en="The profile has no meaning for this code of {field}.", zh="配置中没有 {field} 的该代码。"
    ),
    "row.too-many-cells": Text(
        en="The row has more cells than the header has columns ({expected}); look for a wrong delimiter or quote.",
        zh="本行单元格多于表头列数（{expected}），请检查分隔符或引号。",
    ),
    "row.none-beside-rows": Text(
        en="“{field}” is said of a client's month for which the same import brings such rows; leave one of the two.",
        zh="“{field}”与同一批导入中该客户当月的明细行矛盾，请保留其中一项。",
    ),
    "row.number-rounded": Text(
        en="{field} is written like 1.10101E+17: the spreadsheet has rounded it. Format the column as text and enter it "
        "again.",
        zh="{field} 为 1.10101E+17 形式，已被电子表格舍入。请将该列设为文本格式并重新录入。",
    ),
    "row.control-character": Text(
        en="{field} holds a character that cannot be printed (NUL).", zh="{field} 含有不可打印字符（NUL）。"
    ),
    "row.date-is-number": Text(
        en="{field} is a number where a date is expected ({expected}); format the column as a date.",
        zh="{field} 应为日期（{expected}），此处是数字，请将该列设为日期格式。",
    ),
    "row.not-a-month": Text(en="Not a month like {expected}.", zh="不是 {expected} 形式的月份。"),
    "row.not-a-whole-number": Text(
        en="{field} must be a whole number ({expected}).", zh="{field} 须为整数（{expected}）。"
    ),
    "row.too-many-decimals": Text(
        en="{field} has more than {expected} decimal places.", zh="{field} 的小数位超过 {expected} 位。"
    ),
    "row.not-a-code": Text(
        en="{field} may hold letters, digits, dots, dashes and underlines, 40 at most.",
        zh="{field} 只能含字母、数字、点、横线、下划线，最多 40 个字符。",
    ),
    "row.keys-disagree": Text(
        en="The numbers of this row belong to different clients.", zh="本行的各客户标识属于不同客户。"
    ),
    "row.customer-no-twice": Text(en="Another row bears the same customer number.", zh="另一行的行内客户号相同。"),
    "row.customer-no-of-another": Text(
        en="This customer number belongs to another client already on file.", zh="该行内客户号已属于另一位在册客户。"
    ),
    "import.column-unknown": Text(
        en="The column “{column}” is none of the template's. Expected: {expected}.",
        zh="“{column}”不是模板中的列。可用列：{expected}。",
    ),
    "import.sheet-unclear": Text(
        en="The workbook has several sheets and none bears a name of the template: {expected}.",
        zh="工作簿有多个工作表，且没有模板规定的名称：{expected}。",
    ),
    "row.client-no-twice": Text(en="Another row bears the same client number.", zh="另一行的客户号相同。"),
    "row.identity-twice": Text(en="Another row bears the same identity number.", zh="另一行的证件号码相同。"),
    "row.identity-of-another": Text(
        en="This identity number belongs to another client already on file.", zh="该证件号码已属于另一位在册客户。"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with one row: where, which code, and what the code's sentence needs."""

    file: str
    row: int
    column: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    sheet: str | None = None
