"""What the pages about one entry of a channel share: the channel, its form, the entry that stands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from flask import request, url_for

from pingyi.console.pages import field
from pingyi.console.single_entries.entry_forms import REASON, EntryForm, entry_form, typed_content
from pingyi.db import transaction
from pingyi.domain.errors import FieldError
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden
from pingyi.services.intake.deliveries import Repeatable, fingerprint
from pingyi.services.intake.entry_cells import EntryCell, cells_of
from pingyi.services.single_entries.preview import unit_names
from pingyi.services.single_entries.standing import PlacedEntry, entry_at, require_standing
from pingyi.services.uploads.channel_header import ChannelHeader, channel_header
from pingyi.web.forms import Form, filled_form, posted_form

CHANNEL = "/entries/<key:period>/<key:plugin>/<key:channel>"
NUMBER = "int(max=9223372036854775807)"
ONE = f"{CHANNEL}/<{NUMBER}:delivery>/<{NUMBER}:position>"
_FIRST = "/entries/0"
_TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One channel for the person who types its entries; `entry`: the one that is corrected or withdrawn."""

    place: ChannelRef
    head: ChannelHeader
    working: BoundChannel
    units: Mapping[str, str]
    form: EntryForm
    entry: PlacedEntry | None

    @property
    def fixed(self) -> dict[str, Any]:
        """What a correction cannot change: the words by which an entry is known."""
        names = self.working.plugin.identity if self.entry else ()
        values = self._standing_content()
        return {name: values.get(name, "") for name in names}

    @property
    def known_by(self) -> list[EntryCell]:
        """The cells of these words, but for the unit."""
        return cells_of(self.working, {name: value for name, value in self.fixed.items() if value != ""})

    def _standing_content(self) -> dict[str, Any]:
        zone = self.working.context.period.time_zone
        return typed_content(self.form, self.entry.values, zone) if self.entry else {}

    def empty(self) -> Form:
        """The form to begin with: of a correction, with what stands."""
        values = self._standing_content()
        return filled_form(self.form.schema, values, self.form.rules(self._hidden(self.entry is not None)))

    def typed(self, *, reason: bool = False) -> Form:
        """The form as it was posted; `reason`: one is asked for."""
        asked = reason or self.entry is not None or REASON in request.form
        return posted_form(self.form.schema, request.form, self.form.rules(self._hidden(asked)))

    def content(self, form: Form) -> tuple[dict[str, Any], list[FieldError]]:
        """What a form says, and what no entry can hold; a mapping that stands empty stays so."""
        content, twice = form.content()
        empty = {
            key: value for key, value in (self.entry.values if self.entry else {}).items() if value == {}
        }
        return {**empty, **content}, twice

    def _hidden(self, asks_reason: bool) -> dict[str, Any]:
        return self.fixed if asks_reason else {**self.fixed, REASON: ""}

    def unit_name(self, code: str) -> str:
        """What a unit is called, with its code."""
        return self.units.get(code, code)

    def address(self, endpoint: str, **more: Any) -> str:
        """The address of one of the pages of this channel."""
        return url_for(
            endpoint,
            period=self.place.period,
            plugin=self.place.plugin,
            channel=self.place.channel,
            **more,
        )


def desk_of(caller: Caller, place: ChannelRef, delivery: int | None = None, position: int = 0) -> Desk:
    """The caller's own channel, with the entry at a place where one is named.

    Raises Problem: not_found, forbidden.
    """
    with transaction() as connection:
        head, working = channel_header(connection, caller, place)
        if not head.may_deliver:
            raise forbidden()
        entry = None if delivery is None else entry_at(connection, working, delivery, position)
        units = unit_names(connection, working)
    return Desk(
        place=place,
        head=head,
        working=working,
        units=units,
        form=entry_form(working, units),
        entry=entry,
    )


def standing_desk(caller: Caller, place: ChannelRef, delivery: int, position: int) -> Desk:
    """The same with an entry that stands; Problem not_standing too."""
    desk = desk_of(caller, place, delivery, position)
    if desk.entry:
        require_standing(desk.entry)
    return desk


def once_of_form() -> str:
    """The token of the form that was posted, or a new one."""
    return field("once")[:64] or secrets.token_urlsafe(_TOKEN_BYTES)


def repeatable_form(caller: Caller, content: Any) -> Repeatable:
    """The same form with the same content twice stores once; changed content is another delivery."""
    digest = fingerprint("form", request.path, msgspec.json.encode(content, order="sorted"))
    return Repeatable(key=f"form:{caller.name}:{once_of_form()}:{digest.hex()[:32]}", fingerprint=digest)


class _Receipt(msgspec.Struct):
    delivery: int


_RECEIPT = msgspec.json.Decoder(_Receipt)


def delivery_of(receipt: bytes) -> int:
    """The number of the delivery that a receipt is of."""
    return _RECEIPT.decode(receipt).delivery


def at_fields(errors: Sequence[FieldError]) -> list[FieldError]:
    """Errors of a batch of one entry, each at its field of the form."""
    return [
        replace(error, pointer=error.pointer.removeprefix(_FIRST))
        if error.pointer == _FIRST or error.pointer.startswith(f"{_FIRST}/")
        else error
        for error in errors
    ]
