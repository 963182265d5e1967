"""Each measure of the generated texts is recomputed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skbalagen.metrics.text_quality import distinct_n, nearest_similarity, new_ngrams
from skbalagen.report.quality import evenly_sampled, measure_quality, place_texts
from tests.report.conftest import candidate_rows


def shares(measures):
    return {measure.name: measure.share for measure in measures}


@pytest.fixture
def written(resampled):
    return resampled.candidates_.query("verdict != 'failed'")


def test_evenly_sampled_keeps_the_ends_and_the_order():
    table = pd.DataFrame({"text": range(2500)})
    rows = evenly_sampled(table)["text"].tolist()
    assert len(rows) == len(set(rows)) == 1000
    assert (rows[0], rows[-1]) == (0, 2499)
    assert rows == sorted(rows)
    assert set(np.diff(rows)) == {2, 3}
    assert evenly_sampled(table.head(7))["text"].tolist() == list(range(7))
    assert len(evenly_sampled(table.head(0))) == 0


def test_points_hold_similarity_and_novelty_of_each_text(written, X):
    points = place_texts(written, X)
    assert points["text"].tolist() == written["text"].tolist()
    np.testing.assert_allclose(points["similarity"], nearest_similarity(written["text"], X))
    np.testing.assert_allclose(points["novelty"], new_ngrams(written["text"], X, n=3))
    assert points["kind"].value_counts().to_dict() == {"accepted": 9, "rejected": 3, "repeated": 3}
    assert points["added"].sum() == 8  # surplus was accepted, but not added
    copies = points[points["kind"] == "repeated"]
    np.testing.assert_allclose(copies["similarity"], 1)
    np.testing.assert_allclose(copies["novelty"], 0)


def test_without_candidates_the_real_texts_are_not_read():
    points = place_texts(candidate_rows([]), np.zeros((3, 2)))
    assert list(points) == ["text", "kind", "added", "similarity", "novelty"]
    assert len(points) == 0
    assert measure_quality(candidate_rows([]), points) == ()


def test_measures_describe_the_rows_that_were_added(resampled, written, X):
    added = resampled.candidates_.query("verdict == 'accepted'")
    texts = added["text"].tolist()
    measures = measure_quality(resampled.candidates_, place_texts(written, X), [[1, 0.7], [0.7, 1]])
    assert shares(measures) == pytest.approx(
        {
            "novelty": new_ngrams(texts, X, n=3).mean(),
            "near-duplicates": 0.0,
            "diversity": distinct_n(texts),
            "fidelity": added["confidence"].mean(),
            "agreement": 0.7,
        }
    )
    assert all(type(measure.share) is float and 0 <= measure.share <= 1 for measure in measures)
    assert all(measure.meaning for measure in measures)


def test_near_duplicates_are_the_added_rows_that_the_leak_gate_counted():
    verdicts = ["accepted", "accepted", "surplus", "near-duplicate"]
    candidates = candidate_rows([("a", verdict, "a text", [], None) for verdict in verdicts])
    candidates["near_duplicate_of"] = [3, -1, 3, 3]
    assert shares(measure_quality(candidates, None))["near-duplicates"] == 0.5


def test_agreement_is_the_mean_over_the_pairs_of_labelers():
    matrix = [[1, 0.9, 0.6], [0.9, 1, 0.3], [0.6, 0.3, 1]]
    assert shares(measure_quality(candidate_rows([]), None, matrix)) == pytest.approx({"agreement": 0.6})


@pytest.mark.parametrize("matrix", [(), [[1.0]], [[np.nan, np.nan], [np.nan, np.nan]], np.zeros((0, 0))])
def test_agreement_needs_two_labelers_that_voted(matrix):
    assert measure_quality(candidate_rows([]), None, matrix) == ()


def test_texts_of_one_word_have_no_diversity(X):
    candidates = candidate_rows([("a", "accepted", f"word{i} !", [], None) for i in range(3)])
    measured = shares(measure_quality(candidates, place_texts(candidates, X)))
    assert set(measured) == {"novelty", "near-duplicates"}


def test_rejected_texts_alone_are_not_measured(written, X):
    rejected = written.query("verdict == 'rejected'")
    assert measure_quality(rejected, place_texts(rejected, X)) == ()


def test_diversity_of_many_texts_is_that_of_a_sample():
    texts = [f"text {i}" for i in range(1500)]
    candidates = candidate_rows([("a", "accepted", "same words", [], None)] * 1500)
    candidates["text"] = texts[:750] + ["same words"] * 750
    sample = evenly_sampled(candidates)["text"]
    assert shares(measure_quality(candidates, None))["diversity"] == distinct_n(sample)
