"""Draws as plain documents, for programs and for the file that lets anyone repeat them."""

from __future__ import annotations

from typing import Any

from pingyi.services.draws.draws import DrawRecord


def draw_document(found: DrawRecord) -> dict[str, Any]:
    """A draw as a plain document: all that is needed to repeat it, but not why members were replaced."""
    line, rule = found.line, found.line.rule
    return {
        "key": line.key,
        "title": line.title,
        "members": line.members,
        "rule": {
            "size": rule.size,
            "alternates": rule.alternates,
            "source": rule.source,
            "quotas": rule.quotas,
        },
        "root": line.root.hex(),
        "leaf": line.leaf.hex(),
        "due_on": line.due_on,
        "committed_at": line.committed_at,
        "value": line.value,
        "drawn_at": line.drawn_at,
        "seed": found.seed.hex() if found.seed else None,
        "pool": [{"id": member.id, "stratum": member.stratum} for member in found.pool],
        "places": [
            {
                "id": one.member.id,
                "stratum": one.member.stratum,
                "ticket": one.ticket,
                "place": one.place,
                "lot": one.lot.value,
            }
            for one in found.places
        ],
        "substitutes": [
            {"replaced": replaced, "member": member} for replaced, (member, _) in found.substitutes.items()
        ],
    }
