"""The parameter text_rules: what it takes, and what a resampler does with it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skbalagen import CausalLMGenerator, GeneratorUnion, MarkovChainGenerator, TextRules
from skbalagen.balagen.stream import Stream
from skbalagen.balagen.text_quality import make_text_rules, warn_of_malformed
from tests.fakes import NumberedGenerator, make_resampler

X = np.array([f"{label} row {i}" for label, n in {"a": 12, "b": 6, "c": 3, "d": 2}.items() for i in range(n)])
y = np.array([text[0] for text in X])


class Untidy(NumberedGenerator):
    """Every second candidate has braces left standing, every fifth is one of many repeats."""

    def sample(self, spans, *, random_state=None):
        texts = super().sample(spans, random_state=random_state)
        return {
            label: [
                f"{text} {{}}" if i % 2 else f"{text} no no no" if i % 5 == 0 else text
                for i, text in zip(spans[label], texts[label], strict=True)
            ]
            for label in spans
        }


@pytest.mark.parametrize("rules", ["markup", 3])
def test_rules_that_are_no_list_are_refused(rules):
    with pytest.raises(
        TypeError, match=r"rules of TextRules must be a list .* got .*The names are \['markup'"
    ):
        TextRules(rules)


def test_an_unknown_rule_is_refused_by_name():
    with pytest.raises(ValueError, match=r"among \['markup', .* got 'brackets'. Correct the name"):
        TextRules(["case", "brackets"])


@pytest.mark.parametrize("tolerance", [-0.1, 1, "low", True, float("nan")])
def test_a_tolerance_out_of_range_is_refused(tolerance):
    with pytest.raises(
        (TypeError, ValueError), match=r"tolerance of TextRules must be a number in \[0, 1\), got"
    ):
        TextRules(tolerance=tolerance)


def test_rules_pass_through_clone_and_pickle():
    rules = TextRules(["case"], tolerance=0.5)
    assert clone(rules, safe=False) == rules == pickle.loads(pickle.dumps(rules))


@pytest.mark.parametrize("given", [None, [], ["case"], str.isupper])
def test_the_parameter_is_rules_or_what_they_are_made_of(given):
    assert make_text_rules(given) == TextRules(given)
    assert make_text_rules(TextRules(given, tolerance=0)) == TextRules(given, tolerance=0)


def test_malformed_candidates_are_not_judged_and_not_added():
    resampler = make_resampler(generator=Untidy(), sampling_strategy={"c": 40, "d": 40}, max_candidates=20)
    with pytest.warns(UserWarning, match="text_rules refused a large share of the candidates: 'markup'"):
        texts, _ = resampler.fit_resample(X, y)
    rows = resampler.candidates_
    malformed = rows[rows["verdict"] == "malformed"]
    assert set(malformed["reason"]) == {"markup", "repeats"}
    assert malformed["confidence"].isna().all()
    assert not malformed["votes"].map(any).any()
    assert (rows[rows["verdict"] != "malformed"]["reason"] == "").all()
    assert not any("{}" in text for text in texts)
    counts = resampler.report_.attrs["malformed"]
    assert sum(counts["markup"].values()) == (rows["reason"] == "markup").sum() > 0
    for label, n in resampler.report_["n_malformed"].items():
        assert sum(of_rule.get(label, 0) for of_rule in counts.values()) == n


@pytest.mark.parametrize("text_rules", [[], TextRules([])])
def test_an_empty_list_switches_the_rules_off(text_rules):
    resampler = make_resampler(generator=Untidy(), text_rules=text_rules)
    texts, _ = resampler.fit_resample(X, y)
    assert (resampler.candidates_["reason"] == "").all()
    assert resampler.report_.attrs["malformed"] == {}
    assert any("{}" in text for text in texts)


def test_a_callable_of_the_user_is_asked_for_each_new_text():
    def odd(text):
        return int(text.split()[2]) % 3 == 0

    resampler = make_resampler(text_rules=odd, sampling_strategy={"d": 60}, max_candidates=20)
    with pytest.warns(UserWarning, match=r"'odd' \d+ of \d+ .expected 20% at most.*leave the rule out"):
        resampler.fit_resample(np.array([f"{label} row 1 {i}" for i, label in enumerate(y)]), y)
    refused = resampler.candidates_["verdict"] == "malformed"
    assert (resampler.candidates_["reason"] == np.where(refused, "odd", "")).all()
    assert refused.any()


def test_rules_of_another_kind_are_refused_before_any_work():
    with pytest.raises(ValueError, match="'text_rules' parameter of BalaGenResampler must be"):
        make_resampler(text_rules="markup").fit_resample(X, y)


def stream(n_refused, n_fine, n_failed=0):
    verdicts = ["malformed"] * n_refused + ["rejected"] * n_fine + ["failed"] * n_failed
    return Stream(1, verdicts=verdicts, reason=["case"] * n_refused + [""] * (n_fine + n_failed))


@pytest.mark.parametrize(
    "streams", [[stream(9, 40)], [stream(10, 40, 50)], [stream(5, 20), stream(5, 20)], [stream(0, 99)], []]
)
def test_a_small_share_or_few_candidates_are_no_warning(streams):
    warn_of_malformed(streams, stacklevel=1)


def test_a_large_share_over_all_classes_is_one_warning():
    with pytest.warns(UserWarning, match="'case' 11 of 50") as caught:
        warn_of_malformed([stream(8, 17, 50), stream(3, 22)], stacklevel=1)
    assert len(caught) == 1


@pytest.mark.filterwarnings("ignore::UserWarning")  # a model of random weights writes little that is accepted
def test_the_language_model_says_which_words_it_knows_with_and_without_a_cache(tiny_gpt2, tmp_path):
    generator = CausalLMGenerator(model=str(tiny_gpt2), epochs=1, max_tokens=16, random_state=0)
    union = GeneratorUnion([("lm", generator), ("chain", MarkovChainGenerator())])
    rows = np.array(["i want red wine", "show cheap trains", "you want red beer", "list cheap flights"] * 3)
    labels = np.array(["drink", "ride"] * 2 + ["drink"] * 8)
    reasons = []
    for made, memory in [(generator, None), (generator, tmp_path), (generator, tmp_path), (union, tmp_path)]:
        resampler = make_resampler(
            generator=made, labelers=[], memory=memory, beta_low=100, text_rules=["words"]
        )
        reasons.append(resampler.fit_resample(rows, labels) and resampler.candidates_["reason"].tolist())
    assert reasons[0] == reasons[1] == reasons[2]
    known = resampler.generator_.generators_[0][1].count_tokens(["want"])
    assert known == generator.fit(rows, labels).count_tokens(["want"])
