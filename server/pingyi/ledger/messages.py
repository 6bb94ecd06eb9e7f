"""What the sealer of the record says when it refuses."""

from __future__ import annotations

from pingyi.channels import Text
from pingyi.domain.errors import Problem

_MESSAGES = {
    "bad_setting": Text(
        zh="PINGYI_ORIGIN 只能用英文字母、数字和标点，不得含空格和“+”。",
        en="PINGYI_ORIGIN takes letters, digits and punctuation of ASCII, without spaces and “+”.",
    ),
    "bad_witnesses": Text(
        zh="PINGYI_WITNESSES 中的“{what}”有误：每项为“验证密钥 网址”，多项以逗号分隔。",
        en="“{what}” in PINGYI_WITNESSES is wrong: each is a vkey, a space and an address, parted by commas.",
    ),
    "no_sealer_url": Text(
        zh="没有设置 SEALER_DATABASE_URL，无法封存记录；可用 pingyi database init 建立该角色。",
        en="SEALER_DATABASE_URL is not set, so the record cannot be sealed; "
        "pingyi database init makes that role.",
    ),
    "sealer_key_missing": Text(
        zh="没有封存密钥文件 {path}（{reason}）；请从备份恢复，新装系统用 pingyi database init 生成。",
        en="The sealer's key file {path} cannot be read ({reason}); restore it from its backup, "
        "or make one with pingyi database init on a new installation.",
    ),
    "sealer_key_wrong": Text(
        zh="密钥文件 {path} 不是第 {epoch} 期记录所用的密钥；请恢复原来的密钥文件。",
        en="The key in {path} is not the one of epoch {epoch} of the record; restore the key file.",
    ),
    "record_damaged": Text(
        zh="记录已被改动，拒绝封存：{what}。请保留现场，执行 pingyi ledger check，并与外部保存的树头比对。",
        en="The record was tampered with, so nothing is sealed: {what}. Keep everything as it is, "
        "run pingyi ledger check and compare with heads kept outside.",
    ),
    "record_forked": Text(
        zh="树头目录 {folder} 中的树头与数据库不一致：{what}。请保留现场，查明哪一份才是真的。",
        en="A head in the folder {folder} contradicts the database: {what}. "
        "Keep both as they are and find out which one is true.",
    ),
    "heads_unreadable": Text(
        zh="树头目录中的文件 {path} 无法使用（{reason}），无法判断数据库是否为旧备份，拒绝封存。",
        en="The file {path} in the heads folder cannot be used ({reason}), so nobody can tell whether the "
        "database is an older state; nothing is sealed.",
    ),
}


def refusal(code: str, **values: object) -> Problem:
    """The Problem of that code, with the places of its sentence filled in."""
    return Problem(code, 500 if code.startswith("bad_") else 503, _MESSAGES[code].format(**values))
