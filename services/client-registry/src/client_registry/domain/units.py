"""What a unit may be and where it may stand: kinds below kinds, letters, codes (XC-1, XC-2, XC-3, CR-27)."""

import re
from enum import StrEnum

from chassis.refusals import FieldError, Forbidden, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.organisation import ServiceInstitution, Unit, UnitKind

_K = UnitKind
# Read a row as: a unit of this kind stands directly below one of these.
PARENTS: dict[UnitKind, frozenset[UnitKind]] = {
    _K.HEAD_OFFICE: frozenset(),
    _K.FIRST_LEVEL_BRANCH: frozenset({_K.HEAD_OFFICE}),
    _K.SECOND_LEVEL_BRANCH: frozenset({_K.FIRST_LEVEL_BRANCH}),
    _K.SUB_BRANCH: frozenset({_K.FIRST_LEVEL_BRANCH, _K.SECOND_LEVEL_BRANCH}),
    _K.WEALTH_CENTRE: frozenset({_K.FIRST_LEVEL_BRANCH, _K.SECOND_LEVEL_BRANCH, _K.SUB_BRANCH}),
    _K.OUTLET: frozenset({_K.FIRST_LEVEL_BRANCH, _K.SECOND_LEVEL_BRANCH, _K.SUB_BRANCH, _K.WEALTH_CENTRE}),
    _K.DEPARTMENT: frozenset({_K.HEAD_OFFICE, _K.FIRST_LEVEL_BRANCH, _K.SECOND_LEVEL_BRANCH, _K.SUB_BRANCH}),
}
# Which units may be one of the three service institutions (CR-27).
INSTITUTION_KINDS = frozenset({_K.DEPARTMENT, _K.SUB_BRANCH, _K.WEALTH_CENTRE, _K.OUTLET})
CODE = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"
LETTERS = r"^[A-Z]{2}$"

NO_UNIT = Text(en="There is no such unit in your scope.", zh="权限范围内没有该机构。")
_WRONG_PARENT = Text(
    en="A unit of kind {kind} cannot stand below one of kind {parent}.", zh="{kind} 类机构不能隶属于 {parent} 类机构。"
)
_CLOSED_PARENT = Text(en="The unit above is closed.", zh="上级机构已撤销。")
_NO_LETTERS = Text(en="A first-level branch needs its two letters.", zh="一级分行须有两位字母代码。")
_LETTERS_TAKEN = Text(en="Another first-level branch bears these letters.", zh="该字母代码已由其他一级分行使用。")
_LETTERS_OF_ABOVE = Text(en="Only a first-level branch has letters of its own.", zh="仅一级分行可有自己的字母代码。")
_CODE_TAKEN = Text(en="Another unit bears this code.", zh="该机构代码已被使用。")
_CODE_FORM = Text(
    en="A code has 1 to 32 letters, digits, hyphens or underscores.",
    zh="机构代码为 1 至 32 位字母、数字、连字符或下划线。",
)
_NO_INSTITUTION = Text(en="A unit of kind {kind} is no service institution.", zh="{kind} 类机构不能作为服务机构。")
_OWN_ANCESTOR = Text(en="A unit cannot stand below itself.", zh="机构不能隶属于自身或其下级。")
_ITSELF = Text(en="A unit cannot be merged into itself.", zh="机构不能并入自身。")


class Cause(StrEnum):
    """Why a unit is no longer what it was."""

    STATED = "stated"
    OPENED = "opened"
    RENAMED = "renamed"
    MOVED = "moved"
    MERGED = "merged"
    CLOSED = "closed"


class UnitClosed(RuleBroken):
    """A closed unit does not change any more."""

    code = "unit.closed"
    text = Text(en="The unit is closed.", zh="该机构已撤销。")


class UnitKeepsClients(RuleBroken):
    """A unit that keeps client files is merged or its clients are moved first."""

    code = "unit.keeps-clients"
    text = Text(
        en="The unit still keeps or serves {clients} clients; move them or merge the unit.",
        zh="该机构仍有 {clients} 名归属或服务客户，请先调整客户归属或办理机构合并。",
    )


class UnitKeepsStaff(RuleBroken):
    """A unit with staff is not closed."""

    code = "unit.keeps-staff"
    text = Text(
        en="The unit still has {staff} postings; end them first.", zh="该机构仍有 {staff} 个在任岗位，请先结束任职。"
    )


class UnitHasUnitsBelow(RuleBroken):
    """A unit with open units below it is not closed."""

    code = "unit.has-units-below"
    text = Text(
        en="{units} open units stand below it; move or close them first.",
        zh="其下仍有 {units} 个未撤销的机构，请先调整或撤销。",
    )


class AboveYourPlace(Forbidden):
    """First-level branches are opened, moved and closed by head office alone (XC-1)."""

    code = "unit.head-office-only"
    text = Text(en="Only head office may change a first-level branch.", zh="一级分行的变更须由总行办理。")


def check_place(kind: UnitKind, parent: Unit, *, pointer: str) -> list[FieldError]:
    """What is wrong with standing there, if anything."""
    if not parent.active:
        return [FieldError(pointer, "unit.parent-closed", _CLOSED_PARENT)]
    if parent.kind not in PARENTS[kind]:
        params = {"kind": kind.value, "parent": parent.kind.value}
        return [FieldError(pointer, "unit.parent-kind", _WRONG_PARENT, params)]
    return []


def check_letters(kind: UnitKind, letters: str | None) -> list[FieldError]:
    """A first-level branch has two letters of its own, nobody else does (XC-1)."""
    if kind is _K.FIRST_LEVEL_BRANCH:
        if letters is None or not re.fullmatch(LETTERS, letters):
            return [FieldError("/branch_code", "unit.letters-missing", _NO_LETTERS)]
    elif letters is not None:
        return [FieldError("/branch_code", "unit.letters-of-branch-only", _LETTERS_OF_ABOVE)]
    return []


def check_institution(kind: UnitKind, institution: ServiceInstitution | None) -> list[FieldError]:
    """Only some kinds can be one of the three service institutions (CR-27)."""
    if institution is not None and kind not in INSTITUTION_KINDS:
        return [FieldError("/service_institution", "unit.no-institution", _NO_INSTITUTION, {"kind": kind.value})]
    return []


def code_taken() -> FieldError:
    """Another unit bears the code, perhaps in another case."""
    return FieldError("/code", "unit.code-taken", _CODE_TAKEN)


def letters_taken() -> FieldError:
    """Another first-level branch bears the letters, open or closed."""
    return FieldError("/branch_code", "unit.letters-taken", _LETTERS_TAKEN)


def check_code(code: str) -> list[FieldError]:
    """A code becomes a step of the path."""
    return [] if re.fullmatch(CODE, code) else [FieldError("/code", "unit.code-form", _CODE_FORM)]


def check_move(unit: Unit, parent: Unit) -> None:
    """Raises Invalid where the unit would stand below itself or where its kind may not, UnitClosed where it is."""
    if not unit.active:
        raise UnitClosed()
    if parent.path.startswith(unit.path):
        raise Invalid([FieldError("/parent_id", "unit.own-ancestor", _OWN_ANCESTOR)])
    if errors := check_place(unit.kind, parent, pointer="/parent_id"):
        raise Invalid(errors)


def check_merger(unit: Unit, target: Unit, below: list[Unit]) -> None:
    """Raises Invalid for a merger into itself, into what is below it, or where a unit below may not stand."""
    if not unit.active:
        raise UnitClosed()
    if target.id == unit.id:
        raise Invalid([FieldError("/into_unit_id", "unit.merged-into-itself", _ITSELF)])
    if target.path.startswith(unit.path):
        raise Invalid([FieldError("/into_unit_id", "unit.own-ancestor", _OWN_ANCESTOR)])
    if not target.active:
        raise Invalid([FieldError("/into_unit_id", "unit.parent-closed", _CLOSED_PARENT)])
    for child in below:
        if errors := check_place(child.kind, target, pointer="/into_unit_id"):
            raise Invalid(errors)
