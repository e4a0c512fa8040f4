"""What can be wrong with a profile, a file or a row, said in both languages. Never a value of a row, only its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.texts import Text

TEXTS: Mapping[str, Text] = {
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
