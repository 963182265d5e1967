"""How many candidates are read of each class, and when reading stops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skbalagen import BalaGenResampler, LeakGate, ShortfallWarning
from skbalagen.balagen.candidates import Candidates, Rules, Stream, candidate_budget
from skbalagen.balagen.labelers import NoLabelers
from tests.fakes import FirstWordLabeler, Mute, NumberedGenerator, voting
from tests.fakes import make_resampler as make


@pytest.mark.parametrize(("max_candidates", "most"), [(1.0, 12), (3.0, 36), (2.5, 30)])
def test_at_most_so_many_candidates_in_all(corpus, max_candidates, most):
    resampler = make(generator=Mute(), max_candidates=max_candidates)
    with pytest.warns(ShortfallWarning):
        resampler.fit_resample(*corpus)
    assert len(resampler.candidates_) == most
    assert set(resampler.report_["stopped"]) == {"budget", ""}


def test_auto_budget_is_kept():
    X = [f"c{i % 10} text {i}" for i in range(100)]
    y = [f"c{i % 10}" for i in range(100)]
    keep = [i for i in range(100) if y[i] == "c9" or i < 20]  # nine classes of 2, one of 10
    resampler = BalaGenResampler(beta_low=100, generator=Mute(), labelers=[], random_state=0)
    with pytest.warns(ShortfallWarning):
        resampler.fit_resample([X[i] for i in keep], [y[i] for i in keep])
    assert len(resampler.candidates_) == 3 * 72


def test_a_hopeless_class_runs_dry_before_the_budget(corpus):
    resampler = make(generator=Mute(), max_candidates=1000.0)
    with pytest.warns(ShortfallWarning):
        resampler.fit_resample(*corpus)
    assert set(resampler.report_["stopped"]) == {"dry", ""}
    assert len(resampler.candidates_) < 400


class _MuteAboutCities(NumberedGenerator):
    def sample(self, spans, *, random_state=None):
        candidates = super().sample(spans, random_state=random_state)
        return candidates | {"city": [None] * len(spans.get("city", ()))} if "city" in spans else candidates


def test_a_hopeless_class_leaves_the_budget_to_the_others(corpus):
    resampler = make(
        generator=_MuteAboutCities(), sampling_strategy={"city": 500, "meal": 500}, max_candidates=50.0
    )
    with pytest.warns(ShortfallWarning, match=r"1 of 2 classes .* missing: 'city'"):
        resampler.fit_resample(*corpus)
    report = resampler.report_
    assert report["stopped"].to_dict() == {"city": "dry", "meal": "filled", "fare": "", "flight": ""}
    assert report.loc["city", "n_candidates"] == 64
    assert len(resampler.candidates_) <= 50 * 12  # of which each class alone would take all


@pytest.mark.parametrize(
    ("sizes", "lacking", "budget"),
    [
        ([10, 2], 8, 3 * 10),  # the largest class
        ([10, 8, 8, 8], 6 + 6, 3 * 12),  # the missing rows
        ([10, *[2] * 9], 72, 3 * 72),  # all of them, since they are few
        ([5000, *[2] * 9], 9 * 4998, 3 * 5018),  # as many as there are rows
    ],
)
def test_budget_is_three_times_the_largest_of_what_counts(sizes, lacking, budget):
    assert candidate_budget(dict(enumerate(sizes)), {0: lacking}, "auto") == budget


def test_budget_may_be_a_multiple_of_the_largest_class():
    assert candidate_budget({"a": 10, "b": 2}, {"b": 8}, 2.5) == 25


def stream(quota, *verdicts):
    return Stream(quota, texts=[f"t{i}" for i in range(len(verdicts))], verdicts=list(verdicts))


def test_a_stream_counts_what_it_added():
    s = stream(3, "accepted", "rejected", "accepted", "surplus", "duplicate")
    assert s.accepted == ["t0", "t2"]
    assert s.missing == 1
    assert s.stopped == "budget"
    assert stream(1, "accepted").stopped == "filled"
    assert Stream(3).stopped == ""


def test_a_stream_is_dry_below_two_percent_after_64_candidates():
    assert not stream(9, *["rejected"] * 63).dry
    assert stream(9, *["rejected"] * 64).dry
    assert not stream(9, "accepted", "accepted", *["rejected"] * 62).dry  # 2 of 64 are 3.1 %
    assert stream(9, "accepted", *["rejected"] * 63).dry  # 1 of 64 is 1.6 %
    assert stream(9, *["rejected"] * 64).stopped == "dry"


def test_wishes_follow_the_acceptance_so_far():
    # Before anything was read: 7 of 10 are expected.
    assert Stream(7).wish() == 10
    # 1 of 10 so far: (1 + 7) / (10 + 10) = 0.4, so that 9 missing rows want 23.
    assert stream(10, "accepted", *["rejected"] * 9).wish() == 23
    # A trial first, then at most three times as many as were read.
    assert Stream(1000).wish() == 64
    assert stream(1000, *["accepted"] * 30, *["rejected"] * 34).wish() == 192


def corpus_of(sizes):
    y = np.array([c for c, n in sizes.items() for _ in range(n)], dtype=object)
    X = np.array([f"{c} row {i}" for c, n in sizes.items() for i in range(n)], dtype=object)
    return X, y


def test_lacking_and_quotas_come_from_targets_and_share():
    X, y = corpus_of({"a": 2, "b": 10, "c": 5})
    candidates = Candidates(X, y, {"a": 32, "b": 10, "c": 3}, Rules(lambda n: 0.1))
    assert candidates.lacking == {"a": 30}
    assert {c: s.quota for c, s in candidates.generated.items()} == {"a": 3}  # not 4: 0.1 * 30 is 3


def test_rounds_go_on_where_the_last_one_ended():
    X, y = corpus_of({"a": 2, "b": 10})
    candidates = Candidates(X, y, {"a": 10, "b": 10}, Rules(lambda n: 1.0))
    spans = []
    for asked in candidates.rounds():
        spans.append(asked["a"])
        texts = {"a": [f"a new {i}" if i % 4 == 0 else None for i in asked["a"]]}
        candidates.select(candidates.judge(asked, texts, NoLabelers()))
    assert spans[0].start == 0
    assert all(one.stop == two.start for one, two in itertools.pairwise(spans))
    assert len(candidates.generated["a"].accepted) == 8
    assert candidates.to_copy() == {}


def test_judge_shows_only_new_texts_to_the_labelers():
    X, y = corpus_of({"a": 2, "b": 4})
    candidates = Candidates(X, y, {"a": 6, "b": 4}, Rules(lambda n: 1.0))
    seen = []

    class Recorder(NoLabelers):
        def judge(self, X, y):
            seen.extend(zip(X, y, strict=True))
            return super().judge(X, y)

    texts = {"a": ["a one", "A  ONE", None, "a row 0", "a two"]}
    judged = candidates.judge({"a": range(5)}, texts, Recorder())
    assert seen == [("a one", "a"), ("a two", "a")]
    assert judged.new.tolist() == [True, False, False, False, True]
    assert judged.accepted.tolist() == judged.new.tolist()
    candidates.select(judged)
    verdicts = ["accepted", "duplicate", "failed", "duplicate", "accepted"]
    assert candidates.generated["a"].verdicts == verdicts
    later = candidates.judge({"a": range(5, 6)}, {"a": ["a TWO"]}, Recorder())
    assert not later.new.any()  # a repetition of an earlier round


SECRETS = [
    "call 0171 555 0199 now",  # a leak
    "a row number 1",  # nearly a row
    "something else altogether",
    "call 0171 555 0199",
]


@pytest.mark.parametrize(
    ("gate", "verdicts"),
    [
        (LeakGate(), ["leak", "accepted", "accepted", "leak"]),
        (LeakGate("refuse"), ["leak", "near-duplicate", "accepted", "leak"]),
        (LeakGate(secrets="count"), ["accepted", "accepted", "surplus", "surplus"]),
    ],
    ids=str,
)
def test_texts_that_give_a_row_away_are_counted_or_refused(gate, verdicts):
    X = np.array(["a row number 10", "my number is 01715550199", "b text", "b other"], dtype=object)
    y = np.array(["a", "b", "b", "b"], dtype=object)
    candidates = Candidates(X, y, {"a": 3, "b": 3}, Rules(lambda n: 1.0, gate=gate))
    candidates.select(candidates.judge({"a": range(4)}, {"a": SECRETS}, NoLabelers()))
    stream = candidates.generated["a"]
    assert stream.verdicts == verdicts
    assert stream.secret == ["number", "", "", "number"]  # the row of another class counts
    assert stream.near_duplicate_of == [-1, 0, -1, -1]
    assert candidates.to_copy() == {c: n for c, n in {"a": 2 - verdicts.count("accepted")}.items() if n}


def test_only_texts_that_the_labelers_accept_are_looked_at(monkeypatch):
    from skbalagen.balagen.leak_gate import KnownRows

    seen = []
    monkeypatch.setattr(KnownRows, "secret_in", lambda self, texts: seen.extend(texts) or [""] * len(texts))
    X, y = corpus_of({"a": 2, "b": 4})
    candidates = Candidates(X, y, {"a": 6, "b": 4}, Rules(lambda n: 1.0))
    ensemble = voting("all", FirstWordLabeler(veto="bad")).fit(X, y)
    texts = {"a": ["a good one", "a bad one", None, "a row 0"]}
    candidates.select(candidates.judge({"a": range(4)}, texts, ensemble))
    assert seen == ["a good one"]
    assert candidates.generated["a"].verdicts == ["accepted", "rejected", "failed", "duplicate"]


def test_a_full_class_takes_no_more():
    X, y = corpus_of({"a": 2, "b": 3})
    candidates = Candidates(X, y, {"a": 3, "b": 3}, Rules(lambda n: 1.0))
    texts = {"a": ["one", "two", "three"]}
    candidates.select(candidates.judge({"a": range(3)}, texts, NoLabelers()))
    assert candidates.generated["a"].verdicts == ["accepted", "surplus", "surplus"]
    assert candidates.added() == {"a": ["one"]}


def test_the_wrong_number_of_candidates_is_refused():
    X, y = corpus_of({"a": 2, "b": 3})
    candidates = Candidates(X, y, {"a": 3, "b": 3}, Rules(lambda n: 1.0))
    with pytest.raises(ValueError, match=r"one candidate .* expected {'a': 2} candidates, got {'a': 1}"):
        candidates.judge({"a": range(2)}, {"a": ["one"]}, NoLabelers())


def test_rows_that_are_not_copied_stay_missing():
    X, y = corpus_of({"a": 2, "b": 10})
    for shortfall, copies in (("copy", {"a": 8}), ("keep", {"a": 4})):
        candidates = Candidates(X, y, {"a": 10, "b": 10}, Rules(lambda n: 0.5, shortfall=shortfall))
        assert candidates.to_copy() == copies


def test_rows_are_not_read_where_copies_fill_the_classes(monkeypatch):
    from skbalagen.balagen import candidates as module

    read = []
    monkeypatch.setattr(module, "fold_text", lambda text: read.append(text) or text)
    X, y = corpus_of({"a": 2, "b": 10})
    copied = Candidates(X, y, {"a": 10, "b": 10}, Rules(lambda n: 0.0))
    assert list(copied.rounds()) == []
    assert copied.to_copy() == {"a": 8}
    assert read == []
