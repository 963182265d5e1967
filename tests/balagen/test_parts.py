"""Parameters become parts: generators by name, cloned labelers, seeds, callbacks."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import (
    CausalLMGenerator,
    EDAGenerator,
    LabelerEnsemble,
    MarkovChainGenerator,
    SampleCopyGenerator,
)
from skbalagen.balagen.labelers import NoLabelers
from skbalagen.balagen.parts import make_generator, make_labelers, set_seeds
from skbalagen.generators.nlpaug import NlpaugGenerator
from tests.fakes import FirstWordLabeler, NumberedGenerator, make_resampler


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (None, CausalLMGenerator),
        ("causal-lm", CausalLMGenerator),
        ("eda", EDAGenerator),
        ("markov-chain", MarkovChainGenerator),
        ("sample-copy", SampleCopyGenerator),
    ],
)
def test_generators_have_names(name, kind):
    assert type(make_generator(name)) is kind


def test_a_generator_is_cloned():
    given = NumberedGenerator(fail_every=3)
    made = make_generator(given)
    assert made is not given
    assert made.fail_every == 3


def test_an_augmenter_of_nlpaug_is_wrapped():
    from nlpaug.augmenter.word import RandomWordAug

    augmenter = RandomWordAug(action="swap")
    made = make_generator(augmenter)
    assert isinstance(made, NlpaugGenerator)
    assert made.augmenter is augmenter


@pytest.mark.parametrize("generator", ["gpt", SampleCopyGenerator, 3, object()])
def test_what_is_no_generator_is_refused(generator):
    with pytest.raises(
        TypeError, match=r"generator must be one of \['causal-lm', .* an nlpaug augmenter, or an"
    ):
        make_generator(generator)


def test_labelers_are_cloned_and_their_rule_is_kept():
    members = [FirstWordLabeler(), FirstWordLabeler(veto="x")]
    made = make_labelers(LabelerEnsemble(estimators=members, weights=[1, 3], voting="all"), n_jobs=2)
    assert made.voting == "all"
    assert made.weights == [0.25, 0.75]
    assert made.n_jobs == 2
    assert all(a is not b for a, b in zip(made.estimators, members, strict=True))
    assert isinstance(make_labelers([], n_jobs=None), NoLabelers)
    assert isinstance(make_labelers(LabelerEnsemble(estimators=[]), n_jobs=None), NoLabelers)


def test_open_seeds_are_set_in_a_fixed_order_and_others_are_kept():
    parts = [NumberedGenerator(), NumberedGenerator(random_state=7), NumberedGenerator()]
    set_seeds(parts, np.random.RandomState(0))
    again = [NumberedGenerator(), NumberedGenerator()]
    set_seeds(again, np.random.RandomState(0))
    assert parts[1].random_state == 7
    assert [parts[0].random_state, parts[2].random_state] == [p.random_state for p in again]
    assert parts[0].random_state != parts[2].random_state


def test_the_users_own_parts_are_not_changed(corpus):
    class Seeded(FirstWordLabeler):
        def __init__(self, *, veto=None, random_state=None):
            super().__init__(veto=veto)
            self.random_state = random_state

    labeler, generator = Seeded(), NumberedGenerator()
    resampler = make_resampler(labelers=[labeler], generator=generator)
    resampler.fit_resample(*corpus)
    assert labeler.random_state is None
    assert generator.random_state is None
    assert isinstance(resampler.labelers_.estimators_[0].random_state, int)
    assert not hasattr(labeler, "classes_")
