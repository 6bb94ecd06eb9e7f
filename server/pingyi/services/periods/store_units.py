"""Stores a period's list of units as a set: the units, the units above them, their names, their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from pingyi.db import json_text


def store_units(
    connection: Connection,
    period_id: int,
    units: Sequence[Mapping[str, Any]],
    names: Sequence[Mapping[str, str]],
) -> list[Mapping[str, str]]:
    """Put these units in place of the period's; which standing ones got another name: code, before, after."""
    given = {"rows": json_text(units), "names": json_text(names), "period": period_id}
    renamed = [row.named for row in connection.execute(_RENAMED, given)]
    for statement in _PUT_UNITS:
        connection.execute(statement, given)
    return renamed


_RENAMED = text("""
SELECT json_build_object('code', r.code, 'before', unit.name, 'after', r.name) AS named
FROM json_to_recordset(CAST(:rows AS json)) AS r(code text, name text, position bigint)
JOIN unit ON unit.code = r.code WHERE unit.name <> r.name ORDER BY r.position
""")

_PUT_UNITS = tuple(
    text(statement)
    for statement in (
        """
    INSERT INTO unit (code, name, subordination, superior)
    SELECT code, name, subordination, superior FROM json_to_recordset(CAST(:rows AS json))
      AS r(code text, name text, subordination text, superior text)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, subordination = excluded.subordination,
      superior = excluded.superior
    """,
        """
    UPDATE unit SET parent_id = (SELECT id FROM unit above WHERE above.code = r.parent)
    FROM json_to_recordset(CAST(:rows AS json)) AS r(code text, parent text)
    WHERE unit.code = r.code AND r.parent IS NOT NULL
    """,
        """
    DELETE FROM unit_name WHERE period_id = :period AND NOT EXISTS (
      SELECT FROM json_to_recordset(CAST(:names AS json)) AS r(code text, folded text, coarse text)
      JOIN unit ON unit.code = r.code
      WHERE unit.id = unit_name.unit_id AND r.folded = unit_name.folded AND r.coarse = unit_name.coarse)
    """,
        """
    INSERT INTO unit_name (folded, coarse, unit_id, name, period_id)
    SELECT DISTINCT ON (r.folded, r.coarse, unit.id) r.folded, r.coarse, unit.id, r.name, :period
    FROM json_to_recordset(CAST(:names AS json)) AS r(code text, folded text, coarse text, name text)
    JOIN unit ON unit.code = r.code
    WHERE NOT EXISTS (SELECT FROM unit_name n WHERE n.unit_id = unit.id AND n.folded = r.folded
      AND n.coarse = r.coarse AND (n.period_id IS NULL
      OR n.period_id = :period
      OR EXISTS (SELECT FROM period t WHERE t.id = n.period_id AND t.state <> 'draft')))
    ON CONFLICT DO NOTHING
    """,
        "DELETE FROM period_unit WHERE period_id = :period",
        """
    INSERT INTO period_unit (period_id, unit_id, category, position, name)
    SELECT :period, unit.id, r.category, r.position, r.name
    FROM json_to_recordset(CAST(:rows AS json)) AS r(code text, name text, category text, position bigint)
    JOIN unit ON unit.code = r.code
    """,
    )
)
