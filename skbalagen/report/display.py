"""Plots of what a resampler did, in scikit-learn's Display convention; matplotlib is imported when they draw."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from skbalagen._utils.containers import text_column_of
from skbalagen._utils.text import as_texts
from skbalagen.metrics.text_quality import nearest_similarity, new_ngrams
from skbalagen.report.style import COLOURS
from skbalagen.report.summary import check_resampled, class_parts, fate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BalanceDisplay", "CandidateDisplay"]

_INCHES_A_CLASS, _MOST_INCHES = 0.25, 12.0
_POINTS_A_LABEL, _CHARACTERS = 8.5, 30
_N_BINS, _WORDS = 20, 3


class BalanceDisplay:
    """Rows of each class before and after, and what the change is made of.

    A horizontal bar a class, largest class on top. Kept and removed (hatched) rows are the size before;
    kept, generated and copied ones the size after.

    Parameters
    ----------
    report : DataFrame of shape (n_classes, n_columns)
        `report_` of a resampler.
    band : tuple of (float, float), default=None
        B_low and B_high, drawn as lines.

    Attributes
    ----------
    parts : DataFrame of int, of shape (n_classes, 4 or 5)
        What is drawn: kept, generated, unlabeled (if any were given), copied and removed rows.
    ax_ : matplotlib Axes
        With the bars, once plotted.
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from skbalagen import BalaGenResampler, BalanceDisplay
    >>> X, y = ["a beer", "red wine", "white wine", "rain today"], ["drink", "drink", "drink", "air"]
    >>> resampler = BalaGenResampler(generator="sample-copy", random_state=0)
    >>> _ = resampler.fit_resample(X, y)
    >>> display = BalanceDisplay(resampler.report_, resampler.band_)
    >>> display.parts.loc["air"].to_dict()
    {'kept': 1, 'generated': 0, 'copied': 2, 'removed': 0}
    """

    def __init__(self, report: pd.DataFrame, band: tuple[float, float] | None = None) -> None:
        self.parts = class_parts(report)
        self.band = band

    @classmethod
    def from_estimator(cls, resampler: Any, *, ax: Axes | None = None) -> Self:
        """Plot what a resampler did.

        Parameters
        ----------
        resampler : BalaGenResampler
            After `fit_resample`.
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure, as high as the number of classes asks for.

        Returns
        -------
        BalanceDisplay

        Raises
        ------
        NotFittedError
            The resampler has not resampled yet.
        ImportError
            matplotlib is not installed.
        """
        check_resampled(resampler)
        return cls(resampler.report_, resampler.band_).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the bars; see :meth:`from_estimator`."""
        if ax is None:
            height = min(_INCHES_A_CLASS * len(self.parts) + 1.4, _MOST_INCHES)
            _, ax = _pyplot(self).subplots(figsize=(7, height), layout="constrained")
        drawn: list[Any] = []
        left = np.zeros(len(self.parts))
        for name, sizes in self.parts.items():
            if sizes.any():
                style: dict[str, Any] = {"color": COLOURS[str(name)]}
                if name == "removed":
                    style |= {"edgecolor": "#8a9099", "hatch": "////", "linewidth": 0.5}
                drawn.append(ax.barh(np.arange(len(left)), sizes, left=left, label=str(name), **style))
                left += sizes.to_numpy()
        for name, rows, dashes in zip(("B_low", "B_high"), self.band or (), ("--", ":"), strict=False):
            line = ax.axvline(
                rows, color="#1d232b", linewidth=1, linestyle=dashes, label=f"{name} = {rows:g}"
            )
            drawn.append(line)
        ax.set(xlabel="rows", ylabel="class", xlim=(0, 1.03 * left.max()), ylim=(-0.6, len(left) - 0.4))
        ax.spines[["top", "right"]].set_visible(False)
        _label_classes(ax, [_shortened(str(label)) for label in self.parts.index])
        ax.legend(handles=drawn, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


class CandidateDisplay:
    """Candidates over the labelers' confidence, and how new they are against how like the real rows.

    Parameters
    ----------
    candidates : DataFrame of shape (n_candidates, n_columns)
        `candidates_` of a resampler.
    X : array-like of str, of shape (n_samples,), default=None
        The real texts. Without them the second plot is left out.

    Attributes
    ----------
    fate : Series of str, of shape (n_candidates,)
        "backed", "refused", "repeated" or "failed".
    novelty : ndarray of float, of shape (n_candidates,), or None
        Share of a candidate's three-word phrases that stand in no real text; nan for failed ones. See
        :func:`skbalagen.metrics.new_ngrams`.
    similarity : ndarray of float, of shape (n_candidates,), or None
        To the real text that a candidate is most like; nan for failed ones. See
        :func:`skbalagen.metrics.nearest_similarity`.
    ax_ : ndarray of matplotlib Axes, of shape (1,) or (2,)
        Once plotted: the histogram and, if `X` was given, the scatter plot.
    figure_ : matplotlib Figure
    """

    def __init__(self, candidates: pd.DataFrame, X: Any = None) -> None:
        self.fate = fate(candidates)
        self.confidence = candidates["confidence"].to_numpy()
        self.novelty: np.ndarray | None = None
        self.similarity: np.ndarray | None = None
        if X is not None:
            reference = as_texts(X).tolist()
            self.novelty, self.similarity = np.full((2, len(candidates)), np.nan)
            rows = np.flatnonzero(self.fate != "failed")
            if len(rows):
                texts = candidates["text"].iloc[rows].tolist()
                self.novelty[rows] = new_ngrams(texts, reference, n=_WORDS)
                self.similarity[rows] = nearest_similarity(texts, reference)

    @classmethod
    def from_estimator(cls, resampler: Any, X: Any = None, *, ax: Any = None) -> Self:
        """Plot the candidates of a resampler.

        Parameters
        ----------
        resampler : BalaGenResampler
            After `fit_resample`.
        X : array-like of str, of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns), default=None
            What was resampled. Without it, novelty and similarity are left out.
        ax : matplotlib Axes or array of them, default=None
            Where to draw: two of them with `X`, else one; None is a new figure.

        Returns
        -------
        CandidateDisplay

        Raises
        ------
        NotFittedError
            The resampler has not resampled yet.
        ValueError
            `ax` holds another number of Axes.
        ImportError
            matplotlib is not installed.
        """
        check_resampled(resampler)
        texts = None if X is None else text_column_of(X, resampler.text_column)
        return cls(resampler.candidates_, texts).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the plots; see :meth:`from_estimator`."""
        n_axes = 1 if self.novelty is None else 2
        if ax is None:
            _, ax = _pyplot(self).subplots(ncols=n_axes, figsize=(5 * n_axes, 4), layout="constrained")
        self.ax_ = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if len(self.ax_) != n_axes:
            raise ValueError(
                f"ax must hold {n_axes} Axes, got {len(self.ax_)}. Pass as many, or leave ax out."
            )
        self.figure_ = self.ax_[0].figure
        self._plot_confidence(self.ax_[0])
        if self.similarity is not None and self.novelty is not None:
            self._plot_novelty(self.ax_[1], self.similarity, self.novelty)
        return self

    def _plot_confidence(self, ax: Axes) -> None:
        judged = {
            name: self.confidence[(self.fate == name) & np.isfinite(self.confidence)]
            for name in ("backed", "refused")
        }
        if any(map(len, judged.values())):
            ax.hist(
                list(judged.values()),
                bins=np.linspace(0, 1, _N_BINS + 1).tolist(),
                stacked=True,
                color=[COLOURS[name] for name in judged],
                label=[f"{name} ({len(values)})" for name, values in judged.items()],
                edgecolor="white",
                linewidth=0.5,
            )
            ax.legend()
        else:
            ax.text(0.5, 0.5, "no candidate was judged", ha="center", transform=ax.transAxes)
        ax.set(xlabel="labelers' mean probability of the wanted class", ylabel="candidates", xlim=(0, 1))
        ax.spines[["top", "right"]].set_visible(False)

    def _plot_novelty(self, ax: Axes, similarity: np.ndarray, novelty: np.ndarray) -> None:
        markers = {"refused": "x", "backed": "o", "repeated": "s"}
        for name, marker in markers.items():
            rows = (self.fate == name).to_numpy()
            if rows.any():
                ax.scatter(
                    similarity[rows],
                    novelty[rows],
                    s=14,
                    marker=marker,
                    alpha=0.6,
                    color=COLOURS[name],
                    linewidths=1,
                    label=f"{name} ({rows.sum()})",
                )
        ax.set(
            xlabel="similarity to the nearest real text",
            ylabel="share of three-word phrases that are new",
            xlim=(-0.03, 1.03),
            ylim=(-0.03, 1.03),
        )
        ax.spines[["top", "right"]].set_visible(False)
        if ax.collections:
            ax.legend()


def _pyplot(display: Any) -> Any:
    """Return matplotlib's pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__} draws with matplotlib, which is not installed. Run `pip install matplotlib`."
        ) from error
    return plt


def _shortened(label: str) -> str:
    """Return a label on one line, its end cut off where it is long."""
    label = " ".join(label.split())
    return label if len(label) <= _CHARACTERS else label[: _CHARACTERS - 1] + "…"


def _label_classes(ax: Axes, labels: list[str]) -> None:
    """Name the classes on the vertical axis: every one, or as many as fit."""
    points = 72 * ax.bbox.height / ax.figure.dpi
    step = ceil(len(labels) * _POINTS_A_LABEL / points)
    # The largest class, on top, is always named. A label is text: $ and $ must not make it a formula.
    positions = range(len(labels) - 1, -1, -step)
    ax.set_yticks(positions, [labels[i] for i in positions], fontsize=8, parse_math=False)
