"""Data sets, split by a seed: what is trained on, what is tuned on, what is scored."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from skbalagen._utils.text import is_own_label
from skbalagen.datasets import load_shop_intents, make_long_tailed

__all__ = ["TASKS", "Split", "Task", "load_split"]


@dataclass(frozen=True)
class Task:
    """How a file becomes a split.

    Attributes
    ----------
    file : str
        Name in the data folder, without ``.csv``; "" is the bundled corpus.
    imbalance : {"natural", "step", "linear", "long-tailed"}
        What is done to the class sizes of the training rows; "step" has a share `mu` of small classes.
    ratio : float
        rho, the largest class over the smallest, where the imbalance is made.
    mu : float
        Share of small classes of "step".
    n_max : int or None
        Training rows of the largest class of "long-tailed"; None is all that it has.
    train_share : float
        Of the rows, where they are split at random; the rest is halved into validation and test rows.
    n_classes : int or None
        Classes drawn at random by the seed, where a set is too large for all of them.
    own_split : bool
        Whether the file's own validation and test rows are used, else 80:10:10 as in the paper.
    """

    file: str
    imbalance: Literal["natural", "step", "linear", "long-tailed"] = "natural"
    ratio: float = 10
    mu: float = 0.5
    n_max: int | None = None
    train_share: float = 0.8
    n_classes: int | None = None
    own_split: bool = False


TASKS = {
    "shop": Task("", own_split=True),
    "atis": Task("atis"),
    "seaq": Task("seaq", imbalance="long-tailed"),
    "covidq": Task("covidq"),
    "covidq_category": Task("covidq_category"),
    "clinc150": Task("clinc150_imbalanced", own_split=True),
    "clinc15": Task("clinc150_imbalanced", own_split=True, n_classes=15),
    "banking77": Task("banking77", imbalance="long-tailed", own_split=True),
    "banking15": Task("banking77", imbalance="long-tailed", own_split=True, n_classes=15),
    # Few training rows and many to score on: differences of a point show in few seeds.
    "banking15_few": Task("banking77", "long-tailed", n_max=50, own_split=True, n_classes=15),
    "clinc15_few": Task("clinc150_imbalanced", "long-tailed", n_max=50, own_split=True, n_classes=15),
    "covidq_category_few": Task("covidq_category", train_share=0.3),
    "covidq_few": Task("covidq", train_share=0.4),
    # Long texts, a median of 76 words.
    "newsgroups": Task("newsgroups", imbalance="long-tailed"),
    "banking15_step": Task("banking77", imbalance="step", own_split=True, n_classes=15),
    "banking15_linear": Task("banking77", imbalance="linear", own_split=True, n_classes=15),
}


@dataclass(frozen=True)
class Split:
    """Texts and labels, each an ndarray of object: training, validation and test rows.

    The rest are training rows that a made imbalance left out. No method sees them; they show what real rows in
    place of generated ones would give.
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_valid: np.ndarray
    y_valid: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    X_rest: np.ndarray
    y_rest: np.ndarray


def load_split(name: str, seed: int, *, data: str | Path | None = None) -> Split:
    """Return the split of a task.

    Parameters
    ----------
    name : str
        One of `TASKS`.
    seed : int
        Of the split, the order of the classes in a long tail, and the classes drawn.
    data : str or path-like, default=None
        Folder of the CSV files; None is the environment variable SKBALAGEN_DATA.

    Raises
    ------
    FileNotFoundError
        The folder or the file is not there.
    """
    task = TASKS[name]
    table = _read(task, data)
    rng = np.random.default_rng(seed)
    if task.n_classes is not None:
        chosen = rng.choice(np.unique(table["label"]), task.n_classes, replace=False)
        table = table[table["label"].isin(chosen)].reset_index(drop=True)
    train, valid, test = (
        _own_rows(table, seed) if task.own_split else _random_rows(table, task.train_share, seed)
    )
    rest = train[:0]
    if task.imbalance != "natural":
        kept = _imbalanced(table["label"].to_numpy()[train], task, seed)
        train, rest = train[kept], np.delete(train, kept)
    X, y = table["text"].to_numpy(dtype=object), table["label"].to_numpy(dtype=object)
    # A class without training rows cannot be learned; a text that is its own label (the first question of each
    # class of SEAQ) is no secret to a method that reads labels.
    known = set(y[train])
    fair = np.array([c in known and not is_own_label(text, c) for text, c in zip(X, y, strict=True)])
    valid, test = (rows[fair[rows]] for rows in (valid, test))
    parts = (train, valid, test, rest)
    return Split(*(column[rows] for rows in parts for column in (X, y)))


def _read(task: Task, data: str | Path | None) -> pd.DataFrame:
    if not task.file:
        parts = {split: load_shop_intents(split=split, return_X_y=True) for split in ("train", "test")}
        frames = [pd.DataFrame({"text": X, "label": y, "split": split}) for split, (X, y) in parts.items()]
        return pd.concat(frames, ignore_index=True)
    folder = data or os.environ.get("SKBALAGEN_DATA")
    path = Path(folder or ".") / f"{task.file}.csv"
    if folder is None or not path.is_file():
        raise FileNotFoundError(
            f"The benchmark data {path.name} was not found in {folder or 'SKBALAGEN_DATA, which is not set'}. Set "
            "SKBALAGEN_DATA to the folder of the CSV files (columns text, label and split)."
        )
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table[table["text"].str.strip() != ""].reset_index(drop=True)


def _own_rows(table: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split as the source does; validation rows are taken from the training rows where it has none."""
    split = table["split"].to_numpy()
    train, test = np.flatnonzero(split == "train"), np.flatnonzero(split == "test")
    valid = np.flatnonzero(np.isin(split, ["val", "valid", "validation"]))
    if not len(valid):
        train, valid = _stratified(train, table["label"].to_numpy(), 0.1, seed)
    return train, valid, test


def _random_rows(
    table: pd.DataFrame, train_share: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split off the training rows, stratified, and halve the rest: 80:10:10 as in the paper."""
    labels = table["label"].to_numpy()
    train, rest = _stratified(np.arange(len(labels)), labels, 1 - train_share, seed)
    valid, test = _stratified(rest, labels, 0.5, seed)
    return train, valid, test


def _stratified(
    rows: np.ndarray, labels: np.ndarray, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split off a share of the rows; classes of one row stay in the first part."""
    sizes = Counter(labels[rows].tolist())
    single = np.array([sizes[label] == 1 for label in labels[rows].tolist()])
    first, second = train_test_split(
        rows[~single], test_size=share, stratify=labels[rows[~single]], random_state=seed
    )
    return np.sort(np.concatenate([first, rows[single]])), np.sort(second)


def _imbalanced(y: np.ndarray, task: Task, seed: int) -> np.ndarray:
    """Choose rows so that the class sizes fall off as the task says; classes in random order."""
    if task.imbalance == "long-tailed":
        return make_long_tailed(y, y, ratio=task.ratio, n_max=task.n_max, random_state=seed)
    rng = np.random.default_rng(seed)
    classes = rng.permutation(np.unique(y))
    largest = max(Counter(y.tolist()).values())
    places = np.linspace(0, 1, len(classes))
    small = np.where(places < task.mu, 1.0, 0.0) if task.imbalance == "step" else places
    kept = []
    for label, share in zip(classes, small, strict=True):
        rows = np.flatnonzero(y == label)
        wanted = round(largest * (1 - share * (1 - 1 / task.ratio)))
        kept.append(rng.permutation(rows)[: max(1, wanted)])
    return np.sort(np.concatenate(kept))
