"""Colours that plots, pages and the notebook share."""

from __future__ import annotations

__all__ = ["COLOURS"]


# Blue, orange and greys differ in lightness too, so that they are told apart without colour vision and in print.
COLOURS = {
    "kept": "#4c6a92",
    "generated": "#d9822b",
    "unlabeled": "#f0c9a0",
    "copied": "#b8b8b8",
    "removed": "#ffffff",
    "backed": "#d9822b",
    "refused": "#b8b8b8",
    "repeated": "#4c6a92",
}
