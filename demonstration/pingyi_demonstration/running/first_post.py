"""What a newcomer needs for a first post: an operator's key and a command that works."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pingyi.embedded.ports import address_of
from pingyi.services.people.api_keys import authenticate
from pingyi.settings import Settings
from pingyi_demonstration.running import periods
from pingyi_demonstration.running.periods import OPEN
from pingyi_demonstration.running.post_deliveries import entries_path

FILE = "demonstration.json"
CHANNEL, PLUGIN, OPERATOR = "work_law", "partner_score", "市政府法制办"


def refresh_first_post(connection: Connection, state: Path, base_url: str) -> Mapping[str, Any]:
    """Write demonstration.json, readable by its owner alone; a key that still works stays as it is."""
    kept = _read(state / FILE)
    key, body = kept.get("key", ""), kept.get("body")
    if not body or authenticate(connection, key) is None:
        key = periods.operators_key(connection, OPERATOR, channel=CHANNEL)
        body = _body(periods.first_free_unit(connection, OPEN, CHANNEL))
    found = {
        "base_url": base_url,
        "period": OPEN,
        "channel": CHANNEL,
        "operator": OPERATOR,
        "key": key,
        "path": entries_path(OPEN, PLUGIN, CHANNEL),
        "idempotency_key": f"first-post.{key.split('_')[1]}",
        "body": body,
    }
    _write(state / FILE, {**found, "curl": _command(found)})
    return found


def first_request(settings: Settings) -> list[str]:
    """The demonstration's operator key and a command that delivers an entry; nothing where there is none.

    `demonstration.json` in the state folder: operator, key, base_url and curl (the command at that address).
    """
    try:
        kept = json.loads((settings.state / FILE).read_text(encoding="utf-8"))
    except OSError:
        return []
    command: str = kept["curl"].replace(kept["base_url"], address_of(settings))
    return [f"密钥 / key ({kept['operator']}): {kept['key']}", command]


def _body(unit: str) -> dict[str, Any]:
    return {"entries": [{"unit": unit, "score": "4.6", "evidence": "依法行政考核记录第1号"}]}


def _command(found: Mapping[str, Any]) -> str:
    """The same command again is the same act: its Idempotency-Key makes it count once."""
    headers = {
        "Authorization": f"Bearer {found['key']}",
        "Idempotency-Key": found["idempotency_key"],
        "Content-Type": "application/json",
    }
    lines = (
        f"curl -sS {shlex.quote(found['base_url'] + found['path'])}",
        *(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()),
        f"-d {shlex.quote(json.dumps(found['body'], ensure_ascii=False))}",
    )
    return " \\\n  ".join(lines)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")
    beside.replace(path)
