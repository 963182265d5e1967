"""Say which classes could not be filled with generated texts."""

from __future__ import annotations

import warnings

from skbalagen.balagen.candidates import Candidates

__all__ = ["ShortfallWarning", "report_shortfall"]

_CURE = (
    "Lower beta_low, set a laxer LabelerEnsemble(voting=), raise max_candidates, or describe the classes to the "
    "generator (label_descriptions)."
)
_MORE_TIME = "Raise max_minutes; with memory= a later run goes on from there."


class ShortfallWarning(UserWarning):
    """Some classes could not be filled with generated texts."""


def report_shortfall(candidates: Candidates, *, is_cut: bool = False, stacklevel: int) -> None:
    """Warn, or raise, if classes got fewer generated rows than were wanted; warn if the time did not do.

    Parameters
    ----------
    candidates : Candidates
        After selection.
    is_cut : bool, default=False
        Whether the training of the generator ended early, since time was up.
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
    why = "The fine-tuning was cut short by max_minutes. " if is_cut else ""
    if not short:
        if is_cut:
            warnings.warn(
                f"{why}The generated rows are of what was learned until then. {_MORE_TIME}",
                UserWarning,
                stacklevel=stacklevel + 1,
            )
        return
    worst = sorted(short, key=lambda label: -short[label])
    listed = ", ".join(f"{label!r} ({short[label]} of {wanted[label]})" for label in worst[:5])
    listed += f" and {len(worst) - 5} more" if len(worst) > 5 else ""
    in_time = any(streams[label].stopped != "time" for label in short)
    what = f"{why}{len(short)} of {len(streams)} classes got fewer generated rows than wanted"
    what += f"; missing: {listed}." if in_time else f" before max_minutes was used up; missing: {listed}."
    cure = _CURE if in_time else _MORE_TIME
    if candidates.rules.shortfall == "raise":
        raise ValueError(f"{what} {cure} Or set shortfall='copy' or 'keep'.")
    if candidates.rules.shortfall == "copy":
        done = "They are topped up with copies of their rows"
    else:
        done = "They stay short"
    warnings.warn(f"{what} {done} (see report_). {cure}", ShortfallWarning, stacklevel=stacklevel + 1)
