"""Time each part against a reference in the same run: same model, texts and seed, alternating, medians.

    python benchmarks/speed.py [--quick] [--every N] [--parts finetune sample ...] [-o results.json]

References: the obvious fine-tuning loop (float32, rows of D_S copied as they stand, padded batches of 16, AdamW);
``model.generate`` in batches of 32 or 128 class prompts, whichever is faster; three sequence classifiers
fine-tuned one after the other; nlpaug and markovify called directly, a text at a time; imblearn's
RandomOverSampler on a million rows. The ceiling is a bfloat16 (or float32) matrix product of the model's own shapes.

"finetune" times one pass over D_S, "quality" compares what three passes bring, once: perplexity of held-out texts
and the share of candidates that the same labelers accept. "scaling" times sampling by candidates and by classes.
"workers" times two workers against one, with the other core idle and busy, and their memory; with the whole corpus it
takes some five minutes of a machine that does nothing else. "dask" times a cluster on this machine against joblib's own
workers, "betas" nine values of `beta_low` with a cache against one without. `--against FOLDER` times a default fit of
this checkout and another (``git worktree add FOLDER COMMIT``) in alternating processes.
"whole" adds up three passes, sampling of all rows wanted, and the labelers.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from imblearn.over_sampling import RandomOverSampler
from speed_corpus import (
    SEED,
    SHARE,
    Corpus,
    alternate,
    ceiling,
    draw_scaling,
    eda_ours,
    fit_ours,
    markov_ours,
    million_rows,
    per_accepted,
    perplexity,
    read,
    scaling,
    token_rate,
)
from speed_references import (
    PlainSampling,
    fit_reference,
    fit_three_encoders,
    markovify_directly,
    nlpaug_directly,
)
from speed_workers import compare_checkouts, time_betas, time_dask, time_workers

from skbalagen import BalaGenResampler, LabelerEnsemble, SampleCopyGenerator
from skbalagen.datasets import load_csv, load_shop_intents

PARTS = ["quality", "finetune", "sample", "labelers", "eda", "million", "scaling", "workers", "dask", "betas"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="one pass, every third class, of 24 rows at most"
    )
    parser.add_argument("--every", type=int, help="every N-th class alone")
    parser.add_argument(
        "--batch-sizes", type=int, nargs="+", help="of `generate`; default: 32 and 128, with --quick 128"
    )
    parser.add_argument("--data", type=Path, help="CSV file; the bundled corpus if absent")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        help="default: all; with --quick all but quality and the last four; with --against none",
    )
    parser.add_argument("--against", type=Path, help="another checkout, whose default fit is timed too")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--figure", type=Path, help="where the part scaling is drawn")
    options = parser.parse_args()
    slow = ("quality", "scaling", "workers", "dask", "betas") if options.quick else ()
    every_part = [] if options.against else [part for part in PARTS if part not in slow]
    chosen = set(options.parts or every_part)
    batch_sizes = options.batch_sizes or ([128] if options.quick else [32, 128])
    warnings.simplefilter("ignore")

    X, y = (
        load_csv(options.data, drop_empty=True)
        if options.data
        else load_shop_intents(split="train", return_X_y=True)
    )
    some = np.isin(y, np.unique(y)[:: options.every or (3 if options.quick else 1)])
    if options.quick:
        some &= pd.Series(y).groupby(y).cumcount().to_numpy() < 24
    X, y = X[some], y[some]
    corpus = Corpus(X, y, SHARE)
    passes = 1 if options.quick else 3
    ceiling_rate = ceiling()
    table: dict[str, dict[str, Any]] = {}

    def note(part: str, ours: float, reference: float, **more: Any) -> None:
        table[part] = {"ours_s": ours, "reference_s": reference, "ratio": reference / ours} | more
        extra = ", ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in more.items())
        print(
            f"{part:10} ours {ours:8.2f} s   reference {reference:8.2f} s   ratio {reference / ours:5.2f}   {extra}",
            flush=True,
        )

    print(
        f"{len(corpus.y)} rows, D_S {len(corpus.y_balanced)}, {sum(corpus.quotas.values())} wanted; ceiling "
        f"{ceiling_rate:.0f} GFLOP/s",
        flush=True,
    )
    generator = labelers = None
    if {"sample", "labelers", "quality"} & chosen:
        labelers = LabelerEnsemble(voting="majority").fit(corpus.X_balanced, corpus.y_balanced)
    if "quality" in chosen:
        fitted, seconds = {}, {}
        for name, fit in (("ours", fit_ours), ("reference", fit_reference)):
            start = time.perf_counter()
            fitted[name] = fit(corpus, passes)
            seconds[name] = time.perf_counter() - start
        generator = fitted["ours"]
        note(
            "quality",
            seconds["ours"],
            seconds["reference"],
            passes=passes,
            perplexity=perplexity(fitted["ours"], corpus),
            reference_perplexity=perplexity(fitted["reference"], corpus),
            acceptance=read(fitted["ours"], labelers, corpus)["acceptance"],
            reference_acceptance=read(fitted["reference"], labelers, corpus)["acceptance"],
        )
        del fitted
    if "finetune" in chosen:
        runs = alternate(  # models are not kept
            options.repeats,
            ours=lambda: fit_ours(corpus, 1).history_,
            reference=lambda: fit_reference(corpus, 1).classes_,
        )
        note("finetune", runs["ours"]["seconds"], runs["reference"]["seconds"], passes=1)
    if "sample" in chosen or "scaling" in chosen:
        generator = generator or fit_ours(corpus, passes)
    if "sample" in chosen:
        runs = alternate(
            options.repeats,
            ours=lambda: read(generator, labelers, corpus),
            **{str(n): lambda n=n: read(PlainSampling(generator, n), labelers, corpus) for n in batch_sizes},
        )
        ours, theirs, best = (
            runs["ours"],
            *min(((runs[str(n)], n) for n in batch_sizes), key=lambda run: per_accepted(run[0])),
        )
        rate, _ = token_rate(generator, list(corpus.quotas), 128)
        n_weights = sum(p.numel() for p in generator.model_.parameters())
        note(
            "sample",
            # Seconds for as many accepted candidates as the reference has.
            per_accepted(ours) * theirs["results"][-1]["accepted"],
            per_accepted(theirs) * theirs["results"][-1]["accepted"],
            reference_batch_size=best,
            tokens_per_s=rate,
            share_of_ceiling=rate * 2 * n_weights / 1e9 / ceiling_rate,
            acceptance=ours["results"][-1]["acceptance"],
            reference_acceptance=theirs["results"][-1]["acceptance"],
        )
    if "labelers" in chosen:
        runs = alternate(
            options.repeats,
            ours=lambda: LabelerEnsemble(voting="majority").fit(corpus.X_balanced, corpus.y_balanced),
            reference=lambda: fit_three_encoders(corpus, epochs=passes),
        )
        note("labelers", runs["ours"]["seconds"], runs["reference"]["seconds"])
    if {"finetune", "sample", "labelers"} <= table.keys():
        note(
            "whole",
            *(
                passes * table["finetune"][k] + table["sample"][k] / SHARE + table["labelers"][k]
                for k in ("ours_s", "reference_s")
            ),
        )
    rows = scaling(generator, options.quick) if "scaling" in chosen else []
    if rows and options.figure:
        draw_scaling(rows, options.figure)
    if "eda" in chosen:
        n = 2000 if options.quick else 10_000
        for name, ours, theirs in (
            ("eda", eda_ours, nlpaug_directly),
            ("markov", markov_ours, markovify_directly),
        ):
            runs = alternate(
                options.repeats, ours=lambda f=ours: f(corpus, n), reference=lambda f=theirs: f(corpus, n)
            )
            note(name, runs["ours"]["seconds"], runs["reference"]["seconds"], texts=n)
    if "million" in chosen:
        texts, labels = million_rows(1_000_000)
        copying = BalaGenResampler(generator=SampleCopyGenerator(), beta_low=100, random_state=SEED)
        over = RandomOverSampler(random_state=SEED)
        runs = alternate(
            options.repeats,
            ours=lambda: len(copying.fit_resample(texts, labels)[1]),
            reference=lambda: len(over.fit_resample(texts.reshape(-1, 1), labels)[1]),
        )
        note(
            "million", runs["ours"]["seconds"], runs["reference"]["seconds"], rows=runs["ours"]["results"][-1]
        )
    if "workers" in chosen:
        time_workers(corpus, options.repeats, note)
    if "dask" in chosen:
        time_dask(corpus, options.repeats, note)
    if "betas" in chosen:
        time_betas(X, y, note)
    if options.against:
        compare_checkouts(
            options.against, options.every or (3 if options.quick else 1), options.repeats, note
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.2f} GB (of the references too)")
    if options.output:
        facts = {
            "quick": options.quick,
            "rows": len(corpus.y),
            "repeats": options.repeats,
            "data": options.data.name if options.data else "shop intents",
            "ceiling_gflops": ceiling_rate,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "peak_memory_gb": peak,
            "parts": table,
            "scaling": rows,
        }
        options.output.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
