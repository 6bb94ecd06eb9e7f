"""The receipt of a delivery, to read and to print."""

from __future__ import annotations

from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import blueprint, page
from pingyi.console.single_entries.desks import CHANNEL, NUMBER
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.single_entries.receipts import receipt_page
from pingyi.services.uploads.channel_header import channel_header
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR, policy


@blueprint.get(f"{CHANNEL}/receipts/<{NUMBER}:delivery>")
@policy(OPERATOR, *OFFICE_READERS)
def entry_receipt(period: str, plugin: str, channel: str, delivery: int) -> AnyResponse:
    """What a delivery stored, with its leaves in the record."""
    caller, place = require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin)
    with transaction() as connection:
        head, working = channel_header(connection, caller, place)
        receipt = receipt_page(connection, caller, working, delivery)
    return page("console/entry_receipt.html", head=head, receipt=receipt)
