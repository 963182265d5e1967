"""The plots: what is drawn is what the summary says."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen import BalanceDisplay, CandidateDisplay
from skbalagen.report.style import COLOURS
from skbalagen.report.summary import summarise
from tests.report.conftest import TAG, candidate_rows, make_resampled

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    matplotlib.pyplot.close("all")


def widths(display):
    """Return the drawn bars as {part: widths}."""
    return {bars.get_label(): [bar.get_width() for bar in bars] for bars in display.ax_.containers}


def test_bars_are_the_rows_of_the_report(resampled):
    display = BalanceDisplay.from_estimator(resampled)
    drawn, report = widths(display), resampled.report_
    assert drawn == {
        "kept": [2, 3, 6, 9],
        "generated": [3, 2, 3, 0],
        "copied": [4, 4, 0, 0],
        "removed": [0, 0, 0, 3],
    }
    ends = np.sum([drawn[part] for part in ("kept", "generated", "copied")], axis=0)
    assert ends.tolist() == report["n_after"].tolist()
    lefts = [bar.get_x() for bar in display.ax_.containers[-1]]
    assert lefts == ends.tolist()  # removed rows stand behind those that are there
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["flight", "fare", "meal", TAG]


def test_bars_have_the_shared_colours_and_removed_rows_a_hatch(resampled):
    for bars in BalanceDisplay.from_estimator(resampled).ax_.containers:
        name, first = bars.get_label(), bars[0]
        assert first.get_facecolor() == matplotlib.colors.to_rgba(COLOURS[name])
        assert bool(first.get_hatch()) == (name == "removed")


def test_band_is_drawn_if_there_is_one(resampled):
    resampled.band_ = (9.0, 11.0)
    lines = BalanceDisplay.from_estimator(resampled).ax_.lines
    assert [(line.get_label(), line.get_xdata()[0]) for line in lines] == [
        ("B_low = 9", 9),
        ("B_high = 11", 11),
    ]
    resampled.band_ = None
    assert len(BalanceDisplay.from_estimator(resampled).ax_.lines) == 0


def test_texts_from_the_unlabeled_pool_have_their_own_bars():
    found = candidate_rows([("a", "accepted", f"found {i}", [True], 0.8) for i in range(2)], "unlabeled")
    made = candidate_rows([("a", "accepted", "made", [True], 0.9)])
    display = BalanceDisplay.from_estimator(
        make_resampled({"a": (1, 4, 1, 0), "b": (4, 4, 4, 0)}, pd.concat([found, made]))
    )
    assert widths(display) == {"kept": [1, 4], "generated": [1, 0], "unlabeled": [2, 0]}


@pytest.mark.parametrize(("n_classes", "height", "n_labels"), [(2, 1.9, 2), (150, 12.0, 75)])
def test_figure_grows_with_the_classes_and_labels_stay_apart(n_classes, height, n_labels):
    sizes = {f"a class with quite a long name, number {i}": i + 1 for i in range(n_classes)}
    display = BalanceDisplay.from_estimator(make_resampled({c: (n, n, n, 0) for c, n in sizes.items()}))
    assert len(display.ax_.containers[0]) == n_classes
    assert display.figure_.get_figheight() == pytest.approx(height)
    display.figure_.canvas.draw()
    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    assert len(boxes) == n_labels
    assert all(above.y0 >= below.y1 for above, below in pairwise(boxes))
    assert boxes[0].x0 >= 0
    assert display.ax_.get_yticklabels()[0].get_text() == "a class with quite a long nam…"


def test_a_label_is_text_and_no_formula():
    display = BalanceDisplay.from_estimator(
        make_resampled({"two\nlines": (1, 1, 1, 0), "$\\frac$": (2, 2, 2, 0)})
    )
    display.figure_.canvas.draw()
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["$\\frac$", "two lines"]


def test_histogram_is_that_of_the_summary(resampled):
    display = CandidateDisplay.from_estimator(resampled)
    assert display.ax_.shape == (1,)
    histogram = summarise(resampled).histogram
    lower, upper = display.ax_[0].containers
    assert [bar.get_height() for bar in lower] == list(histogram.accepted)
    assert [bar.get_height() for bar in upper] == list(histogram.rejected)
    assert [bar.get_y() for bar in upper] == list(histogram.accepted)
    assert [bar.get_x() for bar in lower] == pytest.approx(histogram.edges[:-1])
    assert [text.get_text() for text in display.ax_[0].get_legend().get_texts()] == [
        "accepted (9)",
        "rejected (3)",
    ]


def test_scatter_plot_has_each_text_once(resampled, X):
    display = CandidateDisplay.from_estimator(resampled, pd.DataFrame({"text": X}))
    points = np.concatenate([part.get_offsets() for part in display.ax_[1].collections])
    expected = display.points[["similarity", "novelty"]].to_numpy()
    np.testing.assert_allclose(np.sort(points, axis=0), np.sort(expected, axis=0))
    assert [part.get_label() for part in display.ax_[1].collections] == [
        "repeated (3)",
        "rejected (3)",
        "accepted (9)",
    ]


def test_displays_draw_where_they_are_told(resampled, X):
    figure, axes = matplotlib.pyplot.subplots(1, 3)
    balance = BalanceDisplay.from_estimator(resampled, ax=axes[0])
    candidates = CandidateDisplay.from_estimator(resampled, X, ax=axes[1:])
    assert (balance.ax_, balance.figure_, candidates.figure_) == (axes[0], figure, figure)
    assert list(candidates.ax_) == list(axes[1:])
    assert balance.plot() is balance
    assert balance.figure_ is not figure


@pytest.mark.parametrize("n_axes", [1, 3])
def test_another_number_of_axes_is_refused(resampled, X, n_axes):
    _, axes = matplotlib.pyplot.subplots(1, n_axes)
    with pytest.raises(ValueError, match=rf"ax must hold 2 Axes, got {n_axes}\. Pass that many"):
        CandidateDisplay.from_estimator(resampled, X, ax=axes)


def test_candidates_that_nobody_judged_are_a_note_in_the_plot(X):
    rows = [("a", "accepted", "a new text", [], None)]
    fake = make_resampled({"a": (3, 4, 3, 0), "b": (20, 20, 20, 0)}, rows)
    display = CandidateDisplay.from_estimator(fake, X)
    assert [text.get_text() for text in display.ax_[0].texts] == ["no candidate was judged"]
    assert len(display.ax_[1].collections) == 1
    display.figure_.canvas.draw()


def test_no_candidates_at_all_leave_both_plots_empty(X):
    display = CandidateDisplay.from_estimator(make_resampled({"a": (3, 3, 3, 0), "b": (20, 20, 20, 0)}), X)
    assert len(display.ax_) == 2
    assert len(display.ax_[1].collections) == 0
    assert display.ax_[1].get_legend() is None
    display.figure_.canvas.draw()


@pytest.mark.parametrize("display", [BalanceDisplay, CandidateDisplay])
def test_a_display_of_a_summary_draws_nothing_before_plot(display, resampled):
    made = display(summarise(resampled))
    assert not hasattr(made, "ax_")
    assert matplotlib.pyplot.get_fignums() == []
    assert made.plot().figure_.axes


@pytest.mark.parametrize("display", [BalanceDisplay, CandidateDisplay])
def test_displays_need_a_resampler_that_has_resampled(display, resampled):
    del resampled.report_
    with pytest.raises(NotFittedError, match=r"has not resampled yet: .* Call fit_resample\(X, y\) first"):
        display.from_estimator(resampled)


@pytest.mark.parametrize("display", [BalanceDisplay, CandidateDisplay])
def test_without_matplotlib_the_error_says_what_to_install(display, resampled, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        ImportError, match=f"{display.__name__} draws with matplotlib.*pip install matplotlib"
    ):
        display.from_estimator(resampled)
