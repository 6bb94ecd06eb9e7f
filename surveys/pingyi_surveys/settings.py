"""What ballots and letters need from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pingyi.settings import folder_setting, text_setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySettings:
    """Where the secrets of ballots lie, and how letters leave the house."""

    ballots_folder: Path = folder_setting(  # noqa: RUF009 - it makes a field
        "PINGYI_BALLOTS", "folder of the key files by which web hosts take ballots", "ballots"
    )
    box_folder: Path = folder_setting(  # noqa: RUF009 - it makes a field
        "PINGYI_BOX", "folder of the box keys, on the counting host", "box"
    )
    smtp: str = text_setting("PINGYI_SMTP", "host:port of the mail server for invitations and reminders")
    mail_from: str = text_setting("PINGYI_MAIL_FROM", "sender of invitations and reminders")
