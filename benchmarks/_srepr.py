"""SymPy objects from their `srepr`, read with `ast` and a list of constructors: nothing is evaluated as Python.

Texts only reach constructors that take a text as it is (a name, the digits of a float); every other one gets objects.
"""

from __future__ import annotations

import ast
from typing import Any

CONSTRUCTORS = frozenset(
    "Abs Add Complement Derivative Equality FiniteSet Float Function GreaterThan ImmutableDenseMatrix Integer Integral Intersection "
    "Interval LessThan Limit MatAdd MatMul Max Min Mod Mul MutableDenseMatrix Pow Rational StrictGreaterThan StrictLessThan Sum Symbol "
    "Tuple UnevaluatedExpr Unequality Union acos acosh asin asinh atan atanh binomial ceiling cos csc exp factorial floor log sec sin "
    "tan".split()
)
VALUES = {
    "E": "E", "pi": "pi", "oo": "oo", "I": "I", "zoo": "zoo", "nan": "nan", "true": "true", "false": "false", "Naturals": "S.Naturals",
    "Integers": "S.Integers", "Reals": "S.Reals", "Complexes": "S.Complexes", "EmptySet": "S.EmptySet",
}  # fmt: skip
_TEXTS = frozenset(("Symbol", "Float", "Function"))


def read(text: str) -> Any:
    """The object. ValueError for anything that is not on the list."""
    return _object(ast.parse(text.strip(), mode="eval").body)


def _object(node: ast.expr) -> Any:
    import sympy

    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.List | ast.Tuple):
        return [_object(item) for item in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_object(node.operand)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        return (
            node.value
            if isinstance(node.value, bool)
            else sympy.Integer(node.value)
            if isinstance(node.value, int)
            else node.value
        )
    if isinstance(node, ast.Name) and node.id in VALUES:
        *path, name = VALUES[node.id].split(".")
        return getattr(sympy.S if path else sympy, name)
    raise ValueError(f"not on the list: {ast.dump(node)[:80]}")


def _call(node: ast.Call) -> Any:
    import sympy

    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if isinstance(node.func, ast.Call):
        make: Any = _call(node.func)  # Function('f')(x)
    elif name in CONSTRUCTORS:
        make = getattr(sympy, name)
    else:
        raise ValueError(f"not on the list: {ast.dump(node.func)[:80]}")
    arguments = [
        item.value
        if name in _TEXTS and isinstance(item, ast.Constant) and isinstance(item.value, str)
        else _object(item)
        for item in node.args
    ]
    named = {word.arg: _object(word.value) for word in node.keywords if word.arg}
    if "precision" in named:
        named["precision"] = int(named["precision"])
    return make(*arguments, **named)
