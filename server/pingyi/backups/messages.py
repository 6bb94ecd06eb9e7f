"""What backup, restore and drill say when they refuse."""

from __future__ import annotations

from pingyi.channels import Text
from pingyi.domain.errors import Problem

_MESSAGES = {
    "backup_exists": Text(
        zh="{path} 已经存在；备份从不覆盖文件，请换一个文件名。",
        en="{path} is there already; a backup never overwrites a file, give it another name.",
    ),
    "backup_unwritable": Text(
        zh="无法写入备份 {path}（{reason}）。", en="The backup {path} cannot be written ({reason})."
    ),
    "backup_unreadable": Text(
        zh="无法读取备份 {path}（{reason}）。", en="The backup {path} cannot be read ({reason})."
    ),
    "backup_foreign": Text(
        zh="{path} 不是评议系统的备份，或已被截断；没有作任何改动。",
        en="{path} is not a backup of Pingyi, or it was cut short; nothing was changed.",
    ),
    "backup_damaged": Text(
        zh="备份 {path} 已损坏（{what}）；没有作任何改动。请使用另一份备份。",
        en="The backup {path} is damaged ({what}); nothing was changed. Use another one.",
    ),
    "backup_newer": Text(
        zh="备份 {path} 由更新的版本写出（数据库结构 {revision}）；请先升级程序。",
        en="The backup {path} was written by a newer version (schema {revision}); update the program first.",
    ),
    "backup_other_key": Text(
        zh="密钥文件 {key} 不是备份中的记录所用的密钥，恢复后将无法继续封存；请先放回原来的密钥文件。",
        en="The key in {key} is not the one that signed the record of this backup, so nothing could be "
        "sealed after a restore; put the right key file there first.",
    ),
    "head_foreign": Text(
        zh="{path} 不是本系统签名的树头。", en="{path} is no head that this record's key has signed."
    ),
    "restore_living": Text(
        zh="数据库正在使用中，拒绝恢复；请先停止 pingyi up 和所有连接。",
        en="The database is in use, so nothing is restored into it; "
        "stop pingyi up and every connection first.",
    ),
    "restore_filled": Text(
        zh="数据库中已有 {leaves} 条记录，拒绝覆盖；如确要以备份替换它，请加 --replace。",
        en="The database holds a record of {leaves} leaves already; add --replace to put the backup in its "
        "place.",
    ),
    "database_away": Text(zh="无法连接数据库（{reason}）。", en="The database cannot be reached ({reason})."),
    "client_missing": Text(
        zh="本机没有适用于 PostgreSQL {major} 的 pg_dump、pg_restore 和 psql；请安装对应版本的客户端。",
        en="There are no pg_dump, pg_restore and psql for PostgreSQL {major} on this machine; "
        "install that version's client programs.",
    ),
    "client_failed": Text(
        zh="{program} 失败，没有留下任何改动：{tail}", en="{program} failed and left nothing behind: {tail}"
    ),
}
_STATUS = {"restore_living": 409, "restore_filled": 409, "backup_exists": 409}
_STATUS |= {"database_away": 503, "client_missing": 503, "client_failed": 503, "backup_unwritable": 500}


def refusal(code: str, **values: object) -> Problem:
    """The Problem of that code, with the places of its sentence filled in."""
    return Problem(code, _STATUS.get(code, 422), _MESSAGES[code].format(**values))
