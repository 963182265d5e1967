"""From the parameters of the resampler to one run: policy, shares, copies and seeds."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pytest
from sklearn.base import clone

from skbalagen import BalaGenResampler, ShortfallWarning
from tests.fakes import NumberedGenerator
from tests.fakes import make_resampler as make


@pytest.mark.parametrize(("share", "n_city", "n_meal"), [(0.5, 2, 2), (0.25, 1, 1), (0.7, 3, 3), (1.0, 4, 3)])
def test_a_share_of_what_a_class_lacks_is_generated_and_the_rest_copied(corpus, share, n_city, n_meal):
    X, y = corpus
    resampler = make(generated_share=share, shortfall="raise")
    X_new, _ = resampler.fit_resample(X, y)
    report = resampler.report_.loc[["city", "meal"]]
    assert report["n_generated"].tolist() == [n_city, n_meal]
    assert report["n_copied"].tolist() == [4 - n_city, 3 - n_meal]
    assert report["n_after"].tolist() == [6, 6]
    assert report["n_missing"].tolist() == [0, 0]
    copied = (resampler.source_indices_ >= 0)[len(X) :]
    assert copied.sum() == 7 - n_city - n_meal
    assert {t for t, c in zip(X_new[len(X) :], copied, strict=True) if c} <= set(X)


class _Modest(NumberedGenerator):
    @staticmethod
    def advised_share(n_rows):
        return 1 / n_rows


def test_the_generator_may_advise_a_share_for_each_size_of_class(corpus):
    resampler = make(generator=_Modest())
    resampler.fit_resample(*corpus)
    # Two rows lack four, of which half are generated; three lack three, of which a third.
    assert resampler.report_["n_generated"].to_dict() == {"city": 2, "meal": 1, "fare": 0, "flight": 0}
    assert len(resampler.candidates_) < 4 + 3  # what is not wanted is not generated
    resampler = make(generator=_Modest(), generated_share=1.0)
    resampler.fit_resample(*corpus)
    assert resampler.report_["n_copied"].sum() == 0


class _Eager(NumberedGenerator):
    advised_rows = 20


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"sampling_strategy": "grow"}, {"city": 20, "meal": 20, "fare": 20, "flight": 20}),
        ({}, {"city": 6, "meal": 6, "fare": 6, "flight": 12}),
        ({"sampling_strategy": {"city": 4}}, {"city": 4, "meal": 3, "fare": 6, "flight": 12}),
    ],
)
def test_all_classes_grow_if_asked_by_name(corpus, parameters, wanted):
    resampler = make(**({"generator": _Eager()} | parameters))
    looked_at = clone(resampler).fit(*corpus)
    _, y = resampler.fit_resample(*corpus)
    assert Counter(y) == resampler.sampling_strategy_ == looked_at.sampling_strategy_ == wanted
    assert resampler.band_ == looked_at.band_


def test_growth_counts_with_the_share_that_is_generated(corpus, monkeypatch):
    monkeypatch.setattr(_Eager, "advised_rows", 100)
    resampler = make(sampling_strategy="grow", generator=_Eager())
    assert resampler.fit(*corpus).band_ == (36, 36)  # three times the largest
    monkeypatch.setattr("skbalagen.balagen.policy._GENERATED_ROWS", 57)
    assert resampler.fit(*corpus).band_ == (20, 20)  # 23 rows and 57 are 20 for each of four classes
    assert resampler.set_params(generated_share=0.75).fit(*corpus).band_ == (25, 25)
    # Of 26 rows the four classes lack 24, 23, 20 and 14: 1/2, 1/3, 1/6 and 1/12 of that are 24 1/6.
    monkeypatch.setattr(_Eager, "advised_share", staticmethod(_Modest.advised_share), raising=False)
    monkeypatch.setattr("skbalagen.balagen.policy._GENERATED_ROWS", 24)
    assert resampler.set_params(generated_share=None).fit(*corpus).band_ == (26, 26)


def test_where_a_class_is_large_enough_grow_is_the_policy_of_the_betas(corpus, monkeypatch):
    monkeypatch.setattr(_Eager, "advised_rows", 12)
    resampler = make(sampling_strategy="grow", generator=_Eager()).fit(*corpus)
    assert resampler.band_ == make().fit(*corpus).band_
    assert BalaGenResampler(sampling_strategy="grow").fit(*corpus).band_ == (
        36,
        36,
    )  # the language model's advice


def test_sample_copy_equals_random_over_sampling_of_known_rows(corpus):
    X, y = corpus
    resampler = make(generator="sample-copy", labelers=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X_new, y_new = resampler.fit_resample(X, y)
    assert Counter(y_new) == {"flight": 12, "fare": 6, "meal": 6, "city": 6}
    assert [X[i] for i in resampler.source_indices_] == X_new
    assert not resampler.is_synthetic_.any()
    assert resampler.report_["n_copied"].to_dict() == {"city": 4, "meal": 3, "fare": 0, "flight": 0}


def test_sampling_strategy_dict_and_callable(corpus):
    for strategy in ({"city": 5, "flight": 9}, lambda y: {"city": 5, "flight": 9}):
        resampler = make(sampling_strategy=strategy)
        _, y = resampler.fit_resample(*corpus)
        assert Counter(y) == {"flight": 9, "fare": 6, "meal": 3, "city": 5}
        assert resampler.band_ is None


def test_same_seed_same_rows_other_seed_others(corpus):
    def texts(seed):
        return make(random_state=seed, beta_high=25).fit_resample(*corpus)[0]

    assert texts(1) == texts(1)
    assert texts(1) != texts(2)
    state = np.random.RandomState(1)
    resampler = make(random_state=state)
    assert resampler.fit_resample(*corpus)[0] != resampler.fit_resample(*corpus)[0]


def test_global_random_state_is_left_alone(corpus):
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - the state that must not move
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        make(generator="markov-chain", labelers=[]).fit_resample(*corpus)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_seeds_of_parts_are_set_where_they_are_open(corpus):
    resampler = make(generator=NumberedGenerator())
    resampler.fit_resample(*corpus)
    assert isinstance(resampler.generator_.random_state, int)
    assert resampler.generator.random_state is None
    fixed = make(generator=NumberedGenerator(random_state=7))
    fixed.fit_resample(*corpus)
    assert fixed.generator_.random_state == 7


def test_a_policy_is_asked_once_and_its_answer_is_what_is_reported(corpus):
    answers = iter([{"city": 4}, {"city": 9}])
    resampler = make(sampling_strategy=lambda y: next(answers))
    _, y = resampler.fit_resample(*corpus)
    assert y.count("city") == resampler.sampling_strategy_["city"] == 4


@pytest.mark.parametrize("share", [1.5, -0.1, float("nan"), None, "all"])
def test_impossible_advice_of_a_generator_is_refused(corpus, share):
    class Advising(NumberedGenerator):
        def advised_share(self, n_rows):
            return share

    with pytest.raises(
        ValueError, match=r"advised_share must return a number in \[0, 1\], got .* of 2 rows. Corr"
    ):
        make(generator=Advising()).fit_resample(*corpus)


def test_with_a_bound_beyond_all_numbers_candidates_are_read_until_the_classes_are_full(corpus):
    resampler = make(max_candidates=1e308, shortfall="raise")
    resampler.fit_resample(*corpus)
    assert (resampler.report_["n_missing"] == 0).all()
