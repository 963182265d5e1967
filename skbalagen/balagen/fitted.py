"""From one run of the algorithm to the fitted attributes of the resampler, and what it has to warn of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._utils.time_limit import out_of_time
from skbalagen.balagen.label_sets import LabelSets, label_table
from skbalagen.balagen.several_generators import generator_counts, origins_of, parts_of, warn_of_dropped
from skbalagen.balagen.shortfall import report_shortfall
from skbalagen.balagen.tables import candidate_table, class_table
from skbalagen.balagen.text_quality import warn_of_malformed
from skbalagen.balagen.training_set import rows_per_class, warn_of_sample
from skbalagen.generators.union import GeneratorUnion

if TYPE_CHECKING:
    from skbalagen.balagen.run import Run

__all__ = ["fitted_attributes"]


def fitted_attributes(done: Run, sets: LabelSets | None, *, stacklevel: int) -> dict[str, Any]:
    """Return the fitted attributes that tell of a run, by name.

    Parameters
    ----------
    done : Run
    sets : LabelSets or None
        Of rows with several labels.
    stacklevel : int
        Of warnings: 2 is the caller of this function.

    Raises
    ------
    ValueError
        With ``shortfall="raise"``, if a class could not be filled.
    """
    made, candidates = done.made, done.made.candidates
    is_cut = any(map(out_of_time, parts_of(done.generator)))
    report_shortfall(candidates, is_cut=is_cut, stacklevel=stacklevel + 1)
    warn_of_malformed(candidates.generated.values(), stacklevel=stacklevel + 1)
    learned = any(stream.texts for stream in candidates.generated.values())
    most = rows_per_class(candidates.sizes, done.max_rows) if learned else None
    warn_of_sample(candidates.sizes, most, stacklevel=stacklevel + 1)
    table = class_table(
        candidates.sizes,
        made.targets,
        made.n_kept,
        made.n_copied,
        candidates.generated,
        candidates.unlabeled,
        getattr(done.generator, "order_", None),
    )
    if isinstance(done.generator, GeneratorUnion):
        table.attrs["generators"] = generator_counts(done.generator, candidates.generated)
        warn_of_dropped(table.attrs["generators"], stacklevel=stacklevel + 1)
    return {
        "sampling_strategy_": done.targets,
        "band_": done.band,
        "rows_per_class_": most,
        "generator_": done.generator,
        "labelers_": done.labelers,
        "is_synthetic_": made.is_synthetic,
        "source_indices_": np.where(made.is_synthetic, -1, made.rows),
        "candidates_": candidate_table(
            {"unlabeled": candidates.unlabeled, "generated": candidates.generated},
            partial(origins_of, done.generator),
        ),
        "report_": table if sets is None else label_table(sets, table, done.targets),
        "stopped_": "time" if is_cut or "time" in table["stopped"].tolist() else "done",
    }
