"""The resampler as an estimator: report, containers, pipelines, pickles."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from tests.fakes import FirstWordLabeler, NumberedGenerator, voting
from tests.fakes import make_resampler as make


def test_report_counts_agree(corpus):
    resampler = make(
        generator=NumberedGenerator(fail_every=3), labelers=[FirstWordLabeler(veto="1")], beta_high=25
    )
    _, y = resampler.fit_resample(*corpus)
    report, candidates = resampler.report_, resampler.candidates_
    by_class = candidates.groupby("label")["verdict"]
    assert list(report.index) == ["city", "meal", "fare", "flight"]
    assert report["n_after"].to_dict() == Counter(y)
    assert (report["n_kept"] + report["n_generated"] + report["n_copied"] == report["n_after"]).all()
    for label, verdicts in by_class:
        counts = Counter(verdicts)
        assert report.loc[label, "n_candidates"] == len(verdicts)
        assert report.loc[label, "n_generated"] == counts["accepted"]
        assert report.loc[label, "n_accepted"] == counts["accepted"] + counts["surplus"]
    assert report["n_generated"].sum() == resampler.is_synthetic_.sum()


def test_labeler_agreement_is_reported(corpus):
    resampler = make(
        labelers=voting("any", FirstWordLabeler(), FirstWordLabeler(), FirstWordLabeler(veto="0"))
    )
    resampler.fit_resample(*corpus)
    n = resampler.report_.loc["city", "n_candidates"]
    assert resampler.report_.loc["city", "agreement"] == pytest.approx((n + 2 * (n - 1)) / (3 * n))
    assert np.array(resampler.report_.attrs["labeler_agreement"]).shape == (3, 3)


def test_generator_that_returns_too_few_candidates_is_named(corpus):
    class Short(NumberedGenerator):
        def sample(self, spans, *, random_state=None):
            return {label: [] for label in spans}

    with pytest.raises(ValueError, match=r"generator\.sample must return one candidate"):
        make(generator=Short()).fit_resample(*corpus)


def test_pipeline_resamples_in_fit_alone(corpus):
    X, y = corpus
    pipeline = Pipeline([("balance", make()), ("tfidf", TfidfVectorizer()), ("clf", LogisticRegression())])
    pipeline.fit(X, y)
    assert "candidate" in pipeline["tfidf"].vocabulary_
    n_asked = len(pipeline["balance"].candidates_)
    assert pipeline.predict(X[:3]).shape == (3,)
    assert len(pipeline["balance"].candidates_) == n_asked


def test_clone_keeps_parameters():
    resampler = make(beta_high=10)
    assert clone(resampler).get_params()["beta_high"] == 10


def test_fit_only_looks(corpus):
    resampler = make().fit(*corpus)
    assert resampler.sampling_strategy_["city"] == 6
    assert not hasattr(resampler, "generator_")


@pytest.mark.parametrize(
    "kind",
    [list, tuple, np.array, lambda v: np.array(v, dtype=object), lambda v: pd.Series(v, name="t"), "frame"],
)
def test_container_that_goes_in_comes_out(corpus, kind):
    X, y = corpus
    container = pd.DataFrame({"t": X}) if kind == "frame" else kind(X)
    labels = y if kind == "frame" else kind(y)
    X_new, y_new = make().fit_resample(container, labels)
    assert type(X_new) is type(container)
    assert type(y_new) is type(labels)
    assert len(X_new) == len(y_new) == 12 + 6 + 6 + 6
    if isinstance(container, pd.Series):
        assert X_new.name == "t"
        assert X_new.dtype == container.dtype
    if isinstance(container, np.ndarray):
        assert X_new.dtype.kind == container.dtype.kind


def test_import_loads_no_heavy_library():
    code = (
        "import sys, skbalagen; skbalagen.BalaGenResampler; skbalagen.BalanceDisplay; "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'nlpaug', 'matplotlib', 'markovify', 'nltk'}; "
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""
    assert result.returncode == 0
