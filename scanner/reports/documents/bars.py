"""Bars as SVG text: one stacked bar per asset, no script, no outside request.

Every colour is a CSS class, so the page decides for light, dark and print; each class also has its
own pattern of strokes on paper through the page's style sheet. Widths are integers in thousandths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 1000
HEIGHT = 24


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a bar. css: class of its colour. label: its words. amount: base units, >= 0."""

    css: str
    label: str
    amount: int


def widths(amounts: Sequence[int], whole: int, available: int = WIDTH) -> list[int]:
    """Share `available` thousandths among amounts of a whole, exactly and without floats.

    An amount above 0 gets at least 1, so that nothing that exists is invisible; the largest
    segment gives way for that. whole: at least the sum of the amounts counts as the full bar.
    """
    full = max(whole, sum(amounts))
    if full <= 0:
        return [0 for _ in amounts]
    shares = [max(a * available // full, 1) if a > 0 else 0 for a in amounts]
    excess = sum(shares) - available
    if excess > 0:
        largest = shares.index(max(shares))
        shares[largest] -= excess
    return shares


def stacked_bar(segments: Sequence[Segment], whole: int, description: str) -> str:
    """Draw segments side by side on a track of `whole`; the description is for screen readers."""
    parts = [f'<rect class="track" x="0" y="0" width="{WIDTH}" height="{HEIGHT}"/>']
    left = 0
    shares = widths([s.amount for s in segments], whole)
    for segment, share in zip(segments, shares, strict=True):
        if share:
            parts.append(
                f'<rect class="{escape(segment.css)}" x="{left}" y="0" width="{share}" '
                f'height="{HEIGHT}"><title>{escape(segment.label)}</title></rect>'
            )
        left += share
    return (
        f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(description)}">{"".join(parts)}</svg>'
    )
