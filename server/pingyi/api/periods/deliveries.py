"""What has arrived, channel by channel, for the office."""

from __future__ import annotations

from marshmallow import Schema, fields

from pingyi.api.fields import TitleSchema
from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS
from pingyi.services.periods.office_queries import Overview, period_overview

blp = Resource(
    "deliveries", __name__, url_prefix="/periods/<key:period>/deliveries", description="报送情况 / Deliveries"
)


class DeliveredSchema(Schema):
    """A channel: entries that stand, units they cover, the last delivery, entries that are not folded yet."""

    key = fields.String(required=True)
    title = fields.Nested(TitleSchema, required=True)
    plugin = fields.String(required=True)
    operator = fields.String(required=True)
    entries = fields.Integer(required=True)
    units = fields.Integer(required=True)
    backlog = fields.Integer(required=True)
    last_at = fields.AwareDateTime(required=True, allow_none=True)


class DeliveriesSchema(Schema):
    """All channels in the order of the scheme."""

    channels = fields.List(fields.Nested(DeliveredSchema), required=True)


@blp.route("")
@blp.operation("delivery_overview", *OFFICE_READERS)
@blp.response(200, DeliveriesSchema)
def get_overview(period: str) -> Overview:
    """How much each channel has delivered."""
    with transaction() as connection:
        return period_overview(connection, period)
