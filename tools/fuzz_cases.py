"""The kinds of cases of `fuzz.py`: each takes a random generator and raises if something is wrong."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import fuzz_input as given
import numpy as np
from fuzz_data_cases import DATA_CASES
from fuzz_oracle import check_balanced, expect, may_refuse, must_refuse, values_of
from fuzz_parts import HashedTexts, MalformedGenerator, RandomGenerator, copies, words
from sklearn.base import clone

import skbalagen as sb
from skbalagen.compare import Remedy

__all__ = ["CASES"]

Rng = np.random.Generator
pick = given.pick


def _rows(rng: Rng) -> tuple[list[str], list[Any]]:
    n = int(rng.integers(3, 40))
    return given.texts(rng, n), given.labels(rng, n, int(rng.integers(2, 7)))


def _generator(rng: Rng) -> Any:
    return pick(
        rng,
        [
            "markov-chain",
            "sample-copy",
            sb.EDAGenerator(operations=("swap", "delete")),
            sb.MarkovChainGenerator(order=int(rng.integers(1, 4)), max_words=int(rng.integers(1, 9))),
            RandomGenerator(),
            RandomGenerator(fail=0.9),
            RandomGenerator(novel=0.0),
        ],
    )


def _labelers(rng: Rng) -> Any:
    voting = pick(rng, ["soft", "any", "majority", "all", 1])
    return pick(rng, [[], [words()], sb.LabelerEnsemble(estimators=[words(), words()], voting=voting)])


def _resampler(rng: Rng, y: list[Any]) -> sb.BalaGenResampler:
    sizes = Counter(y)
    strategies: list[Any] = ["auto", "auto", "auto", "all", "not majority", "minority"]
    strategies += [{label: int(rng.integers(1, 30)) for label in sizes if rng.random() < 0.7}]
    low = float(pick(rng, [0, 50, 95, 100, 150, rng.uniform(0, 100)]))
    return sb.BalaGenResampler(
        sampling_strategy=pick(rng, strategies),
        beta_low=low,
        beta_high=float(rng.uniform(0, max(100 - low, 0))) if rng.random() < 0.4 else 0,
        generator=_generator(rng),
        labelers=_labelers(rng),
        balance_training=pick(rng, ["both", "generator", "labelers", None, {"generator": "largest"}]),
        generated_share=pick(rng, [None, 0.3, 1.0]),
        max_candidates=pick(rng, ["auto", 0.1, 3.0]),
        shortfall=pick(rng, ["copy", "copy", "keep"]),
        near_duplicates=pick(rng, ["count", "refuse"]),
        random_state=int(rng.integers(100)),
    )


def resampler_keeps_its_contract(rng: Rng) -> None:
    """Valid rows in any container: the contract holds, input is untouched, and a second run gives the same."""
    texts, labels = _rows(rng)
    X, y = given.wrapped(rng, texts, column=True), given.wrapped(rng, labels)
    resampler = _resampler(rng, labels)
    extra: dict[str, Any] = {}
    if rng.random() < 0.2:
        extra["sample_weight"] = rng.uniform(0.1, 2, len(texts))
    if rng.random() < 0.2:
        extra["groups"] = pick(
            rng, [rng.integers(3, size=len(texts)), np.array([f"g{i % 3}" for i in range(len(texts))])]
        )
    if rng.random() < 0.2 and resampler.labelers != []:
        extra["unlabeled"] = given.texts(rng, int(rng.integers(1, 9)))
    before = deepcopy((values_of(X), values_of(y)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sb.ShortfallWarning)
        X_new, y_new = resampler.fit_resample(X, y, **extra)
        again = clone(resampler).fit_resample(X, y, **extra)
    expect((values_of(X), values_of(y)) == before, "the input was changed")
    check_balanced(resampler, X, y, X_new, y_new)
    expect(
        (values_of(again[0]), values_of(again[1])) == (values_of(X_new), values_of(y_new)),
        "a second run differs",
    )
    for name in ("sample_weight", "groups"):
        if name in extra:
            carried = getattr(resampler, f"{name}_")
            old = resampler.source_indices_ >= 0
            expect(
                (carried[old] == extra[name][resampler.source_indices_[old]]).all(), f"{name} was not carried"
            )


def resampler_refuses_bad_rows(rng: Rng) -> None:
    """Broken texts or labels are refused, and nothing is fitted."""
    texts, labels = _rows(rng)
    resampler = _resampler(rng, labels)
    X, y = texts, labels
    if rng.random() < 0.5:
        X = given.bad_texts(rng, texts)
        # A list or an array of numbers in two columns or more is a table, which may be resampled.
    else:
        y = given.bad_labels(rng, labels)
    must_refuse(lambda: resampler.fit_resample(X, y), f"X={X!r:.200}, y={y!r:.200}")
    expect(not hasattr(resampler, "report_"), "something was fitted")


def resampler_refuses_bad_parameters(rng: Rng) -> None:
    """Parameters out of range are refused."""
    texts, labels = _rows(rng)
    odd = [None, -1, "x", float("nan"), float("inf"), -0.5, [], {}, object(), b"x", 10**30, True]
    names = sorted(sb.BalaGenResampler().get_params(deep=False))
    name = pick(
        rng,
        [
            n
            for n in names
            if n
            not in ("memory", "text_column", "generator", "labelers", "n_jobs", "random_state", "verbose")
        ],
    )
    resampler = _resampler(rng, labels).set_params(**{name: pick(rng, odd)})
    may_refuse(lambda: _quietly(lambda: resampler.fit_resample(texts, labels)))
    strategy = pick(
        rng,
        [
            {"no such class": 3},
            {labels[0]: 0},
            {labels[0]: 2.5},
            {labels[0]: 10**12},
            {labels[0]: "3"},
            lambda y: None,
            "most",
        ],
    )
    resampler = _resampler(rng, labels).set_params(sampling_strategy=strategy)
    must_refuse(lambda: resampler.fit_resample(texts, labels), f"sampling_strategy={strategy!r}")


def _quietly(call: Callable[[], Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return call()


def malformed_generators_are_refused(rng: Rng) -> None:
    """A generator that returns anything but one candidate per index gets a clear error."""
    texts, labels = _rows(rng)
    labels[:] = [labels[0] if i else next(x for x in labels if x != labels[0]) for i in range(len(labels))]
    resampler = sb.BalaGenResampler(
        generator=MalformedGenerator(int(rng.integers(9))), labelers=[], random_state=0
    )
    resampler.set_params(sampling_strategy="all")
    must_refuse(
        lambda: resampler.fit_resample(texts, labels), f"candidates of kind {resampler.generator.kind}"
    )


def generators_are_streams(rng: Rng) -> None:
    """Any part of a stream is the same, whatever else is asked for; bad rows and spans are refused."""
    texts, labels = _rows(rng)
    generator = pick(
        rng,
        [
            sb.SampleCopyGenerator(),
            sb.EDAGenerator(alpha=float(rng.uniform(0.01, 1)), operations=("swap", "delete")),
            sb.MarkovChainGenerator(order=int(rng.integers(1, 4))),
            sb.NlpaugGenerator(HashedTexts()),
            sb.SentenceShuffleGenerator(),
            sb.SentenceInsertionGenerator(),
        ],
    )
    if rng.random() < 0.2:
        texts[0] = " "  # generators take blank rows
    fitted = clone(generator).fit(given.wrapped(rng, texts, column=True), given.wrapped(rng, labels))
    seed, classes = int(rng.integers(9)), list(dict.fromkeys(labels))
    whole = fitted.sample({label: range(6) for label in classes}, random_state=seed)
    expect(list(whole) == classes, f"{list(whole)} was returned for {classes}")
    low, high = sorted(rng.integers(7, size=2).tolist())
    label = pick(rng, classes)
    part = fitted.sample({label: range(low, high)}, random_state=seed)
    expect(part == {label: whole[label][low:high]}, f"{part} is no part of {whole}")
    for text in whole[label]:
        expect(
            text is None or (isinstance(text, str) and (text.strip() or text in texts)), f"candidate {text!r}"
        )
    bad = pick(
        rng,
        [
            {"no such class": range(1)},
            {label: 3},
            {label: range(-2, 1)},
            [label],
            None,
            {label: range(0, 4, 2)},
        ],
    )
    must_refuse(lambda: fitted.sample(bad, random_state=seed), f"spans {bad!r}")
    if rng.random() < 0.5:
        X = [None if i == 0 else text for i, text in enumerate(texts)]
        must_refuse(lambda: clone(generator).fit(X, labels), f"X={X!r:.200}")
    else:
        y = given.bad_labels(rng, labels, classes=False)
        must_refuse(lambda: clone(generator).fit(texts, y), f"y={y!r:.200}")


def labelers_judge(rng: Rng) -> None:
    """Votes have the shape of the candidates; unseen classes and broken rows are refused."""
    texts, labels = _rows(rng)
    ensemble = sb.LabelerEnsemble(
        estimators=[words(), words()][: int(rng.integers(1, 3))], voting=pick(rng, ["soft", "all"])
    )
    ensemble.fit(given.wrapped(rng, texts), given.wrapped(rng, labels))
    X = given.texts(rng, int(rng.integers(1, 9)))
    y = [pick(rng, labels) for _ in X]
    votes, confidence, accepted = ensemble.judge(given.wrapped(rng, X), given.wrapped(rng, y))
    expect(votes.shape == (len(X), len(ensemble.estimators_)) and votes.dtype == bool, "votes")
    expect(((confidence >= 0) & (confidence <= 1 + 1e-9)).all() and accepted.dtype == bool, "confidence")
    guess, *judged = ensemble.assign(X)
    expect(
        all(np.array_equal(a, b) for a, b in zip(judged, ensemble.judge(X, guess), strict=True)),
        "assign differs",
    )
    single = ensemble.judge(X[:1], y[:1])[1]
    expect(np.allclose(single, confidence[:1]), "a text is judged by what stands beside it")
    bad = pick(
        rng, [["no such class"] * len(X), [None] * len(X), [*y[:-1], float("nan")], [*y, y[0]], None, "a"]
    )
    must_refuse(lambda: ensemble.judge(X, bad), f"y={bad!r}")
    must_refuse(lambda: ensemble.judge([None, *X[1:]], y), "None for a text")
    broken = given.bad_labels(rng, labels)
    must_refuse(lambda: clone(ensemble).fit(texts, broken), f"y={broken!r:.200}")


def classifiers_on_words(rng: Rng) -> None:
    """Fits on any container and predicts labels that were there; broken rows are refused."""
    texts, labels = _rows(rng)
    sampler = sb.BalaGenResampler(generator=RandomGenerator(), labelers=[], random_state=0)
    classifier = pick(
        rng,
        [
            sb.LogitAdjustedClassifier(words(), tau=float(rng.uniform(0, 2))),
            sb.RemedyClassifier(words(), sampler=sampler, tau=1.0, generated_weight=0.5),
            sb.RemedyClassifier(words(), sampler=copies(), class_weights=True),
            sb.EmbeddingClassifier(encoder=HashedTexts(), label_texts=bool(rng.integers(2))),
            sb.RemedyClassifier(words(), sampler=sb.LabelTextOverSampler(when="always"), teacher=words()),
        ],
    )
    fitted = _quietly(lambda: clone(classifier).fit(given.wrapped(rng, texts), given.wrapped(rng, labels)))
    X = given.texts(rng, 4)
    predicted = fitted.predict(X)
    expect(len(predicted) == 4 and set(predicted.tolist()) <= set(labels), f"{predicted!r} was predicted")
    proba = fitted.predict_proba(X)
    expect(proba.shape == (4, len(fitted.classes_)) and np.allclose(proba.sum(axis=1), 1), "probabilities")
    if rng.random() < 0.6:
        # A meta-classifier leaves it to its classifier whether one class will do.
        y = given.bad_labels(rng, labels, classes=not isinstance(classifier, sb.LogitAdjustedClassifier))
        must_refuse(lambda: _quietly(lambda: clone(classifier).fit(texts, y)), f"y={y!r:.200}")
    elif not isinstance(classifier, sb.LogitAdjustedClassifier):
        broken = given.bad_texts(rng, texts)
        must_refuse(lambda: _quietly(lambda: clone(classifier).fit(broken, labels)), f"X={broken!r:.200}")


def remedies_are_searched(rng: Rng) -> None:
    """The search scores what it can, and refuses what it cannot."""
    texts, labels = _rows(rng)
    remedies = [
        Remedy(name="none"),
        Remedy(name="logit adjustment", tau=1.0),
        Remedy(name="weights", class_weights=True),
    ]
    search = sb.RemedySearchCV(
        words(), remedies=remedies[: int(rng.integers(1, 4))], cv=2, n_repeats=1, random_state=0
    )
    fitted = may_refuse(
        lambda: _quietly(lambda: search.fit(given.wrapped(rng, texts), given.wrapped(rng, labels)))
    )
    if fitted is None:
        expect(max(Counter(labels).values()) == 1, "a class of two rows can be scored")
        return
    expect(set(fitted.predict(texts[:3]).tolist()) <= set(labels), "unknown labels were predicted")
    score = fitted.cv_results_["mean_test_score"]
    expect(((score >= 0) & (score <= 1)).all(), f"scores {score}")
    bad = pick(rng, [[], ["none"], [None], [remedies[0], remedies[0]], "none", 3])
    must_refuse(lambda: clone(search).set_params(remedies=bad).fit(texts, labels), f"remedies={bad!r}")


def samplers_of_rows(rng: Rng) -> None:
    """TextSampler and LabelTextOverSampler keep containers and rows; broken ones are refused."""
    texts, labels = _rows(rng)
    sampler = pick(
        rng,
        [
            copies(),
            sb.LabelTextOverSampler(when="always"),
            sb.LabelTextOverSampler(encoder=HashedTexts()),
        ],
    )
    X, y = given.wrapped(rng, texts, column=True), given.wrapped(rng, labels)
    X_new, y_new = clone(sampler).fit_resample(X, y)
    expect(type(X_new) is type(X) and type(y_new) is type(y), f"{type(X)} came back as {type(X_new)}")
    expect(values_of(X_new)[: len(texts)] == texts, "originals changed")
    expect(values_of(y_new)[: len(labels)] == labels, "labels changed")
    expect(all(text.strip() for text in values_of(X_new)), "a blank row was added")
    if rng.random() < 0.5:
        bad = given.bad_labels(rng, labels)
        must_refuse(lambda: clone(sampler).fit_resample(texts, bad), f"y={bad!r:.200}")
    else:
        broken = given.bad_texts(rng, texts)
        must_refuse(lambda: clone(sampler).fit_resample(broken, labels), f"X={broken!r:.200}")


CASES: dict[str, Callable[[Rng], None]] = {
    case.__name__: case
    for case in (
        resampler_keeps_its_contract,
        resampler_refuses_bad_rows,
        resampler_refuses_bad_parameters,
        malformed_generators_are_refused,
        generators_are_streams,
        labelers_judge,
        classifiers_on_words,
        remedies_are_searched,
        samplers_of_rows,
        *DATA_CASES,
    )
}
