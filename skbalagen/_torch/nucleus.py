"""Nucleus sampling (Holtzman et al. 2020, section 3.1): draw tokens from the likeliest that have a share of the mass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["nucleus_draw"]

# Draws before the nucleus is found by a sort, and the factor that shifts used digits out of a uniform draw: 18
# bits choose a token, and a draw of 53 bits is enough for three.
_ATTEMPTS, _LEADING = 2, 2.0**18
# Sums over the vocabulary are sums over blocks of tokens first: few blocks have to be looked into.
_BLOCK = 128
# Rows at a time: the masses of many are too large for caches, and for the allocator to keep.
_ROWS = 32


def nucleus_draw(logits: torch.Tensor, u: torch.Tensor, top_p: float, temperature: float) -> torch.Tensor:
    """Draw one token per row from its nucleus, with `u` as all the randomness.

    A token is drawn from the whole distribution, and drawn again if it lies outside the nucleus. That takes
    few passes over the vocabulary; to find the nucleus of every row would take a sort.

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

    parts = zip(logits.split(_ROWS), u.split(_ROWS), strict=True)
    return torch.cat([_draw(*part, top_p, temperature) for part in parts])


def _draw(logits: torch.Tensor, u: torch.Tensor, top_p: float, temperature: float) -> torch.Tensor:
    import torch

    n_missing = -logits.shape[1] % _BLOCK
    if n_missing:
        logits = torch.nn.functional.pad(logits, (0, n_missing), value=-torch.inf)
    scaled = logits if temperature == 1 else logits.float() / temperature
    mass = torch.softmax(scaled, dim=-1, dtype=torch.float32)
    blocks, block_mass = _blocks(mass)
    peaks = blocks.amax(dim=-1)
    rows = torch.arange(len(mass), device=mass.device)
    tokens = torch.empty_like(rows)
    for _ in range(_ATTEMPTS):
        tokens[rows] = _invert(blocks, block_mass, rows, u)
        outside = _outside(blocks, peaks, rows, tokens[rows], top_p)
        rows, u = rows[outside], torch.frac(u[outside] * _LEADING)
        if not len(rows):
            return tokens
    ordered, likeliest = mass[rows].sort(dim=-1, descending=True)
    cumulated = ordered.cumsum(dim=-1)
    ordered[:, 1:][cumulated[:, :-1] >= top_p] = 0
    places = _invert(*_blocks(ordered), torch.arange(len(rows), device=rows.device), u)
    tokens[rows] = likeliest.gather(1, places[:, None])[:, 0]
    return tokens


def _blocks(mass: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return masses of shape (n_rows, n_blocks, _BLOCK) and their sums as float64, of shape (n_rows, n_blocks)."""
    blocks = mass.unflatten(-1, (-1, _BLOCK))
    return blocks, blocks.sum(dim=-1).double()


def _invert(
    blocks: torch.Tensor, block_mass: torch.Tensor, rows: torch.Tensor, u: torch.Tensor
) -> torch.Tensor:
    """Return the token at which the cumulated mass of each of the `rows` passes the fraction `u` of the whole."""
    cumulated = block_mass[rows].cumsum(dim=-1)
    point = u * cumulated[:, -1]
    block = _passes(cumulated, point)
    before = cumulated.gather(1, block[:, None])[:, 0] - block_mass[rows, block]
    within = blocks[rows, block].cumsum(dim=-1, dtype=cumulated.dtype)
    return block * blocks.shape[-1] + _passes(within, point - before)


def _passes(cumulated: torch.Tensor, point: torch.Tensor) -> torch.Tensor:
    """Return the first place of each row whose sum is above `point`; if rounding left none, that of the last rise."""
    import torch

    below_all = cumulated[:, -1].nextafter(torch.zeros((), dtype=cumulated.dtype, device=cumulated.device))
    return torch.searchsorted(cumulated, point.clamp(min=0).minimum(below_all)[:, None], right=True)[:, 0]


def _outside(
    blocks: torch.Tensor, peaks: torch.Tensor, rows: torch.Tensor, tokens: torch.Tensor, top_p: float
) -> torch.Tensor:
    """Return the places in `rows` of those whose token lies outside the nucleus: likelier ones have its mass.

    `peaks` are the largest masses of the blocks, of shape (n_rows, n_blocks).
    """
    import torch

    own = blocks.flatten(1)[rows, tokens]
    # All likelier tokens together have at most the mass 1 - own, so most rows need no sum.
    unsure = torch.nonzero(own <= 1 - top_p)[:, 0]
    rows, own = rows[unsure], own[unsure]
    place, block = torch.nonzero(peaks[rows] > own[:, None], as_tuple=True)
    some = blocks[rows[place], block]
    likelier = torch.zeros(len(rows), dtype=torch.float64, device=rows.device)
    likelier.index_add_(0, place, (some * (some > own[place, None])).sum(dim=-1).double())
    return unsure[likelier >= top_p]
