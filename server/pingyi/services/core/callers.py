"""Who acts: a key of an operator or of the office, a signed-in account, or the shell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The acting party; `name` is what the record says of it: a key's id or an account's number."""

    name: str
    roles: frozenset[str] = frozenset()
    operator_id: int | None = None
    api_key_id: int | None = None
    channels: frozenset[str] = frozenset()
    account_id: int | None = None

    def may_deliver(self, operator_id: int, channel_key: str) -> bool:
        """Whether entries of this channel are this caller's to deliver."""
        own = self.operator_id == operator_id and (not self.channels or channel_key in self.channels)
        return own or "shell" in self.roles


SHELL = Caller(name="shell", roles=frozenset({"shell"}))
