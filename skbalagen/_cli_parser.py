"""The options of each command."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from skbalagen._utils.table_files import FORMATS

__all__ = ["make_parser"]

_EXAMPLES = """\
examples:
  skbalagen compare intents.csv --text utterance --label intent --report comparison.html
  skbalagen download
  skbalagen inspect intents.csv --text utterance --label intent
  skbalagen balance intents.csv --text utterance --label intent -o balanced.csv --report page.html
  skbalagen balance intents.csv --dry-run --strategy grow
  skbalagen balance intents.csv -o balanced.csv --generator causal-lm --generator eda
  cat intents.csv | skbalagen balance - -o - --generator markov-chain --seed 0 > balanced.csv
  skbalagen benchmark --tasks shop --methods none ros markov --classifiers tfidf --seeds 3
"""


def make_parser(
    commands: Mapping[str, Callable[[argparse.Namespace], None]], version: str
) -> argparse.ArgumentParser:
    """Return the parser of the command line; what it returns has the function to call as `run`.

    Parameters
    ----------
    commands : mapping of {str: callable}
        What "balance", "inspect", "compare", "download" and "benchmark" call.
    version : str
        Of the package.
    """
    parser = argparse.ArgumentParser(
        prog="skbalagen",
        description="Balance text classification data by generating text.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"skbalagen {version}")
    parsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        command = parsers.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=_EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=commands[name])
        return command

    balance = add("balance", "fill small classes with generated texts and thin large ones")
    inspect = add("inspect", "show class sizes, repeated texts and what several betas would add")
    compare = add("compare", "say which remedy for class imbalance pays on these rows")
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
        command.add_argument(
            "--cache-size",
            type=_gigabytes,
            default=4.0,
            metavar="GB",
            help="above it, what was not used for longest is removed from the cache (%(default)s)",
        )
    _add_balance_options(balance)
    _add_compare_options(compare)
    fetch = add("download", "fetch the embedded models and WordNet before their first use")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="what to fetch (all of it)")
    fetch.add_argument("--verify", action="store_true", help="check every byte, fetch again what is damaged")
    # Its options are those of python -m skbalagen.benchmark, which is imported only when it is asked for.
    score = parsers.add_parser(
        "benchmark", help="score tasks x methods x classifiers x seeds into a table", add_help=False
    )
    score.set_defaults(run=commands["benchmark"])
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
        choices=["causal-lm", "prompt", "endpoint", "markov-chain", "eda", "sample-copy"],
        action="append",
        help="what writes the texts: causal-lm is a language model trained on your rows, prompt one that is shown some "
        "of them, endpoint one behind a server that speaks OpenAI's protocol; several of these options take turns "
        "(causal-lm)",
    )
    balance.add_argument(
        "--model",
        help="hub id or folder for causal-lm and prompt, or, with endpoint, the model on the server",
    )
    balance.add_argument("--base-url", metavar="URL", help="of the server, such as http://127.0.0.1:8000/v1")
    balance.add_argument("--max-requests", type=int, metavar="N", help="most requests to the server")
    balance.add_argument(
        "--seed", type=int, default=0, help="the same seed gives the same texts (%(default)s)"
    )
    balance.add_argument(
        "--max-minutes",
        type=float,
        metavar="MINUTES",
        help="end with the best result so far after so many minutes; the same seed may give other texts then (no limit)",
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
        "--max-minutes",
        type=float,
        default=10.0,
        metavar="MINUTES",
        help="no trial is started that would end later; the language model needs several minutes (%(default)s)",
    )
    compare.add_argument("--folds", type=int, default=3, help="folds of the cross-validation (%(default)s)")
    compare.add_argument("--seed", type=int, default=0, help="of folds and generators (%(default)s)")
    compare.add_argument("--report", metavar="PAGE", help="HTML page to write")
    compare.add_argument("--quiet", action="store_true", help="print no progress bars")
