"""The office's list of plugins."""

from __future__ import annotations

from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.extensions import installed_extensions
from pingyi.roles import OFFICE_READERS
from pingyi.services.plugins.plugin_uses import plugin_lines
from pingyi.web.policy import policy


@blueprint.get("/office/plugins")
@policy(*OFFICE_READERS)
def plugins() -> AnyResponse:
    """Every plugin with its state, which schemes and periods use it, and the extensions."""
    with transaction() as connection:
        lines = plugin_lines(connection)
    return page("console/plugins.html", lines=lines, extensions=installed_extensions())
