"""Say which classes could not be filled with generated texts."""

from __future__ import annotations

import warnings

from skbalagen.balagen.candidates import Candidates

__all__ = ["ShortfallWarning", "report_shortfall"]

_CURE = (
    "Lower beta_low, set a laxer LabelerEnsemble(voting=), raise max_candidates, or describe the classes to the "
    "generator (label_descriptions)."
)


class ShortfallWarning(UserWarning):
    """Some classes could not be filled with generated texts."""


def report_shortfall(candidates: Candidates, *, stacklevel: int) -> None:
    """Warn, or raise, if classes got fewer generated rows than were wanted.

    Parameters
    ----------
    candidates : Candidates
        After selection.
    stacklevel : int
        Of the warning: 2 is the caller of this function.

    Raises
    ------
    ValueError
        With ``shortfall="raise"``.
    """
    streams = candidates.generated
    wanted = {
        c: s.quota + (len(candidates.unlabeled[c].accepted) if candidates.unlabeled else 0)
        for c, s in streams.items()
    }
    short = {label: stream.missing for label, stream in streams.items() if stream.missing}
    if not short:
        return
    worst = sorted(short, key=lambda label: -short[label])
    listed = ", ".join(f"{label!r} ({short[label]} of {wanted[label]})" for label in worst[:5])
    listed += f" and {len(worst) - 5} more" if len(worst) > 5 else ""
    what = f"{len(short)} of {len(streams)} classes got fewer generated rows than wanted; missing: {listed}."
    if candidates.rules.shortfall == "raise":
        raise ValueError(f"{what} {_CURE} Or set shortfall='copy' or 'keep'.")
    if candidates.rules.shortfall == "copy":
        done = "They are topped up with copies of their rows"
    else:
        done = "They stay short"
    warnings.warn(f"{what} {done} (see report_). {_CURE}", ShortfallWarning, stacklevel=stacklevel + 1)
