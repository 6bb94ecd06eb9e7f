"""What ballots and letters need from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pingyi.settings import choice_setting, folder_setting, private_setting, text_setting


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
    smtp_tls: str = choice_setting(
        "PINGYI_SMTP_TLS",
        "starttls or implicit (default: implicit on port 465, starttls elsewhere, none on this host)",
        "starttls",
        "implicit",
    )
    smtp_ca: str = text_setting(
        "PINGYI_SMTP_CA", "file of certificates that vouch for the mail server, beside the system's"
    )
    smtp_user: str = text_setting("PINGYI_SMTP_USER", "login at the mail server, where it wants one")
    smtp_password: str = private_setting("PINGYI_SMTP_PASSWORD", "password of that login")
    smtp_password_file: str = text_setting("PINGYI_SMTP_PASSWORD_FILE", "file with that password")
    mail_from: str = text_setting("PINGYI_MAIL_FROM", "sender of invitations and reminders")
