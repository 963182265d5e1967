"""Train a head, and the encoder below it, through a list of stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import f1_score

from skbalagen._torch.batches import length_buckets
from skbalagen._torch.threads import one_thread
from skbalagen._torch.trainer import TrainingHistory, fine_tune
from skbalagen.classifiers._fisher import fisher_information, fisher_penalty
from skbalagen.classifiers._inputs import TokenInputs, VectorInputs
from skbalagen.classifiers._stage_plan import PlannedStage
from skbalagen.classifiers._training_rows import TrainingRows
from skbalagen.classifiers.heads import Head
from skbalagen.classifiers.stages import runs_of
from skbalagen.metrics.classification import macro_accuracy
from skbalagen.parallel import n_threads

if TYPE_CHECKING:
    import torch

__all__ = ["FitOptions", "train_stages"]

_ROWS_AT_ONCE = 128  # whose logits are computed together


@dataclass(frozen=True)
class FitOptions:
    """Parameters of the training that all stages share; see TransformerClassifier."""

    batch_size: int
    learning_rate: float
    head_learning_rate_ratio: float
    early_stopping: bool
    patience: int
    n_jobs: int | None
    verbose: int
    seed: int


@one_thread()  # per part of a batch; a head alone is too small for more
def train_stages(
    inputs: TokenInputs | VectorInputs,
    head: Head,
    rows: TrainingRows,
    stages: list[PlannedStage],
    held_out: np.ndarray,
    options: FitOptions,
) -> TrainingHistory:
    """Train in place, stage after stage; return the history of all.

    Parameters
    ----------
    inputs : TokenInputs or VectorInputs
    head : Head
        Built.
    rows : TrainingRows
    stages : list of PlannedStage
    held_out : ndarray of int
        Rows that no stage trains on, for early stopping and for samplers that ask for scores.
    options : FitOptions
    """
    history = TrainingHistory()
    fisher = None
    for places in runs_of([planned.stage for planned in stages]):
        run = [stages[i] for i in places]
        first = run[0].stage
        if first.reset_head:
            head.reset(options.seed + places[0])
        reads = inputs.frozen() if first.train == "head" else inputs
        training = _Run(reads, head, rows, run, held_out, options, stream=places[0])
        penalty = None
        if first.penalty > 0 and fisher is not None:
            penalty = fisher_penalty(training.trained, fisher(training.trained), first.penalty)
        history = _joined(history, training.train(penalty))
        fisher = training.fisher
    return history


def _joined(before: TrainingHistory, after: TrainingHistory) -> TrainingHistory:
    return TrainingHistory(
        before.train_loss + after.train_loss,
        before.validation_loss + after.validation_loss,
        len(before.train_loss) + after.best_epoch,
        before.n_steps + after.n_steps,
        after.stopped,
    )


class _Run:
    """Stages that are one training."""

    def __init__(
        self,
        inputs: TokenInputs | VectorInputs,
        head: Head,
        rows: TrainingRows,
        stages: list[PlannedStage],
        held_out: np.ndarray,
        options: FitOptions,
        *,
        stream: int,
    ) -> None:
        import torch

        self.inputs, self.head, self.rows = inputs, head, rows
        self.stages, self.held_out, self.options = stages, held_out, options
        modules = (
            {"head": head.module_}
            if inputs.encoder is None
            else {"encoder": inputs.encoder, "head": head.module_}
        )
        self.network = torch.nn.ModuleDict(modules)
        self.device = next(head.module_.parameters()).device
        self.trained = [p for p in self.network.parameters() if p.requires_grad]
        kind = torch.long if rows.targets.ndim == 1 else torch.float
        self.targets = torch.from_numpy(rows.targets).to(self.device, kind)
        self.rng = np.random.default_rng(options.seed if stream == 0 else [options.seed, stream])
        self.sampler_rng = np.random.default_rng([options.seed, stream, 1])
        # Of each epoch: its stage, its number within the stage, and the weight of each target.
        self.epochs = [(stage, i) for stage in stages for i in range(stage.n_epochs)]
        self.weights: list[torch.Tensor] = []
        self.epoch = 0
        self.seen: list[tuple[np.ndarray, torch.Tensor, torch.Tensor]] = []

    def train(self, penalty: Callable[[], torch.Tensor] | None) -> TrainingHistory:
        """Train in place."""
        chosen, options = self.stages[0].rows, self.options
        if self.head.needs_vectors:
            self.head.start(*self._vectors_and_targets(chosen))
        history = fine_tune(
            self.network,
            lambda rows: self._loss(rows, self.epochs[self.epoch][0], self.weights[self.epoch]),
            self.inputs.lengths,
            draws=lambda _: self._draw(),
            drawn_ahead=not any(s.sampler is not None and s.sampler.needs_scores for s in self.stages),
            penalty=penalty,
            validation=self._validation if options.early_stopping else None,
            on_epoch_start=self._start_epoch,
            on_step_end=self._observe if self.head.needs_vectors else None,
            epochs=len(self.epochs),
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            patience=options.patience,
            faster={id(p): options.head_learning_rate_ratio for p in self.head.module_.parameters()},
            n_threads=None if self.inputs.encoder is None else n_threads(options.n_jobs, self.device),
            rng=self.rng,
            verbose=options.verbose,
        )
        if self.head.needs_vectors:
            self.head.finish(*self._vectors_and_targets(chosen))
        return history

    def fisher(self, parameters: list[Any]) -> list[torch.Tensor]:
        """Return Fisher's information about `parameters` in the rows of the last stage."""
        last = self.stages[-1]
        batches = length_buckets(last.rows, self.inputs.lengths, self.options.batch_size, self.rng)
        weights = self._weights(last)
        return fisher_information(parameters, (self._loss(batch, last, weights) for batch in batches))

    def _start_epoch(self, epoch: int) -> None:
        self.epoch = epoch - 1

    def _draw(self) -> np.ndarray:
        """Return the rows of the next epoch, and note down their weights."""
        stage, epoch = self.epochs[len(self.weights)]
        if stage.sampler is None:
            self.weights.append(self._weights(stage))
            return stage.rows
        scores = self._scores() if stage.sampler.needs_scores and self.weights else None
        y, multiplicities = self.rows.targets[stage.rows], self.rows.multiplicities[stage.rows]
        drawn = stage.sampler.draw(
            y,
            epoch,
            stage.n_epochs,
            scores,
            n=len(stage.rows),
            rng=self.sampler_rng,
            multiplicities=multiplicities,
        )
        each = np.zeros(len(self.rows))
        each[stage.rows] = stage.sampler.weights(
            y, epoch, stage.n_epochs, scores, multiplicities=multiplicities
        )
        self.weights.append(self._tensor(each / stage.mean_weight))
        return stage.rows[np.sort(drawn)]

    def _weights(self, stage: PlannedStage) -> torch.Tensor:
        """Return the weight of each target where every row is drawn once: their mean over the rows is 1."""
        _, total = self.rows.counts(stage.rows)
        return self._tensor(self.rows.multiplicities * (len(stage.rows) / (total * stage.mean_weight)))

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        import torch

        return torch.from_numpy(values).float().to(self.device)

    def _loss(self, rows: np.ndarray, stage: PlannedStage, weights: torch.Tensor) -> torch.Tensor:
        vectors = self.inputs.vectors(rows)
        logits = self.head.module_(vectors)
        chosen, places = self.rows.targets_of(rows)
        targets = self.targets[chosen]
        if self.head.needs_vectors and self.network.training:
            self.seen.append((rows, vectors.detach()[places], targets))
        return (stage.loss(logits[places], targets) * weights[chosen]).sum() / len(rows)

    def _observe(self) -> None:
        """Show the head all rows of a step at once, in the same order whichever part of the batch was done first."""
        import torch

        self.seen.sort(key=lambda part: (part[0].tolist(), part[1].tolist()))
        _, vectors, targets = zip(*self.seen, strict=True)
        self.head.observe(torch.cat(vectors), torch.cat(targets))
        self.seen.clear()

    def _vectors_and_targets(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the vector and the target of each row, a row once for each of its targets."""
        chosen, places = self.rows.targets_of(rows)
        return self.inputs.encoded(rows)[places], self.targets[chosen]

    def _predicted(self, rows: np.ndarray) -> np.ndarray:
        """Return the class numbers, or the indicators, that the model gives some rows now."""
        import torch

        self.network.eval()
        with torch.no_grad():
            vectors = self.inputs.encoded(rows).split(_ROWS_AT_ONCE)
            logits = torch.cat([self.head.module_(part) for part in vectors])
        found = logits.argmax(dim=1) if self.rows.targets.ndim == 1 else (logits >= 0).int()
        return found.cpu().numpy()

    def _validation(self) -> float:
        """Return one minus macro accuracy on the held-out rows; with several labels per row, minus macro F1."""
        true, predicted = self.rows.targets[self.held_out], self._predicted(self.held_out)
        if true.ndim == 1:
            return 1 - macro_accuracy(true, predicted)
        return 1 - float(f1_score(true, predicted, average="macro", zero_division=0))

    def _scores(self) -> np.ndarray:
        """Return the F1 of each class on the held-out rows, and on its training rows if it has none of those."""
        y = self.rows.targets
        has = np.eye(self.rows.n_classes, dtype=int)[y] if y.ndim == 1 else y
        too_small = has[self.held_out].sum(axis=0) == 0
        small = np.flatnonzero((has[:, too_small] > 0).any(axis=1))
        scored = np.union1d(self.held_out, small)
        predicted = self._predicted(scored)
        return f1_score(
            y[scored], predicted, labels=np.arange(self.rows.n_classes), average=None, zero_division=0
        )
