"""Cross-entropy of next tokens: against torch's own, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from skbalagen._torch.token_loss import mean_text_loss, text_loss, token_loss


@pytest.mark.parametrize("chunk", [3, 100])
def test_token_loss_equals_cross_entropy_and_its_gradient(chunk):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(11, 6, generator=generator, requires_grad=True)
    targets = torch.randint(17, (11,), generator=generator)
    head = torch.nn.Linear(6, 17, bias=False)
    torch.nn.init.normal_(head.weight, generator=generator)
    expected = torch.nn.functional.cross_entropy(head(hidden), targets)
    (gradient,) = torch.autograd.grad(3 * expected, hidden)
    head.requires_grad_(False)
    loss = token_loss(hidden, head, targets, chunk=chunk)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(3 * loss, hidden)[0], gradient)


@pytest.mark.parametrize("trained", [False, True])
def test_token_loss_counts_each_token_by_its_weight(trained):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(7, 6, generator=generator, requires_grad=True)
    targets = torch.randint(17, (7,), generator=generator)
    weights = torch.tensor([1.0, 2.0, 0.0, 3.0, 1.0, 1.0, 2.0])
    head = torch.nn.Linear(6, 17, bias=False).requires_grad_(trained)
    each = torch.nn.functional.cross_entropy(head(hidden), targets, reduction="none")
    expected = (weights * each).sum() / 10
    (gradient,) = torch.autograd.grad(expected, hidden)
    loss = token_loss(hidden, head, targets, weights, chunk=3)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(loss, hidden)[0], gradient)


def test_token_loss_with_a_trained_projection_reaches_its_weights():
    generator = torch.Generator().manual_seed(0)
    hidden, targets = torch.randn(5, 4, generator=generator), torch.arange(5)
    head = torch.nn.Linear(4, 7, bias=False)
    loss = token_loss(hidden, head, targets)
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(head(hidden), targets))
    loss.backward()
    assert head.weight.grad.abs().sum() > 0


def test_token_loss_counts_the_bias_of_a_projection():
    hidden, targets = torch.zeros(3, 4), torch.tensor([0, 1, 1])
    head = torch.nn.Linear(4, 2).requires_grad_(False)
    head.bias.copy_(torch.tensor([1.0, 0.0]))
    p = np.exp(1) / (1 + np.exp(1))
    expected = -(np.log(p) + 2 * np.log(1 - p)) / 3
    assert token_loss(hidden, head, targets).item() == pytest.approx(expected, rel=1e-5)


def test_token_loss_of_half_precision_is_summed_in_float32():
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(50, 8, generator=generator).to(torch.bfloat16).requires_grad_()
    targets = torch.randint(9, (50,), generator=generator)
    head = torch.nn.Linear(8, 9, bias=False).to(torch.bfloat16).requires_grad_(False)
    loss = token_loss(hidden, head, targets)
    assert loss.dtype is torch.float32
    expected = torch.nn.functional.cross_entropy((hidden @ head.weight.T).float(), targets)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-3)
    loss.backward()
    assert hidden.grad.dtype is torch.bfloat16


@pytest.fixture(scope="module")
def model(tiny_gpt2):
    return AutoModelForCausalLM.from_pretrained(tiny_gpt2).eval().requires_grad_(False)


SEQUENCES = [[2, 1, 5, 6, 7, 0], [4, 1, 9, 0], [5, 6, 1, 3, 0]]
N_PROMPT = np.array([2, 2, 3])


def by_hand(model, rows):
    """Return the losses of the tokens behind the prompts, each sequence alone, without padding."""
    losses = []
    for tokens, n in ((SEQUENCES[r], N_PROMPT[r]) for r in rows):
        log_p = model(torch.tensor([tokens])).logits[0].log_softmax(dim=-1)
        losses += [-log_p[i - 1, tokens[i]].item() for i in range(n, len(tokens))]
    return losses


@pytest.mark.parametrize("rows", [[0], [1, 2], [2, 0, 1]])
def test_text_loss_counts_the_text_and_the_end_but_not_the_prompt(model, rows):
    loss = text_loss(model, [SEQUENCES[r] for r in rows], N_PROMPT[rows])
    assert loss.item() == pytest.approx(np.mean(by_hand(model, rows)), rel=1e-4)


def test_text_loss_counts_the_tokens_of_a_row_by_its_weight(model):
    rows, weights = [0, 1, 2], np.array([2, 1, 3])
    losses = [by_hand(model, [r]) for r in rows]
    expected = sum(w * sum(of_row) for w, of_row in zip(weights, losses, strict=True))
    expected /= sum(w * len(of_row) for w, of_row in zip(weights, losses, strict=True))
    loss = text_loss(model, SEQUENCES, N_PROMPT, weights)
    assert loss.item() == pytest.approx(expected, rel=1e-4)


def test_text_loss_of_a_text_does_not_depend_on_padding(model):
    alone = [text_loss(model, [s], np.array([n])).item() for s, n in zip(SEQUENCES, N_PROMPT, strict=True)]
    sizes = [len(s) - n for s, n in zip(SEQUENCES, N_PROMPT, strict=True)]
    together = text_loss(model, SEQUENCES, N_PROMPT).item()
    assert together == pytest.approx(np.average(alone, weights=sizes), rel=1e-5)


def test_mean_text_loss_weighs_each_token_the_same_across_parts(model):
    rows = np.array([0, 1, 2] * 20)  # two parts
    losses = by_hand(model, [0, 1, 2])
    assert mean_text_loss(model, SEQUENCES, N_PROMPT, rows) == pytest.approx(np.mean(losses), rel=1e-4)
    assert mean_text_loss(model, SEQUENCES, N_PROMPT, np.array([1])) == pytest.approx(
        np.mean(by_hand(model, [1])), rel=1e-4
    )
