"""The layout of the package: who imports whom, what stays light, and how long a file may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

import skbalagen

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "skbalagen"
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
CODE = sorted(
    path
    for folder in ("skbalagen", "tests", "benchmarks", "examples", "docs")
    for path in (ROOT / folder).rglob("*.py")
    if not {"_build", "auto_examples", "generated"} & set(path.parts)
)

# From the top down. A room imports itself and what is in a line below its own.
RANKS = [
    {"cli"},
    {"_cli_parser"},
    {"benchmark"},
    {"compare"},
    {"balagen"},
    {"classifiers"},
    {"generators", "over_sampling", "report"},
    {"encoders"},
    {"parallel", "cache", "_torch", "models", "metrics"},
    {"losses", "datasets"},
    {"_utils"},  # below all: checks and text functions that any room may need
]
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}

HEAVY = {"torch", "transformers", "sentence_transformers", "nlpaug", "markovify", "matplotlib"}
NOT_ON_WINDOWS = {
    "crypt",
    "fcntl",
    "grp",
    "posix",
    "pty",
    "pwd",
    "readline",
    "resource",
    "syslog",
    "termios",
    "tty",
}
MOST_LINES = 400
MOST_MEDIAN_LINES = 160


def runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but those under ``if TYPE_CHECKING:``."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in child.orelse:
                yield from [other, *runtime_nodes(other)]
            continue
        yield child
        yield from runtime_nodes(child)


def import_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk the nodes that run when the module is imported: not the bodies of functions."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            continue
        yield child
        yield from import_time_nodes(child)


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """Return the full names that import statements bring in: ``from a.b import c`` is "a.b.c"."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"relative import in line {node.lineno}: write the full name of the module"
            )
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room_of(name: str) -> str | None:
    """Return the room of a module or of a public name of the package; None if it is of the package itself."""
    parts = name.split(".")
    if len(parts) == 1:
        return None
    return skbalagen._MODULE_OF.get(parts[1], parts[1]).split(".")[0]


def upward_imports(module: str, source: str) -> list[str]:
    """Return the imports of a module of the package that go to a higher room, or to another of its own rank."""
    room = room_of(module)
    names = {name for name in imported(runtime_nodes(ast.parse(source))) if name.split(".")[0] == "skbalagen"}
    rooms = {name: room_of(name) for name in names}
    return [
        f"{module} imports {name}"
        for name, other in sorted(rooms.items())
        if other in RANK and other != room and RANK[other] <= RANK[room]
    ]


def private_names_of_sklearn(source: str) -> list[str]:
    """Return the names that begin with an underscore among those taken from scikit-learn."""
    tree = ast.parse(source)
    names = imported(ast.walk(tree))
    names |= {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return sorted(
        name
        for name in names
        if name.split(".")[0] == "sklearn"
        and any(part.startswith("_") and not part.endswith("__") for part in name.split("."))
    )


def n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


# The checks themselves.


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("skbalagen.metrics.imbalance", "from skbalagen.report.page import html_page", 1),
        ("skbalagen.metrics.imbalance", "def f():\n    import skbalagen.cli", 1),
        ("skbalagen.metrics.imbalance", "from skbalagen.cache import ComponentCache", 1),  # of the same rank
        ("skbalagen.metrics.imbalance", "from skbalagen import ComponentCache", 1),
        ("skbalagen.metrics.imbalance", "from skbalagen.metrics import _checks", 0),
        ("skbalagen.metrics.imbalance", "from skbalagen._utils.text import Labels", 0),
        ("skbalagen.metrics.imbalance", "from skbalagen import __version__", 0),
        (
            "skbalagen._utils.text",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from skbalagen.cli import main",
            0,
        ),
        ("skbalagen._utils.text", "if x:\n    y\nelse:\n    from skbalagen.cli import main", 1),
    ],
)
def test_upward_imports_are_found_at_any_depth(module, source, found):
    assert len(upward_imports(module, source)) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (
            "from sklearn.utils._param_validation import Interval",
            ["sklearn.utils._param_validation.Interval"],
        ),
        ("from sklearn.base import _fit_context, clone", ["sklearn.base._fit_context"]),
        ("import sklearn\nsklearn.utils._bunch", ["sklearn.utils._bunch"]),
        ("import sklearn\nsklearn.__version__\nself._private", []),
    ],
)
def test_private_names_of_sklearn_are_found(source, found):
    assert private_names_of_sklearn(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import torch", {"torch"}),
        ("class A:\n    import torch", {"torch"}),
        ("try:\n    import torch\nexcept ImportError:\n    pass", {"torch"}),
        ("def f():\n    import torch", set()),
        ("if TYPE_CHECKING:\n    import torch", set()),
    ],
)
def test_imports_at_import_time_are_told_from_those_of_functions(source, found):
    assert imported(import_time_nodes(ast.parse(source))) == found


# What they find in the package.


def test_every_room_has_a_rank():
    rooms = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/*.py")
    }
    assert rooms - {"__init__"} <= set(RANK)


def test_imports_go_down_only():
    found = [
        line
        for module, path in MODULES.items()
        if room_of(module) != "__init__"
        for line in upward_imports(module, path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_private_names_of_sklearn_are_in_one_file():
    found = {
        module: private_names_of_sklearn(path.read_text(encoding="utf-8"))
        for module, path in MODULES.items()
        if module != "skbalagen._utils.sklearn_compat"
    }
    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize("packages", [HEAVY, NOT_ON_WINDOWS], ids=["heavy", "not on Windows"])
def test_no_module_imports_at_its_top(packages):
    found = {}
    for module, path in MODULES.items():
        names = imported(import_time_nodes(ast.parse(path.read_text(encoding="utf-8"))))
        found[module] = sorted({name.split(".")[0] for name in names} & packages)
    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "statement",
    ["import skbalagen", "from skbalagen import *", "import skbalagen.cli"],
    ids=["package", "every public name", "command"],
)
def test_import_loads_no_heavy_package(statement):
    code = f"{statement}\nimport sys\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120, check=True
    )
    assert run.stdout.split() == []


def test_files_are_short():
    lengths = {str(path.relative_to(ROOT)): n_lines(path) for path in CODE}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def test_classes_are_short():
    found = {
        f"{module}.{node.name}": node.end_lineno - node.lineno + 1
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert {name: n for name, n in found.items() if n >= MOST_LINES} == {}


def test_most_files_are_one_idea():
    assert median(map(n_lines, MODULES.values())) < MOST_MEDIAN_LINES


def test_every_module_has_a_test_file():
    missing = []
    for path in MODULES.values():
        if path.stem in ("__init__", "__main__"):
            continue
        folder = path.parent.relative_to(PACKAGE)
        test = Path("tests") / folder / f"test_{path.stem.removeprefix('_')}.py"
        if not (ROOT / test).is_file():
            missing.append(test.as_posix())
    assert missing == []


def test_there_are_as_many_lines_of_tests_as_of_source():
    tests = sum(n_lines(path) for path in (ROOT / "tests").rglob("*.py"))
    assert tests >= sum(map(n_lines, MODULES.values()))
