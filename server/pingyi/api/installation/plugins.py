"""The plugins and extensions that this installation found."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from pingyi.api.fields import TitleSchema
from pingyi.api.openapi import Resource
from pingyi.services.periods import queries
from pingyi.web.policy import SIGNED_IN

blp = Resource("plugins", __name__, url_prefix="/plugins", description="渠道插件 / Plugins")


class PluginSchema(Schema):
    """A channel that a package brings."""

    key = fields.String(required=True)
    title = fields.Nested(TitleSchema, required=True)
    family = fields.String(required=True)
    distribution = fields.String(required=True)
    version = fields.String(required=True)
    identity = fields.List(fields.String(), required=True)


class ExtensionSchema(Schema):
    """A package beside the core that works, and what it brings, by keys."""

    key = fields.String(required=True)
    distribution = fields.String(required=True)
    version = fields.String(required=True)
    topics = fields.List(fields.String(), required=True)
    roles = fields.List(fields.String(), required=True)


class BrokenSchema(Schema):
    """A package that brought nothing, and why."""

    name = fields.String(required=True)
    distribution = fields.String(required=True)
    version = fields.String(required=True)
    error = fields.String(required=True)


class PluginsSchema(Schema):
    """All that was found."""

    plugins = fields.List(fields.Nested(PluginSchema), required=True)
    broken = fields.List(fields.Nested(BrokenSchema), required=True)
    extensions = fields.List(fields.Nested(ExtensionSchema), required=True)
    broken_extensions = fields.List(fields.Nested(BrokenSchema), required=True)


@blp.route("")
@blp.operation("plugin_list", SIGNED_IN)
@blp.response(200, PluginsSchema)
def list_all() -> dict[str, Any]:
    """List the plugins, and the packages that are broken."""
    return queries.plugins()
