"""Several generators in one resampler: counts, who is dropped, caches and lists as the parameter."""

from __future__ import annotations

import pytest
from sklearn.base import clone

from skbalagen.balagen.parts import make_generator
from skbalagen.balagen.several_generators import drop_refused, generator_counts, origins_of, warn_of_dropped
from skbalagen.balagen.stream import Stream
from skbalagen.generators import GeneratorUnion
from tests.fakes import CountingGenerator, Mute, NumberedGenerator, make_resampler


def read(n_each, verdicts_of):
    """Return a union of which each member was read `n_each` times, and the stream of class "a" with these verdicts."""
    union = GeneratorUnion([(name, NumberedGenerator()) for name in verdicts_of]).fit(["x", "y"], ["a", "b"])
    n = n_each * len(verdicts_of)
    union.sample({"a": range(n)}, random_state=0)
    left = {name: iter(verdicts) for name, verdicts in verdicts_of.items()}
    return union, {
        "a": Stream(9, texts=["t"] * n, verdicts=[next(left[name]) for name in union.origins("a")])
    }


def test_candidates_are_counted_for_each_generator():
    union, streams = read(
        3, {"x": ["accepted", "surplus", "rejected"], "y": ["failed", "malformed", "accepted"]}
    )
    assert generator_counts(union, streams) == [
        {"generator": "x", "n_candidates": 3, "n_accepted": 2, "n_generated": 1, "dropped": False},
        {"generator": "y", "n_candidates": 3, "n_accepted": 1, "n_generated": 1, "dropped": False},
    ]


@pytest.mark.parametrize(
    ("n", "n_accepted", "dropped"), [(63, 0, []), (64, 0, ["y"]), (64, 1, ["y"]), (64, 2, []), (100, 2, [])]
)
def test_who_is_refused_nearly_always_is_dropped(n, n_accepted, dropped):
    y = ["accepted"] * n_accepted + ["rejected"] * (n - n_accepted)
    union, streams = read(n, {"x": ["accepted"] * n, "y": y})
    drop_refused(union, streams)
    assert union.dropped_ == dropped
    drop_refused(union, streams)
    assert union.dropped_ == dropped  # once


def test_the_best_of_them_stays():
    union, streams = read(70, {name: ["rejected"] * 70 for name in "xyz"})
    drop_refused(union, streams)
    assert union.dropped_ == ["y", "z"]


def test_origins_are_the_class_of_a_single_generator():
    assert origins_of(NumberedGenerator(), "a", 2) == ["NumberedGenerator"] * 2
    union, _ = read(2, {"x": ["accepted"] * 2, "y": ["accepted"] * 2})
    assert origins_of(union, "a", 3) == ["x", "y", "x"]


def test_dropped_generators_are_one_warning():
    counts = [
        {"generator": name, "n_accepted": 1, "n_candidates": 70, "dropped": name != "x"} for name in "xyz"
    ]
    with pytest.warns(
        UserWarning, match=r"fewer than 2% .*'y' .1 of 70 accepted., 'z'.*Leave them out"
    ) as caught:
        warn_of_dropped(counts, stacklevel=1)
    assert len(caught) == 1
    warn_of_dropped(counts[:1], stacklevel=1)


class Other(NumberedGenerator):
    """Writes other texts than its parent."""

    def sample(self, spans, *, random_state=None):
        texts = super().sample(spans, random_state=random_state)
        return {label: [f"{text} too" for text in of_label] for label, of_label in texts.items()}


def fit(corpus, generator, **parameters):
    resampler = make_resampler(**{"generator": generator, "max_candidates": 50} | parameters)
    resampler.fit_resample(*corpus)
    return resampler


def test_a_list_is_read_in_turn_and_the_report_says_who_was_accepted(corpus):
    resampler = fit(corpus, [NumberedGenerator(), ("other", Other()), Other()])
    rows = resampler.candidates_
    names = ["NumberedGenerator", "other", "Other"]
    assert set(rows["generator"]) == set(names)
    assert rows.loc[rows["generator"] != "NumberedGenerator", "text"].str.endswith(" too").all()
    counts = resampler.report_.attrs["generators"]
    assert [row["generator"] for row in counts] == names
    assert sum(row["n_candidates"] for row in counts) == len(rows)
    assert sum(row["n_generated"] for row in counts) == resampler.report_["n_generated"].sum()
    assert isinstance(resampler.generator_, GeneratorUnion)


def test_a_single_generator_is_named_by_its_class(corpus):
    resampler = fit(corpus, NumberedGenerator())
    assert set(resampler.candidates_["generator"]) == {"NumberedGenerator"}
    assert "generators" not in resampler.report_.attrs


def test_a_list_in_a_resampler_can_be_cloned_and_takes_names(corpus):
    resampler = clone(make_resampler(generator=["markov-chain", "eda", "eda"]))
    assert [name for name, _ in make_generator(resampler.generator).generators] == [
        "markov-chain",
        "eda",
        "eda-2",
    ]
    union = GeneratorUnion([("lm", NumberedGenerator()), ("other", Other())], shares=[1, 3])
    resampler = make_resampler(generator=union).set_params(generator__lm__fail_every=1)
    resampler.set_params(max_candidates=50).fit_resample(*corpus)
    assert (resampler.candidates_["verdict"] == "failed").equals(resampler.candidates_["generator"] == "lm")


@pytest.mark.parametrize("generator", [[], ["markov-chain", "sample-copy"], [("a", Other()), ("a", 3)]])
def test_impossible_lists_are_refused_before_any_work(corpus, generator):
    with pytest.raises((TypeError, ValueError), match=r"generators? (of GeneratorUnion )?must"):
        fit(corpus, generator)


def test_who_is_refused_nearly_always_is_dropped_with_a_warning():
    X = [f"{label} row {i}" for label, n in {"a": 200, "b": 3}.items() for i in range(n)]
    y = [text[0] for text in X]
    with pytest.warns(
        UserWarning, match=r"Some generators .*: 'mute' .0 of \d+ accepted.\. The others wrote the rest"
    ):
        resampler = fit((X, y), [("mute", Mute()), ("other", Other())], sampling_strategy={"b": 200})
    counts = {row["generator"]: row for row in resampler.report_.attrs["generators"]}
    assert counts["mute"]["dropped"]
    assert counts["mute"]["n_candidates"] < counts["other"]["n_candidates"] / 1.3
    assert resampler.report_.loc["b", "n_missing"] == 0


def test_a_cache_keeps_each_generator_by_itself(corpus, log, tmp_path):
    counting = CountingGenerator(log=str(log))
    alone = fit(corpus, counting, memory=tmp_path, random_state=0)
    n_alone = len(log.read_text().splitlines())
    both = fit(
        corpus, GeneratorUnion([("counting", counting), ("other", Other())]), memory=tmp_path, random_state=0
    )
    assert len(log.read_text().splitlines()) == n_alone  # neither fitted again nor asked again
    again = fit(corpus, GeneratorUnion([("counting", counting), ("other", Other())]), random_state=0)
    assert both.candidates_.drop(columns="votes").equals(again.candidates_.drop(columns="votes"))
    own = both.candidates_[both.candidates_["generator"] == "counting"].groupby("label")["text"].apply(list)
    first = alone.candidates_.groupby("label")["text"].apply(list)
    assert all(texts == first[label][: len(texts)] for label, texts in own.items())
    assert isinstance(dict(both.generator_.generators_)["counting"], CountingGenerator)
