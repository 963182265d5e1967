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

from skbalagen._utils.output_files import check_own_file, check_writable
from skbalagen._utils.table_files import FORMATS, check_table, read_table, table_format, write_table
from skbalagen._utils.terminal import say
from skbalagen._utils.text_tables import generated_rows_note, mark_column, text_and_label

if TYPE_CHECKING:
    import pandas as pd


__all__ = ["main"]

_EXAMPLES = """\
examples:
  skbalagen compare intents.csv --text utterance --label intent --report comparison.html
  skbalagen download
  skbalagen inspect intents.csv --text utterance --label intent
  skbalagen balance intents.csv --text utterance --label intent -o balanced.csv --report page.html
  skbalagen balance intents.csv --dry-run --strategy grow
  cat intents.csv | skbalagen balance - -o - --generator markov-chain --seed 0 > balanced.csv
  skbalagen benchmark --tasks shop --methods none ros markov --classifiers tfidf --seeds 3
"""

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


def _cache_folder(arguments: argparse.Namespace) -> Path | None:
    """Return the folder that keeps what is computed; None if nothing is to be kept."""
    from skbalagen.models.catalog import cache_dir

    if arguments.no_cache:
        return None
    folder = cache_dir() / "runs" if arguments.memory is None else Path(arguments.memory)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"--memory must name a folder, got the file {str(folder)!r}. Name another.")
    return folder


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
    arguments.kept_in = _cache_folder(arguments)
    table, texts, labels = _read(arguments)
    _note_generated_rows(table)
    search = RemedySearchCV(
        arguments.classifier,
        cv=arguments.folds,
        max_minutes=arguments.minutes,
        memory=arguments.kept_in,
        random_state=arguments.seed,
        verbose=int(sys.stderr.isatty() and not arguments.quiet),
    ).fit(texts, labels)
    say(f"{search.table()}\n\n{search.explanation_}", sys.stdout)
    if arguments.report is not None:
        write_comparison(search, arguments.report)


def _generator(arguments: argparse.Namespace) -> Any:
    """Return the generator that the options name."""
    from skbalagen import CausalLMGenerator, EndpointGenerator

    name, model = arguments.generator, arguments.model
    if name == "endpoint":
        if model is None:
            raise ValueError("--generator endpoint needs --model NAME, the name of the model on the server.")
        asked = {"base_url": arguments.base_url, "max_requests": arguments.max_requests}
        return EndpointGenerator(
            model=model, **{option: value for option, value in asked.items() if value is not None}
        )
    if arguments.base_url is not None or arguments.max_requests is not None:
        raise ValueError(f"--base-url and --max-requests need --generator endpoint, got --generator {name}.")
    if model is not None and name != "causal-lm":
        raise ValueError(f"--model needs --generator causal-lm or endpoint, got --generator {name}.")
    return name if model is None else CausalLMGenerator(model=model)


def _balance(arguments: argparse.Namespace) -> None:
    from skbalagen import BalaGenResampler, ComponentCache
    from skbalagen.balagen.overview import plan

    _check_outputs(arguments)
    table, texts, labels = _read(arguments)
    resampler = BalaGenResampler(
        sampling_strategy=arguments.strategy,
        beta_low=arguments.beta_low,
        beta_high=arguments.beta_high,
        generator=_generator(arguments),
        text_column=arguments.text,
        random_state=arguments.seed,
        verbose=int(sys.stderr.isatty() and not arguments.quiet),
    )
    if arguments.dry_run:
        _note_generated_rows(table)
        say(plan(resampler.set_params(text_column=None).fit(texts, labels), labels), sys.stdout)
        return
    if arguments.generator == "endpoint":
        url = resampler.generator.base_url
        _note(
            f"skbalagen: rows of the classes that are filled, and of those nearest to them, are sent to {url}"
        )
    writing = {"sep": arguments.sep, "neutralise_formulas": arguments.neutralise_formulas}
    check_table(table, arguments.output, **writing)
    arguments.kept_in = _cache_folder(arguments)
    if arguments.kept_in is not None:
        resampler.set_params(
            memory=ComponentCache(arguments.kept_in, max_bytes=int(arguments.cache_size * 1e9))
        )
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
        columns = ["n_before", "n_target", "n_candidates", "n_accepted", "n_near_duplicates", "n_leaks"]
        columns += ["n_generated", "n_copied", "n_after"]
        _note(resampler.report_[columns].to_string())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="skbalagen",
        description="Balance text classification data by generating text.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"skbalagen {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=_EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=run)
        return command

    balance = add("balance", _balance, "fill small classes with generated texts and thin large ones")
    inspect = add("inspect", _inspect, "show class sizes, repeated texts and what several betas would add")
    compare = add("compare", _compare, "say which remedy for class imbalance pays on these rows")
    for command in (balance, inspect, compare):
        command.add_argument("input", metavar="IN", help=f"table ({', '.join(FORMATS)}), or - for CSV")
        command.add_argument("--text", default="text", metavar="COLUMN", help="column of texts (%(default)s)")
        command.add_argument(
            "--label", default="label", metavar="COLUMN", help="column of labels (%(default)s)"
        )
        command.add_argument(
            "--sep", metavar="CHARACTER", help="separator of CSV, read and written (a comma)"
        )
        command.add_argument("--encoding", default="utf-8", help="of the table that is read (%(default)s)")
    for command in (balance, compare):
        kept = command.add_mutually_exclusive_group()
        kept.add_argument(
            "--memory",
            metavar="FOLDER",
            help="keep what is computed there, for the next run (the user's cache)",
        )
        kept.add_argument("--no-cache", action="store_true", help="keep nothing")
    _add_balance_options(balance)
    _add_compare_options(compare)
    fetch = add("download", _download, "fetch the embedded models and WordNet before their first use")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="what to fetch (all of it)")
    fetch.add_argument("--verify", action="store_true", help="check every byte, fetch again what is damaged")
    # Its options are those of python -m skbalagen.benchmark, which is imported only when it is asked for.
    score = commands.add_parser(
        "benchmark", help="score tasks x methods x classifiers x seeds into a table", add_help=False
    )
    score.set_defaults(run=_benchmark)
    return parser


def _add_balance_options(balance: argparse.ArgumentParser) -> None:
    balance.add_argument("-o", "--output", metavar="OUT", help="table to write, or - for CSV")
    balance.add_argument(
        "--strategy",
        choices=["auto", "grow", "minority", "not minority", "not majority", "all"],
        default="auto",
        help="classes to fill: auto goes by the betas; grow fills all of them, the largest too, as far as the "
        "generator advises; the others fill up to the largest class (%(default)s)",
    )
    balance.add_argument(
        "--beta-low", type=float, default=95, help="percent of the classes to fill (%(default)s)"
    )
    balance.add_argument(
        "--beta-high", type=float, default=0, help="percent of the classes to thin (%(default)s)"
    )
    balance.add_argument(
        "--generator",
        choices=["causal-lm", "markov-chain", "eda", "sample-copy", "endpoint"],
        default="causal-lm",
        help="what writes the texts; endpoint is a server that speaks OpenAI's protocol (%(default)s)",
    )
    balance.add_argument("--model", help="hub id or folder for causal-lm, or name of the model on the server")
    balance.add_argument("--base-url", metavar="URL", help="of the server, such as http://127.0.0.1:8000/v1")
    balance.add_argument("--max-requests", type=int, metavar="N", help="most requests to the server")
    balance.add_argument(
        "--seed", type=int, default=0, help="the same seed gives the same texts (%(default)s)"
    )
    balance.add_argument(
        "--cache-size",
        type=_gigabytes,
        default=4.0,
        metavar="GB",
        help="above it, what was not used for longest is removed from the cache (%(default)s)",
    )
    balance.add_argument(
        "--neutralise-formulas",
        action="store_true",
        help="put an apostrophe before cells of CSV that a spreadsheet would run as a formula",
    )
    balance.add_argument("--dry-run", action="store_true", help="show the band, the targets and the cost")
    balance.add_argument("--report", metavar="PAGE", help="HTML page to write about what was done")
    balance.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def _gigabytes(text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = -1.0
    if not 0 <= size < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of GB, at least 0, got {text!r}")
    return size


def _add_compare_options(compare: argparse.ArgumentParser) -> None:
    compare.add_argument(
        "--classifier",
        choices=["tfidf", "embedding", "encoder"],
        default="tfidf",
        help="what is to recognise the classes: words, sentence vectors, or a fine-tuned encoder (%(default)s)",
    )
    compare.add_argument(
        "--minutes",
        type=float,
        default=10.0,
        help="no trial is started that would end later; the language model needs several minutes (%(default)s)",
    )
    compare.add_argument("--folds", type=int, default=3, help="folds of the cross-validation (%(default)s)")
    compare.add_argument("--seed", type=int, default=0, help="of folds and generators (%(default)s)")
    compare.add_argument("--report", metavar="PAGE", help="HTML page to write")
    compare.add_argument("--quiet", action="store_true", help="print no progress bars")


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
    parser = _parser()
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
