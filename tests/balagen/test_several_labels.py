"""BalaGenResampler on rows of several labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skbalagen import BalaGenResampler, EDAGenerator, LabelerEnsemble, ShortfallWarning
from tests.fakes import NumberedGenerator

WORDS = {"joy": "happy glad", "anger": "mad furious", "fear": "afraid scared"}
SIZES = {("joy",): 20, ("anger",): 6, ("joy", "anger"): 4, ("fear",): 2, ("anger", "fear"): 2, (): 3}


@pytest.fixture
def moods():
    rows = [held for held, n in SIZES.items() for _ in range(n)]
    X = [" ".join([*(WORDS[c] for c in held), "today number", str(i)]) for i, held in enumerate(rows)]
    return X, pd.DataFrame([[int(c in held) for c in WORDS] for held in rows], columns=list(WORDS))


def labeler():
    return make_pipeline(TfidfVectorizer(), LogisticRegression(C=30, class_weight="balanced"))


def make(**parameters):
    edits = EDAGenerator(operations=("swap", "delete"))
    defaults = {"generator": edits, "labelers": [labeler()], "shortfall": "keep", "random_state": 0}
    return BalaGenResampler(**(defaults | {"generated_share": 1.0} | parameters))


def test_targets_count_the_rows_of_each_label(moods):
    X, y = moods
    resampler = make(generator=NumberedGenerator(), labelers=[])
    texts, labels = resampler.fit_resample(X, y)
    assert y.sum().to_dict() == {"joy": 24, "anger": 12, "fear": 4}
    assert labels.sum().to_dict() == {"joy": 24, "anger": 24, "fear": 24}
    assert resampler.sampling_strategy_ == {"joy": 24, "anger": 24, "fear": 24}
    assert resampler.report_["n_after"].to_dict() == {"fear": 24, "anger": 24, "joy": 24}
    assert len(texts) == len(labels)


def test_real_rows_come_first_and_keep_their_labels(moods):
    X, y = moods
    texts, labels = make().fit_resample(X, y)
    assert texts[: len(X)] == X
    pd.testing.assert_frame_equal(labels.iloc[: len(y)], y)
    assert list(labels.columns) == list(y.columns)


def test_a_new_row_has_a_label_set_that_was_seen_and_its_text_was_asked_for_it(moods):
    X, y = moods
    texts, labels = make(generator=NumberedGenerator(), labelers=[]).fit_resample(X, y)
    for text, row in zip(texts[len(X) :], labels.to_numpy()[len(X) :], strict=True):
        held = tuple(np.array(list(WORDS))[row == 1])
        assert held in SIZES
        assert text.startswith(", ".join(held) + " candidate")


@pytest.mark.parametrize("container", [np.asarray, lambda y: np.asarray(y).tolist()], ids=["array", "list"])
def test_the_container_of_labels_comes_back(moods, container):
    X, y = moods
    _, labels = make().fit_resample(X, container(y))
    assert type(labels) is type(container(y))
    assert np.asarray(labels)[: len(y)].tolist() == y.to_numpy().tolist()


def test_labelers_refuse_texts_of_another_label_set(moods):
    X, y = moods

    class Wrong(NumberedGenerator):
        def sample(self, spans, *, random_state=None):
            return {label: ["happy glad today" + " !" * i for i in span] for label, span in spans.items()}

    resampler = make(generator=Wrong(), max_candidates=20)
    with pytest.warns(ShortfallWarning, match=r"'anger, fear' \(10 of 10\)"):
        resampler.fit_resample(X, y)
    judged = resampler.candidates_[resampler.candidates_["verdict"] != "duplicate"]
    assert set(judged["verdict"]) == {"rejected"}
    assert resampler.report_["n_generated"].sum() == 0


def test_an_ensemble_and_its_voting_rule_are_heeded(moods):
    ensemble = LabelerEnsemble(estimators=[labeler(), labeler()], voting="all")
    resampler = make(labelers=ensemble)
    resampler.fit_resample(*moods)
    assert resampler.labelers_.voting == "all"
    assert all(len(votes) == 2 for votes in resampler.candidates_["votes"] if votes)


def test_a_dict_names_labels(moods):
    resampler = make(sampling_strategy={"fear": 9}, labelers=[])
    _, labels = resampler.fit_resample(*moods)
    assert labels["fear"].sum() == 9
    assert resampler.sampling_strategy_ == {"fear": 9, "anger": 12, "joy": 24}


def test_large_labels_are_thinned_by_rows_that_have_no_rare_label(moods):
    X, y = moods
    resampler = make(beta_low=0, beta_high=40)
    texts, labels = resampler.fit_resample(X, y)
    assert labels["joy"].sum() == resampler.sampling_strategy_["joy"] < 24
    assert labels[["anger", "fear"]].sum().to_dict() == {"anger": 12, "fear": 4}
    assert set(texts) <= set(X)


def test_fit_asks_the_policy_only(moods):
    resampler = make().fit(*moods)
    assert resampler.sampling_strategy_ == {"anger": 24, "fear": 24, "joy": 24}
    assert not hasattr(resampler, "report_")


def test_a_pipeline_and_a_grid_over_the_betas_work(moods):
    X, y = moods
    pipeline = Pipeline(
        [
            ("balance", make()),
            ("words", TfidfVectorizer()),
            ("classify", OneVsRestClassifier(LogisticRegression(C=30))),
        ]
    )
    rows = np.random.default_rng(0).permutation(len(X))
    search = GridSearchCV(pipeline, {"balance__beta_low": [0, 95]}, cv=2, scoring="f1_macro")
    search.fit([X[i] for i in rows], y.to_numpy()[rows])
    assert search.predict(["afraid scared today"]).tolist() == [[0, 0, 1]]
    assert set(search.cv_results_["param_balance__beta_low"]) == {0, 95}


def test_weights_and_groups_are_carried_over(moods):
    X, y = moods
    resampler = make(generator=NumberedGenerator(), labelers=[])
    resampler.fit_resample(X, y, sample_weight=np.arange(1.0, len(X) + 1), groups=np.arange(len(X)))
    assert resampler.sample_weight_[: len(X)].tolist() == list(range(1, len(X) + 1))
    fear = np.flatnonzero(resampler.candidates_["label"] == "fear")[0]
    new = resampler.sample_weight_[resampler.is_synthetic_]
    assert new[fear] == pytest.approx(31.5)  # rows 31 and 32 are of fear alone
    assert (resampler.groups_[resampler.is_synthetic_] == -1).all()


def test_the_same_seed_gives_the_same_rows_and_a_cache_changes_nothing(moods, tmp_path):
    plain = make().fit_resample(*moods)
    for _ in range(2):
        cached = make(memory=tmp_path).fit_resample(*moods)
        assert cached[0] == plain[0]
        pd.testing.assert_frame_equal(cached[1], plain[1])


def test_unlabeled_texts_are_refused(moods):
    with pytest.raises(ValueError, match=r"one label per row, got rows of several labels\. Leave"):
        make().fit_resample(*moods, unlabeled=["more"])


def test_one_label_per_row_written_as_columns_is_no_multi_label_problem():
    y = np.array([[1, 0]] * 4 + [[0, 1]] * 2)
    resampler = make(generator=NumberedGenerator(), labelers=[])
    _, labels = resampler.fit_resample([f"text {i}" for i in range(6)], y)
    assert resampler.report_["n_after"].to_dict() == {1: 4, 0: 4}
    assert labels.sum(axis=1).tolist() == [1] * 8
