"""The plots: what is drawn is what the report says."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen import BalaGenResampler, BalanceDisplay, CandidateDisplay, ShortfallWarning
from skbalagen.metrics.text_quality import nearest_similarity, new_ngrams
from tests.fakes import FirstWordLabeler, NumberedGenerator

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    matplotlib.pyplot.close("all")


def resample(X, y, **parameters):
    given = {
        "generator": NumberedGenerator(fail_every=3),
        "labelers": [FirstWordLabeler(veto="2"), FirstWordLabeler()],
        "min_votes": "all",
        "random_state": 0,
    } | parameters
    resampler = BalaGenResampler(**given)
    resampler.fit_resample(X, y)
    return resampler


@pytest.fixture
def fitted(corpus):
    """Sizes 12, 6, 3, 2: the largest is thinned to 9, the others are filled, with copies too."""
    with pytest.warns(ShortfallWarning):
        return resample(*corpus, beta_low=75, beta_high=25, max_candidates=0.5)


def widths(display):
    """Return the drawn bars as {part: widths}."""
    return {bars.get_label(): [bar.get_width() for bar in bars] for bars in display.ax_.containers}


def test_bars_are_the_rows_of_the_report(fitted):
    display = BalanceDisplay.from_estimator(fitted)
    drawn, report = widths(display), fitted.report_
    assert drawn["kept"] == report["kept"].tolist() == [2, 3, 6, 9]
    assert drawn["removed"] == [0, 0, 0, 3]
    assert drawn["generated"] == report["added"].tolist()
    assert drawn["copied"] == report["copied"].tolist()
    assert any(drawn["copied"])
    assert any(drawn["generated"])
    ends = np.sum([drawn[part] for part in ("kept", "generated", "copied")], axis=0)
    assert ends.tolist() == report["size_after"].tolist()
    lefts = [bar.get_x() for bar in display.ax_.containers[-1]]
    assert lefts == ends.tolist()  # removed rows stand behind those that are there
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["flight", "fare", "meal", "city"]


def test_band_is_drawn_where_there_is_one(fitted, corpus):
    lines = BalanceDisplay.from_estimator(fitted).ax_.lines
    assert [(line.get_label(), line.get_xdata()[0]) for line in lines] == [
        ("B_low = 9", 9),
        ("B_high = 9", 9),
    ]
    other = resample(*corpus, sampling_strategy={"city": 3}, labelers=[])
    assert len(BalanceDisplay.from_estimator(other).ax_.lines) == 0


def test_texts_from_the_unlabeled_pool_have_their_own_bars(corpus):
    resampler = BalaGenResampler(
        generator=NumberedGenerator(), labelers=[FirstWordLabeler()], random_state=0, beta_low=75
    )
    resampler.fit_resample(*corpus, unlabeled=["city of light", "meal for two"])
    drawn = widths(BalanceDisplay.from_estimator(resampler))
    assert drawn["unlabeled"] == [1, 1, 0, 0]
    assert (np.add(drawn["generated"], drawn["unlabeled"]) == resampler.report_["added"]).all()


@pytest.mark.parametrize(("n_classes", "height"), [(2, 1.9), (150, 12.0)])
def test_figure_grows_with_the_classes_and_labels_stay_apart(n_classes, height):
    y = np.repeat(
        [f"a class with quite a long name, number {i}" for i in range(n_classes)], range(1, n_classes + 1)
    )
    X = [f"text {i}" for i in range(len(y))]
    display = BalanceDisplay.from_estimator(resample(X, y, beta_low=50, generator="sample-copy"))
    assert len(display.ax_.containers[0]) == n_classes
    assert display.figure_.get_figheight() == pytest.approx(height)
    display.figure_.canvas.draw()
    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    assert len(boxes) == {2: 2, 150: 75}[n_classes]
    assert all(above.y0 >= below.y1 for above, below in pairwise(boxes))
    assert boxes[0].x0 >= 0
    assert display.ax_.get_yticklabels()[0].get_text() == "a class with quite a long nam…"


def test_a_label_is_text_and_no_formula():
    y = ["$\\frac$", "$\\frac$", "two\nlines"]
    display = BalanceDisplay.from_estimator(resample(["a", "b", "c"], y, generator="sample-copy"))
    display.figure_.canvas.draw()
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["$\\frac$", "two lines"]


def test_histogram_counts_the_judged_candidates(fitted):
    display = CandidateDisplay.from_estimator(fitted)
    assert display.ax_.shape == (1,)
    judged = fitted.candidates_.dropna(subset="confidence")
    backed = judged["verdict"].isin(["accepted", "surplus"])
    assert backed.any()
    assert not backed.all()
    # Two labelers that say 1 or 0: backed candidates lie in the last bin, refused ones in the middle.
    lower, upper = ([bar.get_height() for bar in bars] for bars in display.ax_[0].containers)
    assert lower == [0] * 19 + [backed.sum()]
    assert upper == [0] * 10 + [(~backed).sum()] + [0] * 9


def test_scatter_plot_has_each_text_once(fitted, corpus):
    X, _ = corpus
    display = CandidateDisplay.from_estimator(fitted, pd.DataFrame({"text": X}))
    texts = fitted.candidates_["text"]
    rows = texts.notna().to_numpy()
    assert not rows.all()
    np.testing.assert_allclose(display.similarity[rows], nearest_similarity(texts[rows], X))
    np.testing.assert_allclose(display.novelty[rows], new_ngrams(texts[rows], X, n=3))
    assert np.isnan(display.novelty[~rows]).all()
    points = np.concatenate([part.get_offsets() for part in display.ax_[1].collections])
    expected = np.column_stack([display.similarity, display.novelty])[rows]
    np.testing.assert_allclose(np.sort(points, axis=0), np.sort(expected, axis=0))
    assert [part.get_label() for part in display.ax_[1].collections] == [
        f"{name} ({(display.fate == name).sum()})" for name in ("refused", "backed")
    ]


def test_displays_draw_where_they_are_told(fitted, corpus):
    figure, axes = matplotlib.pyplot.subplots(1, 3)
    balance = BalanceDisplay.from_estimator(fitted, ax=axes[0])
    candidates = CandidateDisplay.from_estimator(fitted, corpus[0], ax=axes[1:])
    assert (balance.ax_, balance.figure_, candidates.figure_) == (axes[0], figure, figure)
    assert list(candidates.ax_) == list(axes[1:])
    assert balance.plot() is balance
    assert balance.figure_ is not figure
    with pytest.raises(ValueError, match=r"ax must hold 2 Axes, got 1\. Pass as many"):
        CandidateDisplay.from_estimator(fitted, corpus[0], ax=axes[0])


@pytest.mark.parametrize("parameters", [{"labelers": []}, {"beta_low": 0}])
def test_displays_of_candidates_that_nobody_judged(corpus, parameters):
    resampler = resample(*corpus, **({"min_votes": "soft"} | parameters))
    display = CandidateDisplay.from_estimator(resampler, corpus[0])
    assert [text.get_text() for text in display.ax_[0].texts] == ["no candidate was judged"]
    display.figure_.canvas.draw()


@pytest.mark.parametrize("display", [BalanceDisplay, CandidateDisplay])
def test_displays_need_a_resampler_that_has_resampled(display, corpus):
    resampler = BalaGenResampler().fit(*corpus)
    with pytest.raises(NotFittedError, match=r"has not resampled yet. Call fit_resample\(X, y\) first"):
        display.from_estimator(resampler)


@pytest.mark.parametrize("display", [BalanceDisplay, CandidateDisplay])
def test_without_matplotlib_the_error_says_what_to_install(display, fitted, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        ImportError, match=f"{display.__name__} draws with matplotlib.*pip install matplotlib"
    ):
        display.from_estimator(fitted)
