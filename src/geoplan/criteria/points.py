"""Points between a standard's minimum and maximum, by straight line (NQ 111/2025, Điều 9.4a)."""

from __future__ import annotations


def interpolate(
    value: float, *, minimum: float, maximum: float, points_min: float, points_max: float
) -> float:
    """Points of a value: 0 below the minimum, the most from the maximum on, a straight line between.

    When the maximum is the smaller of the two, less is better.

    Parameters
    ----------
    value, minimum, maximum
        In the standard's unit.
    points_min, points_max
        Points at the minimum and at the maximum.

    Returns
    -------
    float
        Exactly `points_min` at the minimum and `points_max` at the maximum.

    >>> interpolate(350_000, minimum=200_000, maximum=500_000, points_min=5.5, points_max=7)
    6.25
    """
    if maximum < minimum:
        value, minimum, maximum = -value, -minimum, -maximum
    if value < minimum:
        return 0.0
    if value >= maximum:
        return points_max
    share = (value - minimum) / (maximum - minimum)
    # Rounding must not lift a value past the end of its line.
    return min(points_min + share * (points_max - points_min), points_max)
