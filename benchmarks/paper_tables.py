"""The paper's experiments on the tasks at hand: run what is missing, then print the tables.

    python benchmarks/paper_tables.py --tasks shop seaq covidq_category --seeds 2 --memory POOL \
        -o benchmarks/results/paper_tables.jsonl
    python benchmarks/paper_tables.py -o benchmarks/results/paper_tables.jsonl --tables-only

Tepper et al. (2020): Table 3 (augmentation and balancing), Figure 4 (generators over beta_low), Table 4 (policies),
Table 5 (labelers), Table 7 (what the parts are trained on) and section 5.2.6 (generated rows alone). As in the paper,
copies come in only where generated rows run out. All but Table 7 read prefixes of the same candidates: generator and
labelers are trained on classes of equal size, whatever the betas, so that a task and a seed cost one fine-tuning. What
Figure 5 shows, rows added and removed, is drawn by benchmarks/first_run.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from skbalagen.benchmark import as_markdown, read_rows, run, summary_table

PAPER = "generated_share=1.0"
D_S = f"balagen:{PAPER},beta_low=95"
LARGEST = "balance_training={'generator':'largest','labelers':'largest'}"
SHARED = f"{PAPER},{LARGEST}"


def lm(**parameters: object) -> str:
    """Return the name of the method that fills classes with the shared candidates."""
    return ",".join([f"balagen:{SHARED}", *(f"{name}={value}" for name, value in parameters.items())])


BETAS = (20, 40, 60, 80, 90, 95, 100)
EXPERIMENTS: dict[str, dict[str, str]] = {
    "Table 3: augmentation and balancing": {
        "neither": "none",
        "logit adjustment": "logit-adjustment",
        "label texts, logit adjustment": "label-texts+logit-adjustment",
        "under-sampling": "rus",
        "copies, balanced": "copy:beta_low=100",
        "generated, none rejected, balanced": lm(beta_low=100, labelers=[]),
        "generated and labeled, balanced": lm(beta_low=100),
        "generated and labeled, beta_low 80": lm(beta_low=80),
    },
    "Figure 4: generators over beta_low": {
        f"{name}, {beta}": lm(beta_low=beta) if name == "language model" else f"{method}:beta_low={beta}"
        for name, method in (("copies", "copy"), ("EDA", "eda"), ("Markov", "markov"), ("language model", ""))
        for beta in BETAS
    },
    "Table 4: policies": {
        "A baseline": "none",
        "C naive-OS (100, 0)": lm(beta_low=100),
        "D partial-OS (60, 0)": lm(beta_low=60),
        "D partial-OS (80, 0)": lm(beta_low=80),
        "D partial-OS (95, 0)": lm(beta_low=95),
        "E partial-OS-US (80, 5)": lm(beta_low=80, beta_high=5),
        "E partial-OS-US (80, 20)": lm(beta_low=80, beta_high=20),
        "extrapolated (120, 0)": lm(beta_low=120),
    },
    "Table 5: labelers": {
        "none": lm(beta_low=100, labelers=[]),
        "any of three": lm(beta_low=100, voting="any"),
        "two of three": lm(beta_low=100, voting="majority"),
        "all three": lm(beta_low=100, voting="all"),
        "highest mean probability": lm(beta_low=100),
    },
    "Table 7: what generator and labelers are trained on": {
        "the rows as they are": f"{D_S},balance_training=None",
        "labelers on D_S": f"{D_S},balance_training=labelers",
        "generator on D_S": f"{D_S},balance_training=generator",
        "both on D_S": D_S,
    },
    "Section 5.2.6: generated rows alone": {
        "real rows": "none",
        "real rows, class weights": "class-weights",
        "30 generated per class": f"generated-only:{SHARED}",
        "30 generated per class, none rejected": f"generated-only:{SHARED},labelers=[]",
    },
}


def table(rows: list[dict], methods: dict[str, str], classifier: str) -> pd.DataFrame:
    """Return the macro accuracy in percent, one row per method in the order and with the names of `methods`."""
    means = summary_table(rows, classifier=classifier)
    found = {name: means.loc[method] for name, method in methods.items() if method in means.index}
    return pd.DataFrame(found).T.drop(columns="seeds", errors="ignore") if found else pd.DataFrame()


def over_betas(means: pd.DataFrame) -> pd.DataFrame:
    """Return the means over the tasks of Figure 4: one row per generator, one column per beta_low."""
    pairs = [tuple(name.split(", ")) for name in means.index]
    curves = pd.Series(means["mean"].to_numpy(), index=pd.MultiIndex.from_tuples(pairs)).unstack()
    return curves.loc[list(dict.fromkeys(name for name, _ in pairs)), [str(beta) for beta in BETAS]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="+", default=["shop"])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--classifiers", nargs="+", default=["tfidf", "embedding"])
    parser.add_argument("--experiments", nargs="+", help="such as 'Table 5'; default: all")
    parser.add_argument("--memory")
    parser.add_argument("--n-jobs", type=int)
    parser.add_argument("--tables-only", action="store_true")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    chosen = {
        title: methods
        for title, methods in EXPERIMENTS.items()
        if not options.experiments or any(title.startswith(e) for e in options.experiments)
    }
    if not options.tables_only:
        run(
            options.tasks,
            list(dict.fromkeys(method for methods in chosen.values() for method in methods.values())),
            options.classifiers,
            range(options.seeds),
            options.output,
            memory=options.memory,
            n_jobs=options.n_jobs,
        )
    rows = read_rows(options.output)
    for title, methods in chosen.items():
        for classifier in options.classifiers:
            means = table(rows, methods, classifier)
            if not means.empty:
                shown = over_betas(means) if title.startswith("Figure 4") else means
                print(f"\n### {title} ({classifier})\n\n{as_markdown(shown)}")


if __name__ == "__main__":
    main()
