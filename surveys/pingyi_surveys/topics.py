"""The work of ours that is asked for through the outbox."""

from __future__ import annotations

from pingyi.channels import Text
from pingyi.topics import Topic

OPEN_BOXES = "open_boxes"
TOPICS = (
    Topic(
        key=OPEN_BOXES,
        title=Text(zh="开启一个周期的票箱", en="Open the ballot boxes of a closed period"),
        job="pingyi_surveys.counting.open_boxes:open_by_itself",
        slow=True,
    ),
)
