"""scikit-learn's private names do what the package relies on."""

from __future__ import annotations

import ast
from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

import skbalagen
from skbalagen._utils.sklearn_compat import (
    CallbackSupportMixin,
    HasMethods,
    Interval,
    StrOptions,
    callback_task,
    check_feature_names,
    check_sample_weight,
    fit_context,
)


class Checked(BaseEstimator):
    """An estimator with one constraint of each kind."""

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "size": [Interval(Integral, 1, None, closed="left")],
        "kind": [StrOptions({"long", "short"})],
        "cache": [HasMethods("clear"), None],
    }

    def __init__(self, *, size=1, kind="long", cache=None):
        self.size = size
        self.kind = kind
        self.cache = cache

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        return self


def test_constraints_are_checked_at_fit():
    assert Checked(cache={}).fit([]).size == 1
    for parameters in ({"size": 0}, {"size": 1.5}, {"kind": "wide"}, {"cache": 3}):
        name = next(iter(parameters))
        with pytest.raises(ValueError, match=f"The '{name}' parameter of Checked must be"):
            Checked(**parameters).fit([])


def test_check_sample_weight_gives_one_weight_per_row():
    assert check_sample_weight(None, ["a", "b"]).tolist() == [1, 1]
    assert check_sample_weight([1, 3], ["a", "b"]).tolist() == [1, 3]
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(1,\), expected \(2,\)"):
        check_sample_weight([1], ["a", "b"])


def test_check_feature_names_sets_and_compares_them():
    estimator = Checked()
    check_feature_names(estimator, pd.DataFrame({"text": ["a"], "id": [1]}), reset=True)
    assert estimator.feature_names_in_.tolist() == ["text", "id"]
    with pytest.raises(ValueError, match="feature names should match"):
        check_feature_names(estimator, pd.DataFrame({"body": ["a"], "id": [1]}), reset=False)


def test_callback_task_does_nothing_for_an_estimator_without_callbacks():
    with callback_task(Checked(), "fit", n_steps=2):
        pass


class Stepwise(CallbackSupportMixin, BaseEstimator):
    """A fit of two steps."""

    _parameter_constraints = {}  # noqa: RUF012

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, fail=False):
        with callback_task(self, "fit", n_steps=2):
            with callback_task(self, "first"):
                if fail:
                    raise ValueError("broken")
            with callback_task(self, "second"):
                return self


class Journal:
    """A callback that writes down what it is told."""

    def __init__(self):
        self.lines = []

    def setup(self, estimator, context):
        self.lines.append("setup")

    def teardown(self, estimator, context):
        self.lines.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.lines.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context):
        self.lines.append(f"end {context.task_name}")


with_callbacks = pytest.mark.skipif(
    not hasattr(CallbackSupportMixin, "set_callbacks"), reason="scikit-learn before 1.9"
)


@with_callbacks
def test_callback_task_reports_the_fit_and_its_steps():
    journal = Journal()
    Stepwise().set_callbacks(journal).fit([])
    assert journal.lines == [
        "setup",
        "begin fit",
        "begin first",
        "end first",
        "begin second",
        "end second",
        "end fit",
        "teardown",
    ]


@with_callbacks
def test_callback_task_tears_down_after_an_error():
    journal = Journal()
    with pytest.raises(ValueError, match="broken"):
        Stepwise().set_callbacks(journal).fit([], fail=True)
    assert journal.lines[0] == "setup"
    assert journal.lines[-1] == "teardown"


def test_no_other_module_imports_private_names_of_scikit_learn():
    package = Path(skbalagen.__file__).parent
    found = []
    for path in package.rglob("*.py"):
        if path.name == "sklearn_compat.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sklearn":
                names = [*node.module.split("."), *(alias.name for alias in node.names)]
                found += [f"{path.relative_to(package)}: {name}" for name in names if name.startswith("_")]
    assert found == []


def test_interval_and_weights_accept_numbers_of_numpy():
    assert Checked(size=np.int64(3)).fit([]).size == 3
