"""The policy that looks at recall: its formula by hand, and what it does in samplers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import BalaGenResampler, WeakClassPolicy
from tests.fakes import FirstWordLabeler, NumberedGenerator

# The labeler predicts the first word of a text. Of four rows of b it misses two, of the two of c one.
X = np.array(
    [f"a {i}" for i in range(10)] + ["b 0", "b 1", "a 2b", "a 3b", "c 0", "b 1c", "d only"], dtype=object
)
Y = np.array(["a"] * 10 + ["b"] * 4 + ["c"] * 2 + ["d"], dtype=object)


def policy(**parameters):
    return WeakClassPolicy(FirstWordLabeler(), random_state=0, **parameters)


def test_recall_is_that_of_rows_left_out():
    assert policy().fit(X, Y).recall_ == {"d": 0.0, "c": 0.5, "b": 0.5, "a": 1.0}


def test_targets_by_hand():
    fitted = policy().fit(X, Y)
    # 1 + 1 * 9, 2 + .5 * 8, 4 + .5 * 6, 10 + 0
    assert fitted(Y) == {"d": 10, "c": 6, "b": 7, "a": 10}


def test_classes_grow_beyond_the_largest_if_asked():
    # 1 + 15, 2 + .5 * 14, 4 + .5 * 12, and a is always recognised.
    assert policy(n_rows=16).fit(X, Y)(Y) == {"d": 16, "c": 9, "b": 10, "a": 10}
    # Up to 3: no class is thinned.
    assert policy(n_rows=3).fit(X, Y)(Y) == {"d": 3, "c": 3, "b": 4, "a": 10}


def test_sizes_are_those_of_the_labels_that_it_is_called_with():
    assert policy().fit(X, Y)(["a"] * 5 + ["c"]) == {"c": 3, "a": 5}


def test_the_resampler_fits_it_on_the_texts():
    given = policy()
    resampler = BalaGenResampler(
        sampling_strategy=given, generator=NumberedGenerator(), labelers=[], random_state=0
    )
    _, y_new = resampler.fit_resample(X.tolist(), Y.tolist())
    assert Counter(y_new) == {"d": 10, "c": 6, "b": 7, "a": 10}
    assert resampler.sampling_strategy_ == {"d": 10, "c": 6, "b": 7, "a": 10}
    assert clone(resampler).fit(X.tolist(), Y.tolist()).sampling_strategy_ == resampler.sampling_strategy_
    assert not hasattr(given, "recall_")
    assert resampler.band_ is None


def test_without_a_seed_of_its_own_it_takes_that_of_the_resampler():
    class Folds(FirstWordLabeler):
        """Wrong if the first row of a is not among those it learned from."""

        def fit(self, X, y):
            self.seen_ = "a 0" in set(X)
            return super().fit(X, y)

        def predict(self, X):
            return super().predict(X) if self.seen_ else np.array(["d"] * len(X), dtype=object)

    targets = [
        BalaGenResampler(sampling_strategy=WeakClassPolicy(Folds(), cv=2), random_state=seed)
        .fit(X.tolist(), Y.tolist())
        .sampling_strategy_
        for seed in (0, 0, 1, 2, 3)
    ]
    assert targets[0] == targets[1]
    assert any(other != targets[0] for other in targets[2:])


def test_imbalanced_learn_takes_it_once_it_is_fitted():
    numbers = np.arange(len(Y))[:, None]
    _, y_new = RandomOverSampler(sampling_strategy=policy().fit(X, Y)).fit_resample(numbers, Y)
    assert Counter(y_new) == {"d": 10, "c": 6, "b": 7, "a": 10}
    with pytest.raises(NotFittedError):
        RandomOverSampler(sampling_strategy=policy()).fit_resample(numbers, Y)


def test_none_is_words_with_logistic_regression():
    texts = [f"where is parcel {i}" for i in range(6)] + [f"money back {i}" for i in range(3)]
    fitted = WeakClassPolicy(random_state=0).fit(texts, ["order"] * 6 + ["refund"] * 3)
    assert fitted.recall_["order"] == 1.0


def test_classes_that_were_not_fitted_are_an_error():
    with pytest.raises(ValueError, match=r"knows the recall of the classes .*got rows of \['e'\]. Fit it on"):
        policy().fit(X, Y)(["a", "e"])


def test_a_table_of_numbers_has_no_texts_to_look_at():
    resampler = BalaGenResampler(sampling_strategy=policy(), random_state=0)
    with pytest.raises(
        ValueError, match=r"WeakClassPolicy looks at texts.*got a table of numbers.*Use Percentile"
    ):
        resampler.fit(np.zeros((4, 2)), [0, 0, 0, 1])


@pytest.mark.parametrize("parameters", [{"cv": 1}, {"n_rows": 0}])
def test_parameters_out_of_range_are_refused(parameters):
    with pytest.raises(
        ValueError, match=f"'{next(iter(parameters))}' parameter of WeakClassPolicy must be an int"
    ):
        policy(**parameters).fit(X, Y)
