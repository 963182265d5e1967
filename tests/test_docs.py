"""The blocks of the documentation run, its API page is complete, and its link check finds what is dead."""

from __future__ import annotations

import importlib
import importlib.util
import re
import runpy
import warnings
from pathlib import Path

import pytest

import skbalagen
from skbalagen import ShortfallWarning
from skbalagen.balagen import labelers

DOCS = Path(__file__).parent.parent / "docs"
EXAMPLES = DOCS.parent / "examples"
PAGES = [
    path
    for path in sorted(DOCS.rglob("*.md"))
    if "```python\n" in path.read_text(encoding="utf-8") and "_build" not in path.parts
]


def run_blocks(page: Path) -> str:
    """Run the Python blocks of a page in their order, and return its blocks of quoted output."""
    text = page.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            exec(block, names)
    return "".join(re.findall(r"```text\n(.*?)```", text, re.DOTALL))


# Their blocks ask the sentence encoder.
MODEL_PAGES = {"comparing.md", "stages.md", "vector_samplers.md"}


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.model] * (page.name in MODEL_PAGES)) for page in PAGES],
    ids=lambda path: str(path.relative_to(DOCS)),
)
def test_docs_blocks_run_and_print_what_the_page_says(page, monkeypatch, capsys):
    # Without the sentence encoder, which takes most of the time; the blocks of the README run with it.
    words_and_characters = labelers.default_labelers()[:2]
    monkeypatch.setattr(labelers, "default_labelers", lambda: words_and_characters)
    monkeypatch.setattr(labelers, "_DEFAULT_WEIGHTS", (1.0, 1.0))
    lines = re.compile(r"^([^±\n]*\S) +([\d.]+)$", re.MULTILINE)
    quoted = lines.findall(run_blocks(page))
    printed = dict(lines.findall(capsys.readouterr().out))
    for name, number in quoted:
        # Other labelers accept other texts.
        allowed = 0.1 if "Markov" in name or "copies" in name else 0.01
        assert float(printed[name]) == pytest.approx(float(number), rel=allowed), name


def test_pages_that_recommend_remedies_quote_their_output():
    for name in ("quickstart.md", "do_i_need_this.md"):
        text = (DOCS / name).read_text(encoding="utf-8")
        assert re.search(r"```text\nnone +[\d.]+\nclass weights +[\d.]+\n", text), name
        assert re.search(r"^logit adjustment +[\d.]+$", text, re.MULTILINE), name


def test_pages_and_readme_have_no_old_names():
    old = re.compile(
        r"min_votes|synthetic_weight|balance_generator|balance_labelers|size_before|size_after|report_page|"
        r"is_backed|beta_low=\"auto\"|beta_low_\b|\bbacked\b|n_refused|\"refused\"|skbalagen\.(?:policy|labelers|training)\b"
    )
    # Pages of results name what was run at the time.
    results = {"benchmark.md", "ablations.md", "paper_results.md"}
    pages = [*DOCS.rglob("*.md"), DOCS / "api.rst", DOCS.parent / "README.md", *EXAMPLES.glob("*")]
    pages = [
        page for page in pages if "_build" not in page.parts and page.is_file() and page.name not in results
    ]
    found = {page.name: old.findall(page.read_text(encoding="utf-8")) for page in pages}
    assert {name: names for name, names in found.items() if names} == {}


def test_benchmark_page_has_the_tables_of_its_rows(capsys):
    from skbalagen.benchmark.__main__ import main

    rows = DOCS.parent / "benchmarks" / "results" / "benchmark.jsonl"
    classifiers = ["tfidf", "embedding", "encoder"]
    main(["--tables-only", "--output", str(rows), "--classifiers", *classifiers])
    printed = set(capsys.readouterr().out.splitlines())
    page = (DOCS / "benchmark.md").read_text(encoding="utf-8")
    tables = [line for line in page.split("\n## TF-IDF", 1)[1].splitlines() if line.startswith("|")]
    assert len(tables) > 100
    assert [line for line in tables if line not in printed] == []


@pytest.mark.parametrize(
    ("rows", "tasks", "rules"),
    [
        ("ablation_growth.jsonl", [], [""]),
        ("ablation_shares.jsonl", [], [""]),
        ("ablation_selection.jsonl", [], [""]),
        (
            "ablation_selection.jsonl",
            ["banking15_few", "clinc15_few", "seaq"],
            ["copies alone", "% of what is wanted"],
        ),
    ],
)
def test_ablation_page_has_the_tables_of_its_rows(rows, tasks, rules):
    folder = DOCS.parent / "benchmarks"
    script = runpy.run_path(str(folder / "ablate_selection.py"))
    table = script["markdown"](folder / "results" / rows, tasks, rules)
    assert len(table.splitlines()) > 8
    assert table in (DOCS / "ablations.md").read_text(encoding="utf-8")


def test_page_of_the_papers_experiments_has_the_tables_of_its_rows(capsys, monkeypatch):
    folder = DOCS.parent / "benchmarks"
    rows = folder / "results" / "paper_tables.jsonl"
    monkeypatch.setattr("sys.argv", ["paper_tables.py", "-o", str(rows), "--tables-only"])
    runpy.run_path(str(folder / "paper_tables.py"), run_name="__main__")
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(printed) > 50
    page = (DOCS / "paper_results.md").read_text(encoding="utf-8")
    assert "\n".join(printed[:8]) in page
    assert [line for line in printed if line not in page.splitlines()] == []


def test_page_of_vector_samplers_has_the_table_of_its_rows():
    folder = DOCS.parent / "benchmarks"
    script = runpy.run_path(str(folder / "vector_samplers.py"))
    methods = [*script["CLASSIFIERS"], *script["SAMPLERS"]]
    table = script["table"](folder / "results" / "vector_samplers.jsonl", methods)
    assert len(table.splitlines()) == len(methods) + 2
    assert table in (DOCS / "user_guide" / "vector_samplers.md").read_text(encoding="utf-8")


def test_docs_have_pages_with_blocks():
    assert len(PAGES) >= 10


@pytest.mark.parametrize(
    "module",
    [
        "",
        "balagen.algorithm",
        "balagen.labelers",
        "balagen.paper",
        "balagen.policy",
        "balagen.selection",
        "balagen.training_set",
        "benchmark",
        "cache",
        "classifiers",
        "classifiers.heads",
        "classifiers.row_samplers",
        "compare",
        "datasets",
        "generators",
        "losses",
        "metrics",
        "models",
        "over_sampling",
        "report",
    ],
)
def test_api_page_names_every_public_name(module):
    lines = set((DOCS / "api.rst").read_text(encoding="utf-8").split())
    public = importlib.import_module(f"skbalagen.{module}" if module else "skbalagen").__all__
    # Types and constants are told of in the text.
    left_out = {
        "__version__",
        "Band",
        "SamplingStrategy",
        "TASKS",
        "EMBEDDED",
        "FREE_REMEDIES",
        "SOFT_LABELS",
        "MINILM",
        "SMOLLM2",
        "WORDNET",
        "HEAD_NAMES",
        "LOSS_NAMES",
        "SAMPLER_NAMES",
    }
    assert [name for name in public if name not in lines | left_out] == []


def test_api_page_names_only_what_exists():
    module = skbalagen
    for line in (DOCS / "api.rst").read_text(encoding="utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            module = importlib.import_module(line.split()[-1])
        elif re.fullmatch(r"   \w+", line):
            assert hasattr(module, line.strip()), line


@pytest.fixture
def check_links():
    spec = importlib.util.spec_from_file_location("check_links", DOCS / "check_links.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_link_check_finds_dead_files_and_anchors(tmp_path, check_links):
    (tmp_path / "index.html").write_text(
        '<a href="other.html#here">x</a><a href="#nowhere">x</a><a href="gone.html">x</a>'
        '<a href="other.html#gone">x</a><img src="gone.png"><a href="https://example.org/gone">x</a>',
        encoding="utf-8",
    )
    (tmp_path / "other.html").write_text('<p id="here">x</p><a href="index.html">x</a>', encoding="utf-8")
    assert check_links.dead_links(tmp_path) == [
        "index.html: #nowhere",
        "index.html: gone.html",
        "index.html: gone.png",
        "index.html: other.html#gone",
    ]
