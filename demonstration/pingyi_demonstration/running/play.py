"""Plays the demonstration to its end from whatever state it is in: draft, post, close, assess, publish."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.schemes import shipped_scheme
from pingyi.services.approvals.requests import DEMONSTRATION, approve_all, request_release
from pingyi.services.core.callers import SHELL
from pingyi.services.core.progress import ProgressRow, read_progress
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.topics import ASSESS
from pingyi_demonstration.data.deliveries import deliveries
from pingyi_demonstration.data.units import evaluated_units
from pingyi_demonstration.running import periods
from pingyi_demonstration.running.periods import FINISHED, OPEN, SCHEME
from pingyi_demonstration.running.post_deliveries import Send, post

MOST_SECONDS = 180
PAUSE_SECONDS = 0.1

Say = Callable[[Text], None]
Wait = Callable[[int, Say], None]


def play(send: Send, wait: Wait, say: Say) -> None:
    """Carry the finished period to published and open the next one; what is done already is left alone.

    `wait(period_id, say)` returns once the workers have assessed the period.
    """
    with transaction() as connection:
        periods.refuse_beside_real_data(connection)
        if not periods.state_of(connection, FINISHED):
            periods.open_finished(connection)
    if _state() == PeriodState.OPEN:
        _post_all(send, say)
        with transaction() as connection:
            close_period(connection, SHELL, FINISHED)
    if _state() == PeriodState.CLOSED:
        _assess(wait, say)
    with transaction() as connection:
        if periods.state_of(connection, FINISHED) == PeriodState.ASSESSED:
            approve_all(connection, [request_release(connection, DEMONSTRATION, FINISHED, "演示评议结束")])
            say(Text(zh="结果已公布", en="published"))
        if not periods.state_of(connection, OPEN):
            periods.open_next(connection)


def _state() -> str:
    with transaction() as connection:
        return periods.state_of(connection, FINISHED)


def _post_all(send: Send, say: Say) -> None:
    """Post what is not there yet: the order is fixed, so the number of deliveries says how far it is."""
    planned = list(deliveries(parse_scheme(shipped_scheme(SCHEME)), evaluated_units()))
    tokens: dict[str, str] = {}
    with transaction() as connection:
        done = periods.delivered(connection, FINISHED)
        for operator in dict.fromkeys(delivery.operator for delivery in planned):
            tokens[operator] = periods.operators_key(connection, operator)
    number: Counter[str] = Counter()
    for position, delivery in enumerate(planned, 1):
        number[delivery.channel] += 1
        if number[delivery.channel] > done[delivery.channel]:
            post(send, FINISHED, delivery, token=tokens[delivery.operator], number=number[delivery.channel])
        if position % 10 == 0 or position == len(planned):
            say(_POSTED.format(done=position, total=len(planned)))


_POSTED = Text(zh="评分单位报送 {done}/{total}", en="operators' deliveries {done}/{total}")


def _assess(wait: Wait, say: Say) -> None:
    with transaction() as connection:
        period_id = find_period(connection, FINISHED).id
        if not read_progress(connection, ASSESS, period_id).waiting:
            request_assessment(connection, SHELL, FINISHED)
    wait(period_id, say)


def wait_for_workers(period_id: int, say: Say) -> None:
    """Watch the workers until they have assessed; Problem workers_silent, or what stopped them."""
    deadline, told = time.monotonic() + MOST_SECONDS, ""
    while time.monotonic() < deadline:
        with transaction() as connection:
            progress = read_progress(connection, ASSESS, period_id)
        if progress.error and not progress.waiting:
            raise Problem("assessment_failed", 500, progress.error)
        if not progress.waiting:
            return
        told = _tell(progress, told, say)
        time.sleep(PAUSE_SECONDS)
    raise Problem("workers_silent", 500, _SILENT)


_SILENT = Text(
    zh="计算程序没有响应，请确认 worker、relay 正在运行。",
    en="The workers do not answer: are worker and relay running?",
)


def _tell(progress: ProgressRow, told: str, say: Say) -> str:
    now = f"{progress.done}/{progress.total}"
    if now != told and progress.total:
        say(Text(zh="汇总与计算 {now}", en="folding and assessing {now}").format(now=now))
    return now
