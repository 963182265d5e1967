"""The check suites of imbalanced-learn and scikit-learn."""

from __future__ import annotations

import warnings

import pytest
from imblearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.estimator_checks import check_estimator

from skbalagen import BalaGenResampler


# The suites resample tables of numbers, which are filled with copies, and that is warned of.
@pytest.mark.filterwarnings("ignore:X is a table of numbers:UserWarning")
@parametrize_with_checks([BalaGenResampler(random_state=0)])
def test_resampler_passes_the_checks_of_imbalanced_learn(estimator, check, request):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X is a table of numbers:UserWarning")
def test_resampler_passes_the_checks_of_scikit_learn():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=Warning, module="sklearn")
        outcomes = check_estimator(BalaGenResampler(random_state=0), on_fail=None)
    assert [o["check_name"] for o in outcomes if o["status"] not in ("passed", "skipped")] == []
    assert sum(o["status"] == "passed" for o in outcomes) >= 40
