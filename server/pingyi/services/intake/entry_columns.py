"""The columns of a channel's files and pages: the fields of its entry schema, mappings spread out."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from pingyi.channels import Text, Whole
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.partner_queries import entry_fields


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an entry: its field, the key of a mapping or "", its kind, what it is called."""

    name: str
    key: str
    kind: str
    title: Text
    required: bool

    @property
    def label(self) -> str:
        """Its name where the field is plain, `field.key` in a mapping."""
        return f"{self.name}.{self.key}" if self.key else self.name


def columns_of(working: BoundChannel) -> list[Column]:
    """The columns of a channel's files, the unit first and the reason of a correction last."""
    found = []
    for field in sorted(entry_fields(working), key=lambda each: each["name"] != "unit"):
        title = Text(**field["title"])
        if field["type"] != "mapping":
            kind = "unit" if field["name"] == "unit" else field["type"]
            found.append(Column(field["name"], "", kind, title, field["required"]))
            continue
        kind = _kind_inside(working, field["name"])
        for key in field["keys"]:
            within = Text(zh=f"{title.zh}：{key}", en=f"{title.en}: {key}")
            found.append(Column(field["name"], key, kind, within, required=False))
    return found


def _kind_inside(working: BoundChannel, name: str) -> str:
    field = working.plugin.entry_schema().fields[name]
    whole = isinstance(field, fields.Dict) and isinstance(field.value_field, Whole)
    return "whole" if whole else "text"
