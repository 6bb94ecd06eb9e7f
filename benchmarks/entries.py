"""Entries by the hundred thousand, written set-based: the statements only prepare what is measured."""

from __future__ import annotations

from benchmarks.house import DIMENSIONS, OPTIONS, House


def fill_ballots(house: House, period_id: int, times: int) -> int:
    """Give every unit two or three options of each dimension on each channel, `times` entries each.

    One entry adds to one counter; deliveries of 500, in the order of channel and unit. Returns the entries.
    """
    given = {"period": period_id, "dimensions": list(DIMENSIONS), "options": list(OPTIONS), "times": times}
    return _fill(house, _BALLOTS, {**given, "size": 500})


def fill_mixed(house: House, period_id: int, each: int, size: int) -> int:
    """Give every channel `each` entries of scattered units in deliveries of `size`; returns the entries.

    A third answers five questions, a third one question, a third are cases that add to six counters.
    """
    return _fill(house, _MIXED, {"period": period_id, "each": each, "size": size})


def _fill(house: House, statement: str, given: dict[str, object]) -> int:
    with house.as_owner() as connection:
        connection.execute(f"CREATE TEMPORARY TABLE given ON COMMIT DROP AS {statement}", given)
        written = connection.execute(_WRITE, {"size": given["size"]}).rowcount
        entries = connection.execute("SELECT count(*) FROM given").fetchone()
        connection.execute("ANALYZE entry, delivery, unfolded")
    return int(str(entries[0])) if entries and written else 0


_BALLOTS = """
SELECT c.id AS channel_id, c.period_id, p.unit_id,
  format('["u%%s",%%s,"%%s","%%s"]', p.unit_id, n, d.name, o.name) AS identity,
  json_build_object(
    format('answer/%%s/%%s', d.name, o.name), 1 + (p.unit_id * 7 + o.position * 5 + c.id * 3) %% 11
  ) AS counts,
  row_number() OVER (PARTITION BY c.id ORDER BY n, p.unit_id, d.position, o.position) - 1 AS place
FROM channel c JOIN period_unit p ON p.period_id = c.period_id
CROSS JOIN generate_series(1, %(times)s) AS n
CROSS JOIN unnest(%(dimensions)s::text[]) WITH ORDINALITY AS d(name, position)
CROSS JOIN unnest(%(options)s::text[]) WITH ORDINALITY AS o(name, position)
WHERE c.period_id = %(period)s AND (o.position + p.unit_id) %% 5 < 2 + (d.position + c.position) %% 2
"""

# Every answer is drawn on its own, so that few entries of one unit are alike.
_MIXED = """
SELECT c.id AS channel_id, c.period_id, p.unit_id, format('["%%s"]', n) AS identity,
  CASE n %% 3
    WHEN 0 THEN json_build_object('answer/attitude/' || d %% 5, 1, 'answer/speed/' || d / 5 %% 5, 1,
      'answer/skill/' || d / 25 %% 5, 1, 'answer/honesty/' || d / 125 %% 5, 1,
      'answer/result/' || d / 625 %% 5, 1)
    WHEN 1 THEN json_build_object('answer/overall/' || d %% 5, 1)
    ELSE json_build_object('accepted', 1, 'closed', d %% 2, 'followed_up', d / 2 %% 2, 'on_time', d / 4 %% 2,
      'reached', d / 8 %% 2, 'sign_due', 1)
  END AS counts,
  n - 1 AS place
FROM channel c CROSS JOIN generate_series(1, %(each)s) AS n
CROSS JOIN LATERAL (SELECT (hashint8extended(n, c.id) & 2147483647) AS d) AS drawn
JOIN period_unit p ON p.period_id = c.period_id
  AND p.position = d / 3125 %% (SELECT count(*) FROM period_unit WHERE period_id = %(period)s)
WHERE c.period_id = %(period)s
"""

_WRITE = """
WITH made AS (
  INSERT INTO delivery (period_id, channel_id, kind)
  SELECT period_id, channel_id, 'import' FROM given GROUP BY period_id, channel_id, place / %(size)s
  RETURNING id, channel_id
), parts AS (
  SELECT id, channel_id, row_number() OVER (PARTITION BY channel_id ORDER BY id) - 1 AS part FROM made
), entries AS (
  INSERT INTO entry (delivery_id, position, channel_id, unit_id, identity, standing, values, counts, shared,
    reason, hash)
  SELECT p.id, g.place %% %(size)s, g.channel_id, g.unit_id, g.identity, 'counted', '{}', g.counts, '{}',
    '', ''
  FROM given g JOIN parts p ON p.channel_id = g.channel_id AND p.part = g.place / %(size)s
  RETURNING delivery_id, channel_id
)
INSERT INTO unfolded (delivery_id, channel_id, entries)
SELECT delivery_id, channel_id, count(*) FROM entries GROUP BY 1, 2
"""
