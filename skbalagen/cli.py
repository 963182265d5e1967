"""Command line: parse, call one function, print."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skbalagen._cli_parser import make_parser
from skbalagen._utils.output_files import check_own_file, check_writable
from skbalagen._utils.table_files import check_table, read_table, table_format, write_table
from skbalagen._utils.terminal import say
from skbalagen._utils.text_tables import generated_rows_note, mark_column, text_and_label

if TYPE_CHECKING:
    import pandas as pd

    from skbalagen import ComponentCache

__all__ = ["main"]

# What wrong input or a missing part raises. Anything else is a fault of the program and keeps its traceback, and
# so do KeyError and IndexError, which are LookupErrors as well.
_ERRORS = (
    ValueError,
    TypeError,
    OSError,
    RuntimeError,
    ImportError,
    LookupError,
    ArithmeticError,
    MemoryError,
)


def _version() -> str:
    try:
        return version("skbalagen")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"


def _read(arguments: argparse.Namespace) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return the table and its columns of texts and labels."""
    source = "standard input" if arguments.input == "-" else arguments.input
    table = read_table(arguments.input, sep=arguments.sep, encoding=arguments.encoding)
    columns = text_and_label(table, source, text=arguments.text, label=arguments.label, sep=arguments.sep)
    return table, *columns


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Raise if what is to be written has no place: before the work, not after it."""
    if arguments.output is None and not arguments.dry_run:
        raise ValueError("balance needs -o FILE (or -o - for standard output), or --dry-run.")
    if arguments.report == "-":
        raise ValueError("--report must name a file, got '-'. Standard output is for the table.")
    if arguments.output is not None:
        check_writable(arguments.output)
        table_format(arguments.output)
        check_own_file("-o", arguments.output, {"the input": arguments.input})
    if arguments.report is not None:
        check_writable(arguments.report)
        check_own_file("--report", arguments.report, {"the input": arguments.input, "-o": arguments.output})


def _cache(arguments: argparse.Namespace) -> ComponentCache | None:
    """Return what keeps what is computed; None if nothing is to be kept."""
    from skbalagen import ComponentCache
    from skbalagen.models.catalog import cache_dir

    if arguments.no_cache:
        return None
    folder = cache_dir() / "runs" if arguments.memory is None else Path(arguments.memory)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"--memory must name a folder, got the file {str(folder)!r}. Name another.")
    arguments.kept_in = folder
    return ComponentCache(folder, max_bytes=int(arguments.cache_size * 1e9))


def _note(line: str) -> None:
    """Print to standard error, so that a table on standard output stays clean."""
    say(line, sys.stderr)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Print a warning as one line; those for programmers, such as of deprecations, are left out."""
    if issubclass(category, UserWarning):
        _note(f"skbalagen: {message}")


def _download(arguments: argparse.Namespace) -> None:
    from skbalagen import models

    for name, path in models.download(arguments.names or None, verify=arguments.verify).items():
        say(f"{name}: {path}", sys.stdout)


def _note_generated_rows(table: pd.DataFrame) -> None:
    """Say so if an earlier run wrote some of the rows; fit_resample says it by itself."""
    if note := generated_rows_note(table):
        _note(f"skbalagen: {note}")


def _inspect(arguments: argparse.Namespace) -> None:
    from skbalagen.balagen.overview import overview

    table, texts, labels = _read(arguments)
    _note_generated_rows(table)
    say(overview(texts, labels), sys.stdout)


def _benchmark(arguments: argparse.Namespace) -> None:
    from skbalagen.benchmark.__main__ import main as run

    run(arguments.rest, prog="skbalagen benchmark")


def _compare(arguments: argparse.Namespace) -> None:
    from skbalagen import RemedySearchCV
    from skbalagen.compare import write_comparison

    if arguments.report is not None:
        check_writable(arguments.report)
        check_own_file("--report", arguments.report, {"the input": arguments.input})
    cache = _cache(arguments)
    table, texts, labels = _read(arguments)
    _note_generated_rows(table)
    search = RemedySearchCV(
        arguments.classifier,
        cv=arguments.folds,
        max_minutes=arguments.max_minutes,
        memory=cache,
        random_state=arguments.seed,
        verbose=int(sys.stderr.isatty() and not arguments.quiet),
    ).fit(texts, labels)
    say(f"{search.table()}\n\n{search.explanation_}", sys.stdout)
    if arguments.report is not None:
        write_comparison(search, arguments.report)


def _generators(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the generators that the options name, in their order, by their names."""
    names = arguments.generator or ["causal-lm"]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"--generator must name each generator once, got {name} twice. Leave one out.")
    listed = " --generator ".join(names)
    if "endpoint" not in names and (arguments.base_url is not None or arguments.max_requests is not None):
        raise ValueError(
            f"--base-url and --max-requests need --generator endpoint, got --generator {listed}."
        )
    # Beside a server, the model is the one there.
    owners = {"endpoint"} if "endpoint" in names else {"causal-lm", "prompt"}
    if arguments.model is not None and owners.isdisjoint(names):
        raise ValueError(
            f"--model needs --generator causal-lm, prompt or endpoint, got --generator {listed}."
        )
    return {name: _generator(name, arguments, arguments.model if name in owners else None) for name in names}


def _generator(name: str, arguments: argparse.Namespace, model: str | None) -> Any:
    """Return a generator by its name, with the options that are its own."""
    from skbalagen import CausalLMGenerator, EndpointGenerator, PromptGenerator

    if name == "endpoint":
        if model is None:
            raise ValueError("--generator endpoint needs --model NAME, the name of the model on the server.")
        asked = {"base_url": arguments.base_url, "max_requests": arguments.max_requests}
        return EndpointGenerator(
            model=model, **{option: value for option, value in asked.items() if value is not None}
        )
    if name == "prompt":
        return PromptGenerator() if model is None else PromptGenerator(model=model)
    return name if model is None else CausalLMGenerator(model=model)


def _balance(arguments: argparse.Namespace) -> None:
    from skbalagen import BalaGenResampler
    from skbalagen.balagen.estimate import expected_time
    from skbalagen.balagen.overview import plan

    _check_outputs(arguments)
    table, texts, labels = _read(arguments)
    generators = _generators(arguments)
    resampler = BalaGenResampler(
        sampling_strategy=arguments.strategy,
        beta_low=arguments.beta_low,
        beta_high=arguments.beta_high,
        generator=list(generators.items()) if len(generators) > 1 else next(iter(generators.values())),
        text_column=arguments.text,
        max_minutes=arguments.max_minutes,
        random_state=arguments.seed,
        verbose=int(sys.stderr.isatty() and not arguments.quiet),
    )
    if arguments.dry_run:
        _note_generated_rows(table)
        resampler.set_params(text_column=None).fit(texts, labels)
        say(plan(resampler, labels), sys.stdout)
        rows, classes = texts.to_numpy(dtype=object), labels.to_numpy()
        if expected := expected_time(resampler, rows, classes, resampler.sampling_strategy_):
            say(expected, sys.stdout)
        return
    if "endpoint" in generators:
        url = generators["endpoint"].base_url
        _note(
            f"skbalagen: rows of the classes that are filled, and of those nearest to them, are sent to {url}"
        )
    writing = {"sep": arguments.sep, "neutralise_formulas": arguments.neutralise_formulas}
    check_table(table, arguments.output, **writing)
    resampler.set_params(memory=_cache(arguments))
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _show_warning
        balanced, balanced_labels = resampler.fit_resample(table, labels)
    new = resampler.is_synthetic_
    # The labels of real rows stay the very cells that were read.
    balanced.loc[new, arguments.label] = balanced_labels.to_numpy()[new]
    balanced[mark_column(table)] = new
    write_table(balanced, arguments.output, **writing)
    if arguments.report:
        from skbalagen.report.page import write_html

        write_html(resampler, arguments.report, table)
    if not arguments.quiet:
        _note_counts(resampler.report_)


def _note_counts(report: pd.DataFrame) -> None:
    """Print what became of the candidates of each class, and of each generator if there are several."""
    columns = ["n_before", "n_target", "n_candidates", "n_malformed", "n_accepted", "n_near_duplicates"]
    columns += ["n_leaks", "n_generated", "n_copied", "n_after"]
    _note(report[columns].to_string())
    if counts := report.attrs.get("generators"):
        _note(type(report)(counts).to_string(index=False))


_COMMANDS = {
    "balance": _balance,
    "inspect": _inspect,
    "compare": _compare,
    "download": _download,
    "benchmark": _benchmark,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, default=None
        What stands after the name of the program; None takes `sys.argv`.

    Returns
    -------
    int
        0, 2 after an error (one line on standard error), 130 after Ctrl-C, or 141 if whoever read the output stopped.
    """
    parser = make_parser(_COMMANDS, _version())
    parsed, rest = parser.parse_known_args(arguments)
    if rest and parsed.run is not _benchmark:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    parsed.rest = rest
    try:
        parsed.run(parsed)
        sys.stdout.flush()
    except KeyboardInterrupt:
        if kept_in := getattr(parsed, "kept_in", None):
            _note(
                f"skbalagen: stopped. What was done is kept in {kept_in}; the same command goes on from there."
            )
        return 130
    except BrokenPipeError:  # whoever read the output, such as head, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except _ERRORS as error:
        if isinstance(error, KeyError | IndexError):
            raise
        _note(f"skbalagen: {' '.join(str(error).split())}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
