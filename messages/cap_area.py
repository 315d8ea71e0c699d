"""Polygons and circles of CAP: are they a place on earth? `lat,lon` in degrees of WGS 84 (clause 3.2.4).

A place that cannot be read must refuse the alert: it must never come to mean everywhere.
"""

import re
from itertools import pairwise

Point = tuple[float, float]  # latitude, longitude
Edge = tuple[Point, Point]

_POINT = re.compile(r"([+-]?[0-9]{1,3}(?:\.[0-9]{0,20})?),([+-]?[0-9]{1,3}(?:\.[0-9]{0,20})?)")
_RADIUS = re.compile(r"\+?([0-9]{1,5}(?:\.[0-9]{0,20})?)")
_HALF_EARTH_KM = 20_038  # half the equator: no circle is larger
# Of one polygon. The networks that warn phones take a hundred, and the border of a municipality, surveyed to the
# metre, has some thousands.
MOST_POINTS = 10_000
# Pairs of edges that may be compared, for each point and for each polygon: an honest shape needs a handful
# a point, and with these the whole of a 2 MB message costs less than a second. Beyond them crossing is not
# looked for.
_PAIRS_A_POINT, _PAIRS_A_POLYGON = 16, 500


def polygon_fault(written: str) -> str:
    """Why the polygon is none, or ''."""
    points, words = [], written.split()
    if len(words) > MOST_POINTS:
        return f"has {len(words)} points, and at most {MOST_POINTS} are read: simplify the border"
    for word in words:
        point = _point(word)
        if point is None:
            return f"{word[:40]!r} is not a point: write lat,lon within 90 and 180 degrees"
        points.append(point)
    if len(points) < 4:
        return f"has {len(points)} points, and at least four are needed, the last the same as the first"
    if points[0] != points[-1]:
        return "is not closed: its last point must be the same as its first"
    if _crosses(points):
        return "crosses itself: its edges may not cross each other"
    return ""


def circle_fault(written: str) -> str:
    """Why the circle is none, or ''."""
    words = written.split()
    if len(words) != 2 or _point(words[0]) is None:
        return f"{written[:60]!r} is not a circle: write lat,lon and the radius in km"
    radius = _RADIUS.fullmatch(words[1])
    if radius is None or float(radius.group(1)) > _HALF_EARTH_KM:
        return f"{words[1][:40]!r} is not a radius in km"
    return ""


def _point(word: str) -> Point | None:
    written = _POINT.fullmatch(word)
    if written is None:
        return None
    latitude, longitude = float(written.group(1)), float(written.group(2))
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _crosses(points: list[Point]) -> bool:
    """True when two edges cross properly; touching and running along each other are left alone."""
    edges = sorted((min(a, b), max(a, b)) for a, b in pairwise(points) if a != b)
    left = _PAIRS_A_POLYGON + _PAIRS_A_POINT * len(points)
    for place, first in enumerate(edges):
        north, west, east = first[1][0], *sorted((first[0][1], first[1][1]))
        for number in range(place + 1, len(edges)):
            (south, one), (_, other) = second = edges[number]
            if south > north:
                break  # sorted by latitude: no later edge reaches this one
            left -= 1
            if left < 0:
                return False
            apart = (one > east and other > east) or (one < west and other < west)
            if not apart and _cross(first, second):
                return True
    return False


def _cross(one: Edge, other: Edge) -> bool:
    a, b = one
    c, d = other
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, p: Point) -> int:
    """On which side of the line through `a` and `b` the point lies: -1, 0 (on it) or 1."""
    turn = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return (turn > 1e-12) - (turn < -1e-12)
