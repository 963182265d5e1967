"""The six steps with fakes: each test fails when its step is taken out."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from skbalagen import BalaGenResampler, LabelerEnsemble, SampleCopyGenerator, ShortfallWarning
from tests.fakes import FirstWordLabeler, NumberedGenerator


def make(**kwargs):
    """A resampler on fakes; the corpus has sizes 12, 6, 3, 2, so that beta_low=50 makes the band [6, 12]."""
    defaults = {
        "beta_low": 50,
        "generator": NumberedGenerator(),
        "labelers": [FirstWordLabeler()],
        "random_state": 0,
    }
    return BalaGenResampler(**(defaults | kwargs))


def voting(rule, *members):
    return LabelerEnsemble(estimators=list(members), voting=rule)


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


class _Mute(NumberedGenerator):
    def sample(self, spans, *, random_state=None):
        return {label: [None for _ in span] for label, span in spans.items()}


@pytest.mark.parametrize(("max_candidates", "most"), [(1.0, 12), (3.0, 36), (2.5, 30)])
def test_at_most_so_many_candidates_in_all(corpus, max_candidates, most):
    resampler = make(generator=_Mute(), max_candidates=max_candidates)
    with pytest.warns(ShortfallWarning):
        resampler.fit_resample(*corpus)
    assert len(resampler.candidates_) == most
    assert set(resampler.report_["stopped"]) == {"budget", ""}


def test_auto_budget_is_kept():
    X = [f"c{i % 10} text {i}" for i in range(100)]
    y = [f"c{i % 10}" for i in range(100)]
    keep = [i for i in range(100) if y[i] == "c9" or i < 20]  # nine classes of 2, one of 10
    resampler = BalaGenResampler(beta_low=100, generator=_Mute(), labelers=[], random_state=0)
    with pytest.warns(ShortfallWarning):
        resampler.fit_resample([X[i] for i in keep], [y[i] for i in keep])
    assert len(resampler.candidates_) == 3 * 72


def test_a_hopeless_class_runs_dry_before_the_budget(corpus):
    resampler = make(generator=_Mute(), max_candidates=1000.0)
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


def test_shortfall_copy_fills_with_rows_of_the_class_and_says_so(corpus):
    X, y = corpus
    resampler = make(generator=_Mute())
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
    resampler = make(generator=_Mute(), shortfall="keep")
    with pytest.warns(ShortfallWarning, match="They stay short"):
        _, y = resampler.fit_resample(*corpus)
    assert Counter(y) == {"flight": 12, "fare": 6, "meal": 3, "city": 2}


def test_shortfall_raise(corpus):
    with pytest.raises(ValueError, match=r"missing: 'city' \(4 of 4\).*Or set shortfall='copy' or 'keep'"):
        make(generator=_Mute(), shortfall="raise").fit_resample(*corpus)


@pytest.mark.parametrize(("share", "n_city", "n_meal"), [(0.5, 2, 2), (0.25, 1, 1), (0.7, 3, 3), (1.0, 4, 3)])
def test_a_share_of_what_a_class_lacks_is_generated_and_the_rest_copied(corpus, share, n_city, n_meal):
    X, y = corpus
    resampler = make(generated_share=share, shortfall="raise")
    X_new, _ = resampler.fit_resample(X, y)
    report = resampler.report_.loc[["city", "meal"]]
    assert report["n_generated"].tolist() == [n_city, n_meal]
    assert report["n_copied"].tolist() == [4 - n_city, 3 - n_meal]
    assert report["n_after"].tolist() == [6, 6]
    assert report["n_missing"].tolist() == [0, 0]
    copied = (resampler.source_indices_ >= 0)[len(X) :]
    assert copied.sum() == 7 - n_city - n_meal
    assert {t for t, c in zip(X_new[len(X) :], copied, strict=True) if c} <= set(X)


class _Modest(NumberedGenerator):
    @staticmethod
    def advised_share(n_rows):
        return 1 / n_rows


def test_the_generator_may_advise_a_share_for_each_size_of_class(corpus):
    resampler = make(generator=_Modest())
    resampler.fit_resample(*corpus)
    # Two rows lack four, of which half are generated; three lack three, of which a third.
    assert resampler.report_["n_generated"].to_dict() == {"city": 2, "meal": 1, "fare": 0, "flight": 0}
    assert len(resampler.candidates_) < 4 + 3  # what is not wanted is not generated
    resampler = make(generator=_Modest(), generated_share=1.0)
    resampler.fit_resample(*corpus)
    assert resampler.report_["n_copied"].sum() == 0


class _Eager(NumberedGenerator):
    advised_rows = 20


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"sampling_strategy": "grow"}, {"city": 20, "meal": 20, "fare": 20, "flight": 20}),
        ({}, {"city": 6, "meal": 6, "fare": 6, "flight": 12}),
        ({"sampling_strategy": {"city": 4}}, {"city": 4, "meal": 3, "fare": 6, "flight": 12}),
    ],
)
def test_all_classes_grow_if_asked_by_name(corpus, parameters, wanted):
    resampler = make(**({"generator": _Eager()} | parameters))
    looked_at = clone(resampler).fit(*corpus)
    _, y = resampler.fit_resample(*corpus)
    assert Counter(y) == resampler.sampling_strategy_ == looked_at.sampling_strategy_ == wanted
    assert resampler.band_ == looked_at.band_


def test_growth_counts_with_the_share_that_is_generated(corpus, monkeypatch):
    monkeypatch.setattr(_Eager, "advised_rows", 100)
    resampler = make(sampling_strategy="grow", generator=_Eager())
    assert resampler.fit(*corpus).band_ == (36, 36)  # three times the largest
    monkeypatch.setattr("skbalagen.balagen.policy._GENERATED_ROWS", 57)
    assert resampler.fit(*corpus).band_ == (20, 20)  # 23 rows and 57 are 20 for each of four classes
    assert resampler.set_params(generated_share=0.75).fit(*corpus).band_ == (25, 25)
    # Of 26 rows the four classes lack 24, 23, 20 and 14: 1/2, 1/3, 1/6 and 1/12 of that are 24 1/6.
    monkeypatch.setattr(_Eager, "advised_share", staticmethod(_Modest.advised_share), raising=False)
    monkeypatch.setattr("skbalagen.balagen.policy._GENERATED_ROWS", 24)
    assert resampler.set_params(generated_share=None).fit(*corpus).band_ == (26, 26)


def test_where_a_class_is_large_enough_grow_is_the_policy_of_the_betas(corpus, monkeypatch):
    monkeypatch.setattr(_Eager, "advised_rows", 12)
    resampler = make(sampling_strategy="grow", generator=_Eager()).fit(*corpus)
    assert resampler.band_ == make().fit(*corpus).band_
    assert BalaGenResampler(sampling_strategy="grow").fit(*corpus).band_ == (
        36,
        36,
    )  # the language model's advice


def test_copies_that_were_wanted_are_no_shortfall(corpus):
    resampler = make(generator=_Mute(), generated_share=0.5, shortfall="keep")
    with pytest.warns(
        ShortfallWarning, match=r"missing: 'city' \(2 of 2\), 'meal' \(2 of 2\).*They stay short"
    ):
        resampler.fit_resample(*corpus)
    assert resampler.report_["n_copied"].to_dict() == {"city": 2, "meal": 1, "fare": 0, "flight": 0}
    assert resampler.report_["n_after"].tolist() == [4, 4, 6, 12]


def test_report_counts_agree(corpus):
    resampler = make(
        generator=NumberedGenerator(fail_every=3), labelers=[FirstWordLabeler(veto="1")], beta_high=25
    )
    _, y = resampler.fit_resample(*corpus)
    report, candidates = resampler.report_, resampler.candidates_
    by_class = candidates.groupby("label")["verdict"]
    assert list(report.index) == ["city", "meal", "fare", "flight"]
    assert report["n_after"].to_dict() == Counter(y)
    assert (report["n_kept"] + report["n_generated"] + report["n_copied"] == report["n_after"]).all()
    for label, verdicts in by_class:
        counts = Counter(verdicts)
        assert report.loc[label, "n_candidates"] == len(verdicts)
        assert report.loc[label, "n_generated"] == counts["accepted"]
        assert report.loc[label, "n_accepted"] == counts["accepted"] + counts["surplus"]
    assert report["n_generated"].sum() == resampler.is_synthetic_.sum()


def test_labeler_agreement_is_reported(corpus):
    resampler = make(
        labelers=voting("any", FirstWordLabeler(), FirstWordLabeler(), FirstWordLabeler(veto="0"))
    )
    resampler.fit_resample(*corpus)
    n = resampler.report_.loc["city", "n_candidates"]
    assert resampler.report_.loc["city", "agreement"] == pytest.approx((n + 2 * (n - 1)) / (3 * n))
    assert np.array(resampler.report_.attrs["labeler_agreement"]).shape == (3, 3)


def test_sample_copy_equals_random_over_sampling_of_known_rows(corpus):
    X, y = corpus
    resampler = make(generator="sample-copy", labelers=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X_new, y_new = resampler.fit_resample(X, y)
    assert Counter(y_new) == {"flight": 12, "fare": 6, "meal": 6, "city": 6}
    assert [X[i] for i in resampler.source_indices_] == X_new
    assert not resampler.is_synthetic_.any()
    assert resampler.report_["n_copied"].to_dict() == {"city": 4, "meal": 3, "fare": 0, "flight": 0}


def test_sampling_strategy_dict_and_callable(corpus):
    for strategy in ({"city": 5, "flight": 9}, lambda y: {"city": 5, "flight": 9}):
        resampler = make(sampling_strategy=strategy)
        _, y = resampler.fit_resample(*corpus)
        assert Counter(y) == {"flight": 9, "fare": 6, "meal": 3, "city": 5}
        assert resampler.band_ is None


def test_same_seed_same_rows_other_seed_others(corpus):
    def texts(seed):
        return make(random_state=seed, beta_high=25).fit_resample(*corpus)[0]

    assert texts(1) == texts(1)
    assert texts(1) != texts(2)
    state = np.random.RandomState(1)
    resampler = make(random_state=state)
    assert resampler.fit_resample(*corpus)[0] != resampler.fit_resample(*corpus)[0]


def test_global_random_state_is_left_alone(corpus):
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - the state that must not move
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        make(generator="markov-chain", labelers=[]).fit_resample(*corpus)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_seeds_of_parts_are_set_where_they_are_open(corpus):
    resampler = make(generator=NumberedGenerator())
    resampler.fit_resample(*corpus)
    assert isinstance(resampler.generator_.random_state, int)
    assert resampler.generator.random_state is None
    fixed = make(generator=NumberedGenerator(random_state=7))
    fixed.fit_resample(*corpus)
    assert fixed.generator_.random_state == 7


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (["a", "b"], ["x"], ValueError, "inconsistent numbers of samples"),
        (["a", None, "c"], [0, 1, 1], TypeError, r"X must hold texts only, got None \(NoneType\) in row 1"),
        (["a", float("nan")], [0, 1], TypeError, r"got nan \(float\) in row 1"),
        (["a", 3], [0, 1], TypeError, r"got 3 \(int\) in row 1"),
        (["a", "  "], [0, 1], ValueError, "X must hold no empty texts, got '  ' in row 1"),
        (["a", "b", "c"], ["x"] * 3, ValueError, "y must have at least two classes, got one class: 'x'"),
        (["a", "b"], [[0, 1], [1, 1]], ValueError, "y must have one label per text, got a multilabel"),
        ("a text", ["x"], TypeError, "got a single str. Wrap it in a list"),
        ([], [], ValueError, "X must hold at least one text"),
        ([["a", "b"], ["c", "d"]], [0, 1], ValueError, r"one text per row.* got shape \(2, 2\)"),
    ],
)
def test_bad_input_is_refused_before_any_work(X, y, error, message):
    resampler = make()
    with pytest.raises(error, match=message):
        resampler.fit_resample(X, y)
    assert not hasattr(resampler, "generator_")


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"beta_low": -1}, ValueError, "'beta_low' parameter"),
        ({"beta_low": 80, "beta_high": 30}, ValueError, r"beta_low \+ beta_high must be at most 100"),
        ({"sampling_strategy": {"train": 9}}, ValueError, r"must name classes of y, got \['train'\]"),
        ({"sampling_strategy": "most"}, ValueError, "'sampling_strategy' parameter"),
        ({"generator": "gpt"}, TypeError, r"generator must be one of \['causal-lm', 'eda'.* got 'gpt'"),
        ({"generator": SampleCopyGenerator}, TypeError, "or an object with fit"),
        (
            {"labelers": ["svm"]},
            TypeError,
            "labelers must be scikit-learn classifiers on raw text, got 'svm'",
        ),
        (
            {"labelers": voting(2, FirstWordLabeler())},
            ValueError,
            r"between 1 and the number of labelers \(1\), got 2",
        ),
        ({"balance_training": "generators"}, ValueError, "'balance_training' parameter"),
        (
            {"balance_training": {"generator": "class"}},
            ValueError,
            "must map 'generator' and 'labelers' to 'band'",
        ),
        ({"balance_training": {"labeler": "band"}}, ValueError, "got {'labeler': 'band'}"),
        (
            {"sampling_strategy": "grow", "beta_high": 10},
            ValueError,
            "grows every class, expected beta_high=0, got 10",
        ),
        ({"shortfall": "drop"}, ValueError, "'shortfall' parameter"),
        ({"generated_share": 0}, ValueError, "'generated_share' parameter"),
        ({"generated_share": 1.5}, ValueError, "'generated_share' parameter"),
        ({"max_candidates": 0}, ValueError, "'max_candidates' parameter"),
    ],
)
def test_bad_parameters_are_refused_before_any_work(corpus, params, error, message):
    resampler = make(**params)
    with pytest.raises(error, match=message):
        resampler.fit_resample(*corpus)
    assert not hasattr(resampler, "report_")


def test_parameters_of_the_generator_are_checked_before_any_work(corpus):
    from skbalagen import CausalLMGenerator

    with pytest.raises(ValueError, match=r"'top_p' parameter of CausalLMGenerator.*\(0.0, 1.0\]. Got 2"):
        make(generator=CausalLMGenerator(top_p=2)).fit_resample(*corpus)


def test_generator_that_returns_too_few_candidates_is_named(corpus):
    class Short(NumberedGenerator):
        def sample(self, spans, *, random_state=None):
            return {label: [] for label in spans}

    with pytest.raises(ValueError, match=r"generator\.sample must return one candidate"):
        make(generator=Short()).fit_resample(*corpus)


def test_pipeline_resamples_in_fit_alone(corpus):
    X, y = corpus
    pipeline = Pipeline([("balance", make()), ("tfidf", TfidfVectorizer()), ("clf", LogisticRegression())])
    pipeline.fit(X, y)
    assert "candidate" in pipeline["tfidf"].vocabulary_
    n_asked = len(pipeline["balance"].candidates_)
    assert pipeline.predict(X[:3]).shape == (3,)
    assert len(pipeline["balance"].candidates_) == n_asked


def test_clone_keeps_parameters():
    resampler = make(beta_high=10)
    assert clone(resampler).get_params()["beta_high"] == 10


def test_fit_only_looks(corpus):
    resampler = make().fit(*corpus)
    assert resampler.sampling_strategy_["city"] == 6
    assert not hasattr(resampler, "generator_")


@pytest.mark.parametrize(
    "kind",
    [list, tuple, np.array, lambda v: np.array(v, dtype=object), lambda v: pd.Series(v, name="t"), "frame"],
)
def test_container_that_goes_in_comes_out(corpus, kind):
    X, y = corpus
    container = pd.DataFrame({"t": X}) if kind == "frame" else kind(X)
    labels = y if kind == "frame" else kind(y)
    X_new, y_new = make().fit_resample(container, labels)
    assert type(X_new) is type(container)
    assert type(y_new) is type(labels)
    assert len(X_new) == len(y_new) == 12 + 6 + 6 + 6
    if isinstance(container, pd.Series):
        assert X_new.name == "t"
        assert X_new.dtype == container.dtype
    if isinstance(container, np.ndarray):
        assert X_new.dtype.kind == container.dtype.kind


def test_import_loads_no_heavy_library():
    code = (
        "import sys, skbalagen; skbalagen.BalaGenResampler; skbalagen.BalanceDisplay; "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'nlpaug', 'matplotlib', 'markovify', 'nltk'}; "
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""
    assert result.returncode == 0
