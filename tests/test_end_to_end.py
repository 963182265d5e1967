"""The default resampler on the bundled corpus, with the embedded models."""

from __future__ import annotations

import pickle
import warnings
from collections import Counter

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skbalagen import BalaGenResampler, CausalLMGenerator, SentenceEncoder, ShortfallWarning
from skbalagen._utils.text import fold_text
from skbalagen.datasets import load_shop_intents
from skbalagen.metrics.classification import macro_accuracy

pytestmark = pytest.mark.model

# Classes of the bundled corpus, and how many of their rows make a quick data set.
SMALL = [("order_status", 20), ("gift_wrapping", 7), ("cancel_order", 10)]


@pytest.fixture(scope="module")
def balanced():
    X, y = load_shop_intents(split="train", return_X_y=True)
    resampler = BalaGenResampler(beta_low=80, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        X_new, y_new = resampler.fit_resample(X, y)
    return X, y, X_new, y_new, resampler


def test_every_class_ends_in_the_band(balanced):
    *_, y_new, resampler = balanced
    low, high = resampler.band_
    assert all(low <= n <= high for n in Counter(y_new).values())
    assert Counter(y_new) == resampler.sampling_strategy_
    report = resampler.report_
    wanted = report["n_target"] - report["n_before"]
    shares = report["n_before"].map(CausalLMGenerator.advised_share)
    assert shares.nunique() > 1
    assert (report["n_generated"] <= np.ceil(shares * wanted)).all()
    assert report["n_generated"].sum() == resampler.is_synthetic_.sum() > 0.8 * (shares * wanted).sum()
    assert (report["n_generated"] + report["n_copied"] == wanted).all()


def test_generated_texts_are_new_and_distinct(balanced):
    X, _, X_new, _, resampler = balanced
    generated = [fold_text(text) for text in X_new[resampler.is_synthetic_]]
    assert len(set(generated)) == len(generated)
    assert not set(generated) & {fold_text(text) for text in X}


def test_labels_are_texts_of_their_classes(balanced):
    _, _, X_new, y_new, resampler = balanced
    assert resampler.labelers_.estimators_[2].label_texts_used_
    small = set(y_new[resampler.is_synthetic_])
    texts = set(zip(X_new, y_new, strict=True))
    assert sum((c.replace("_", " "), c) in texts for c in small) > 0.8 * len(small)


def test_labelers_refuse_and_do_not_all_agree(balanced):
    resampler = balanced[-1]
    assert (resampler.candidates_["verdict"] == "rejected").sum() > 20
    agreement = np.array(resampler.report_.attrs["labeler_agreement"])[np.triu_indices(3, k=1)]
    assert ((agreement > 0.5) & (agreement < 0.99)).all()


def test_fitted_resampler_is_small_when_pickled_and_explains_itself(balanced):
    resampler = balanced[-1]
    pickled = pickle.dumps(resampler)
    assert len(pickled) < 5_000_000
    loaded = pickle.loads(pickled)
    assert loaded.report_.equals(resampler.report_)
    assert loaded.candidates_.equals(resampler.candidates_)
    assert loaded.generator_.prompts_ == resampler.generator_.prompts_


def test_language_model_is_saved_and_loaded(balanced, tmp_path):
    generator = balanced[-1].generator_
    generator.save(tmp_path)
    spans = {"gift_wrapping": range(3)}
    loaded = CausalLMGenerator.load(tmp_path)
    assert loaded.sample(spans, random_state=1) == generator.sample(spans, random_state=1)


def test_side_by_side_with_smote_on_sentence_vectors():
    X, y = load_shop_intents(split="train", return_X_y=True)
    few = np.concatenate([np.flatnonzero(y == c)[:n] for c, n in SMALL])
    pipeline = Pipeline(
        [
            ("texts", "passthrough"),
            ("vectors", SentenceEncoder()),
            ("numbers", "passthrough"),
            ("clf", LogisticRegression(max_iter=1000)),
        ]
    )
    alternatives = [
        {"texts": [BalaGenResampler(generator="markov-chain", random_state=0), "passthrough"]},
        {"numbers": [SMOTE(k_neighbors=2, random_state=0), RandomOverSampler(random_state=0)]},
        {"numbers": [RandomUnderSampler(random_state=0)]},
    ]
    search = GridSearchCV(pipeline, alternatives, cv=2, scoring="balanced_accuracy", error_score="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        search.fit(X[few], y[few])
    assert (search.cv_results_["mean_test_score"] > 1 / 3).all()
    assert len(search.cv_results_["params"]) == 5


def test_rare_classes_are_recognised_better_than_after_copying(balanced):
    X, y, X_new, y_new, _ = balanced
    X_test, y_test = load_shop_intents(split="test", return_X_y=True)
    copier = BalaGenResampler(beta_low=80, generator="sample-copy", random_state=0)

    def macro(texts, labels):
        vectorizer = TfidfVectorizer()
        model = LogisticRegression(max_iter=1000).fit(vectorizer.fit_transform(texts), labels)
        return macro_accuracy(y_test, model.predict(vectorizer.transform(X_test)))

    assert macro(X_new, y_new) > macro(*copier.fit_resample(X, y)) + 0.02


def test_pipeline_with_the_language_model():
    X, y = load_shop_intents(split="train", return_X_y=True)
    few = np.concatenate([np.flatnonzero(y == c)[:n] for c, n in SMALL[:2]])
    pipeline = Pipeline(
        [
            (
                "balance",
                BalaGenResampler(
                    sampling_strategy="grow", generator=CausalLMGenerator(epochs=2), random_state=0
                ),
            ),
            ("tfidf", TfidfVectorizer()),
            ("clf", LogisticRegression()),
        ]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        pipeline.fit(X[few], y[few])
    assert pipeline["balance"].sampling_strategy_ == {"order_status": 60, "gift_wrapping": 60}
    n_candidates = len(pipeline["balance"].candidates_)
    assert n_candidates >= 46  # half of the 93 rows that are lacking
    assert set(pipeline.predict(X[few])) == {"order_status", "gift_wrapping"}
    assert len(pipeline["balance"].candidates_) == n_candidates
