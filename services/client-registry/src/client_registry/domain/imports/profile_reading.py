"""A mapping profile's text as a `Profile`, or every fault of it at once: where it stands and what is expected."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.imports import expressions, findings
from client_registry.domain.imports.profile import (
    CLIENT_FIELDS,
    DATE_FORMATS,
    INVENTABLE,
    METRICS,
    SPREADS,
    Figure,
    FileSpec,
    Join,
    Loan,
    MonthsSince,
    Overdue,
    Profile,
    Repayment,
    Source,
)

PROFILE_MAX = 64 * 1024
_ENCODINGS = ("auto", "utf-8", "gb18030")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COLUMN_HINT = "column, value, invent, codes, otherwise, prefix, width, format"


class ProfileBroken(Invalid):
    """The mapping profile cannot be followed; nothing was read or applied."""

    code = "import.profile-broken"
    text = Text(
        en="The mapping profile cannot be followed; nothing was imported. See the errors.",
        zh="映射配置无法执行，未导入任何数据。详见错误列表。",
    )


class TableReader:
    """One table of the profile: keys are taken out one by one, and what is left at the end was not expected."""

    def __init__(self, path: str, table: Mapping[str, Any], errors: list[FieldError]) -> None:
        self.path, self._left, self.errors = path, dict(table), errors
        self._known: list[str] = []

    def fault(self, key: str, code: str, **params: object) -> None:
        pointer = f"{self.path}/{key}" if key else self.path or "/"
        self.errors.append(FieldError(pointer, code, findings.TEXTS[code], {"field": pointer, **params}))

    def text(self, key: str, default: str | None = None, *, required: bool = False) -> str | None:
        value = self._take(key, str, "text", default, required=required)
        return None if value is None else str(value)

    def number(self, key: str, default: int) -> int:
        value = self._take(key, int, "a whole number", default)
        return default if value is None else int(value)

    def flag(self, key: str) -> bool:
        return bool(self._take(key, bool, "true/false", False))

    def table(self, key: str) -> Mapping[str, Any]:
        return self._take(key, dict, "a table", None) or {}

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        found = self._take(key, list, "a list of tables", None) or []
        return [entry for entry in found if isinstance(entry, dict)]

    def any(self, key: str) -> Any:
        self._known.append(key)
        return self._left.pop(key, None)

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None) -> str | None:
        value = self.text(key, default)
        if value is not None and value not in allowed:
            self.fault(key, "profile.not-one-of", expected=", ".join(allowed))
            return default
        return value

    def expression(self, key: str, *, required: bool = False) -> expressions.Expression | None:
        text = self.text(key, required=required)
        return None if text is None else self.parse(key, text)

    def parse(self, key: str, text: str) -> expressions.Expression | None:
        try:
            return expressions.parse(text)
        except expressions.BrokenExpression as broken:
            self.fault(key, "profile.expression-broken", what=broken.what, functions=", ".join(expressions.FUNCTIONS))
            return None

    def names(self) -> list[str]:
        return list(self._left)

    def end(self) -> None:
        for key in self._left:
            self.fault(key, "profile.unknown-key", expected=", ".join(self._known))

    def _take(self, key: str, kind: type, expected: str, default: Any, *, required: bool = False) -> Any:
        value = self.any(key)
        if value is None:
            if required:
                self.fault(key, "profile.missing", expected=expected)
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, "profile.wrong-kind", expected=expected)
            return default
        return value


def read_profile(text: str) -> Profile:
    """Parse a profile. Raises ProfileBroken with every fault found, each with its place and what is expected there."""
    errors: list[FieldError] = []
    try:
        top = TableReader("", tomllib.loads(text), errors)
    except tomllib.TOMLDecodeError as broken:
        # The parser's own message ends in "(at line 3, column 5)".
        code = "profile.not-toml"
        raise ProfileBroken([FieldError("/", code, findings.TEXTS[code], {"what": str(broken)})]) from broken
    name = top.text("name", required=True) or "unnamed"
    if not NAME.fullmatch(name):
        top.fault("name", "profile.wrong-kind", expected="a-z 0-9 -")
    top.text("title_en")
    top.text("title_zh")
    files = files_of(top)
    period, money = (
        TableReader("/period", top.table("period"), errors),
        TableReader("/money", top.table("money"), errors),
    )
    identities = TableReader("/identities", top.table("identities"), errors)
    placement = TableReader("/placement", top.table("placement"), errors)
    profile = Profile(
        name=name,
        files=files,
        client=_client(TableReader("/client", top.table("client"), errors)),
        derived=_derived(TableReader("/derived", top.table("derived"), errors)),
        figures=_figures(TableReader("/figures", top.table("figures"), errors)),
        loan=_loan(top),
        repayment=_repayment(top),
        data_as_of=_month(period),
        factor=factor_of(money),
        currency=money.text("currency", "CNY") or "CNY",
        synthetic=identities.flag("synthetic"),
        seed=identities.number("seed", 0),
        spread=placement.one_of("spread", SPREADS, None),
        spread_managers=placement.flag("managers"),
    )
    for reader in (period, money, identities, placement, top):
        reader.end()
    _cross_check(profile, top)
    if errors:
        raise ProfileBroken([replace(e, params={**e.params, "line": line_of(text, e.pointer)}) for e in errors])
    return profile


def line_of(text: str, pointer: str) -> int:
    """The line where the field stands, or its table's, or the first: TOML's parser keeps no places."""
    parts = [part for part in pointer.split("/") if part]
    ordinal = next((int(part) for part in parts if part.isdigit()), 0)
    table = parts[0] if len(parts) > 1 else ""
    key = re.compile(rf"\s*[\"']?{re.escape(parts[-1] if parts else '')}[\"']?\s*=")
    headers, inside, best = 0, not table, 1
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            inside = line.strip().strip("[]").split(".")[0] == table and headers >= ordinal
            headers += line.strip().startswith("[[")
            best = number if inside and best == 1 else best
        elif inside and (key.match(line) or any(re.match(rf"\s*{re.escape(part)}\s*=", line) for part in parts[1:])):
            return number
    return best


def files_of(top: TableReader, *, joined: bool = True) -> tuple[FileSpec, ...]:
    """The files that a profile describes; `joined`: all but the first belong to an earlier one."""
    files: list[FileSpec] = []
    for number, table in enumerate(top.tables("file")):
        reader = TableReader(f"/file/{number}", table, top.errors)
        where = {
            column: frozenset(str(value) for value in (allowed if isinstance(allowed, list) else [allowed]))
            for column, allowed in reader.table("where").items()
        }
        delimiter = reader.text("delimiter", ",") or ","
        if len(delimiter) != 1:
            reader.fault("delimiter", "profile.wrong-kind", expected="one character")
            delimiter = ","
        files.append(
            FileSpec(
                name=reader.text("name", required=True) or f"file{number}",
                match=reader.text("match", "*") or "*",
                delimiter=delimiter,
                encoding=reader.one_of("encoding", _ENCODINGS, "auto") or "auto",
                sheet=reader.text("sheet"),
                row_number=reader.text("row_number"),
                where=where,
                join=_join(reader, number) if joined else None,
                optional=reader.flag("optional"),
            )
        )
        reader.end()
    if not files:
        top.fault("file", "profile.missing", expected="[[file]]")
    return tuple(files)


def _join(reader: TableReader, number: int) -> Join | None:
    text = reader.text("join")
    if number == 0:
        if text is not None:
            reader.fault("join", "profile.first-file-joins")
        return None
    match = re.fullmatch(r"\s*(\S+\.\S+)\s*=\s*(\S+\.\S+)\s*", text or "")
    if match is None:
        reader.fault("join", "profile.missing", expected="file.column = file.column")
        return None
    return Join(column=match[1], other=match[2])


def source_of(parent: TableReader, key: str) -> Source | None:
    """Where a field comes from; None where the profile does not say or says it wrongly."""
    raw = parent.any(key)
    if raw is None:
        return None
    if isinstance(raw, str):
        return Source(column=raw)
    if not isinstance(raw, dict):
        parent.fault(key, "profile.wrong-kind", expected=_COLUMN_HINT)
        return None
    reader = TableReader(f"{parent.path}/{key}", raw, parent.errors)
    codes = reader.table("codes")
    source = Source(
        column=reader.text("column"),
        value=reader.text("value"),
        invent=reader.flag("invent"),
        codes={str(code): str(value) for code, value in codes.items()} if codes else None,
        otherwise=reader.text("otherwise"),
        prefix=reader.text("prefix", "") or "",
        width=reader.number("width", 0),
        format=reader.one_of("format", DATE_FORMATS, "YYYY-MM-DD") or "YYYY-MM-DD",
    )
    reader.end()
    if [source.column is not None, source.value is not None, source.invent].count(True) != 1:
        reader.fault("", "profile.one-source")
    if source.invent and key not in INVENTABLE:
        reader.fault("invent", "profile.not-inventable", expected=", ".join(INVENTABLE))
    return source


def _client(reader: TableReader) -> dict[str, Source]:
    found = {key: source for key in CLIENT_FIELDS if (source := source_of(reader, key)) is not None}
    reader.end()
    for required in ("client_no", "name"):
        if required not in found:
            reader.fault(required, "profile.missing", expected=_COLUMN_HINT)
    return found


def _derived(reader: TableReader) -> dict[str, expressions.Expression | MonthsSince]:
    found: dict[str, expressions.Expression | MonthsSince] = {}
    for name in list(reader.names()):
        raw = reader.any(name)
        if isinstance(raw, str):
            parsed = reader.parse(name, raw)
            if parsed is not None:
                found[name] = parsed
            continue
        inner = TableReader(f"{reader.path}/{name}", raw if isinstance(raw, dict) else {}, reader.errors)
        column = inner.text("months_since", required=True)
        format_ = inner.one_of("format", DATE_FORMATS, "YYYY-MM-DD")
        inner.end()
        if column is not None:
            found[name] = MonthsSince(column=column, format=format_ or "YYYY-MM-DD")
    return found


def _figures(reader: TableReader) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for metric in METRICS:
        table = reader.table(metric)
        if not table:
            continue
        inner = TableReader(f"/figures/{metric}", table, reader.errors)
        months = inner.any("months")
        figure = Figure(
            each=inner.expression("each"),
            total=inner.expression("total"),
            covers_months=inner.number("covers_months", 12),
            months=tuple(map(str, months)) if isinstance(months, list) else (),
        )
        inner.end()
        if [figure.each is not None, figure.total is not None, bool(figure.months)].count(True) != 1:
            inner.fault("", "profile.one-figure")
        if figure.months and len(figure.months) != 12:
            inner.fault("months", "profile.wrong-kind", expected="12")
        if not 1 <= figure.covers_months <= 120:
            inner.fault("covers_months", "profile.wrong-kind", expected="1-120")
        found[metric] = figure
    reader.end()
    return found


def _loan(top: TableReader) -> Loan | None:
    table = top.table("loan")
    if not table:
        return None
    reader = TableReader("/loan", table, top.errors)
    present, outstanding = reader.text("present"), reader.expression("outstanding", required=True)
    reader.end()
    return None if outstanding is None else Loan(present=present, outstanding=outstanding)


def _repayment(top: TableReader) -> Repayment | None:
    table = top.table("repayment")
    if not table:
        return None
    reader = TableReader("/repayment", table, top.errors)
    codes: dict[str, Overdue] = {}
    for code, raw in reader.table("codes").items():
        inner = TableReader(f"/repayment/codes/{code}", raw if isinstance(raw, dict) else {}, top.errors)
        codes[code] = Overdue(longest=inner.number("longest", 0), open=inner.number("open", 0))
        inner.end()
    found = Repayment(
        months_covered=reader.number("months_covered", 24),
        column=reader.text("column"),
        codes=codes,
        longest=reader.expression("longest"),
        open=reader.expression("open"),
    )
    reader.end()
    if (found.column is None) == (found.longest is None) or (found.longest is None) != (found.open is None):
        reader.fault("", "profile.one-repayment")
    if not 1 <= found.months_covered <= 240:
        reader.fault("months_covered", "profile.wrong-kind", expected="1-240")
    return found


def _month(reader: TableReader) -> date | None:
    text = reader.text("data_as_of")
    if text is None:
        return None
    if not _MONTH.fullmatch(text):
        reader.fault("data_as_of", "profile.wrong-kind", expected="YYYY-MM")
        return None
    return date(int(text[:4]), int(text[5:]), 1)


def factor_of(reader: TableReader) -> Decimal:
    """By what every amount is multiplied (10000 for a book in ten thousands)."""
    text = reader.text("factor", "1") or "1"
    try:
        factor = Decimal(text)
    except InvalidOperation:
        factor = Decimal("NaN")
    if not factor.is_finite() or factor <= 0:
        reader.fault("factor", "profile.wrong-kind", expected='"6", "0.25"')
        return Decimal(1)
    return factor


def _cross_check(profile: Profile, top: TableReader) -> None:
    names = [spec.name for spec in profile.files]
    if len(set(names)) < len(names):
        top.fault("file", "profile.file-name-twice")
    for number, spec in enumerate(profile.files):
        if spec.join is None:
            continue
        ends = (spec.join.column, spec.join.other)
        own = [end for end in ends if end.split(".")[0] == spec.name]
        other = [end for end in ends if end.split(".")[0] in names[:number]]
        if len(own) != 1 or len(other) != 1:
            top.fault(f"file/{number}/join", "profile.join-unknown-file", expected=", ".join(names))
    for name in sorted(profile.columns_used()):
        file, dot, _ = name.rpartition(".")
        if dot and file not in names:
            top.fault("", "profile.unknown-file", name=name, expected=", ".join(names))
    if any(isinstance(derived, MonthsSince) for derived in profile.derived.values()) and profile.data_as_of is None:
        top.fault("period/data_as_of", "profile.missing", expected="YYYY-MM")
    if "home_unit" not in profile.client and profile.spread is None:
        top.fault("placement/spread", "profile.missing", expected="client.home_unit, placement.spread")
    if any(source.invent for source in profile.client.values()) and not profile.synthetic:
        top.fault("identities/synthetic", "profile.invented-is-synthetic")
