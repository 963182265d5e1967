"""The policy that tries the generator: shares of usable candidates, and the targets that follow."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from skbalagen import BalaGenResampler, PercentilePolicy, SampleQualityPolicy
from tests.fakes import FirstWordLabeler, NumberedGenerator

X = [f"a {i}" for i in range(12)] + [f"b {i}" for i in range(4)] + ["c 0", "c 1"]
Y = ["a"] * 12 + ["b"] * 4 + ["c"] * 2


class Uneven(NumberedGenerator):
    """Writes good texts of c, and of b every other one as if it were a."""

    def sample(self, spans, *, random_state=None):
        texts = super().sample(spans, random_state=random_state)
        return {
            c: [t.replace("b", "a", 1) if i % 2 else t for i, t in enumerate(ts)] for c, ts in texts.items()
        }


class Repeating(NumberedGenerator):
    """Candidates are rows of the class, but for one in four."""

    def sample(self, spans, *, random_state=None):
        return {c: [f"{c} 0" if i % 4 else f"{c} new {i}" for i in span] for c, span in spans.items()}


def policy(generator, **parameters):
    defaults = {"labelers": [FirstWordLabeler()], "n_candidates": 8, "random_state": 0}
    return SampleQualityPolicy(generator, **(defaults | parameters))


def test_quality_is_the_share_of_candidates_that_are_accepted():
    fitted = policy(Uneven()).fit(X, Y)
    assert fitted.quality_ == {"c": 1.0, "b": 0.5}
    # b: 4 + .5 * 8, c: 2 + 1 * 10
    assert fitted(Y) == {"c": 12, "b": 8, "a": 12}


def test_repeats_and_failures_do_not_count():
    assert policy(Repeating()).fit(X, Y).quality_ == {"c": 0.25, "b": 0.25}
    assert policy(NumberedGenerator(fail_every=2)).fit(X, Y).quality_ == {"c": 0.5, "b": 0.5}


def test_without_labelers_every_new_text_counts():
    assert policy(Uneven(), labelers=[]).fit(X, Y).quality_ == {"c": 1.0, "b": 1.0}


def test_another_policy_says_which_classes_grow_and_which_are_thinned():
    fitted = policy(Uneven(), policy={"b": 6, "a": 9}).fit(X, Y)
    assert fitted.quality_ == {"b": 0.5}
    assert fitted(Y) == {"c": 2, "b": 5, "a": 9}
    by_betas = policy(Uneven(), policy=PercentilePolicy(beta_low=34, beta_high=0)).fit(X, Y)
    assert by_betas(Y) == {"c": 4, "b": 4, "a": 12}


def test_a_class_that_was_large_enough_in_the_trial_stays_as_it_is():
    fitted = policy(Uneven()).fit(X, Y)
    assert fitted(["a"] * 2 + ["b"] * 4) == {"a": 2, "b": 4}


def test_nothing_to_grow_needs_no_trial():
    fitted = policy("causal-lm", policy={}).fit(X, Y)
    assert fitted.quality_ == {}
    assert fitted(Y) == {"c": 2, "b": 4, "a": 12}


def test_the_resampler_fits_it_on_the_texts():
    given = policy(Uneven())
    resampler = BalaGenResampler(
        sampling_strategy=given, generator=Uneven(), labelers=[FirstWordLabeler()], random_state=0
    )
    _, y_new = resampler.fit_resample(X, Y)
    assert Counter(y_new) == {"a": 12, "b": 8, "c": 12}
    assert not hasattr(given, "quality_")


def test_parts_are_cloned_and_equal_seeds_give_equal_trials():
    generator, labeler = Uneven(), FirstWordLabeler()
    first, second = (policy(generator, labelers=[labeler]).fit(X, Y) for _ in range(2))
    assert first.quality_ == second.quality_
    assert not hasattr(generator, "fitted_on_")
    assert not hasattr(labeler, "fitted_on_")


def test_a_generator_that_copies_rows_is_refused():
    with pytest.raises(
        ValueError, match=r"a generator that writes new texts, got SampleCopyGenerator.*PercentileP"
    ):
        policy("sample-copy").fit(X, Y)


def test_texts_are_needed():
    with pytest.raises(ValueError, match=r"SampleQualityPolicy looks at texts.*got a table of numbers"):
        BalaGenResampler(sampling_strategy=policy(Uneven()), random_state=0).fit(
            np.zeros((4, 2)), [0, 0, 0, 1]
        )


def test_candidates_out_of_range_are_refused():
    with pytest.raises(ValueError, match="'n_candidates' parameter of SampleQualityPolicy must be an int"):
        policy(Uneven(), n_candidates=0).fit(X, Y)
