"""What happens to classes that the generator cannot fill."""

from __future__ import annotations

from collections import Counter

import pytest

from skbalagen import ShortfallWarning
from tests.fakes import Mute
from tests.fakes import make_resampler as make


def test_shortfall_copy_fills_with_rows_of_the_class_and_says_so(corpus):
    X, y = corpus
    resampler = make(generator=Mute())
    with pytest.warns(
        ShortfallWarning,
        match=r"2 of 2 classes .* missing: 'city' \(4 of 4\), 'meal' \(3 of 3\).*topped up with copies",
    ):
        X_new, y_new = resampler.fit_resample(X, y)
    assert Counter(y_new) == {"flight": 12, "fare": 6, "meal": 6, "city": 6}
    assert not resampler.is_synthetic_.any()
    assert [X[i] for i in resampler.source_indices_] == X_new
    assert resampler.report_["n_missing"].to_dict() == {"city": 4, "meal": 3, "fare": 0, "flight": 0}
    assert sorted(Counter(t for t, c in zip(X_new, y_new, strict=True) if c == "city").values()) == [3, 3]


def test_shortfall_keep_leaves_the_class_short(corpus):
    resampler = make(generator=Mute(), shortfall="keep")
    with pytest.warns(ShortfallWarning, match="They stay short"):
        _, y = resampler.fit_resample(*corpus)
    assert Counter(y) == {"flight": 12, "fare": 6, "meal": 3, "city": 2}


def test_shortfall_raise(corpus):
    with pytest.raises(ValueError, match=r"missing: 'city' \(4 of 4\).*Or set shortfall='copy' or 'keep'"):
        make(generator=Mute(), shortfall="raise").fit_resample(*corpus)


def test_copies_that_were_wanted_are_no_shortfall(corpus):
    resampler = make(generator=Mute(), generated_share=0.5, shortfall="keep")
    with pytest.warns(
        ShortfallWarning, match=r"missing: 'city' \(2 of 2\), 'meal' \(2 of 2\).*They stay short"
    ):
        resampler.fit_resample(*corpus)
    assert resampler.report_["n_copied"].to_dict() == {"city": 2, "meal": 1, "fare": 0, "flight": 0}
    assert resampler.report_["n_after"].tolist() == [4, 4, 6, 12]
