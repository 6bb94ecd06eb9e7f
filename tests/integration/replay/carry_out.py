"""Ways to carry one evaluation from draft to published: from its bundle, by requests, by operators' files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import Context
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask
from redis import Redis
from tests.conftest import bearer, empty, forget

from pingyi.db import db
from pingyi.embedded.engines import Endpoints
from pingyi.replay import replay_in
from pingyi.services.bundles.bundles import read_bundle
from pingyi.services.results.result import results_json
from pingyi_demonstration.data.evaluation import Evaluation
from pingyi_workers.work import drain

API = "/api/v1"
MOST = 500

Row = Mapping[str, Any]


class Caller:
    """Calls the API as from outside, each request on its own."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()
        self._sent = 0

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: Any = None, data: bytes | None = None
    ) -> Any:
        self._sent += 1
        once = {"Idempotency-Key": f"one-request-only-{self._sent:06}"} if path.endswith("/entries") else {}
        given = {"json": body} if data is None else {"data": data}
        answer = Context().run(
            self._client.open, API + path, method=method, headers={**headers, **once}, **given
        )
        assert answer.status_code in {200, 201, 202}, (path, answer.text)
        return answer


# Delivers one channel's waves: (call, the channel's path, its operator's headers, the channel's key, waves).
Deliver = Callable[[Caller, str, dict[str, str], str, Sequence[Sequence[Row]]], None]


def prepared(application: Flask, endpoints: Endpoints) -> Flask:
    """The application on an empty database."""
    empty(endpoints)
    forget(application)
    return application


def from_bundle(application: Flask, endpoints: Endpoints, bundle: Path) -> bytes:
    """Replay a bundle on an empty database; the published bytes."""
    with prepared(application, endpoints).app_context():
        read = read_bundle(bundle)
        result = replay_in(application, endpoints.redis_url, read, lambda _: None)
        db.session.remove()
    return results_json(result)


def over_api(
    application: Flask, endpoints: Endpoints, evaluation: Evaluation, document: str, deliver: Deliver
) -> bytes:
    """The whole evaluation by the office and its operators over the API alone; the published bytes."""
    with prepared(application, endpoints).app_context():
        call = Caller(application)
        office = bearer("administrator")
        _draft_and_open(call, office, evaluation, document)
        period = f"/periods/{evaluation.draft.key}"
        _deliver_all(call, office, period, evaluation, deliver)
        call("POST", f"{period}/closing", office)
        call("POST", f"{period}/assessment", office)
        with Redis.from_url(endpoints.redis_url) as redis:
            drain(application, redis)
        asked = call("POST", f"{period}/publication", office, {"reason": "评议结束"}).json
        call("POST", f"/acts/{asked['id']}/approval", bearer("approver"))
        published: bytes = call("GET", f"{period}/results", {}).data
        db.session.remove()
    return published


def _deliver_all(
    call: Caller, office: dict[str, str], period: str, evaluation: Evaluation, deliver: Deliver
) -> None:
    security = bearer("security_administrator")
    for channel in call("GET", period, office).json["channels"]:
        token = call("POST", "/keys", security, {"operator": channel["operator"]}).json["token"]
        path = f"{period}/{channel['plugin']}/{channel['key']}"
        headers = {"Authorization": f"Bearer {token}"}
        deliver(call, path, headers, channel["key"], evaluation.entries[channel["key"]])


def by_requests(
    call: Caller, path: str, operator: dict[str, str], channel: str, waves: Sequence[Sequence[Row]]
) -> None:
    """Post the entries in requests of at most 500."""
    del channel
    for wave in waves:
        for start in range(0, len(wave), MOST):
            call("POST", f"{path}/entries", operator, {"entries": list(wave[start : start + MOST])})


def _rows(given: Any) -> Iterator[dict[str, Any]]:
    """Rows as JSON: decimals as text."""
    for row in given:
        yield {key: str(value) if isinstance(value, Decimal) else value for key, value in asdict(row).items()}


def _draft_and_open(call: Caller, office: dict[str, str], evaluation: Evaluation, document: str) -> None:
    draft = evaluation.draft
    period = f"/periods/{draft.key}"
    dates = {"starts_on": str(draft.starts_on), "ends_on": str(draft.ends_on)}
    call("POST", "/schemes", office, {"document": document})
    call("POST", "/periods", office, {"key": draft.key, "scheme": evaluation.scheme, **dates})
    call("PUT", f"{period}/units", office, {"units": list(_rows(evaluation.units))})
    call("PUT", f"{period}/rolls", office, {"rolls": list(_rows(evaluation.rolls))})
    if evaluation.adjustments:
        adjustments = {"adjustments": list(_rows(evaluation.adjustments))}
        approver = bearer("approver")
        for asked in call("POST", f"{period}/adjustments", office, adjustments).json["acts"]:
            call("POST", f"/acts/{asked['id']}/approval", approver)
    if evaluation.previous:
        call("PUT", f"{period}/previous", office, {"previous": list(_rows(evaluation.previous))})
    call("POST", f"{period}/opening", office)
