"""Command line: parse, call one function, print."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["main"]

_EXAMPLES = """\
examples:
  skbalagen download
  skbalagen inspect intents.csv --text utterance --label intent
  skbalagen balance intents.csv --text utterance --label intent -o balanced.csv --report page.html
  skbalagen balance intents.csv --dry-run
  cat intents.csv | skbalagen balance - -o - --generator markov-chain --seed 0 > balanced.csv
  skbalagen benchmark --tasks shop --methods none ros markov --classifiers tfidf --seeds 3
"""
_FORMATS = (".csv", ".tsv", ".jsonl", ".parquet")


def _version() -> str:
    try:
        return version("skbalagen")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"


def _read(path: str) -> pd.DataFrame:
    """Read a table by the ending of its name; "-" is CSV from standard input."""
    import pandas as pd

    if path == "-":
        return pd.read_csv(sys.stdin, keep_default_na=False)
    ending = Path(path).suffix.lower()
    if ending not in _FORMATS:
        raise ValueError(
            f"{path}: expected a file that ends in {', '.join(_FORMATS)}, got {ending or 'none'!r}."
        )
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file. Check the name, or pass - to read CSV from a pipe.")
    try:
        if ending == ".parquet":
            return pd.read_parquet(path)
        if ending == ".jsonl":
            return pd.read_json(path, lines=True)
        return pd.read_csv(path, sep="\t" if ending == ".tsv" else ",", keep_default_na=False)
    except ValueError as error:
        raise ValueError(
            f"{path} could not be read as {ending[1:]}: {error}. Check its format; text must be UTF-8."
        ) from error


def _write(table: pd.DataFrame, path: str) -> None:
    """Write a table by the ending of its name, all or nothing; "-" is CSV to standard output."""
    if path == "-":
        table.to_csv(sys.stdout, index=False)
        return
    ending = Path(path).suffix.lower()
    handle, part = tempfile.mkstemp(prefix=".skbalagen-", suffix=ending, dir=Path(path).resolve().parent)
    os.close(handle)
    try:
        if ending == ".parquet":
            table.to_parquet(part, index=False)
        elif ending == ".jsonl":
            table.to_json(part, orient="records", lines=True, force_ascii=False)
        else:
            table.to_csv(part, sep="\t" if ending == ".tsv" else ",", index=False)
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _columns(table: pd.DataFrame, arguments: argparse.Namespace) -> tuple[pd.Series, pd.Series]:
    """Return the columns of texts and labels, or raise a clear error."""
    for option in ("text", "label"):
        name = getattr(arguments, option)
        if name not in table.columns:
            raise ValueError(
                f"{arguments.input}: expected a column {name!r}, got {list(table.columns)}. Name it with --{option}."
            )
    if not len(table):
        raise ValueError(f"{arguments.input}: expected rows, got a table with none.")
    return table[arguments.text], table[arguments.label]


def _check_folder(path: str | None) -> None:
    """Raise if a file cannot be written there: before the work, not after it."""
    folder = Path(path or ".").resolve().parent
    if path not in (None, "-") and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise OSError(
            f"{path} cannot be written: {folder} is no folder that you may write to. Make it first."
        )


def _note(line: str) -> None:
    """Print to standard error, so that a table on standard output stays clean."""
    print(line, file=sys.stderr)


def _download(arguments: argparse.Namespace) -> None:
    from skbalagen.models.download import download

    for name, path in download(arguments.names or None).items():
        print(f"{name}: {path}")


def _inspect(arguments: argparse.Namespace) -> None:
    import pandas as pd

    from skbalagen._utils.text import fold_text
    from skbalagen.balagen.policy import PercentilePolicy, class_sizes
    from skbalagen.metrics.imbalance import balance_ratio, imbalance_ratio

    texts, labels = _columns(_read(arguments.input), arguments)
    sizes = class_sizes(labels.to_numpy())
    words = pd.Series([len(str(text).split()) for text in texts])
    table = pd.DataFrame(
        {
            "rows": pd.Series(sizes),
            "share %": (100 * pd.Series(sizes) / len(labels)).round(1),
            "words a text": words.groupby(labels.to_numpy()).mean().round(1),
        }
    ).sort_values("rows")
    print(table.to_string())
    print(
        f"\n{len(labels)} rows, {len(sizes)} classes, largest to smallest {imbalance_ratio(labels.to_numpy()):.0f} : 1, "
        f"balance ratio {balance_ratio(labels.to_numpy()):.2f} (1 is even)"
    )
    folded = texts.astype(str).map(fold_text)
    repeated = int(folded.duplicated().sum())
    torn = int(labels.groupby(folded.to_numpy()).nunique().gt(1).sum())
    print(
        f"{repeated} texts repeat an earlier one (case and spaces aside); {torn} texts stand in several classes"
    )
    tiny = [str(label) for label, n in sizes.items() if n < 5]
    if tiny:
        print(f"{len(tiny)} classes of fewer than 5 rows, too few to learn to write: {', '.join(tiny)}")
    print("\nbeta_low  B_low  classes to fill  rows to add")
    for beta in (30, 50, 70, 80, 90, 95, 100):
        policy = PercentilePolicy(beta_low=beta)
        added = [n - sizes[label] for label, n in policy(labels.to_numpy()).items() if n > sizes[label]]
        print(f"{beta:8}  {policy.band(labels.to_numpy())[0]:5.0f}  {len(added):15}  {sum(added):11}")


def _beta(text: str) -> str | float:
    return text if text == "auto" else float(text)


def _benchmark(arguments: argparse.Namespace) -> None:
    from skbalagen.benchmark.__main__ import main as run

    run(arguments.rest, prog="skbalagen benchmark")


def _balance(arguments: argparse.Namespace) -> None:
    from skbalagen import BalaGenResampler

    if arguments.output is None and not arguments.dry_run:
        raise ValueError("balance needs -o FILE (or -o - for standard output), or --dry-run.")
    if arguments.output not in (None, "-") and Path(arguments.output).suffix.lower() not in _FORMATS:
        raise ValueError(f"{arguments.output}: expected a name that ends in {', '.join(_FORMATS)}.")
    for path in (arguments.output, arguments.report):
        _check_folder(path)
    table = _read(arguments.input)
    texts, labels = _columns(table, arguments)
    nameless = labels[labels.astype(str).str.strip() == ""].index
    if len(nameless):
        raise ValueError(
            f"{arguments.input}: {len(nameless)} rows have no label, the first is row {nameless[0]}, counted from 0. "
            "Label or remove them."
        )
    resampler = BalaGenResampler(
        beta_low=arguments.beta_low,
        beta_high=arguments.beta_high,
        generator=arguments.generator,
        text_column=arguments.text,
        random_state=arguments.seed,
        verbose=int(sys.stderr.isatty() and not arguments.quiet),
    )
    if arguments.dry_run:
        _dry_run(resampler, texts, labels)
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        balanced, balanced_labels = resampler.fit_resample(table, labels)
    balanced[arguments.label] = balanced_labels
    balanced[_free_name(table)] = resampler.is_synthetic_
    for warning in caught:
        if issubclass(warning.category, UserWarning):
            _note(f"skbalagen: {warning.message}")
    _write(balanced, arguments.output)
    if arguments.report:
        from skbalagen.report.page import write_html

        write_html(resampler, arguments.report, table)
    if not arguments.quiet:
        columns = ["size_before", "target", "generated", "backed", "added", "copied", "size_after"]
        _note(resampler.report_[columns].to_string())


def _free_name(table: pd.DataFrame) -> str:
    name = "is_synthetic"
    while name in table.columns:
        name += "_"
    return name


def _dry_run(resampler: Any, texts: pd.Series, labels: pd.Series) -> None:
    from skbalagen.balagen.policy import class_sizes

    resampler.set_params(text_column=None).fit(texts, labels)
    sizes = class_sizes(labels.to_numpy())
    targets = resampler.sampling_strategy_
    low, high = resampler.band_
    betas = f"beta_low {resampler.beta_low_:g}, beta_high {resampler.beta_high:g}"
    print(f"{betas}: classes below {low:g} rows are filled, classes above {high:g} are thinned")
    for label, target in targets.items():
        if target != sizes[label]:
            print(f"  {label}: {sizes[label]} -> {target}")
    quotas = {c: n - sizes[c] for c, n in targets.items() if n > sizes[c]}
    removed = sum(sizes[c] - n for c, n in targets.items() if n < sizes[c])
    print(f"{sum(quotas.values())} rows to add to {len(quotas)} classes, {removed} to remove")
    if quotas and resampler.generator != "sample-copy":
        print(f"at most {resampler._budget(sizes, quotas)} candidates would be generated")


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
    for command in (balance, inspect):
        command.add_argument("input", metavar="IN", help=f"table ({', '.join(_FORMATS)}), or - for CSV")
        command.add_argument("--text", default="text", metavar="COLUMN", help="column of texts (%(default)s)")
        command.add_argument(
            "--label", default="label", metavar="COLUMN", help="column of labels (%(default)s)"
        )
    balance.add_argument("-o", "--output", metavar="OUT", help="table to write, or - for CSV")
    balance.add_argument(
        "--beta-low", type=_beta, default="auto", help="percent of classes to fill, or auto (%(default)s)"
    )
    balance.add_argument(
        "--beta-high", type=float, default=0, help="percent of classes to thin (%(default)s)"
    )
    balance.add_argument(
        "--generator",
        choices=["causal-lm", "markov-chain", "eda", "sample-copy"],
        default="causal-lm",
        help="what writes the texts (%(default)s)",
    )
    balance.add_argument("--seed", type=int, help="the same seed gives the same texts")
    balance.add_argument("--dry-run", action="store_true", help="show the band, the targets and the cost")
    balance.add_argument("--report", metavar="PAGE", help="HTML page to write about what was done")
    balance.add_argument("--quiet", action="store_true", help="print warnings and errors alone")
    fetch = add("download", _download, "fetch the embedded models ahead of their first use")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="embedded models; all where none is named")
    # Its options are those of python -m skbalagen.benchmark, which is imported only when it is asked for.
    score = commands.add_parser(
        "benchmark", help="score tasks x methods x classifiers x seeds into a table", add_help=False
    )
    score.set_defaults(run=_benchmark)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 2 after an error (one line on stderr), 130 after Ctrl-C, or 141 for a closed pipe."""
    parser = _parser()
    parsed, rest = parser.parse_known_args(arguments)
    if rest and parsed.run is not _benchmark:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    parsed.rest = rest
    try:
        parsed.run(parsed)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output, such as head, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ValueError, TypeError, OSError, RuntimeError, ImportError) as error:
        print(f"skbalagen: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
