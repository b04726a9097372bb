"""Lines over time as SVG text: no script, no outside request; colours are CSS classes.

Coordinates are integers, worked out from integers: amounts may have more digits than a float.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 1000
HEIGHT = 320
LEFT, RIGHT, TOP, BOTTOM = 150, 20, 16, 36
"""Room for the words beside the lines."""
GRID_LINES = 4
LETTER = 9
"""Room for one of the words' letters."""
TICK_ROOM = 130
"""Room for one day below the time axis."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a drawing fits into, in its own pixels. css: its class. height, width: of the whole."""

    css: str
    width: int
    height: int
    tick_room: int


WIDE = Frame("chart", WIDTH, HEIGHT, TICK_ROOM)
NARROW = Frame("chart narrow", 390, 260, 92)
"""For phones, where a wide one's words would be too small to read; the style sheet shows one."""


@dataclass(frozen=True, slots=True)
class Point:
    """at: seconds since 1970. amount: base units. label: its words."""

    at: int
    amount: int
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line. css: class of its colour and dash. parts: runs of points; gaps lie between."""

    css: str
    parts: Sequence[Sequence[Point]]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where times and amounts lie on the drawing."""

    first: int
    last: int
    highest: int
    left: int = LEFT
    frame: Frame = WIDE

    def x(self, at: int) -> int:
        """Pixels from the left; a single moment lies in the middle."""
        room = self.frame.width - self.left - RIGHT
        if self.last == self.first:
            return self.left + room // 2
        return self.left + (at - self.first) * room // (self.last - self.first)

    def y(self, amount: int) -> int:
        """Pixels from the top; 0 is at the bottom, always: a cut axis makes changes look large."""
        room = self.frame.height - TOP - BOTTOM
        return TOP + room - (amount * room // self.highest if self.highest else 0)


def line_charts(
    lines: Sequence[Line], ticks: Sequence[tuple[int, str]], texts: Sequence[str], description: str
) -> str:
    """The same lines twice: for wide windows and for phones. "" when there is no point."""
    return "".join(line_chart(lines, ticks, texts, description, f) for f in (WIDE, NARROW))


def line_chart(
    lines: Sequence[Line],
    ticks: Sequence[tuple[int, str]],
    texts: Sequence[str],
    description: str,
    frame: Frame = WIDE,
) -> str:
    """Draw lines over time. "" when there is no point.

    ticks: (seconds, words) below the time axis; as many are named as there is room for, the first
    and the last among them. texts: words of `grid_amounts`.
    description: for screen readers; the numbers belong into a table beside the drawing.
    """
    points = [p for line in lines for part in line.parts for p in part]
    if not points:
        return ""
    moments = [p.at for p in points]
    highest = grid_amounts(max(p.amount for p in points))[-1]
    left = min(LEFT, 20 + LETTER * max(map(len, texts), default=0))
    scale = Scale(min(moments), max(moments), highest, left, frame)
    inside = [*_grid(scale, texts), *_ticks(scale, ticks)]
    for line in lines:
        inside += _line(scale, line)
    return (
        f'<svg class="{frame.css}" viewBox="0 0 {frame.width} {frame.height}" role="img" '
        f'aria-label="{escape(description)}">{"".join(inside)}</svg>'
    )


def grid_amounts(highest: int) -> list[int]:
    """The amounts of the grid lines, from 0 to the first at or above the highest.

    They are 1, 2 or 5 times a power of ten apart; there are GRID_LINES at most above 0.
    """
    if highest <= 0:
        return [0]
    least = -(-highest // GRID_LINES)
    power: int = 10 ** (len(str(least)) - 1)
    apart = next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least)
    return [apart * step for step in range(-(-highest // apart) + 1)]


def _grid(scale: Scale, texts: Sequence[str]) -> Iterable[str]:
    right = scale.frame.width - RIGHT
    for amount, text in zip(grid_amounts(scale.highest), texts, strict=True):
        y = scale.y(amount)
        yield f'<line class="grid" x1="{scale.left}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield (
            f'<text class="axis" x="{scale.left - 10}" y="{y + 5}" text-anchor="end">'
            f"{escape(text)}</text>"
        )


def _ticks(scale: Scale, ticks: Sequence[tuple[int, str]]) -> Iterable[str]:
    half, right = scale.frame.tick_room // 2, scale.frame.width - RIGHT
    for at, words in _with_room(scale, ticks):
        x = scale.x(at)
        anchor = "start" if x < scale.left + half else "end" if x > right - half else "middle"
        yield (
            f'<text class="axis" x="{x}" y="{scale.frame.height - 10}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )


def _with_room(scale: Scale, ticks: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The first, the last, and of those between as many as do not touch."""
    inner = sorted(ticks)
    if len(inner) < 2:
        return inner
    first, last = inner[0], inner[-1]
    room = scale.frame.tick_room
    # The first begins at its place and the last ends there: both need half as much room again.
    kept, free = [first], scale.x(first[0]) + room * 3 // 2
    for tick in inner[1:-1]:
        if free <= scale.x(tick[0]) <= scale.x(last[0]) - room * 3 // 2:
            kept.append(tick)
            free = scale.x(tick[0]) + room
    return [*kept, last] if scale.x(last[0]) - scale.x(first[0]) >= 2 * room else [last]


def _line(scale: Scale, line: Line) -> Iterable[str]:
    css = escape(line.css)
    for part in line.parts:
        places = [(scale.x(p.at), scale.y(p.amount), p.label) for p in part]
        if len(places) > 1:
            path = " ".join(f"{x},{y}" for x, y, _ in places)
            yield f'<polyline class="{css}" points="{path}"/>'
        for x, y, label in places:
            circle = f'<circle class="{css}" cx="{x}" cy="{y}" r="4">'
            yield f"{circle}<title>{escape(label)}</title></circle>"


SPARK_WIDTH, SPARK_HEIGHT = 120, 28


def sparkline(amounts: Sequence[int], description: str) -> str:
    """Draw a few amounts as a line without words, from 0 up. amounts: at least two, not negative.

    description: for screen readers.
    """
    highest = max(amounts) or 1
    places = [
        (
            2 + no * (SPARK_WIDTH - 4) // (len(amounts) - 1),
            SPARK_HEIGHT - 3 - amount * (SPARK_HEIGHT - 6) // highest,
        )
        for no, amount in enumerate(amounts)
    ]
    path = " ".join(f"{x},{y}" for x, y in places)
    x, y = places[-1]
    return (
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" role="img" '
        f'aria-label="{escape(description)}"><polyline points="{path}"/>'
        f'<circle cx="{x}" cy="{y}" r="2.5"/></svg>'
    )
