"""Where: a small expression that selects rows of an index.

    speaker != 'theo' and 1 < seconds <= 3 and digit in ['1', '2'] and not noisy

Names are columns of the index (manifests.index.COLUMNS), and labels where no column has that name. There
are comparisons and chains of them, `in`, `not in`, `is None`, `is not None`, `and`, `or`, `not`, brackets,
quoted text, numbers, True and False. Nothing else is followed, and nothing is ever executed.

As in Python, and unlike SQL, a condition is true or false and never unknown: a missing value differs from
every value, and is neither smaller nor larger than any. `'x' in tags` asks a list label for a member,
`'x' in path` asks text for a part.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Collection
from difflib import get_close_matches
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from manifests.errors import WhereError
from manifests.index import COLUMNS

Mask = NDArray[np.bool_]
Operand = Callable[["_Values"], Any]
Condition = Callable[["_Values"], Mask]

_COMPARE: dict[type[ast.cmpop], tuple[str, Any]] = {
    ast.Eq: ("==", pc.equal),
    ast.NotEq: ("!=", pc.not_equal),
    ast.Lt: ("<", pc.less),
    ast.LtE: ("<=", pc.less_equal),
    ast.Gt: (">", pc.greater),
    ast.GtE: (">=", pc.greater_equal),
}
_PARSING = Lock()
"""CPython 3.11 cannot build syntax trees in two threads at once: a SystemError, from time to time."""
_TYPES = {"text": pa.string(), "a number": pa.float64(), "true or false": pa.bool_()}


def label_names(table: pa.Table) -> set[str]:
    """The names of all labels that the rows of an index table have."""
    return {name for row in _Values(table).distinct_labels for name in row}


class Where:
    """A parsed expression. WhereError, quoting the part that is wrong, when it is not one.

    >>> table = pa.table({"speaker": ["theo", "lucas"], "labels": ['{"digit": "1"}', '{"digit": "2"}']})
    >>> Where("speaker != 'theo' and digit in ['1', '2']").filter(table)["speaker"].to_pylist()
    ['lucas']
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: set[str] = set()
        try:
            with _PARSING:
                tree = ast.parse(text.strip(), mode="eval")
            self._condition = self._compile(tree.body)
        except SyntaxError as error:
            raise WhereError(f"where {text!r}: not an expression: {error.msg}") from error
        except (ValueError, RecursionError, MemoryError) as error:
            if isinstance(error, WhereError):
                raise
            raise WhereError(f"where: not an expression, or one too deep: {error}") from error

    def __reduce__(self) -> tuple[type[Where], tuple[str]]:
        return Where, (self.text,)

    @property
    def labels(self) -> set[str]:
        """The names that are labels, since no column of an index has them."""
        return self.names - COLUMNS.keys()

    @property
    def columns(self) -> list[str]:
        """The columns that an index table must have for `mask`."""
        found = self.names & COLUMNS.keys()
        return sorted(found | {"labels"} if self.labels else found)

    def require(self, labels: Collection[str]) -> None:
        """WhereError unless each name is a column or one of `labels`: those of all rows that are asked."""
        for name in sorted(self.labels.difference(labels)):
            close = get_close_matches(name, [*COLUMNS, *labels], 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            there = f"columns {', '.join(COLUMNS)}; labels {', '.join(sorted(labels)) or '(none)'}"
            raise WhereError(f"where {self.text!r}: unknown name {name!r}{hint} (there: {there})")

    def mask(self, table: pa.Table) -> Mask:
        """True where a row of an index table fulfils the expression; a label that no row has is missing in all."""
        return self._condition(_Values(table))

    def filter(self, table: pa.Table) -> pa.Table:
        """The rows of a whole index table that fulfil the expression; WhereError for a name it does not know."""
        if self.labels:
            self.require(label_names(table))
        return table.filter(pa.array(self.mask(table)))

    def _error(self, node: ast.AST, message: str) -> WhereError:
        part = ast.get_source_segment(self.text.strip(), node) or self.text
        return WhereError(f"where {self.text!r}: {part!r}: {message}")

    def _compile(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp(op=operator, values=nodes):
                parts = [self._compile(part) for part in nodes]
                combine = np.logical_and if isinstance(operator, ast.And) else np.logical_or
                return lambda values: combine.reduce([part(values) for part in parts])
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                condition = self._compile(inner)
                return lambda values: ~condition(values)
            case ast.Compare(left=first, ops=operators, comparators=others):
                sides = [first, *others]
                links = [self._link(node, *link) for link in zip(sides, operators, others, strict=False)]
                return lambda values: np.logical_and.reduce([link(values) for link in links])
            case ast.Name(id=name):
                return self._compare(node, ast.Eq(), self._name(name), lambda _: True)
        raise self._error(node, "not a condition; there are comparisons, in, is None, and, or, not")

    def _link(self, whole: ast.expr, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Condition:
        """One comparison of a chain."""
        if not isinstance(left, ast.Name) and not isinstance(right, ast.Name):
            raise self._error(whole, "one side must be the name of a column or of a label")
        match operator, right:
            case ((ast.In() | ast.NotIn()), _):
                condition = self._member(whole, left, right)
                return condition if isinstance(operator, ast.In) else lambda values: ~condition(values)
            case ((ast.Is() | ast.IsNot()), ast.Constant(value=None)):
                operand, missing = self._operand(left), isinstance(operator, ast.Is)
                return lambda values: _mask(pc.is_null(operand(values)), False) == missing
            case ((ast.Is() | ast.IsNot()), _):
                raise self._error(whole, "`is` compares with None only; write == or !=")
        return self._compare(whole, operator, self._operand(left), self._operand(right))

    def _compare(self, whole: ast.expr, operator: ast.cmpop, left: Operand, right: Operand) -> Condition:
        symbol, function = _COMPARE[type(operator)]

        def condition(values: _Values) -> Mask:
            a, b = left(values), right(values)
            kinds = {_kind(a), _kind(b)}
            if "missing" in kinds:
                return np.full(values.rows, symbol == "!=")
            if len(kinds) > 1:
                raise self._error(whole, f"{_kind(a)} is compared with {_kind(b)}; text is quoted, numbers are not")
            kind = kinds.pop()
            if kind == "a list" or (kind == "true or false" and symbol not in ("==", "!=")):
                raise self._error(whole, f"{kind} is not compared with {symbol}")
            return _mask(function(a, b), symbol == "!=")

        return condition

    def _member(self, whole: ast.expr, left: ast.expr, right: ast.expr) -> Condition:
        """`name in [constants]`, or `'text' in name`."""
        if isinstance(right, ast.List | ast.Tuple | ast.Set):
            members = [self._constant(item) for item in right.elts]
            kinds = {_kind(member) for member in members}
            if len(kinds) > 1:
                raise self._error(right, f"mixes {' and '.join(sorted(kinds))}")
            return self._one_of(whole, self._operand(left), members)
        if not isinstance(right, ast.Name):
            raise self._error(right, "`in` takes a list, such as ['1', '2'], or a name on its right")
        operand, wanted = self._name(right.id), self._constant(left)
        if not isinstance(wanted, str):
            raise self._error(left, f"only text is looked for in {right.id}; write it in quotes")
        return lambda values: self._contains(whole, operand(values), wanted)

    def _one_of(self, whole: ast.expr, operand: Operand, members: list[Any]) -> Condition:
        def condition(values: _Values) -> Mask:
            value = operand(values)
            kind = _kind(value)
            if not members or kind == "missing":
                return np.zeros(values.rows, bool)
            if kind != _kind(members[0]):
                raise self._error(whole, f"{kind} is looked for in a list of {_kind(members[0])}")
            return _mask(pc.is_in(value.cast(_TYPES[kind]), value_set=pa.array(members, _TYPES[kind])), False)

        return condition

    def _contains(self, whole: ast.expr, value: Any, wanted: str) -> Mask:
        kind = _kind(value)
        if kind == "a list":
            rows = pc.list_parent_indices(value).to_numpy()
            mask = np.zeros(len(value), bool)
            mask[rows[_mask(pc.equal(pc.list_flatten(value), wanted), False)]] = True
            return mask
        if kind not in ("text", "missing"):
            raise self._error(whole, f"text is looked for in {kind}")
        return _mask(pc.match_substring(value.cast(pa.string()), wanted), False)

    def _operand(self, node: ast.expr) -> Operand:
        if isinstance(node, ast.Name):
            return self._name(node.id)
        constant = self._constant(node)
        return lambda _: constant

    def _name(self, name: str) -> Operand:
        self.names.add(name)
        return lambda values: values.of(name, self.text)

    def _constant(self, node: ast.expr) -> str | float | bool:
        match node:
            case ast.Constant(value=str() | bool() | float() as value):
                return value
            case ast.Constant(value=int() as value) if value < 2**63:
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if value < 2**63:
                return -value
            case ast.Constant(value=None):
                raise self._error(node, "a missing value is asked for with `is None` or `is not None`")
        raise self._error(node, "not followed; there are names, quoted text, numbers, True and False")


class _Values:
    """What the names of an expression stand for in one index table: an Arrow array with a value for each row."""

    def __init__(self, table: pa.Table) -> None:
        self.table, self.rows = table, table.num_rows

    @cached_property
    def _encoded(self) -> pa.DictionaryArray:
        return self.table["labels"].cast(pa.string()).combine_chunks().dictionary_encode()

    @cached_property
    def distinct_labels(self) -> list[dict[str, Any]]:
        """The labels that occur, each set of them parsed once."""
        return [json.loads(text) for text in self._encoded.dictionary.to_pylist()]

    def of(self, name: str, text: str) -> Any:
        if name in COLUMNS:
            return self.table[name].combine_chunks()
        values = [labels.get(name) for labels in self.distinct_labels]
        try:
            return pa.array(values).take(self._encoded.indices)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            kinds = sorted({type(value).__name__ for value in values if value is not None})
            raise WhereError(f"where {text!r}: the label {name} is {' and '.join(kinds)} by turns") from error


def _kind(value: Any) -> str:
    """What a constant or an Arrow array is made of, in words."""
    if isinstance(value, pa.Array):
        kind = value.type
        if pa.types.is_null(kind) or value.null_count == len(value):
            return "missing"
        if pa.types.is_list(kind):
            return "a list"
        if pa.types.is_boolean(kind):
            return "true or false"
        return "text" if pa.types.is_string(kind) else "a number"
    if isinstance(value, str):
        return "text"
    return "true or false" if isinstance(value, bool) else "a number"


def _mask(found: pa.BooleanArray, missing: bool) -> Mask:
    """An answer for each row, where that for a missing value is `missing`."""
    mask: Mask = np.asarray(pc.fill_null(found, missing))
    return mask
