"""Sample many texts from a causal language model in batches that stay full: done rows leave, others join.

Rows of different ages share one key-value cache, in which each row begins at column 0: the keys and values of its
prompt, which are computed once per prompt, and then those of its own tokens. A mask hides the columns that a row has
not reached.

A text does not depend on the texts beside it, to the last bit, where the arithmetic of a row does not: that needs a
number of rows and of columns that the vector units divide evenly, the same first column for all rows, and sums along
a row that are never split among threads. It holds for products in bfloat16 on a CPU, and in float32 with one thread.
With more of them, or on an accelerator, libraries choose another order of summation for another number of rows, and a
draw that falls between two tokens may turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._torch.device import return_memory
from skbalagen._torch.llama_step import LlamaStep
from skbalagen._torch.nucleus import nucleus_draw
from skbalagen._torch.token_step import TokenStep
from skbalagen._utils.progress import progress_bar
from skbalagen._utils.threads import check_stopped

if TYPE_CHECKING:
    import torch

__all__ = ["sample_tokens"]

# A remainder of columns or rows is summed in another order: attention is run on a multiple of 16 columns, the width of
# the vector units, and products on a multiple of 8 rows.
_COLUMNS, _ROWS = 16, 8
_CACHE_BYTES = 2**29  # of keys and values; longer texts are sampled fewer at a time


def _whole(n: int, size: int) -> int:
    """Return the first multiple of `size` that is not below `n`."""
    return -(-n // size) * size


def sample_tokens(
    model: Any,
    prompts: Sequence[Sequence[int]],
    jobs: Sequence[tuple[int, np.ndarray]],
    *,
    end_token: int,
    top_p: float,
    temperature: float,
    batch_size: int,
    stop_tokens: Sequence[int] = (),
) -> list[list[int] | None]:
    """Continue prompts until the end token.

    Parameters
    ----------
    model : transformers causal language model
        In evaluation mode, on the device and in the dtype to compute with.
    prompts : sequence of sequences of int
        Token numbers. Each prompt is run through the model once, for all its jobs.
    jobs : sequence of (int, ndarray of float64 of shape (max_tokens,))
        One per text: the number of its prompt, and a uniform draw for each of its tokens. The draws are all
        the randomness, and a text does not depend on the texts beside it (see the module's notes).
    end_token : int
        The token that ends a text.
    top_p, temperature : float
        As in :func:`~skbalagen._torch.nucleus.nucleus_draw`.
    batch_size : int
        Most texts that are sampled at the same time, at least 1; fewer where their keys and values would take
        more than half a gigabyte.
    stop_tokens : sequence of int, default=()
        Tokens that end a text too, and belong to it: those that hold the end of a line, for instance.

    Returns
    -------
    list of (list of int, or None), of length len(jobs)
        The tokens without the end token; None for a text that did not end within its draws.
    """
    import torch

    if not jobs:
        return []
    bar = progress_bar(title="writing", unit="text", total=len(jobs), keep=False)
    with torch.inference_mode(), bar:
        engine = _Engine(model, prompts, jobs, end_token, top_p, temperature, batch_size, stop_tokens)
        texts = engine.run(bar.update)
    return_memory()  # the logits of shrinking batches leave pieces of all sizes
    return texts


class _Engine:
    """State of one call of :func:`sample_tokens`."""

    def __init__(
        self,
        model: Any,
        prompts: Sequence[Sequence[int]],
        jobs: Sequence[tuple[int, np.ndarray]],
        end_token: int,
        top_p: float,
        temperature: float,
        batch_size: int,
        stop_tokens: Sequence[int],
    ) -> None:
        import torch

        self.model, self.project = model, model.get_output_embeddings()
        self.device = next(model.parameters()).device
        self.end_token, self.top_p, self.temperature = end_token, top_p, temperature
        self.ends = torch.tensor([end_token, *stop_tokens], device=self.device)
        self.max_tokens = len(jobs[0][1])
        self.prompt_of = torch.tensor([p for p, _ in jobs])
        self.draws = torch.from_numpy(np.stack([u for _, u in jobs])).to(self.device)  # (n_jobs, max_tokens)
        self.next_job = 0
        self.results: list[list[int] | None] = [None] * len(jobs)
        self._prefill(prompts, batch_size)

        n_columns = _whole(int(self.prompt_lengths.max()) + self.max_tokens, _COLUMNS)
        one_column = sum(t[0, :, 0].nbytes for block in self.prompt_blocks for t in block)
        n_slots = max(1, min(batch_size, len(jobs), _CACHE_BYTES // (n_columns * one_column)))
        kind = LlamaStep if LlamaStep.fits(model) else TokenStep
        self.step = kind(model, self.prompt_blocks, _whole(n_slots, _ROWS), n_columns)
        self.job = torch.full((n_slots,), -1, device=self.device)  # -1: empty
        self.n_prompt = torch.zeros(n_slots, dtype=torch.long, device=self.device)  # tokens of a row's prompt
        self.length = torch.zeros(n_slots, dtype=torch.long, device=self.device)  # its own tokens so far
        self.tokens = torch.zeros(n_slots, self.max_tokens, dtype=torch.long, device=self.device)

    def _prefill(self, prompts: Sequence[Sequence[int]], n_at_once: int) -> None:
        """Run each prompt through the model; keep its keys and values, and the logits after its last token."""
        import torch
        from transformers import DynamicCache

        self.prompt_lengths = torch.tensor([len(p) for p in prompts])
        ids = torch.zeros(len(prompts), _whole(int(self.prompt_lengths.max()), _COLUMNS), dtype=torch.long)
        for i, prompt in enumerate(prompts):
            ids[i, : len(prompt)] = torch.tensor(prompt)
        blocks: list[list[tuple[torch.Tensor, torch.Tensor]]] = []
        after: list[torch.Tensor] = []
        # Padding on the right does not matter: causal attention looks to the left only.
        for rows in torch.arange(len(prompts)).split(n_at_once):
            cache = DynamicCache()
            hidden = self.model.base_model(
                input_ids=ids[rows].to(self.device), past_key_values=cache, use_cache=True
            ).last_hidden_state
            fed = torch.arange(_whole(len(rows), _ROWS)) % len(rows)
            last = hidden[fed, self.prompt_lengths[rows][fed] - 1]
            after.append(self.project(last)[: len(rows)])
            blocks.append([(layer.keys, layer.values) for layer in cache.layers])
        self.prompt_blocks = [
            tuple(torch.cat([b[i][j] for b in blocks]) for j in (0, 1)) for i in range(len(blocks[0]))
        ]
        self.prompt_logits = torch.cat(after)

    def run(self, finished: Callable[[int], Any]) -> list[list[int] | None]:
        """Return the texts; `finished` is called with the number of texts that each step completes."""
        import torch

        self.finished = finished
        self._admit(torch.arange(len(self.job)))
        self._retire()
        while len(self.job):
            check_stopped()
            logits = self.project(self._feed())[: len(self.job)]
            self._append(torch.arange(len(self.job), device=self.device), logits)
            self._retire()
        return self.results

    def _feed(self) -> torch.Tensor:
        """Feed every row's newest token; return the hidden states, with some rows twice: a multiple of 8 in all."""
        import torch

        fed = torch.arange(_whole(len(self.job), _ROWS), device=self.device) % len(self.job)
        column = self.n_prompt + self.length - 1
        width = _whole(int(column.max()) + 1, _COLUMNS)
        return self.step(self.tokens.gather(1, self.length[:, None] - 1)[fed, 0], column[fed], width)

    def _append(self, slots: torch.Tensor, logits: torch.Tensor) -> None:
        """Draw the next token of each slot."""
        u = self.draws[self.job[slots], self.length[slots]]
        self.tokens[slots, self.length[slots]] = nucleus_draw(logits, u, self.top_p, self.temperature)
        self.length[slots] += 1

    def _admit(self, slots: torch.Tensor) -> None:
        """Put the next jobs into `slots` and draw their first tokens from the logits of their prompts."""
        import torch

        slots = slots[: len(self.results) - self.next_job].to(self.device)
        if not len(slots):
            return
        jobs = torch.arange(self.next_job, self.next_job + len(slots))
        self.next_job += len(slots)
        prompts = self.prompt_of[jobs]
        self.job[slots] = jobs.to(self.device)
        self.n_prompt[slots] = self.prompt_lengths[prompts].to(self.device)
        self.length[slots] = 0
        for prompt in prompts.unique().tolist():
            rows = slots[(prompts == prompt).to(self.device)]
            n = int(self.prompt_lengths[prompt])
            for block, computed_block in zip(self.step.blocks, self.prompt_blocks, strict=True):
                for kept, computed in zip(block, computed_block, strict=True):
                    kept[rows, :, :n] = computed[prompt, :, :n]
        self._append(slots, self.prompt_logits[prompts.to(self.device)])

    def _retire(self) -> None:
        """Remove finished rows, admit new ones, and close the gaps when none are left to admit."""
        import torch

        while True:
            newest = self.tokens.gather(1, self.length[:, None] - 1)[:, 0]
            ended = torch.isin(newest, self.ends)
            done = torch.nonzero((ended | (self.length == self.max_tokens)) & (self.job >= 0))[:, 0]
            if len(done):
                rows = zip(
                    self.job[done].tolist(),
                    self.tokens[done].tolist(),
                    self.length[done].tolist(),
                    ended[done].tolist(),
                    strict=True,
                )
                for job, tokens, length, has_end in rows:
                    n = length - (tokens[length - 1] == self.end_token)
                    self.results[job] = tokens[:n] if has_end else None
                self.job[done] = -1
                self.finished(len(done))
            if not len(done) or self.next_job == len(self.results):
                break
            self._admit(done)
        self._close_up()

    def _close_up(self) -> None:
        """Move the last rows into the places of removed ones, so that the batch shrinks."""
        import torch

        alive = self.job >= 0
        n = int(alive.sum())
        if n == len(alive):
            return
        holes = torch.nonzero(~alive[:n])[:, 0]
        movers = n + torch.nonzero(alive[n:])[:, 0]
        for block in self.step.blocks:
            for kept in block:
                kept[holes] = kept[movers]
        for state in (self.job, self.n_prompt, self.length, self.tokens):
            state[holes] = state[movers]
        self.job, self.n_prompt = self.job[:n], self.n_prompt[:n]
        self.length, self.tokens = self.length[:n], self.tokens[:n]
