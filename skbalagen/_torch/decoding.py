"""Sample many texts from a causal language model in batches that stay full: done rows leave, others join.

Rows of different ages share one key-value cache. Every step writes one *column* of it for all rows. For a row
that joins at column ``c``, the keys and values of its prompt, which are computed once per prompt, are copied
into the columns just before ``c``, and a mask hides the columns further left. Keys carry their own positions,
so a prompt may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._torch.device import return_memory
from skbalagen._utils.progress import progress_bar

if TYPE_CHECKING:
    import torch

__all__ = ["sample_tokens"]

# Draws before the nucleus is found by a sort, and the factor that shifts used digits out of a uniform draw: 18
# bits choose a token, and a draw of 53 bits is enough for three.
_ATTEMPTS, _LEADING = 2, 2.0**18


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
        outside = (some * (some > own)).sum(dim=-1) >= top_p
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


def _column_cache(
    n_layers: int, n_rows: int, n_columns: int, like: tuple[torch.Tensor, ...]
) -> tuple[Any, list[Any]]:
    """Return a transformers cache, and its layers, whose rows all write the same column of a fixed block.

    `like` is a pair of keys and values, of shape (n, n_heads, length, head_dim), to copy dtypes from.
    """
    import torch
    from transformers.cache_utils import Cache, DynamicLayer

    class ColumnLayer(DynamicLayer):
        """Keys and values of one layer, of shape (n_rows, n_heads, n_columns, head_dim)."""

        def __init__(self) -> None:
            super().__init__()
            self.block = tuple(
                torch.zeros((n_rows, t.shape[1], n_columns, t.shape[3]), dtype=t.dtype, device=t.device)
                for t in like
            )
            self.is_initialized = True
            self.start, self.column, self.n_rows = 0, 0, n_rows

        def update(
            self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
        ) -> tuple[torch.Tensor, torch.Tensor]:
            keys, values = (t[: self.n_rows] for t in self.block)
            keys[:, :, self.column] = key_states[:, :, 0]
            values[:, :, self.column] = value_states[:, :, 0]
            seen = slice(self.start, self.column + 1)
            return keys[:, :, seen], values[:, :, seen]

        def get_seq_length(self) -> int:
            return self.column - self.start

    layers = [ColumnLayer() for _ in range(n_layers)]
    return Cache(layers=layers), layers


def sample_tokens(
    model: Any,
    prompts: Sequence[Sequence[int]],
    jobs: Sequence[tuple[int, np.ndarray]],
    *,
    end_token: int,
    top_p: float,
    temperature: float,
    batch_size: int,
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
        the randomness, so a text does not depend on the texts beside it.
    end_token : int
        The token that ends a text.
    top_p, temperature : float
        As in :func:`nucleus_draw`.
    batch_size : int
        Texts that are sampled at the same time, at least 1.

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
        texts = _Engine(model, prompts, jobs, end_token, top_p, temperature, batch_size).run(bar.update)
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
    ) -> None:
        import torch

        self.body, self.project = model.base_model, model.get_output_embeddings()
        self.device = next(model.parameters()).device
        self.end_token, self.top_p, self.temperature = end_token, top_p, temperature
        self.max_tokens = len(jobs[0][1])
        self.n_slots = min(batch_size, len(jobs))
        self.prompt_of = torch.tensor([p for p, _ in jobs])
        self.draws = torch.from_numpy(np.stack([u for _, u in jobs])).to(self.device)  # (n_jobs, max_tokens)
        self.next_job = 0
        self.results: list[list[int] | None] = [None] * len(jobs)
        self._prefill(prompts)

        width = int(self.prompt_lengths.max()) + self.max_tokens
        # Room for more steps before the columns in use have to be moved back to the left.
        self.n_columns = width + 32
        self.cache, self.layers = _column_cache(
            len(self.prompt_blocks), self.n_slots, self.n_columns, tuple(t[:1] for t in self.prompt_blocks[0])
        )
        self.column = int(self.prompt_lengths.max())
        self.job = torch.full((self.n_slots,), -1, device=self.device)  # -1: empty
        self.start = torch.zeros(self.n_slots, dtype=torch.long, device=self.device)  # a row's first column
        self.length = torch.zeros(self.n_slots, dtype=torch.long, device=self.device)  # its tokens so far
        self.tokens = torch.zeros(self.n_slots, self.max_tokens, dtype=torch.long, device=self.device)

    def _prefill(self, prompts: Sequence[Sequence[int]]) -> None:
        """Run each prompt through the model; keep its keys and values, and the logits after its last token."""
        import torch
        from transformers import DynamicCache

        self.prompt_lengths = torch.tensor([len(p) for p in prompts])
        width = int(self.prompt_lengths.max())
        ids = torch.zeros(len(prompts), width, dtype=torch.long)
        for i, prompt in enumerate(prompts):
            ids[i, : len(prompt)] = torch.tensor(prompt)
        blocks: list[list[tuple[torch.Tensor, torch.Tensor]]] = []
        after: list[torch.Tensor] = []
        # Padding on the right does not matter: causal attention looks to the left only.
        for rows in torch.arange(len(prompts)).split(self.n_slots):
            cache = DynamicCache()
            hidden = self.body(
                input_ids=ids[rows].to(self.device), past_key_values=cache, use_cache=True
            ).last_hidden_state
            last = hidden[torch.arange(len(rows)), self.prompt_lengths[rows] - 1]
            after.append(self.project(last))
            blocks.append([(layer.keys, layer.values) for layer in cache.layers])
        self.prompt_blocks = [
            tuple(torch.cat([b[i][j] for b in blocks]) for j in (0, 1)) for i in range(len(blocks[0]))
        ]
        self.prompt_logits = torch.cat(after)

    def run(self, finished: Callable[[int], Any]) -> list[list[int] | None]:
        """Return the texts; `finished` is called with the number of texts that each step completes."""
        import torch

        self.finished = finished
        self._admit(torch.arange(self.n_slots))
        self._retire()
        while len(self.job):
            if self.column == self.n_columns:
                self._move_left()
            logits = self.project(self._step())
            self._append(torch.arange(len(self.job), device=self.device), logits)
            self.column += 1
            self._retire()
        return self.results

    def _step(self) -> torch.Tensor:
        """Feed every row's newest token; return the hidden states, of shape (n_rows, width)."""
        import torch

        low = int(self.start.min())
        newest = self.tokens.gather(1, self.length[:, None] - 1)
        for layer in self.layers:
            layer.start, layer.column, layer.n_rows = low, self.column, len(self.job)
        seen = torch.arange(low, self.column + 1, device=self.device) >= self.start[:, None]
        return self.body(
            input_ids=newest,
            position_ids=(self.column - self.start)[:, None],
            attention_mask=seen[:, None, None, :],  # (n_rows, 1, 1, columns)
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
        lengths = self.prompt_lengths[prompts]
        self.job[slots] = jobs.to(self.device)
        self.start[slots] = self.column - lengths.to(self.device)
        self.length[slots] = 0
        for prompt in prompts.unique().tolist():
            rows = slots[(prompts == prompt).to(self.device)]
            n = int(self.prompt_lengths[prompt])
            for layer, block in zip(self.layers, self.prompt_blocks, strict=True):
                for kept, computed in zip(layer.block, block, strict=True):
                    kept[rows, :, self.column - n : self.column] = computed[prompt, :, :n]
        self._append(slots, self.prompt_logits[prompts.to(self.device)])

    def _retire(self) -> None:
        """Remove finished rows, admit new ones, and close the gaps when none are left to admit."""
        import torch

        while True:
            newest = self.tokens.gather(1, self.length[:, None] - 1)[:, 0]
            ended = newest == self.end_token
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
                    self.results[job] = tokens[: length - 1] if has_end else None
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
                block[holes, :, : self.column] = block[movers, :, : self.column]
        for state in (self.job, self.start, self.length, self.tokens):
            state[holes] = state[movers]
        self.job, self.start = self.job[:n], self.start[:n]
        self.length, self.tokens = self.length[:n], self.tokens[:n]

    def _move_left(self) -> None:
        """Move the columns in use to the left end of the cache."""
        # A prompt that joins next needs room to the left of the current column.
        low = min(int(self.start.min()), self.column - int(self.prompt_lengths.max()))
        for layer in self.layers:
            for block in layer.block:
                block[:, :, : self.column - low] = block[:, :, low : self.column].clone()
        self.start -= low
        self.column -= low
