"""What is looked at before any work."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skbalagen import AugmentOnlyPolicy
from skbalagen.balagen.precautions import check_rows_wanted, warn_of_generated_rows
from tests.fakes import NumberedGenerator, make_resampler


def test_ten_million_rows_may_be_wanted_of_any_data_set_and_a_hundred_times_a_larger_one():
    check_rows_wanted({"a": 5_000_000, "b": 5_000_000}, np.array(["a", "b"]))
    check_rows_wanted({"a": 20_000_000}, np.zeros(200_000))
    with pytest.raises(ValueError, match="at most 20,000,000 rows in all, got 20,000,001"):
        check_rows_wanted({"a": 20_000_001}, np.zeros(200_000))


class CountsFits(NumberedGenerator):
    fits: list[int] = []  # noqa: RUF012 - shared by the clones

    def fit(self, X, y):
        self.fits.append(len(X))
        return super().fit(X, y)


@pytest.mark.parametrize(
    "strategy",
    [{"city": 10**12}, AugmentOnlyPolicy(n_rows=10**12), lambda y: {"city": 10**12}],
    ids=["dict", "policy", "callable"],
)
@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_an_absurd_number_of_rows_is_refused_before_any_work_with_what_it_would_take(
    corpus, strategy, method
):
    CountsFits.fits.clear()
    resampler = make_resampler(sampling_strategy=strategy, generator=CountsFits())
    message = r"at most 10,000,000 rows in all, got \d,000,000,000,0.* about \d00,000 GB of memory, .* hours. Ask for"
    with pytest.raises(ValueError, match=message):
        getattr(resampler, method)(*corpus)
    assert CountsFits.fits == []
    assert not hasattr(resampler, "report_")


@pytest.mark.parametrize(
    "marks", [[True, False, True], ["True", "False", "true"], [1, 0, 1], [1.0, float("nan"), 1.0]], ids=str
)
@pytest.mark.parametrize(
    "frame", [pd.DataFrame, lambda c: pl.DataFrame(c, strict=False)], ids=["pandas", "polars"]
)
def test_generated_rows_that_are_fed_back_are_noticed(marks, frame):
    with pytest.warns(
        UserWarning, match="2 of 3 rows were generated, as the column 'is_synthetic' says.* Leave"
    ):
        warn_of_generated_rows(frame({"text": ["a", "b", "c"], "is_synthetic": marks}))


@pytest.mark.parametrize(
    "X", [["a"], pd.Series(["a"]), pd.DataFrame({"text": ["a"]}), pd.DataFrame({"is_synthetic": [False]})]
)
def test_real_rows_are_not_warned_of(X):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_generated_rows(X)


def test_the_resampler_notices_its_own_rows(corpus):
    X, y = corpus
    table = pd.DataFrame({"text": X, "is_synthetic": [False] * (len(X) - 1) + [True]})
    resampler = make_resampler(text_column="text")
    with pytest.warns(UserWarning, match="1 of 23 rows were generated"):
        resampler.fit_resample(table, y)
