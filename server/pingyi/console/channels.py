"""The plugins' own pages and tasks, below one parent that lets in the office and the channel's operator."""

from __future__ import annotations

from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.plugins.channel_pages import list_places, render_page, run_task
from pingyi.services.uploads.channel_header import channel_header
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR, policy

CHANNEL = "/channels/<key:plugin>/<key:period>/<key:channel>"


@blueprint.get("/channels/")
@blueprint.get("/channels/<key:plugin>/")
@policy(OPERATOR, *OFFICE_READERS)
def channels(plugin: str | None = None) -> AnyResponse:
    """The channels that have pages or tasks of their own."""
    return _list(plugin, 200)


@blueprint.get(f"{CHANNEL}/<key:path>")
@policy(OPERATOR, *OFFICE_READERS)
def channel_page(plugin: str, period: str, channel: str, path: str) -> AnyResponse:
    """One page of a plugin."""
    shown = render_page(require_caller(), plugin, period, channel, path)
    with transaction() as connection:
        head, _ = channel_header(
            connection, require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin)
        )
    return page("console/channel_page.html", shown=shown, head=head, path=path)


@blueprint.post(f"{CHANNEL}/tasks/<key:task>")
@policy(OPERATOR)
def channel_task(plugin: str, period: str, channel: str, task: str) -> AnyResponse:
    """Do one task of a plugin, for the channel's operator."""
    try:
        said = run_task(require_caller(), plugin, period, channel, task)
    except Problem as problem:
        return _list(plugin, problem.status, problem=problem)
    return _list(plugin, 200, done=said)


def _list(
    plugin: str | None, status: int, problem: Problem | None = None, done: Text | None = None
) -> AnyResponse:
    with transaction() as connection:
        places = list_places(connection, require_caller(), plugin)
    return page("console/channels.html", status, places=places, problem=problem, done=done)
