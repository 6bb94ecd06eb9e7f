"""Which entries stand: joins and look-ups of heads that several modules share."""

from __future__ import annotations

from sqlalchemy import String, and_, bindparam, cast, select

from pingyi.db import json_words
from pingyi.models import Entry, EntryHead

OF_HEAD = and_(Entry.delivery_id == EntryHead.delivery_id, Entry.position == EntryHead.position)
IS_CURRENT = and_(EntryHead.channel_id == Entry.channel_id, EntryHead.identity == Entry.identity, OF_HEAD)
HEADS = (
    select(
        EntryHead.identity,
        EntryHead.delivery_id,
        EntryHead.position,
        cast(Entry.values, String).label("values"),
        Entry.standing,
        Entry.hash,
    )
    .join(Entry, OF_HEAD)
    .where(EntryHead.channel_id == bindparam("channel"), EntryHead.identity.in_(json_words("identities")))
)
LOCKED_HEADS = HEADS.order_by(EntryHead.identity).with_for_update(of=EntryHead)
