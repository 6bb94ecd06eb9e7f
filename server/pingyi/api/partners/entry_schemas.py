"""A plugin's entry schema as it is described to partners: what is required, what may be left empty."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from marshmallow import Schema, fields, validate

from pingyi.api.openapi import MAY_BE_EMPTY
from pingyi.api.requests import MAX_ENTRIES
from pingyi.channels import Channel
from pingyi.services.intake.parse_rows import delivery_schema


def batch_schema(plugin: Channel) -> type[Schema]:
    """The body of a post: a list of entries; it is only described, `read_rows` loads the entries."""
    entry = fields.Nested(entry_schema(plugin))
    entries = fields.List(entry, required=True, validate=validate.Length(min=1, max=MAX_ENTRIES))
    return Schema.from_dict({"entries": entries}, name=f"{plugin.key}_entries")


def entry_schema(plugin: Channel) -> type[Schema]:
    """One entry as an operator sends it."""
    loading = delivery_schema(plugin.entry_schema)()
    described = {name: _described(plugin, name, field) for name, field in loading.fields.items()}
    return Schema.from_dict(described, name=f"{plugin.key}_entry")


def _described(plugin: Channel, name: str, field: fields.Field[Any]) -> fields.Field[Any]:
    found = deepcopy(field)
    if name == "unit" and plugin.entry_schema.unit_required:
        found.required = True
    if not found.required:
        found.metadata = {**found.metadata, MAY_BE_EMPTY: True}
    return found
