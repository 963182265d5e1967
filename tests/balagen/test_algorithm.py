"""Algorithm 1 with fakes: each test fails when its step is taken out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from skbalagen.balagen.algorithm import Seeds, balance
from skbalagen.balagen.candidates import Rules
from skbalagen.balagen.training_set import BalanceTraining
from tests.fakes import FirstWordLabeler, NumberedGenerator, voting
from tests.fakes import make_resampler as make


def test_small_classes_reach_b_low_and_large_ones_b_high(corpus):
    resampler = make(beta_high=25)
    _, y = resampler.fit_resample(*corpus)
    assert resampler.band_ == (6, 6)
    assert resampler.sampling_strategy_ == {"flight": 6, "fare": 6, "meal": 6, "city": 6}
    assert Counter(y) == resampler.sampling_strategy_


def test_originals_come_first_in_order_then_generated_rows(corpus):
    X, y = corpus
    resampler = make(beta_high=25)
    X_new, y_new = resampler.fit_resample(X, y)
    sources = resampler.source_indices_
    kept = sources >= 0
    assert [X[i] for i in sources[kept]] == [t for t, k in zip(X_new, kept, strict=True) if k]
    assert [y[i] for i in sources[kept]] == [c for c, k in zip(y_new, kept, strict=True) if k]
    assert (np.diff(sources[kept]) > 0).all()
    assert not kept[kept.sum() :].any()
    assert (resampler.is_synthetic_ == ~kept).all()
    assert all("candidate" in t for t, k in zip(X_new, kept, strict=True) if not k)
    assert all(t.startswith(c) for t, c in zip(X_new, y_new, strict=True))


def test_nothing_to_do_returns_the_input(corpus):
    X, y = corpus
    resampler = make(beta_low=0)
    assert resampler.fit_resample(X, y) == (X, y)
    assert not resampler.is_synthetic_.any()
    assert not hasattr(resampler.generator_, "fitted_on_")
    assert resampler.labelers_ is None
    assert len(resampler.candidates_) == 0


def test_generator_and_labelers_learn_from_d_s(corpus):
    resampler = make(beta_high=25)
    resampler.fit_resample(*corpus)
    for part in (resampler.generator_, resampler.labelers_.estimators_[0]):
        assert Counter(label for _, label in part.fitted_on_) == dict.fromkeys(
            ["flight", "fare", "meal", "city"], 6
        )
        assert {text for text, _ in part.fitted_on_} <= set(corpus[0])


@pytest.mark.parametrize(
    ("balance_training", "generator", "labelers"),
    [("both", True, True), ("labelers", False, True), ("generator", True, False), (None, False, False)],
)
def test_each_balanced_input_can_be_switched_off(corpus, balance_training, generator, labelers):
    resampler = make(balance_training=balance_training)
    resampler.fit_resample(*corpus)
    as_it_is = {"flight": 12, "fare": 6, "meal": 3, "city": 2}
    balanced = {"flight": 12, "fare": 6, "meal": 6, "city": 6}
    learned = Counter(label for _, label in resampler.generator_.fitted_on_)
    judged = Counter(label for _, label in resampler.labelers_.estimators_[0].fitted_on_)
    assert learned == (balanced if generator else as_it_is)
    assert judged == (balanced if labelers else as_it_is)


def test_only_accepted_candidates_are_taken(corpus):
    # Candidates 0 and 2 hold the vetoed word and must be passed over.
    resampler = make(labelers=voting("all", FirstWordLabeler(veto="0"), FirstWordLabeler(veto="2")))
    resampler.fit_resample(*corpus)
    verdicts = resampler.candidates_.query("label == 'city'")["verdict"].tolist()
    votes = resampler.candidates_.query("label == 'city'")["votes"].tolist()
    assert verdicts[:6] == ["rejected", "accepted", "rejected", "accepted", "accepted", "accepted"]
    assert votes[0] == [False, True]
    assert votes[2] == [True, False]


@pytest.mark.parametrize(
    ("rule", "first"), [("any", "accepted"), (1, "accepted"), ("majority", "rejected"), (2, "rejected")]
)
def test_voting_counts_labelers(corpus, rule, first):
    resampler = make(labelers=voting(rule, FirstWordLabeler(veto="0"), FirstWordLabeler()))
    resampler.fit_resample(*corpus)
    assert resampler.candidates_["verdict"].iloc[0] == first


def test_no_labelers_takes_every_distinct_candidate(corpus):
    resampler = make(labelers=[], generator=NumberedGenerator(fail_every=2))
    resampler.fit_resample(*corpus)
    assert resampler.labelers_ is None
    assert set(resampler.candidates_["verdict"]) <= {"accepted", "surplus", "failed"}
    assert resampler.candidates_["verdict"].iloc[0] == "failed"


class _Repeating(NumberedGenerator):
    """Repeats a training row, then the same new text in three spellings, then new ones."""

    def sample(self, spans, *, random_state=None):
        fixed = ["{c}  QUESTION number 0", "{c} new", " {c}   NEW", "{c} New"]
        return {
            c: [fixed[i].format(c=c) if i < 4 else f"{c} text {i}" for i in span] for c, span in spans.items()
        }


def test_duplicates_of_training_rows_and_of_each_other_are_not_taken(corpus):
    resampler = make(generator=_Repeating())
    X, _ = resampler.fit_resample(*corpus)
    verdicts = resampler.candidates_.query("label == 'city'")["verdict"].tolist()
    assert verdicts[:5] == ["duplicate", "accepted", "duplicate", "duplicate", "accepted"]
    assert len({" ".join(t.casefold().split()) for t in X}) == len(X)


def test_streams_are_read_as_prefixes(corpus):
    resampler = make(generator=NumberedGenerator(fail_every=2), labelers=[])
    resampler.fit_resample(*corpus)
    for label, asked in resampler.generator_.asked_.items():
        assert asked == list(range(len(asked))), label
    assert len(set(resampler.generator_.seeds_)) == 1


def test_a_smaller_beta_takes_a_prefix_of_a_larger_one(corpus):
    few, many = (make(beta_low=b).fit_resample(*corpus)[0] for b in (50, 75))
    new = [[t for t in X if t.startswith("city candidate")] for X in (few, many)]
    assert len(new[0]) < len(new[1])
    assert new[1][: len(new[0])] == new[0]


def test_generation_stops_when_classes_are_full(corpus):
    resampler = make(labelers=[])
    resampler.fit_resample(*corpus)
    assert (resampler.report_["stopped"] == ["filled", "filled", "", ""]).all()
    assert resampler.report_["n_candidates"].sum() < 3 * 12


class Journal:
    """Generator, labelers and policy in one, which write down what they are asked."""

    def __init__(self):
        self.lines = []

    def policy(self, y):
        self.lines.append("policy")
        return {"a": 4, "b": 4}

    def fit(self, X, y):
        self.lines.append(f"fit on {len(X)}")
        return self

    def sample(self, spans, *, random_state=None):
        self.lines.append("generate")
        return {c: [f"{c} text {i}" for i in span] for c, span in spans.items()}

    def judge(self, X, y):
        self.lines.append("judge")
        return np.ones((len(X), 1), dtype=bool), np.ones(len(X)), np.ones(len(X), dtype=bool)


def balanced(journal, X, y, **more):
    parameters = {
        "policy": journal.policy,
        "training": BalanceTraining("band", "band"),
        "generator": journal,
        "labelers": journal,
        "rules": Rules(lambda n: 1.0),
        "seeds": Seeds(0, 1, 2, 3),
    }
    return balance(np.array(X, dtype=object), np.array(y, dtype=object), **(parameters | more))


def test_the_steps_come_in_the_order_of_the_paper():
    journal = Journal()
    made = balanced(journal, ["a1", "b1", "b2", "b3", "b4", "b5"], list("abbbbb"))
    assert journal.lines == ["policy", "fit on 8", "fit on 8", "generate", "judge"]
    assert Counter(made.labels.tolist()) == {"a": 4, "b": 4}
    assert made.is_synthetic.sum() == 3


def test_nothing_is_trained_if_no_class_lacks_rows():
    journal = Journal()
    made = balanced(journal, [f"{c}{i}" for i, c in enumerate("aaaabbbb")], list("aaaabbbb"))
    assert journal.lines == ["policy"]
    assert not made.is_synthetic.any()


def test_each_source_of_randomness_has_its_own_seed():
    X, y = [f"{c}{i}" for i, c in enumerate("aabbbbbbbb")], list("aabbbbbbbb")
    one = balanced(Journal(), X, y, rules=Rules(lambda n: 0.5))
    other = balanced(Journal(), X, y, rules=Rules(lambda n: 0.5), seeds=Seeds(0, 9, 9, 9))
    kept = ~one.is_synthetic & (one.labels == "b")
    assert one.texts[kept].tolist() == other.texts[kept].tolist()
