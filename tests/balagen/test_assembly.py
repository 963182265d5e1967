"""Step 6: what is kept, added and copied, and in which order."""

from __future__ import annotations

import numpy as np

from skbalagen import SampleCopyGenerator
from skbalagen.balagen.assembly import assemble
from skbalagen.balagen.candidates import Candidates, Rules
from skbalagen.balagen.labelers import NoLabelers
from tests.fakes import NumberedGenerator

X = np.array(["a0", "a1", "b0", "b1", "b2", "b3", "c0"], dtype=object)
Y = np.array(["a", "a", "b", "b", "b", "b", "c"], dtype=object)
TARGETS = {"c": 3, "a": 4, "b": 3}


def selected(share=1.0, shortfall="copy", texts=None):
    """Candidates after one round in which each class got what `texts` says."""
    candidates = Candidates(X, Y, TARGETS, Rules(lambda n: share, shortfall=shortfall))
    for spans in candidates.rounds():
        said = texts or NumberedGenerator().sample(spans)
        drawn = {c: [said[c][i] if i < len(said[c]) else None for i in span] for c, span in spans.items()}
        candidates.select(candidates.judge(spans, drawn, NoLabelers()))
        break
    return candidates


def test_kept_rows_come_first_then_new_texts_then_copies():
    made = assemble(X, Y, TARGETS, selected(share=0.5), NumberedGenerator(), 0, 1, 2)
    assert made.is_synthetic.tolist() == [False] * 6 + [True] * 2 + [False] * 2
    assert made.texts[:6].tolist() == X[made.rows[:6]].tolist()
    assert made.rows[:6].tolist() == sorted(made.rows[:6].tolist())
    assert sorted(made.labels[6:8].tolist()) == ["a", "c"]
    assert sorted(made.labels[8:].tolist()) == ["a", "c"]
    assert made.texts[8:].tolist() == X[made.rows[8:]].tolist()


def test_large_classes_are_thinned_and_no_row_of_another_is_dropped():
    made = assemble(X, Y, TARGETS, selected(), NumberedGenerator(), 0, 1, 2)
    assert made.n_kept == {"c": 1, "a": 2, "b": 3}
    assert set(made.texts[:6]) <= set(X)
    assert {"a0", "a1", "c0"} <= set(made.texts[:6])


def test_rows_of_new_texts_belong_to_their_class():
    made = assemble(X, Y, TARGETS, selected(), NumberedGenerator(), 0, 1, 2)
    assert (Y[made.rows] == made.labels).all()


def test_copies_fill_what_generation_did_not_unless_told_otherwise():
    few = {"a": ["a new"], "c": []}
    copied = assemble(X, Y, TARGETS, selected(texts=few), NumberedGenerator(), 0, 1, 2)
    assert copied.n_copied == {"a": 1, "c": 2}
    short = assemble(X, Y, TARGETS, selected(texts=few, shortfall="keep"), NumberedGenerator(), 0, 1, 2)
    assert short.n_copied == {}


def test_a_generator_of_rows_chooses_the_copies_itself():
    generator = SampleCopyGenerator().fit(X, Y)
    made = assemble(X, Y, TARGETS, Candidates(X, Y, TARGETS, Rules(lambda n: 0.0)), generator, 0, 1, 2)
    expected = generator.sample_rows({"c": range(2), "a": range(2)}, random_state=1)
    assert made.rows[6:].tolist() == [*expected["c"], *expected["a"]]
    assert not made.is_synthetic.any()


def test_nothing_to_do_gives_the_rows_as_they_are():
    sizes = {"c": 1, "a": 2, "b": 4}
    made = assemble(X, Y, sizes, Candidates(X, Y, sizes, Rules(lambda n: 1.0)), NumberedGenerator(), 0, 1, 2)
    assert made.texts.tolist() == X.tolist()
    assert made.rows.tolist() == list(range(7))


def test_the_seeds_of_kept_rows_and_copies_are_apart():
    def rows(kept, copies):
        return assemble(
            X, Y, TARGETS, selected(share=0.1), NumberedGenerator(), kept, 1, copies
        ).rows.tolist()

    assert rows(0, 2) == rows(0, 2)
    assert any(rows(0, 2)[:6] != rows(seed, 2)[:6] for seed in range(1, 6))
    assert all(rows(0, seed)[:6] == rows(0, 2)[:6] for seed in range(3, 6))
