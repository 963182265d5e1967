"""The command line of the benchmark: python -m skbalagen.benchmark, or skbalagen benchmark."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence

from skbalagen.benchmark import TASKS, run, tables
from skbalagen.benchmark.families import all_methods, family_table
from skbalagen.benchmark.methods import CLASSIFIERS, FREE_REMEDIES, parse_method

_EXAMPLES = """\
examples:
  %(prog)s --methods free --classifiers tfidf --seeds 3
  %(prog)s --methods label-texts+logit-adjustment balagen+logit-adjustment --memory cache
  %(prog)s --tasks atis seaq --output results.jsonl     (SKBALAGEN_DATA names the folder of atis.csv)
  %(prog)s --tables-only --output results.jsonl
"""


def main(arguments: Sequence[str] | None = None, *, prog: str = "python -m skbalagen.benchmark") -> int:
    """Run a grid, or print the table of a file of rows."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Score each method on each task with each classifier and seed, and print the means.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=["shop"])
    parser.add_argument(
        "--methods",
        nargs="+",
        default=["free", "balagen"],
        help="free: all free remedies; all: every method of the survey, with the table of families; none; or "
        "parts joined by +: label-texts, ros, rus, smote, class-weights, vectors:NAME, train:PARAMETERS, "
        "logit-adjustment, and eda, markov, copy, prompt, balagen with parameters after a colon",
    )
    parser.add_argument("--classifiers", nargs="+", choices=list(CLASSIFIERS), default=["tfidf", "embedding"])
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, from --first-seed")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--output", default="benchmark.jsonl", help="rows, as JSON lines; it is resumed")
    parser.add_argument("--memory", help="folder of the component cache")
    parser.add_argument("--n-jobs", type=int, help="workers of one thread; -1 is all cores")
    parser.add_argument("--tables-only", action="store_true", help="print the tables of --output")
    options = parser.parse_args(arguments)
    several = {"free": list(FREE_REMEDIES), "all": all_methods()}
    methods = list(dict.fromkeys(m for name in options.methods for m in several.get(name, [name])))
    if not options.tables_only:
        run(
            options.tasks,
            methods,
            options.classifiers,
            range(options.first_seed, options.first_seed + options.seeds),
            options.output,
            memory=options.memory,
            n_jobs=options.n_jobs,
        )
    rows = tables.read_rows(options.output)
    if "all" in options.methods:
        for classifier in options.classifiers:
            table = family_table(rows, classifier=classifier)
            print(f"\n{classifier}, macro, percent, families\n\n{tables.as_markdown(table)}")
            if unfit := [method for method in methods if not parse_method(method).fits(classifier)]:
                print(f"\nNot for the classifier {classifier}: {', '.join(unfit)}")
        return 0
    ours = sorted({row["method"] for row in rows if "balagen" in row["method"]})
    for classifier in options.classifiers:
        for measure in ("macro", "micro", "macro_f1", "brier", "ece"):
            table = tables.summary_table(rows, classifier=classifier, measure=measure)
            if not table.empty:
                print(f"\n{classifier}, {measure}, percent\n\n{tables.as_markdown(table)}")
        single = tables.best_single(rows, classifier=classifier, methods=FREE_REMEDIES)
        rivals = [("the best free remedy of each task", list(FREE_REMEDIES))]
        rivals += [("the best single free remedy", [single])] if single else []
        for method, (said, baselines) in itertools.product(ours, rivals):
            table = tables.comparison_table(rows, classifier=classifier, method=method, baselines=baselines)
            if not table.empty:
                print(f"\n{classifier}, macro, {method} against {said}\n\n{tables.as_markdown(table)}")
        table = tables.size_table(rows, classifier=classifier)
        if not table.empty:
            print(f"\n{classifier}, accuracy by training rows of the class\n\n{tables.as_markdown(table)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
