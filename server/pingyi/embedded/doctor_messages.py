"""The doctor's sentences: one for a check that passed, one for a check that failed."""

from __future__ import annotations

from pingyi.channels import Text

_REMARKS = {
    "secret_key": (
        Text(zh="会话密钥足够长且不是默认值", en="the session key is long enough and no default"),
        Text(
            zh="PINGYI_SECRET_KEY 未设置、过短（少于 32 个字符）或是默认值",
            en="PINGYI_SECRET_KEY is missing, short (under 32 characters) or a default",
        ),
    ),
    "state_folder": (
        Text(zh="状态目录 {folder} 仅属主可读", en="the state folder {folder} is private"),
        Text(
            zh="状态目录 {folder} 或其中的密钥文件可被其他账号读取；请收紧权限",
            en="the state folder {folder} or a secret in it can be read by other accounts; tighten it",
        ),
    ),
    "database_reachable": (
        Text(zh="数据库可以连接", en="the database answers"),
        Text(
            zh="{variable} 未设置或无法连接：{reason}",
            en="{variable} is not set or does not answer: {reason}",
        ),
    ),
    "database_version": (
        Text(zh="PostgreSQL {version}", en="PostgreSQL {version}"),
        Text(
            zh="PostgreSQL {version} 过旧，需要 15 或更高版本",
            en="PostgreSQL {version} is too old, 15 is needed",
        ),
    ),
    "database_encoding": (
        Text(zh="数据库编码 {encoding}", en="database encoding {encoding}"),
        Text(zh="数据库编码是 {encoding}，必须是 UTF8", en="the database encoding is {encoding}, not UTF8"),
    ),
    "durability": (
        Text(zh="{name} = {value}", en="{name} = {value}"),
        Text(
            zh="{name} 为 {value}：断电会丢失已确认的数据，必须开启",
            en="{name} is {value}: a power cut would lose acknowledged data; switch it on",
        ),
    ),
    "not_superuser": (
        Text(
            zh="{variable} 的角色 {user} 没有管理权限", en="the role {user} of {variable} has no admin rights"
        ),
        Text(
            zh="{variable} 使用了有管理权限的角色 {user}；请用 pingyi database init 建立专用角色",
            en="{variable} uses the administrative role {user}; make proper roles with pingyi database init",
        ),
    ),
    "not_owner": (
        Text(zh="{variable} 的角色 {user} 不拥有数据表", en="the role {user} of {variable} owns no table"),
        Text(
            zh="{variable} 使用了数据表的属主角色 {user}；应用程序必须使用 pingyi_app 这样的受限角色",
            en="{variable} uses the tables' owner {user}; the application needs a limited role",
        ),
    ),
    "migrations": (
        Text(zh="数据库结构是最新的", en="the database schema is current"),
        Text(
            zh="数据库结构不是最新的；请执行 pingyi database migrate",
            en="the database schema is not current; run pingyi database migrate",
        ),
    ),
    "sealing": (
        Text(zh="记录可以封存（密钥 {path}）", en="the record can be sealed (key {path})"),
        Text(
            zh="记录无法封存：没有设置 SEALER_DATABASE_URL，或密钥文件 {path} 缺失；"
            "可用 pingyi database init 建立",
            en="the record cannot be sealed: SEALER_DATABASE_URL is not set, or there is no key file {path}; "
            "pingyi database init makes both",
        ),
    ),
    "extensions": (
        Text(zh="所有扩展均可载入", en="all extensions can be loaded"),
        Text(
            zh="扩展“{name}”（{distribution} {version}）无法载入：{error}；"
            "请修复或卸载它，在此之前不能开放周期或计算结果",
            en="the extension {name} ({distribution} {version}) cannot be loaded: {error}; "
            "repair or uninstall it, until then no period is opened or assessed",
        ),
    ),
    "extension_settings": (
        Text(zh="扩展“{name}”的设置可用（{variables}）", en="settings of the extension {name}: {variables}"),
        Text(zh="扩展“{name}”的设置有误：{zh}", en="settings of the extension {name}: {en}"),
    ),
    "extension_tables": (
        Text(zh="所有扩展的数据表均为最新", en="the tables of all extensions are current"),
        Text(
            zh="扩展“{name}”（{distribution} {version}）的数据表不是最新的（{error}）；"
            "请执行 pingyi database migrate，仍不成功则修复或卸载该扩展",
            en="the tables of the extension {name} ({distribution} {version}) are not current ({error}); "
            "run pingyi database migrate, and if that fails repair or uninstall it",
        ),
    ),
    "queue_reachable": (
        Text(zh="任务队列可以连接", en="the job queue answers"),
        Text(
            zh="REDIS_URL 未设置或无法连接：{reason}", en="REDIS_URL is not set or does not answer: {reason}"
        ),
    ),
    "queue_version": (
        Text(zh="Valkey/Redis {version}", en="Valkey/Redis {version}"),
        Text(
            zh="Valkey/Redis {version} 过旧，需要 7 或更高版本",
            en="Valkey/Redis {version} is too old, 7 is needed",
        ),
    ),
    "queue_eviction": (
        Text(zh="maxmemory-policy = {policy}", en="maxmemory-policy = {policy}"),
        Text(
            zh="maxmemory-policy 为 {policy}：内存不足时会丢任务，必须是 noeviction",
            en="maxmemory-policy is {policy}: jobs would vanish when memory runs short; set noeviction",
        ),
    ),
    "queue_append_only": (
        Text(zh="任务队列写入磁盘（appendonly）", en="the job queue is kept on disk (appendonly)"),
        Text(
            zh="任务队列未写入磁盘；请设置 appendonly yes",
            en="the job queue is not kept on disk; set appendonly yes",
        ),
    ),
}


def remark(code: str, *, ok: bool, **values: object) -> Text:
    """The sentence of the check `code`, with its places filled in."""
    passed, failed = _REMARKS[code]
    return (passed if ok else failed).format(**values)
