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
