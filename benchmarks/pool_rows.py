"""Pools of candidates, and the rows that a recipe makes of one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from recipe_names import Recipe
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from skbalagen import TextRules
from skbalagen._utils.text import fold_text, is_own_label
from skbalagen.benchmark import Split
from skbalagen.benchmark.methods import KnownTexts
from skbalagen.classifiers.label_texts import LabelTextOverSampler

WEIGHTS = np.array([1.0, 1.0, 4.0]) / 6  # of words, characters and meaning: the default labelers
LEAST = 0.02  # share of a soft label that is worth a row


@dataclass
class Pool:
    """Candidates of a task and a seed, without failed and repeated ones and labels.

    Attributes
    ----------
    split : Split
    texts, labels : ndarrays of shape (n_candidates,)
    classes : ndarray of shape (n_classes,)
    proba : ndarray of shape (n_labelers, n_candidates, n_classes)
    valid, test : ndarrays of shape (n_labelers, n_rows, n_classes)
        The labelers' probabilities of the validation and the test rows.
    """

    split: Split
    texts: np.ndarray
    labels: np.ndarray
    classes: np.ndarray
    proba: np.ndarray
    valid: np.ndarray
    test: np.ndarray

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Training rows of each class."""
        return dict(Counter(self.split.y_train.tolist()))

    @cached_property
    def own(self) -> np.ndarray:
        """Column of each candidate's class."""
        return np.searchsorted(self.classes, self.labels)

    @cached_property
    def mean(self) -> np.ndarray:
        """Weighted mean of the labelers' probabilities, of shape (n_candidates, n_classes)."""
        return np.tensordot(WEIGHTS, self.proba, axes=1)

    def well_formed(self) -> Pool:
        """Return the candidates that the rules of utterances do not refuse."""
        rules = TextRules().learn(self.split.X_train, self.split.y_train)
        kept = np.array([not reason for reason in rules.reasons(self.texts.tolist(), self.labels.tolist())])
        return replace(self, texts=self.texts[kept], labels=self.labels[kept], proba=self.proba[:, kept])

    def targets(self, teacher: str, rows: np.ndarray) -> np.ndarray:
        """Return a teacher's probabilities of some candidates, of shape (n_rows, n_classes)."""
        if teacher == "mean":
            return self.mean[rows]
        return self.proba[2, rows] if teacher == "meaning" else self.proba[:2, rows].mean(axis=0)

    @cached_property
    def real_looking(self) -> np.ndarray:
        """p(real) / p(generated) of each candidate by sentence vectors, out of fold, from 0.1 to 10, mean 1."""
        vectors = KnownTexts().transform(np.concatenate([self.split.X_train, self.texts]))
        real = np.arange(len(vectors)) < len(self.split.X_train)
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000)
        p = cross_val_predict(model, vectors, real, cv=5, method="predict_proba")[~real, 1]
        ratio = np.clip(p / (1 - p), 0.1, 10)
        return ratio / ratio.mean()

    @cached_property
    def words_order(self) -> np.ndarray:
        """Rank of each candidate in its class, greedily by the words that its rows and those before do not have.

        Words that come once in all texts count for nothing, lest gibberish come first.
        """
        analyze = TfidfVectorizer().build_analyzer()
        words, real = ([set(analyze(text)) for text in part] for part in (self.texts, self.split.X_train))
        counts = Counter(word for each in [*words, *real] for word in each)
        words = [{word for word in each if counts[word] > 1} for each in words]
        order = np.zeros(len(words))
        for label in self.classes:
            left = np.flatnonzero((self.labels == label) & self.accepted("mean")).tolist()
            seen = set().union(*(real[i] for i in np.flatnonzero(self.split.y_train == label)))
            for rank in range(len(left)):
                best = max(left, key=lambda i: len(words[i] - seen))
                order[best] = rank
                seen |= words[best]
                left.remove(best)
        return order

    def accepted(self, rule: str) -> np.ndarray:
        """Return which candidates a rule accepts."""
        votes = (self.proba.argmax(axis=2) == self.own).sum(axis=0)
        if rule in ("majority", "all"):
            return votes >= {"majority": 2, "all": 3}[rule]
        if rule == "words":
            return self.proba[:2].mean(axis=0).argmax(axis=1) == self.own
        if rule == "any":
            return np.ones(len(self.own), dtype=bool)
        wanted = self.mean[np.arange(len(self.own)), self.own]
        others = self.mean.copy()
        others[np.arange(len(self.own)), self.own] = -1
        return wanted - others.max(axis=1) >= (float(rule.split()[1]) if rule.startswith("margin") else 0)


@dataclass
class Rows:
    """Rows to fit on.

    Attributes
    ----------
    X, weights : ndarrays of shape (n_rows,)
        Texts and what they count.
    targets : ndarray of shape (n_rows, n_classes)
        Share of each class; one of them is 1 in hard targets.
    n_real : int
        Real rows and labels, which come first.
    """

    X: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    n_real: int

    def shares(self, rows: slice = slice(None)) -> np.ndarray:
        """Return each class's share of the weight of some rows."""
        totals = self.weights[rows] @ self.targets[rows]
        return totals / totals.sum()

    def hard(self, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return texts, labels and weights: a row for each class that has a share worth one."""
        shares = np.where(self.targets < LEAST, 0, self.targets)
        shares /= shares.sum(axis=1, keepdims=True)
        row, column = np.nonzero(shares)
        return self.X[row], classes[column], self.weights[row] * shares[row, column]


def load_pool(path: Path, split: Split) -> Pool:
    """Read a pool that benchmarks/make_pools.py wrote."""
    with np.load(path) as file:
        texts, labels = (file[name].astype(object) for name in ("texts", "labels"))
        seen = {fold_text(text) for text in split.X_train}
        kept = []
        for i, (text, label) in enumerate(zip(texts.tolist(), labels.tolist(), strict=True)):
            folded = fold_text(text)
            if folded and folded not in seen and not is_own_label(text, label):
                seen.add(folded)
                kept.append(i)
        parts = [file[name].astype(np.float32) for name in ("proba", "valid", "test")]
        return Pool(
            split, texts[kept], labels[kept], file["classes"].astype(object), parts[0][:, kept], *parts[1:]
        )


def make_rows(recipe: Recipe, pool: Pool) -> Rows:
    """Return the rows that `recipe` makes of `pool`."""
    split = pool.split
    X, y = split.X_train, split.y_train
    if recipe.labels:
        X, y = LabelTextOverSampler(encoder=KnownTexts()).fit_resample(X, y)
    weights = np.ones(len(y))
    if recipe.copies:
        all_sizes = Counter(y.tolist())
        weights = np.array([max(all_sizes.values()) / all_sizes[label] for label in y.tolist()])
    new_X, rows = _new_rows(recipe, pool)
    one_hot = np.eye(len(pool.classes))
    if recipe.select == "rest":
        targets = one_hot[np.searchsorted(pool.classes, split.y_rest[rows])]
    elif recipe.targets == "hard":
        targets = one_hot[pool.own[rows]]
    else:
        targets = pool.targets(recipe.teacher, rows) ** recipe.power
        targets /= targets.sum(axis=1, keepdims=True)
    new_weights = np.full(len(rows), recipe.weight)
    if recipe.targets == "relabeled":
        new_weights *= targets.max(axis=1)
        targets = one_hot[targets.argmax(axis=1)]
    if recipe.ratio:
        new_weights *= pool.real_looking[rows]
    return Rows(
        np.concatenate([X, new_X]),
        np.concatenate([one_hot[np.searchsorted(pool.classes, y)], targets]),
        np.concatenate([weights, new_weights]),
        len(y),
    )


def _new_rows(recipe: Recipe, pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts that are added and their row numbers among the candidates (or the rows left out)."""
    if recipe.select == "rest":
        texts, labels = pool.split.X_rest, pool.split.y_rest
        allowed, order = np.ones(len(labels), dtype=bool), np.arange(len(labels))
    else:
        texts, labels = pool.texts, pool.labels
        allowed = pool.accepted("any" if recipe.targets in ("distilled", "relabeled") else recipe.select)
        order = pool.words_order if recipe.order == "words" else np.arange(len(labels))
    sizes = pool.sizes
    largest, median = max(sizes.values()), np.median(list(sizes.values()))
    kept = [np.empty(0, dtype=int)]
    for label, n in sizes.items():
        if (recipe.fill == "not largest" and n == largest) or (recipe.fill == "below median" and n > median):
            continue
        rows = np.flatnonzero(allowed & (labels == label))
        rows = rows[np.argsort(order[rows], kind="stable")]
        kept.append(rows[: max(0, min(recipe.most, recipe.upto - n))])
    rows = np.concatenate(kept)
    return texts[rows], rows
