"""The published contract: the only module of ours that a channel package imports."""

from pingyi.channels.channel import Channel, Page, Task
from pingyi.channels.hookspecs import ChannelSpecs, hookimpl, hookspec
from pingyi.channels.listed import Listed, TitledKey, in_words
from pingyi.channels.messages import Message
from pingyi.channels.numbers import word
from pingyi.channels.own_words import called, titled
from pingyi.channels.schema import Choice, EntrySchema, Flag, Moment, Month, Percent, Whole, Word
from pingyi.channels.schema import Score as ScoreField
from pingyi.channels.settings import Exact, Key, SettingsSchema
from pingyi.channels.text import Text
from pingyi.channels.types import Context, Count, Entry, Name, Period, Sample, Score, Settings, Share, Tally
from pingyi.channels.view import Block, Cell, ChannelView, EntryPage, Paragraph, StoredEntry, Table, Unit

__all__ = [
    "Block",
    "Cell",
    "Channel",
    "ChannelSpecs",
    "ChannelView",
    "Choice",
    "Context",
    "Count",
    "Entry",
    "EntryPage",
    "EntrySchema",
    "Exact",
    "Flag",
    "Key",
    "Listed",
    "Message",
    "Moment",
    "Month",
    "Name",
    "Page",
    "Paragraph",
    "Percent",
    "Period",
    "Sample",
    "Score",
    "ScoreField",
    "Settings",
    "SettingsSchema",
    "Share",
    "StoredEntry",
    "Table",
    "Tally",
    "Task",
    "Text",
    "TitledKey",
    "Unit",
    "Whole",
    "Word",
    "called",
    "hookimpl",
    "hookspec",
    "in_words",
    "titled",
    "word",
]
