"""What can be asked for through the outbox: a topic for every kind of work, with the job that does it."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pingyi.channels import Text

FOLD = "fold"
ASSESS = "assess"
SEAL = "seal"
WITNESS = "witness"
RELEASE = "publish"

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_JOB = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_RESERVED = frozenset({"sweep"})  # a job of the queue `fold`, scheduled and not asked for

Job = Callable[[int], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One kind of work: registering it is all that a job needs.

    `key` lies in the outbox and names the queue and the job in it, so it never changes. `job` is
    `module:function`, loaded by whoever works on it and called with the id of the subject; it strikes the
    request off in the transaction of its effect, and may run twice, late or never. Light topics share a
    worker; a `slow` one, whose jobs take seconds, has one of its own. `seals`: it works as the sealer.
    """

    key: str
    title: Text
    job: str
    slow: bool = False
    seals: bool = False

    def load(self) -> Job:
        """The function that does the work."""
        return cast("Job", pkgutil.resolve_name(self.job))


CORE_TOPICS = (
    Topic(
        key=FOLD,
        title=Text(zh="汇总一个渠道的报送", en="Fold what waits for a channel"),
        job="pingyi.services.intake.fold:fold_channel",
    ),
    Topic(
        key=ASSESS,
        title=Text(zh="计算一个周期的结果", en="Assess a period"),
        job="pingyi.services.results.assess:assess_period",
        slow=True,
    ),
    Topic(
        key=SEAL,
        title=Text(zh="封存等待中的记录", en="Seal the leaves that wait"),
        job="pingyi.ledger.seal_jobs:seal",
        slow=True,
        seals=True,
    ),
    Topic(
        key=WITNESS,
        title=Text(zh="请见证方签署最新的记录头", en="Have the newest head cosigned"),
        job="pingyi.ledger.seal_jobs:witness",
        slow=True,
        seals=True,
    ),
    Topic(
        key=RELEASE,
        title=Text(zh="制作已公布周期的公开数据包", en="Make the public bundle of a published period"),
        job="pingyi.services.bundles.offer:make_bundle",
        slow=True,
    ),
)


def checked_topics(brought: Iterable[Any], known: Mapping[str, Topic]) -> dict[str, Topic]:
    """The topics of one package by their keys; TypeError or ValueError says what is wrong with one."""
    checked: dict[str, Topic] = {}
    for topic in brought:
        if not isinstance(topic, Topic):
            raise TypeError(f"expected a Topic, got {type(topic).__name__}")
        if not (isinstance(topic.key, str) and _KEY.fullmatch(topic.key)):
            raise ValueError(
                f"{topic.key!r} is no topic: letters in lower case, digits and _, a letter first"
            )
        if topic.key in {*known, *checked, *_RESERVED}:
            raise ValueError(f"the topic {topic.key} is already registered")
        if not isinstance(topic.title, Text):
            raise TypeError(f"the title of topic {topic.key} is no Text")
        if not (isinstance(topic.job, str) and _JOB.fullmatch(topic.job)):
            raise ValueError(f"the job of topic {topic.key} is not of the form module:function")
        if topic.seals:
            raise ValueError(f"topic {topic.key} asks for the sealer's role, which belongs to the core")
        checked[topic.key] = topic
    return checked


def worker_groups(topics: Iterable[Topic]) -> list[tuple[Topic, ...]]:
    """Which topics share a worker: the light ones all together, a slow one with nobody."""
    chosen = tuple(topics)
    light = tuple(topic for topic in chosen if not topic.slow)
    return [group for group in (light, *((topic,) for topic in chosen if topic.slow)) if group]
