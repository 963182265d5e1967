"""What a run leaves behind: the fitted attributes, and warnings that point at the caller's line."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from skbalagen import BalaGenResampler
from skbalagen.balagen.fitted import fitted_attributes
from skbalagen.balagen.run import run
from tests.fakes import Mute, NumberedGenerator
from tests.fakes import make_resampler as make


def attributes(corpus, **parameters):
    X, y = (np.array(part, dtype=object) for part in corpus)
    done = run(make(**parameters), X, y, None)
    return done, fitted_attributes(done, None, stacklevel=2)


def test_attributes_are_those_of_the_run(corpus):
    done, fitted = attributes(corpus, max_candidates=50.0)
    assert fitted["generator_"] is done.generator
    assert fitted["labelers_"] is done.labelers
    assert fitted["band_"] == (6, 12)
    assert fitted["sampling_strategy_"] == {"city": 6, "meal": 6, "fare": 6, "flight": 12}
    assert fitted["is_synthetic_"].sum() == fitted["report_"]["n_generated"].sum() == 7
    assert fitted["source_indices_"].tolist() == [*range(23), *[-1] * 7]
    assert len(fitted["candidates_"]) == fitted["report_"]["n_candidates"].sum()
    assert fitted["stopped_"] == "done"


def test_each_attribute_is_documented_and_set_by_the_resampler(corpus):
    _, fitted = attributes(corpus)
    resampler = make()
    resampler.fit_resample(*corpus)
    for name in fitted:
        assert hasattr(resampler, name)
        assert f"    {name} : " in BalaGenResampler.__doc__


def test_a_training_that_was_cut_is_told(corpus):
    class Cut(NumberedGenerator):
        def fit(self, X, y):
            self.history_ = SimpleNamespace(stopped="time")
            return super().fit(X, y)

    with pytest.warns(
        UserWarning, match=r"^The fine-tuning was cut short by max_minutes. The generated rows are of"
    ):
        _, fitted = attributes(corpus, generator=Cut())
    assert fitted["stopped_"] == "time"
    assert set(fitted["report_"]["stopped"]) == {"filled", ""}


def test_warnings_point_at_the_line_that_called(corpus):
    resampler = make(generator=Mute())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        resampler.fit_resample(*corpus)
    assert [warning.filename for warning in caught] == [__file__]


def test_a_large_data_set_is_learned_from_in_part_and_that_is_told(corpus):
    bounded = {"generator": "band", "labelers": "largest", "max_rows": 14}
    with pytest.warns(
        UserWarning, match=r"max_rows'\] rows, got 23: they learned from 13 of them, 4 of a class at"
    ):
        done, fitted = attributes(corpus, balance_training=bounded)
    assert fitted["rows_per_class_"] == 4
    learned = [label for _, label in done.generator.fitted_on_]
    assert {label: learned.count(label) for label in set(learned)} == dict.fromkeys(set(corpus[1]), 4)
    assert fitted["report_"]["n_after"].tolist() == [6, 6, 6, 12]  # the policy looks at all rows
    _, fitted = attributes(corpus, balance_training=bounded | {"max_rows": 23})
    assert fitted["rows_per_class_"] is None


def test_copies_are_of_all_rows_however_many(corpus):
    _, fitted = attributes(corpus, generator="sample-copy", balance_training={"max_rows": 4}, beta_low=100)
    assert fitted["rows_per_class_"] is None
    assert set(fitted["source_indices_"].tolist()) == set(range(23))
    assert fitted["report_"]["n_copied"].tolist() == [10, 9, 6, 0]
