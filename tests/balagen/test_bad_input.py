"""Bad input and bad parameters are refused before any work."""

from __future__ import annotations

import pytest

from skbalagen import SampleCopyGenerator
from tests.fakes import FirstWordLabeler, voting
from tests.fakes import make_resampler as make


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (["a", "b"], ["x"], ValueError, "inconsistent numbers of samples"),
        (["a", None, "c"], [0, 1, 1], TypeError, r"X must hold texts only, got None \(NoneType\) in row 1"),
        (["a", float("nan")], [0, 1], TypeError, r"got nan \(float\) in row 1"),
        (["a", 3], [0, 1], TypeError, r"got 3 \(int\) in row 1"),
        (["a", "  "], [0, 1], ValueError, "X must hold no empty texts, got '  ' in row 1"),
        (["a", "b", "c"], ["x"] * 3, ValueError, "y must have at least two classes, got one class: 'x'"),
        (["a", "b"], [[0, 1], [1, 2]], ValueError, "y must have one label per row, got a multilabel"),
        (["a"] * 8, ["a"] * 5 + ["b"] * 2 + [float("nan")], ValueError, "got nan in row 7. Remove such rows"),
        (["a", "b"], ["1", 1], TypeError, r"of one type .*'1' \(str\) in row 0 and 1 \(int\) in row 1"),
        (["a", "b"], [True, "True"], TypeError, r"True \(bool\) in row 0 and 'True' \(str\) in row 1"),
        (["a", "b"], [b"b", "b"], TypeError, r"got b'b' \(bytes\) in row 0"),
        (["a", "b"], ["a", ""], ValueError, "one label per row, got '' in row 1"),
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
        ({"sampling_strategy": lambda y: None}, TypeError, "must return a dict .*got NoneType. Correct the"),
        ({"sampling_strategy": {"city": 2.5}}, ValueError, "a whole number of rows, .* got 2.5 for 'city'"),
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
