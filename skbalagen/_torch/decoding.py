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
from skbalagen._utils.progress import progress_bar
from skbalagen._utils.threads import check_stopped

if TYPE_CHECKING:
    import torch

__all__ = ["sample_tokens"]

# Draws before the nucleus is found by a sort, and the factor that shifts used digits out of a uniform draw: 18
# bits choose a token, and a draw of 53 bits is enough for three.
_ATTEMPTS, _LEADING = 2, 2.0**18
# A remainder of columns or rows is summed in another order: attention is run on a multiple of 16 columns, the width of
# the vector units, and products on a multiple of 8 rows.
_COLUMNS, _ROWS = 16, 8
_CACHE_BYTES = 2**29  # of keys and values; longer texts are sampled fewer at a time


def nucleus_draw(logits: torch.Tensor, u: torch.Tensor, top_p: float, temperature: float) -> torch.Tensor:
    """Draw one token per row from its nucleus, with `u` as all the randomness.

    A token is drawn from the whole distribution, and drawn again if it lies outside the nucleus. That takes
    one pass over the vocabulary for few rows; to find the nucleus of every row would take a sort.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_vocabulary)
        Any float dtype.
    u : tensor of float64, of shape (n_rows,)
        Uniform draws in [0, 1).
    top_p : float
        Mass of the nucleus, in (0, 1]: the fewest tokens, most likely first, whose mass reaches it; tokens
        as likely as the last of them belong to it too (Holtzman et al. 2020, section 3.1).
    temperature : float
        Divides the logits; above 0.

    Returns
    -------
    tensor of int64, of shape (n_rows,)
        Token numbers.
    """
    import torch

    scaled = logits if temperature == 1 else logits.float() / temperature
    mass = torch.softmax(scaled, dim=-1, dtype=torch.float32)
    drawn = _invert(mass.cumsum(dim=-1), u)
    doubtful = torch.arange(len(drawn), device=drawn.device)
    for attempt in range(_ATTEMPTS):
        # All likelier tokens together have at most the mass 1 - own, so most rows need no sum.
        own = mass[doubtful].gather(1, drawn[doubtful, None]) if attempt else mass.gather(1, drawn[:, None])
        unsure = own[:, 0] <= 1 - top_p
        doubtful, own = doubtful[unsure], own[unsure]
        if not len(doubtful):
            return drawn
        some = mass[doubtful]
        # A plain sum of one row would be split among threads, a running one never is.
        outside = (some * (some > own)).cumsum(dim=-1)[:, -1] >= top_p
        doubtful, some = doubtful[outside], some[outside]
        if not len(doubtful):
            return drawn
        u = torch.frac(u * _LEADING)
        if attempt < _ATTEMPTS - 1:
            drawn[doubtful] = _invert(some.cumsum(dim=-1), u[doubtful])
    ordered, tokens = some.sort(dim=-1, descending=True)
    cumulated = ordered.cumsum(dim=-1)
    ordered[:, 1:][cumulated[:, :-1] >= top_p] = 0
    within = _invert(ordered.cumsum(dim=-1), u[doubtful])
    drawn[doubtful] = tokens.gather(1, within[:, None])[:, 0]
    return drawn


def _invert(cumulated: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """Return the place where the cumulated mass of each row passes the fraction `u` of the whole."""
    import torch

    point = u[:, None] * cumulated[:, -1:]
    # Rounded to the dtype of the masses, the point may reach the whole.
    point = point.to(cumulated.dtype).minimum(cumulated[:, -1:].nextafter(torch.zeros(())))
    return torch.searchsorted(cumulated, point, right=True)[:, 0]


def _row_cache(
    n_layers: int, n_rows: int, n_columns: int, like: tuple[torch.Tensor, ...]
) -> tuple[Any, list[Any]]:
    """Return a transformers cache, and its layers, in which each row writes a column of its own.

    `like` is a pair of keys and values, of shape (n, n_heads, length, head_dim), to copy dtypes from.
    """
    import torch
    from transformers.cache_utils import Cache, DynamicLayer

    class RowLayer(DynamicLayer):
        """Keys and values of one layer, of shape (n_rows, n_heads, n_columns, head_dim)."""

        def __init__(self) -> None:
            super().__init__()
            self.block = tuple(
                torch.zeros((n_rows, t.shape[1], n_columns, t.shape[3]), dtype=t.dtype, device=t.device)
                for t in like
            )
            self.is_initialized = True
            self.rows = self.column = torch.zeros(0, dtype=torch.long)
            self.shape = (0, 0)  # rows and columns to attend to

        def update(
            self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
        ) -> tuple[torch.Tensor, torch.Tensor]:
            n_rows, width = self.shape
            for block, states in zip(self.block, (key_states, value_states), strict=True):
                block[self.rows, :, self.column] = states[: len(self.rows), :, 0]
            keys, values = self.block
            return keys[:n_rows, :, :width], values[:n_rows, :, :width]

        def get_seq_length(self) -> int:
            return self.shape[1] - 1

    layers = [RowLayer() for _ in range(n_layers)]
    return Cache(layers=layers), layers


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
        As in :func:`nucleus_draw`.
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

        self.body, self.project = model.base_model, model.get_output_embeddings()
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
        self.cache, self.layers = _row_cache(
            len(self.prompt_blocks),
            _whole(n_slots, _ROWS),
            n_columns,
            tuple(t[:1] for t in self.prompt_blocks[0]),
        )
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
            hidden = self.body(
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
            logits = self.project(self._step())[: len(self.job)]
            self._append(torch.arange(len(self.job), device=self.device), logits)
            self._retire()
        return self.results

    def _step(self) -> torch.Tensor:
        """Feed every row's newest token; return the hidden states, with some rows twice: a multiple of 8 in all."""
        import torch

        rows = torch.arange(len(self.job), device=self.device)
        fed = torch.arange(_whole(len(rows), _ROWS), device=self.device) % len(rows)
        column = self.n_prompt + self.length - 1
        width = _whole(int(column.max()) + 1, _COLUMNS)
        for layer in self.layers:
            layer.rows, layer.column, layer.shape = rows, column, (len(fed), width)
        seen = torch.arange(width, device=self.device) <= column[fed, None]
        return self.body(
            input_ids=self.tokens.gather(1, self.length[:, None] - 1)[fed],
            position_ids=column[fed, None],
            attention_mask=seen[:, None, None, :],  # (n_fed, 1, 1, columns)
            past_key_values=self.cache,
            use_cache=True,
        ).last_hidden_state[:, 0]

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
            for layer, block in zip(self.layers, self.prompt_blocks, strict=True):
                for kept, computed in zip(layer.block, block, strict=True):
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
        for layer in self.layers:
            for block in layer.block:
                block[holes] = block[movers]
        for state in (self.job, self.n_prompt, self.length, self.tokens):
            state[holes] = state[movers]
        self.job, self.n_prompt = self.job[:n], self.n_prompt[:n]
        self.length, self.tokens = self.length[:n], self.tokens[:n]
