"""The questions as DuckDB and SedonaDB are asked them, in the forms that were quickest of those tried.

Uniting all that meets a commune and cutting once is quicker than cutting every plan. In `twice` the kinds are
compared *after* the spatial join: as a join key they would make both programs hash by kind and try all pairs.
"""

from __future__ import annotations


def meeting() -> str:
    """Area of each commune's union."""
    return """
        WITH x AS (
            SELECT c.code, ST_Collect_Agg(p.geometry) AS g
            FROM communes c JOIN plans p ON ST_Intersects(c.geometry, p.geometry)
            GROUP BY c.code)
        SELECT x.code, ST_Area(ST_Intersection(ST_UnaryUnion(x.g), c.geometry)) AS area
        FROM x JOIN communes c ON c.code = x.code"""


def covered() -> str:
    """The same by kind."""
    return """
        WITH x AS (
            SELECT c.code, p.kind, ST_Collect_Agg(p.geometry) AS g
            FROM communes c JOIN plans p ON ST_Intersects(c.geometry, p.geometry)
            GROUP BY c.code, p.kind)
        SELECT x.code, x.kind, ST_Area(ST_Intersection(ST_UnaryUnion(x.g), c.geometry)) AS area
        FROM x JOIN communes c ON c.code = x.code"""


def twice() -> str:
    """Area under two plans of a kind."""
    return """
        WITH pairs AS (
            SELECT a.kind AS k, b.kind AS l, a.id AS i, b.id AS j, a.geometry AS g, b.geometry AS h
            FROM plans a JOIN plans b ON ST_Intersects(a.geometry, b.geometry)),
        shared AS (
            SELECT k AS kind, ST_Intersection(g, h) AS g FROM pairs
            WHERE CASE WHEN k = l THEN i < j ELSE false END),
        x AS (
            SELECT c.code, q.kind, ST_Collect_Agg(q.g) AS g
            FROM communes c JOIN shared q ON ST_Intersects(c.geometry, q.g)
            GROUP BY c.code, q.kind)
        SELECT x.code, x.kind, ST_Area(ST_Intersection(ST_UnaryUnion(x.g), c.geometry)) AS area
        FROM x JOIN communes c ON c.code = x.code"""
