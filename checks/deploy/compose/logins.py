"""Whether those who use MongoDB or Redis log in as the server wants it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.compose.databases import SCANNED_BYTES, is_prepared
from checks.deploy.compose.mounted import files_at, text_of
from checks.deploy.compose.references import Reference, references
from checks.deploy.compose.services import found_at, hosts, known_of, settings, words
from checks.deploy.compose.system import System, remembered
from checks.discovery import project_files
from checks.model import Diagnostic

_CODE = (".py", ".js", ".ts", ".mjs", ".go", ".java", ".rb", ".cs", ".php", ".sh", ".yml", ".yaml")


def logins(system: System) -> Iterator[Diagnostic]:
    """Addresses with which the server lets nobody in, and healthchecks that it refuses."""
    known = hosts(system)
    for each in references(system):
        name = known.get(each.host)
        image = known_of(system, name) if name is not None else None
        if name is not None and image is not None and name != each.service:
            if image.kind == "mongo" and each.scheme == "mongodb":
                yield from _mongo(system, each, name)
            elif image.kind == "redis" and each.scheme in ("redis", "rediss", "valkey"):
                yield from _redis(system, each, name)
    for name in system.services:
        yield from _redis_test(system, name)


def _mongo(system: System, each: Reference, name: str) -> Iterator[Diagnostic]:
    """The first user of MongoDB is one of the database `admin`, whatever database is used."""
    said = settings(system, name)
    root, password = (said.get(f"MONGO_INITDB_ROOT_{what}") for what in ("USERNAME", "PASSWORD"))
    value = each.setting.value or ""
    if root is None or not root.value or not each.user or "$" in each.user or is_prepared(system, name):
        return
    if each.user != root.value:
        if not _mentioned(system, rb"createUser"):
            message = f"`{each.setting.name}` has the user `{each.user}` for `{name}`, which makes `{root.value}`"
            yield found_at(each.setting, "wrong-credentials", message, "take both from one variable")
    elif password is not None and password.value and each.password and each.password != password.value:
        message = f"`{each.setting.name}` has another password than `{name}` makes for `{root.value}`"
        yield found_at(each.setting, "wrong-credentials", message, "take both from one variable")
    elif each.database in (None, "", "admin") or re.search(r"auth(?:Source|Mechanism)=", value, re.IGNORECASE):
        return
    elif not _mentioned(system, rb"(?i)auth_?source"):
        message = f"`{each.setting.name}` looks for the user `{root.value}` in the database `{each.database}`, "
        message += f"and `{name}` keeps it in `admin`"
        yield found_at(each.setting, "wrong-credentials", message, "add `?authSource=admin`")


def _mentioned(system: System, pattern: bytes) -> bool:
    """Whether code of the project speaks of it."""
    wanted = re.compile(pattern)
    files = (system.root / name for name in project_files(system.root) if name.endswith(_CODE))
    return any(wanted.search(file.read_bytes()[:SCANNED_BYTES]) for file in files)


@remembered
def redis_password(system: System, name: str) -> str | None:
    """The password that a Redis wants; None where it wants none, or where nobody can know."""
    known = known_of(system, name)
    if known is None or known.kind != "redis":
        return None
    command = " ".join(words(system, name, "command") or ())
    said = re.search(r"--requirepass[= ]['\"]?([^\s'\"]+)", command)
    if said is not None:
        return None if "$" in said[1] or said[1].startswith("--") else said[1]
    texts = [
        text_of(file)
        for folder in ("/usr/local/etc", "/etc/redis", "/redis.conf", "/conf")
        for file in files_at(system, name, folder, (".conf",))
        if file.name in command
    ]
    found = re.search(r"^[ \t]*requirepass[ \t]+['\"]?([^\s'\"]+)", "\n".join(texts), re.MULTILINE)
    return found[1] if found else None


def _redis(system: System, each: Reference, name: str) -> Iterator[Diagnostic]:
    wanted = redis_password(system, name)
    if wanted is None or "$" in (each.password or "") or _is_given_apart(system, each):
        return
    if each.password != wanted and (each.password or each.user is None):
        has = "another password than" if each.password else "no password, and"
        message = f"`{each.setting.name}` has {has} `{name}` {'wants' if each.password else 'wants one'}"
        yield found_at(each.setting, "wrong-credentials", message, f"write `redis://:PASSWORD@{each.host}`")


def _is_given_apart(system: System, each: Reference) -> bool:
    """Whether the password may come in a variable of its own."""
    return not each.password and any("PASS" in key.upper() or "AUTH" in key.upper()
                                     for key in settings(system, each.service))  # fmt: skip


def _redis_test(system: System, name: str) -> Iterator[Diagnostic]:
    """`redis-cli ping` succeeds without a password, too: only who looks at its answer finds that it was refused."""
    test = (system.services[name].get("healthcheck") or {}).get("test")
    text = test if isinstance(test, str) else " ".join(map(str, test or []))
    if not re.search(r"redis-cli\b.*\bping\b.*PONG", text, re.DOTALL | re.IGNORECASE):
        return
    knows = re.search(r"\s-a\b|--pass\b|REDISCLI_AUTH|\bAUTH\b|--askpass|-u\b", text)
    if redis_password(system, name) is not None and not knows and "REDISCLI_AUTH" not in settings(system, name):
        message = f"the healthcheck waits for `PONG` and gives no password, so `{name}` answers `NOAUTH`"
        place = ("services", name, "healthcheck", "test")
        hint = "set `REDISCLI_AUTH` in its `environment`, or add `-a`"
        yield system.places.diagnostic("refused-healthcheck", place, message, hint)
