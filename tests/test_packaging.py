"""What is shipped and declared: the wheel, the bounds of its dependencies, versions, links and what CI runs."""

from __future__ import annotations

import os
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import skbalagen
from skbalagen.benchmark import runner

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HOME = "https://github.com/skbalagen/skbalagen"

# Tools of the tests: their versions are not what is supported. A build of torch is gigabytes.
NOT_AT_THE_BOUND = {
    "torch",
    "pytest",
    "pytest-cov",
    "pytest-randomly",
    "pytest-timeout",
    "hypothesis",
    "hatchling",
    "pyyaml",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, Version]:
    """Return the versions of a constraints file."""
    lines = [line.split("==") for line in read(name).splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(package): Version(version) for package, version in lines}


def requirements(*extras: str) -> dict[str, Requirement]:
    lines = PROJECT["dependencies"] + [
        line for extra in extras for line in PROJECT["optional-dependencies"][extra]
    ]
    found = {canonicalize_name(r.name): r for r in map(Requirement, lines)}
    found.pop("skbalagen", None)  # an extra that includes another
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    from hatchling.builders.wheel import WheelBuilder

    (path,) = WheelBuilder(str(ROOT)).build(
        directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"]
    )
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_wheel_has_every_file_of_the_package_and_nothing_else(wheel):
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "skbalagen").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "skbalagen/py.typed" in package
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == package


def test_wheel_has_its_license_links_and_command(wheel):
    (metadata,) = (wheel.read(n).decode() for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
    assert "License-Expression: Apache-2.0" in metadata
    assert f"Project-URL: Repository, {HOME}" in metadata
    assert any(name.endswith("/licenses/LICENSE") for name in wheel.namelist())
    (scripts,) = (wheel.read(n).decode() for n in wheel.namelist() if n.endswith("entry_points.txt"))
    assert "skbalagen = skbalagen.cli:main" in scripts


def test_oldest_versions_are_the_lower_bounds():
    oldest = pins("constraints-oldest.txt")
    bounds = {
        name: Version(spec.version)
        for name, requirement in requirements("plot", "test").items()
        for spec in requirement.specifier
        if spec.operator == ">=" and name not in NOT_AT_THE_BOUND
    }
    assert len(bounds) > 15
    assert {
        name: (bound, oldest.get(name)) for name, bound in bounds.items() if oldest.get(name) != bound
    } == {}


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-oldest.txt"])
def test_constraints_pin_all_that_is_declared(name):
    extras = ("plot", "test", "docs", "dev") if name == "constraints.txt" else ("plot", "test")
    pinned = pins(name)
    declared = requirements(*extras)
    assert set(declared) - set(pinned) == set()
    assert [str(r) for package, r in declared.items() if pinned[package] not in r.specifier] == []


def test_oldest_python_is_the_one_that_is_told():
    assert PROJECT["requires-python"] == ">=3.11"
    listed = {
        c.rsplit(" ", 1)[1]
        for c in PROJECT["classifiers"]
        if c.startswith("Programming Language :: Python :: 3.")
    }
    matrix = yaml.safe_load(read(".github/workflows/tests.yml"))["jobs"]["matrix"]["strategy"]["matrix"]
    assert set(matrix["python"]) == listed == {"3.11", "3.12", "3.13"}
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_versions_agree():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert PROJECT["version"] == citation["version"] == skbalagen.__version__


def test_links_name_one_repository():
    assert yaml.safe_load(read("CITATION.cff"))["repository-code"] == HOME
    assert {url.removesuffix("/") for name, url in PROJECT["urls"].items() if name != "Paper"} == {
        HOME,
        f"{HOME}/issues",
        f"{HOME}/blob/main/CHANGELOG.md",
    }
    for name in ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "SECURITY.md"):
        links = re.findall(r"https://github\.com/[\w-]+/[\w-]+", read(name))
        assert set(links) == {HOME}


def test_change_log_is_a_list_of_versions_newest_first():
    headings = re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    versions = [Version(heading) for heading in headings[1:]]
    assert versions == sorted(versions, reverse=True)
    kinds = set(re.findall(r"^### (.+)$", read("CHANGELOG.md"), re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_change_log_names_only_public_names_that_exist():
    added = read("CHANGELOG.md").split("### Added")[1].split("###")[0]
    names = set(re.findall(r"`([A-Z][A-Za-z]+)`", added)) - {"RandomOverSampler"}
    assert {name for name in names if name not in skbalagen.__all__} <= {"RowEditingGenerator"}
    assert len(names) > 5


@pytest.mark.parametrize("target", ["demo", "test-bare", "test", "docs", "test-oldest"])
def test_ci_runs_every_target(target):
    steps = [line for line in read(".ci/run").splitlines() if line.startswith("step ")]
    assert any(re.search(rf" make {target}( |$)", line) for line in steps)
    assert re.search(rf"^{target}:", read("Makefile"), re.MULTILINE)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_ci_script_is_executable():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_issue_templates_are_forms_that_a_host_reads():
    for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md"):
        head = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
        assert {"name", "about", "labels"} <= set(head)


def test_make_commands_of_the_contributing_page_exist():
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([\w-]+)`", read("CONTRIBUTING.md"))) <= targets


def test_paths_of_the_contributing_page_exist():
    page = read("CONTRIBUTING.md")
    paths = re.findall(r"`((?:skbalagen|tests|docs|examples|\.ci)/[\w/.]+\.?\w+)`", page)
    assert len(paths) > 10
    made = {"docs/_build/html"}
    assert [path for path in paths if path not in made and not (ROOT / path).exists()] == []
    for path in re.findall(r"\]\(([\w/.]+)\)", page):
        assert (ROOT / path).exists()


@pytest.mark.parametrize(("platform", "unit"), [("linux", 1e6), ("darwin", 1e9)])
def test_peak_memory_is_in_gigabytes(monkeypatch, platform, unit):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(sys, "platform", platform)
    measured = runner._peak_memory_gb() * unit
    assert 0 < measured <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_peak_memory_is_none_where_it_cannot_be_measured(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    assert runner._peak_memory_gb() is None
