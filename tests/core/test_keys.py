"""Code digests: what counts as a change of code and what does not."""

import ast
import json

import pytest

from hagane.core.keys import imports, shape

BASE = 'def f(a: int) -> int:\n    """Doc."""\n    return a + 1\n'


def same(one: str, other: str) -> bool:
    return json.dumps(shape(ast.parse(one))) == json.dumps(shape(ast.parse(other)))


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("Doc.", "Another text."),
        BASE.replace("    return", "    # why\n    return"),
        BASE.replace("a + 1", "(a\n        + 1)"),
        '"""A module docstring."""\n' + BASE,
    ],
)
def test_prose_and_layout_do_not_count(other: str) -> None:
    assert same(BASE, other)


@pytest.mark.parametrize("other", [BASE.replace("+ 1", "+ 2"), BASE.replace("+", "-"), BASE.replace("int)", "float)")])
def test_what_runs_counts(other: str) -> None:
    assert not same(BASE, other)


def test_numbers_that_python_confuses_are_told_apart() -> None:
    assert not same("x = 1", "x = True") and not same("x = 1", "x = 1.0") and not same("x = b'a'", "x = 'a'")


def test_imports_are_found_wherever_they_stand() -> None:
    code = "import a.b\nfrom . import c\nfrom .d import e\ndef f():\n    from g import h\n"
    found = set(imports(ast.parse(code), "room.module", is_package=False))
    assert {"a.b", "room.c", "room.d", "room.d.e", "g", "g.h"} <= found


def test_the_shape_is_the_same_on_every_python() -> None:
    """``ast.dump`` differs between 3.11, 3.12 (type_params) and 3.13 (empty lists left out)."""
    assert json.dumps(shape(ast.parse("def f(a, *, b=None): return {**a}"))) == (
        '["Module", ["body", [["FunctionDef", ["name", "f"], ["args", ["arguments", ["args", [["arg", ["arg", "a"]]]], '
        '["kwonlyargs", [["arg", ["arg", "b"]]]], ["kw_defaults", [["Constant"]]]]], ["body", [["Return", ["value", '
        '["Dict", ["keys", ["None"]], ["values", [["Name", ["id", "a"], ["ctx", ["Load"]]]]]]]]]]]]]]'
    )
