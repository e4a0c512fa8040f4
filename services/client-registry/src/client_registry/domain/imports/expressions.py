"""A small arithmetic language for derived columns: + - * / ( ) max min sum, numbers and column names, in Decimal.

Parsed with `ast` and a whitelist, never evaluated as Python. An expression over a missing value is missing.
"""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation

Values = Mapping[str, Decimal | None]
Step = Callable[[Values], Decimal | None]

_NUMBER = re.compile(r"\d+(\.\d+)?")
_MAX_LENGTH = 1000
_FUNCTIONS: Mapping[str, Callable[[list[Decimal]], Decimal]] = {
    "max": max,
    "min": min,
    "sum": lambda values: sum(values, Decimal(0)),
}
FUNCTIONS = tuple(sorted(_FUNCTIONS))


class BrokenExpression(ValueError):
    """The text is not in the language; `what` names the part that is not, never a value of a row."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NotComputable(ArithmeticError):
    """A row's numbers do not allow the computation (a division by zero)."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, the column names it reads, and the step that computes it."""

    text: str
    names: frozenset[str]
    step: Step

    def evaluate(self, values: Values) -> Decimal | None:
        """The exact value, or None where a column it reads is empty; NotComputable on a division by zero."""
        try:
            return self.step(values)
        except (DivisionByZero, InvalidOperation) as error:
            raise NotComputable from error


def parse(text: str) -> Expression:
    """Parse the text or raise BrokenExpression."""
    if len(text) > _MAX_LENGTH:
        raise BrokenExpression("longer than 1,000 characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BrokenExpression(text[:80]) from error
    names: set[str] = set()
    step = _build(tree.body, text.strip(), names)
    return Expression(text.strip(), frozenset(names), step)


def _build(node: ast.expr, text: str, names: set[str]) -> Step:
    match node:
        case ast.Constant():
            return _constant(ast.get_source_segment(text, node) or "")
        case ast.Name(id=name):
            return _column(name, names)
        case ast.Attribute(value=ast.Name(id=file), attr=column):
            return _column(f"{file}.{column}", names)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _build(operand, text, names)
            return lambda values: None if (value := inner(values)) is None else -value
        case ast.BinOp(left=left, op=operator, right=right):
            return _binary(_build(left, text, names), operator, _build(right, text, names))
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as args, keywords=[]) if name in _FUNCTIONS:
            return _call(name, [_build(arg, text, names) for arg in args])
    raise BrokenExpression(ast.get_source_segment(text, node) or text)


def _constant(source: str) -> Step:
    if not _NUMBER.fullmatch(source):
        raise BrokenExpression(source)
    number = Decimal(source)
    return lambda values: number


def _column(name: str, names: set[str]) -> Step:
    names.add(name)
    return lambda values: values[name]


def _binary(left: Step, operator: ast.operator, right: Step) -> Step:
    combine: Callable[[Decimal, Decimal], Decimal]
    match operator:
        case ast.Add():
            combine = Decimal.__add__
        case ast.Sub():
            combine = Decimal.__sub__
        case ast.Mult():
            combine = Decimal.__mul__
        case ast.Div():
            combine = Decimal.__truediv__
        case _:
            raise BrokenExpression(type(operator).__name__)

    def step(values: Values) -> Decimal | None:
        a, b = left(values), right(values)
        return None if a is None or b is None else combine(a, b)

    return step


def _call(name: str, arguments: list[Step]) -> Step:
    function = _FUNCTIONS[name]

    def step(values: Values) -> Decimal | None:
        numbers: list[Decimal] = []
        for argument in arguments:
            value = argument(values)
            if value is None:
                return None
            numbers.append(value)
        return function(numbers)

    return step
