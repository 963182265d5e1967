"""The methods of the survey by family (Henning et al. 2023), for one table of all of them beside each other."""

from __future__ import annotations

from typing import Any

import pandas as pd

__all__ = ["FAMILIES", "all_methods", "family_table"]

# {family: {what a table calls it: the method's name for parse_method}}. What needs a server is left out. Methods for
# several labels per row take each class as a label, and the likeliest is predicted.
FAMILIES: dict[str, dict[str, str]] = {
    "none": {"plain": "none"},
    "after the fit": {
        "logit adjustment": "logit-adjustment",
        "tau-normalisation": "train:tau=1.0",
    },
    "weights and start": {
        "balanced weights": "train:class_weight=balanced",
        "effective number": "train:class_weight=effective-number",
        "prior as bias": "train:bias_init=prior",
    },
    "losses": {
        "focal": "train:loss=focal",
        "dice": "train:loss=dice",
        "self-adjusting dice": "train:loss=self-adjusting-dice",
        "LDAM": "train:loss=ldam,head=cosine",
        "ranking": "train:loss=ranking",
        "logit-adjusted": "train:loss=logit-adjusted",
    },
    "row samplers": {
        "class-aware": "train:sampler=class-aware",
        "square-root": "train:sampler=square-root",
        "temperature": "train:sampler=temperature",
        "progressive": "train:sampler=progressive",
        "performance": "train:sampler=performance",
        "repeat factor": "train:sampler=repeat-factor",
        "down-sampling, up-weighting": "train:sampler=class-aware,reweight=True",
    },
    "stages": {
        "cRT": "train:stages=crt",
        "DRW": "train:stages=drw",
        "LDAM-DRW": "train:loss=ldam,head=cosine,stages=drw",
        "sequential targeting": "train:stages=sequential-targeting",
    },
    "heads": {
        "cosine": "train:head=cosine",
        "prototype": "train:head=prototype",
        "set convolution": "train:head=set-convolution",
    },
    "one label of several": {
        "binary cross-entropy": "train:loss=binary-cross-entropy",
        "binary cross-entropy, weights": "train:loss=binary-cross-entropy,class_weight=balanced",
        "binary focal": "train:loss=binary-focal",
        "binary LDAM": "train:loss=binary-ldam,head=cosine",
        "distribution-balanced": "train:loss=distribution-balanced,sampler=class-aware",
        "siamese": "train:loss=binary-cross-entropy,head=siamese",
        "ML-ROS": "ml-ros",
    },
    "token vectors": {"TextCut": "train:augment=textcut"},
    "vector samplers": {
        "SMOTE": "smote",
        "ADASYN": "vectors:adasyn",
        "GE3": "vectors:ge3",
        "REPRINT": "vectors:reprint",
        "ECRT": "vectors:ecrt",
        "MISO": "vectors:miso",
        "VAE": "vectors:vae",
        "WGAN-GP": "vectors:gan",
    },
    "rows": {
        "over-sampling": "ros",
        "under-sampling": "rus",
        "label texts": "label-texts",
        "label texts, logit adjustment": "label-texts+logit-adjustment",
        "pseudo-labels": "pseudo-labels",
    },
    "texts": {
        "copies by policy": "copy",
        "EDA": "eda",
        "Markov chain": "markov",
        "sentence shuffle": "sentence-shuffle",
        "sentence insertion": "sentence-insertion",
        "embedding substitution": "embedding-substitution",
        "masked language model": "masked-lm",
        "back-translation": "back-translation",
        "prompted language model": "prompt",
        "language model": "balagen",
    },
}


def all_methods() -> list[str]:
    """Return the names of all methods, for :func:`skbalagen.benchmark.run`.

    Examples
    --------
    >>> len(all_methods()) == len(set(all_methods())), all_methods()[0]
    (True, 'none')
    """
    return [method for members in FAMILIES.values() for method in members.values()]


def family_table(rows: list[dict[str, Any]], *, classifier: str, measure: str = "macro") -> pd.DataFrame:
    """Return the families beside each other.

    Parameters
    ----------
    rows : list of dict
        As :func:`skbalagen.benchmark.read_rows` gives them.
    classifier : str
    measure : str, default="macro"
        One of the measures of a row.

    Returns
    -------
    DataFrame
        One row per method that has rows: its "family"; one column per task with the mean over the seeds, in
        percent; their "mean", where no task is missing; "seconds" of resampling and fit, the mean over all
        rows; "seeds", the fewest of any task.
    """
    table = pd.DataFrame([row for row in rows if row["classifier"] == classifier])
    if table.empty:
        return table
    table["seconds"] = table["resample_seconds"] + table["fit_seconds"]
    by_task = table.groupby(["method", "task"])[measure]
    wide = 100 * by_task.mean().unstack()
    wide["mean"] = wide.mean(axis=1, skipna=False)
    wide["seconds"] = table.groupby("method")["seconds"].mean()
    wide["seeds"] = by_task.count().unstack().min(axis=1).astype(int)
    found = [
        {"method": shown, "family": family, **wide.loc[method]}
        for family, members in FAMILIES.items()
        for shown, method in members.items()
        if method in wide.index
    ]
    return pd.DataFrame(found).set_index("method")
