"""Ends the life of ballot keys: first on the record, then their files, at last the sealed ballots."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import BigInteger, Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.db import transaction
from pingyi.domain.period_state import RELEASED, PeriodState
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.periods.periods import PeriodRow, find_period
from pingyi_surveys.casting.drafts import remove_dead_drafts
from pingyi_surveys.counting.unopened_boxes import require_opened
from pingyi_surveys.models import KeyDestruction
from pingyi_surveys.setup.key_files import box_name, configured, forget, key_file_name
from pingyi_surveys.setup.prepare_keys import newest_prepared
from pingyi_surveys.setup.queries import BOX, PERIOD_SECRET, state_of

_NAMED = re.compile(r"period-([0-9]{1,18})-[0-9a-f]{16}\.(keys|box)")
_DEAD = {"keys": PERIOD_SECRET, "box": BOX}
_NOTE = insert(KeyDestruction).on_conflict_do_nothing().returning(KeyDestruction.period_id)
_ALL = select(KeyDestruction.period_id, KeyDestruction.what)
_DESTROY_BALLOTS = select(func.destroy_ballots(bindparam("period", type_=BigInteger), type_=BigInteger))


def destroy_period_secret(caller: Caller, period_id: int, period: str) -> None:
    """Say on the record that the period secret is destroyed, then remove its file here.

    Every other host removes its own with the next sweep. Again changes nothing.
    """
    with transaction() as connection:
        if _destroyed(connection, caller, period_id, PERIOD_SECRET):
            content = {"period": period, "by": caller.name, "what": PERIOD_SECRET}
            record(connection, "ballots.secret_destroyed", content, period_id)
    forget_dead_keys()


def destroy_box(caller: Caller, period_key: str) -> int:
    """Destroy a published period's box key on the record, with all its sealed ballots; returns their number.

    Raises Problem not_found, wrong_state, boxes_unopened, keys_missing.
    """
    with transaction() as connection:
        period = find_period(connection, period_key)
        require_destroyable(connection, period)
        fresh = _destroyed(connection, caller, period.id, BOX)
        _destroyed(connection, caller, period.id, PERIOD_SECRET)
        removed: int = connection.execute(_DESTROY_BALLOTS, {"period": period.id}).scalar_one()
        remove_dead_drafts(connection)
        if fresh or removed:
            content = {"period": period.key, "by": caller.name, "what": BOX, "removed": removed}
            record(connection, "ballots.destroyed", content, period.id)
    forget_dead_keys()
    return removed


def require_destroyable(connection: Connection, period: PeriodRow) -> None:
    """Problem wrong_state before a period is published, boxes_unopened while a box is closed."""
    require_state(period.state, RELEASED)
    require_opened(connection, period.id)


def _destroyed(connection: Connection, caller: Caller, period_id: int, what: str) -> bool:
    """Note that a key is destroyed; whether nobody had before."""
    destruction = {"period_id": period_id, "what": what, "destroyed_by": caller.name}
    return connection.execute(_NOTE, destruction).first() is not None


def forget_dead_keys() -> int:
    """Remove this host's files of keys that are destroyed, or were replaced before the period opened."""
    settings = configured()
    files = [*settings.ballots_folder.glob("period-*.keys"), *settings.box_folder.glob("period-*.box")]
    if not files:
        return 0
    with transaction() as connection:
        destroyed = {(row.period_id, row.what) for row in connection.execute(_ALL)}
        dead = [file for file in files if _is_dead(connection, file, destroyed)]
    return sum(forget(file) for file in dead)


def _is_dead(connection: Connection, file: Path, destroyed: set[tuple[int, str]]) -> bool:
    named = _NAMED.fullmatch(file.name)
    if named is None:
        return False
    period_id, kind = int(named[1]), named[2]
    return (period_id, _DEAD[kind]) in destroyed or _is_replaced(connection, file, period_id)


def _is_replaced(connection: Connection, file: Path, period_id: int) -> bool:
    """Keys were made again; in a draft that may be under way right now, so its files stay."""
    state = state_of(connection, period_id)
    prepared = newest_prepared(connection, period_id)
    if state in {None, PeriodState.DRAFT} or prepared is None:
        return False
    return file.name not in {
        box_name(period_id, prepared.public),
        key_file_name(period_id, prepared.key_file),
    }


def sweep_drafts() -> int:
    """Remove drafts that nobody can open any more."""
    with transaction() as connection:
        return remove_dead_drafts(connection)
