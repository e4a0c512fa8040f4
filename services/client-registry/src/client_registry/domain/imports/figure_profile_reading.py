"""A mapping profile of figures: which column of which file is which figure, or every fault of it at once."""

import tomllib
from dataclasses import replace

from chassis.refusals import FieldError

from client_registry.domain.imports.figure_tables import HEADINGS, KEYS, REQUIRED, FigurePart, FigureProfile, Part
from client_registry.domain.imports.findings import TEXTS
from client_registry.domain.imports.profile import Source
from client_registry.domain.imports.profile_reading import (
    NAME,
    ProfileBroken,
    TableReader,
    factor_of,
    files_of,
    line_of,
    source_of,
)


def read_figure_profile(text: str) -> FigureProfile:
    """Parse a profile. Raises ProfileBroken with every fault found, each with its place and what is expected there."""
    errors: list[FieldError] = []
    try:
        top = TableReader("", tomllib.loads(text), errors)
    except tomllib.TOMLDecodeError as broken:
        code = "profile.not-toml"
        raise ProfileBroken([FieldError("/", code, TEXTS[code], {"what": str(broken)})]) from broken
    name = top.text("name", required=True) or "unnamed"
    if not NAME.fullmatch(name):
        top.fault("name", "profile.wrong-kind", expected="a-z 0-9 -")
    source = top.text("source", name) or name
    if not NAME.fullmatch(source):
        top.fault("source", "profile.wrong-kind", expected="a-z 0-9 -")
    for title in ("title_en", "title_zh"):
        top.text(title)
    files = files_of(top, joined=False)
    money = TableReader("/money", top.table("money"), errors)
    factor = factor_of(money)
    parts = {part: read for part in Part if (read := _part(top, part, [file.name for file in files])) is not None}
    if not parts:
        top.fault("figures", "profile.missing", expected="[figures], [loans], [holdings]")
    for reader in (money, top):
        reader.end()
    if errors:
        raise ProfileBroken([replace(e, params={**e.params, "line": line_of(text, e.pointer)}) for e in errors])
    return FigureProfile(name=name, source=source, files=files, parts=parts, factor=factor)


def _part(top: TableReader, part: Part, files: list[str]) -> FigurePart | None:
    table = top.table(part.value)
    if not table:
        return None
    reader = TableReader(f"/{part.value}", table, top.errors)
    file = reader.text("file", files[0] if files else "") or ""
    if files and file not in files:
        reader.fault("file", "profile.not-one-of", expected=", ".join(files))
    columns: dict[str, Source] = {}
    for field in HEADINGS[part]:
        if (source := source_of(reader, field)) is not None:
            columns[field] = source
    reader.end()
    if not any(key in columns for key in KEYS):
        reader.fault("client_no", "profile.missing", expected=", ".join(KEYS))
    for field in REQUIRED[part]:
        if field not in columns:
            reader.fault(field, "profile.missing", expected="column, value, codes")
    return FigurePart(file=file, columns=columns)
