"""Plots of what a resampler did, in scikit-learn's Display convention; matplotlib is imported when they draw."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skbalagen.report.style import COLOURS, HATCH, shortened
from skbalagen.report.summary import Summary, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BalanceDisplay", "CandidateDisplay"]

_INCHES_PER_CLASS, _MOST_INCHES = 0.25, 12.0
_POINTS_PER_LABEL = 8.5
# Drawn in this order: accepted candidates lie on top.
_MARKERS = {"repeated": "s", "rejected": "x", "refused": "D", "accepted": "o"}


class BalanceDisplay:
    """Rows of each class before and after, and what the change is made of.

    One horizontal bar per class, the largest class on top. Kept and removed (hatched) rows are the size
    before; kept, generated, unlabeled and copied rows are the size after.

    Parameters
    ----------
    summary : Summary
        Of a resampler; see :func:`~skbalagen.report.summary.summarise`.

    Attributes
    ----------
    parts : DataFrame of int, of shape (n_classes, 4 or 5)
        What is drawn: kept, generated, unlabeled (if any were given), copied and removed rows.
    band : tuple of (float, float) or None
        B_low and B_high, drawn as lines.
    ax_ : matplotlib Axes
        With the bars, after plotting.
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from skbalagen import BalaGenResampler, BalanceDisplay
    >>> from skbalagen.report import summarise
    >>> X, y = ["a beer", "red wine", "white wine", "rain today"], ["drink", "drink", "drink", "air"]
    >>> resampler = BalaGenResampler(generator="sample-copy", random_state=0)
    >>> _ = resampler.fit_resample(X, y)
    >>> BalanceDisplay(summarise(resampler)).parts.loc["air"].to_dict()
    {'kept': 1, 'generated': 0, 'copied': 2, 'removed': 0}
    """

    def __init__(self, summary: Summary) -> None:
        self.parts = summary.parts
        self.band = summary.band

    @classmethod
    def from_estimator(cls, resampler: Any, *, ax: Axes | None = None) -> Self:
        """Plot what a resampler did.

        Parameters
        ----------
        resampler : BalaGenResampler
            After `fit_resample`.
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure, as high as the number of classes requires.

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
        return cls(summarise(resampler)).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the bars; see :meth:`from_estimator`."""
        if ax is None:
            height = min(_INCHES_PER_CLASS * len(self.parts) + 1.4, _MOST_INCHES)
            _, ax = _pyplot(self).subplots(figsize=(7, height), layout="constrained")
        drawn: list[Any] = []
        left = np.zeros(len(self.parts))
        for name, sizes in self.parts.items():
            if sizes.any():
                style: dict[str, Any] = {"color": COLOURS[str(name)]}
                if name == "removed":
                    style |= {"edgecolor": HATCH, "hatch": "////", "linewidth": 0.5}
                drawn.append(ax.barh(np.arange(len(left)), sizes, left=left, label=str(name), **style))
                left += sizes.to_numpy()
        for name, rows, dashes in zip(("B_low", "B_high"), self.band or (), ("--", ":"), strict=False):
            line = ax.axvline(
                rows, color="#1d232b", linewidth=1, linestyle=dashes, label=f"{name} = {rows:g}"
            )
            drawn.append(line)
        ax.set(xlabel="rows", ylabel="class", xlim=(0, 1.03 * left.max()), ylim=(-0.6, len(left) - 0.4))
        ax.spines[["top", "right"]].set_visible(False)
        _label_classes(ax, [shortened(label) for label in self.parts.index])
        ax.legend(handles=drawn, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


class CandidateDisplay:
    """Candidates by the labelers' confidence, and how new and how similar to the real texts they are.

    Parameters
    ----------
    summary : Summary
        Of a resampler; see :func:`~skbalagen.report.summary.summarise`. If it was made without the real
        texts, the second plot is left out.

    Attributes
    ----------
    histogram : Histogram or None
        Accepted and rejected candidates; None if no candidate was judged.
    points : DataFrame of shape (n_points, 5) or None
        text, kind, added, similarity and novelty of at most 1,000 generated candidates; see
        :func:`~skbalagen.report.quality.place_texts`.
    ax_ : ndarray of matplotlib Axes, of shape (1,) or (2,)
        After plotting: the histogram and, if the real texts are known, the scatter plot.
    figure_ : matplotlib Figure
    """

    def __init__(self, summary: Summary) -> None:
        self.histogram = summary.histogram
        self.points = summary.points

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
            `ax` holds another number of Axes, or `X` another number of rows than what was resampled.
        ImportError
            matplotlib is not installed.
        """
        return cls(summarise(resampler, X)).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the plots; see :meth:`from_estimator`."""
        n_axes = 1 if self.points is None else 2
        if ax is None:
            _, ax = _pyplot(self).subplots(ncols=n_axes, figsize=(5 * n_axes, 4), layout="constrained")
        axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if len(axes) != n_axes:
            raise ValueError(f"ax must hold {n_axes} Axes, got {len(axes)}. Pass that many, or leave ax out.")
        self.ax_, self.figure_ = axes, axes[0].figure
        self._plot_confidence(axes[0])
        if n_axes == 2:
            self._plot_novelty(axes[1])
        return self

    def _plot_confidence(self, ax: Axes) -> None:
        if self.histogram is None:
            ax.text(0.5, 0.5, "no candidate was judged", ha="center", transform=ax.transAxes)
        else:
            edges = np.array(self.histogram.edges)
            bottom = np.zeros(len(edges) - 1)
            for name in ("accepted", "rejected"):
                counts = getattr(self.histogram, name)
                ax.bar(
                    edges[:-1],
                    counts,
                    width=np.diff(edges),
                    bottom=bottom,
                    align="edge",
                    color=COLOURS[name],
                    edgecolor="white",
                    linewidth=0.5,
                    label=f"{name} ({sum(counts)})",
                )
                bottom += counts
            ax.legend()
        ax.set(xlabel="labelers' mean probability of the intended class", ylabel="candidates", xlim=(0, 1))
        ax.spines[["top", "right"]].set_visible(False)

    def _plot_novelty(self, ax: Axes) -> None:
        assert self.points is not None
        for name, marker in _MARKERS.items():
            rows = self.points[self.points["kind"] == name]
            if len(rows):
                ax.scatter(
                    rows["similarity"],
                    rows["novelty"],
                    s=14,
                    marker=marker,
                    alpha=0.6,
                    color=COLOURS[name],
                    linewidths=1,
                    label=f"{name} ({len(rows)})",
                )
        ax.set(
            xlabel="similarity to the most similar real text",
            ylabel="share of new three-word phrases",
            xlim=(-0.03, 1.03),
            ylim=(-0.03, 1.03),
        )
        ax.spines[["top", "right"]].set_visible(False)
        if ax.collections:
            ax.legend()


def _pyplot(display: Any) -> Any:
    """Return matplotlib's pyplot, or raise an error that names the package to install."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__} draws with matplotlib, which is not installed. Run `pip install matplotlib`."
        ) from error
    return plt


def _label_classes(ax: Axes, labels: list[str]) -> None:
    """Name the classes on the vertical axis: all of them, or as many as fit."""
    points = 72 * ax.bbox.height / ax.figure.dpi
    step = ceil(len(labels) * _POINTS_PER_LABEL / points)
    # The largest class, on top, is always named. A label is text: $ and $ must not make it a formula.
    positions = range(len(labels) - 1, -1, -step)
    ax.set_yticks(positions, [labels[i] for i in positions], fontsize=8, parse_math=False)
