"""The one pluggy hook by which a package brings its channels."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from pingyi.channels.channel import Channel

PROJECT = "pingyi"
ENTRY_POINT_GROUP = "pingyi.channels"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class ChannelSpecs:
    """What a channel package may implement; its module is an entry point of the group `pingyi.channels`."""

    @hookspec
    def pingyi_channels(self) -> Iterable[Channel]:
        """Return the channels that this package brings.

        Example:

            from pingyi.channels import Channel, Text, hookimpl

            @hookimpl
            def pingyi_channels():
                return [Channel(key="noise", title=Text(zh="噪声", en="Noise"), ...)]
        """
        return ()
