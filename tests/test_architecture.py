"""How the package is built: what a linter of imports cannot see."""

from __future__ import annotations

import ast
import builtins
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import focale

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "focale"
FILES = sorted(SOURCE.rglob("*.py"))
KERNEL_FILES = sorted((SOURCE / "kernels").glob("*.py"))

# --------------------------------------------------------------------------- kernels


def is_kernel(function):
    """Whether a function carries the decorator of compiled loops."""
    return any("kernel" in ast.unparse(decorator) for decorator in function.decorator_list)


def kernels_of(path):
    tree = ast.parse(path.read_text())
    return {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef) and is_kernel(f)}


KERNELS = [(path, name) for path in KERNEL_FILES for name in kernels_of(path)]
every_kernel = pytest.mark.parametrize(
    ("path", "name"), KERNELS, ids=[f"{path.stem}.{name}" for path, name in KERNELS]
)


def compiled_in(tree):
    """Functions of a file that may be called from a kernel: kernels, and numba's intrinsics."""
    return {
        f.name
        for f in tree.body
        if isinstance(f, ast.FunctionDef)
        and any(
            word in ast.unparse(d)
            for d in f.decorator_list
            for word in ("kernel", "intrinsic", "overload", "register_jitable")
        )
    }


def constants_in(tree):
    """Module names bound once, to a number, a text, or a tuple of them."""
    bound: dict[str, list[ast.expr]] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    bound.setdefault(target.id, []).append(statement.value)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            bound.setdefault(statement.target.id, []).append(statement.value)
    return {name for name, values in bound.items() if len(values) == 1 and is_fixed(values[0])}


def is_fixed(value):
    """An expression of literals alone, or numbers and types of numpy and numba made from them."""
    return not any(
        isinstance(node, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp))
        for node in ast.walk(value)
    ) and all(
        ast.unparse(node.func).split(".")[0] in {"np", "numpy", "math", "types", "nb", "numba"}
        and not ast.unparse(node.func).endswith((".array", ".zeros", ".ones", ".empty", ".arange"))
        for node in ast.walk(value)
        if isinstance(node, ast.Call)
    )


def libraries_in(tree):
    """Names imported from outside focale."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {(a.asname or a.name).split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("focale"):
            names |= {a.asname or a.name for a in node.names}
    return names


def names_read(function):
    """Names a function takes from its module: loaded, never bound in it, not an annotation."""
    body = ast.Module(body=function.body, type_ignores=[])
    bound = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
    loaded = set()
    annotations = {
        id(part)
        for node in ast.walk(body)
        if isinstance(node, ast.AnnAssign)
        for part in ast.walk(node.annotation)
    }
    for node in ast.walk(body):
        if isinstance(node, ast.Name) and id(node) not in annotations:
            (loaded if isinstance(node.ctx, ast.Load) else bound).add(node.id)
    return {name for name in loaded - bound if not hasattr(builtins, name)}


@every_kernel
def test_kernels__read_only_kernels_and_constants_of_their_own_file(path, name):
    # numba's cache does not notice an edit in another file, and freezes what a global was.
    tree = ast.parse(path.read_text())
    allowed = compiled_in(tree) | constants_in(tree) | libraries_in(tree)
    assert names_read(kernels_of(path)[name]) <= allowed


@every_kernel
def test_kernels__declare_no_global(path, name):
    statements = ast.walk(kernels_of(path)[name])
    assert not any(isinstance(s, (ast.Global, ast.Nonlocal)) for s in statements)


@pytest.mark.parametrize("path", KERNEL_FILES, ids=lambda path: path.stem)
def test_kernels__import_nothing_of_focale_but_the_decorator_and_types(path):
    modules = {
        node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("focale")
    }
    assert modules <= {"focale._jit", "focale.typing"}


@every_kernel
def test_kernels__are_tested_as_plain_python_too(path, name):
    tests = "\n".join(p.read_text() for p in sorted(TESTS.rglob("test_*.py")))
    assert f"{name}.py_func" in tests, f"no test uses {name}.py_func"


def test_kernels__are_found():
    assert ("activation", "stamp") in {(path.stem, name) for path, name in KERNELS}


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("def f(a):\n    return a + TABLE[0]", {"TABLE"}),
        ("def f(a):\n    b = 2 * a\n    return other(b)", {"other"}),
        ("def f(a):\n    for i in range(len(a)):\n        a[i] = min(i, 3)", set()),
        ("def f(a: Array) -> Array:\n    b: Array = a\n    return b", set()),
    ],
)
def test_names_read__sees_what_a_function_takes_from_its_module(source, read):
    assert names_read(ast.parse(source).body[0]) == read


@pytest.mark.parametrize(
    ("source", "constants"),
    [
        ("A = 3", {"A"}),
        ("A = (1, 2.5)", {"A"}),
        ("A: int = 2**28", {"A"}),
        ("A = [1, 2]", set()),
        ("A = {}", set()),
        ("A = np.zeros(3)", set()),
        ("A = np.int32(3)", {"A"}),
        ("A = load()", set()),
        ("A = 1\nA = 2", set()),
    ],
)
def test_constants_in__are_bound_once_to_what_cannot_change(source, constants):
    assert constants_in(ast.parse(source)) == constants


# ------------------------------------------------------------------------- the package

every_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))


@every_file
def test_source__compiles_in_one_place_only(path):
    if path.name == "_jit.py":
        return
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.Attribute, ast.Name))
    }
    assert not names & {"njit", "jit", "vectorize", "guvectorize", "cfunc", "stencil"}


LAST_DOOR = SOURCE / "cli" / "__init__.py"
"""Where a bug becomes a sentence instead of a traceback; the one place that may catch all."""


def caught_in(source):
    """Exceptions that are caught and kept; a block that ends with `raise` keeps none."""
    return [
        "everything" if handler.type is None else ast.unparse(handler.type)
        for handler in ast.walk(ast.parse(source))
        if isinstance(handler, ast.ExceptHandler)
        and not (isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None)
    ]


@pytest.mark.parametrize(
    ("block", "caught"),
    [
        ("except Exception:\n    pass", ["Exception"]),
        ("except:\n    pass", ["everything"]),
        ("except BaseException:\n    tidy()\n    raise", []),
        ("except BaseException:\n    if x:\n        raise", ["BaseException"]),
        ("except BaseException as e:\n    raise Other from e", ["BaseException"]),
    ],
)
def test_caught_in__leaves_out_what_is_raised_again(block, caught):
    assert caught_in(f"try:\n    pass\n{block}") == caught


@every_file
def test_source__catches_no_exception_whatever(path):
    caught = caught_in(path.read_text())
    whatever = [c for c in caught if c in {"everything", "Exception", "BaseException"}]
    assert whatever in ([], ["Exception"]) if path == LAST_DOOR else not whatever


def test_all__every_name_resolves():
    for name in focale.__all__:
        assert getattr(focale, name) is not None


def test_all__is_sorted_and_without_repeats():
    def names_in_capitals_first(name):  # as the linter sorts them
        return not name.isupper(), name

    assert focale.__all__ == sorted(set(focale.__all__), key=names_in_capitals_first)


def test_all__is_what_dir_shows():
    assert set(focale.__all__) <= set(dir(focale))


def test_focale__unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'focale' has no attribute 'Dataset'"):
        focale.Dataset  # noqa: B018


def test_focale__version_is_that_of_the_package():
    from importlib.metadata import version

    assert focale.__version__ == version("focale")


HEAVY = ["numpy", "pandas", "nilearn", "nibabel", "matplotlib", "numba", "sklearn", "scipy"]


def test_import__of_focale_brings_nothing_heavy():
    # numpy alone takes the tenth of a second that `import focale` may take
    code = f"import sys, focale; print([m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_import__of_focale_says_nothing_and_warns_of_nothing():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import focale"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout, run.stderr) == ("", "")


def test_import__of_the_readers_brings_no_numerics():
    code = f"""
import sys, focale.io.formats
print([m for m in {HEAVY!r} if m in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_packages__re_export_nothing_by_accident():
    for path in sorted(SOURCE.glob("*/__init__.py")):
        module = importlib.import_module(f"focale.{path.parent.name}")
        assert module.__doc__
