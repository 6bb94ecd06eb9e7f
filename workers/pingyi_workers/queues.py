"""The queues in Valkey: one per topic, JSON only, every job retried."""

from __future__ import annotations

from redis import Redis
from rq import Queue, Retry
from rq.serializers import JSONSerializer

from pingyi.outbox import Work
from pingyi.settings import Settings

RETRY = Retry(max=2)
JOB_SECONDS = 900
RESULT_SECONDS = 300


def connect(settings: Settings) -> Redis:
    """A connection to Valkey or Redis; nothing is sent before it is used."""
    connection: Redis = Redis.from_url(settings.redis_url)
    return connection


def queue(connection: Redis, topic: str) -> Queue:
    """The queue of a topic."""
    return Queue(topic, connection=connection, serializer=JSONSerializer, default_timeout=JOB_SECONDS)


def send(connection: Redis, work: Work) -> None:
    """Enqueue one piece of work; a failed copy is kept for a day."""
    topic, subject_id = work
    queue(connection, topic).enqueue(
        f"pingyi_workers.jobs.{topic}",
        subject_id,
        retry=RETRY,
        result_ttl=RESULT_SECONDS,
        failure_ttl=24 * 3600,
    )
