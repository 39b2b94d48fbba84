"""What images must be told to start, and whether those who use a database know what it was told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from checks.deploy.compose.known import NEEDED
from checks.deploy.compose.references import Reference, references
from checks.deploy.compose.services import Setting, found_at, hosts, image_of, known_of, settings, words
from checks.deploy.compose.system import System
from checks.discovery import project_files
from checks.model import Diagnostic, Severity

_DRIVERS = frozenset({"cassandra", "mysql", "mysql8", "postgresql", "postgres12", "postgres12_pgx", "sqlite"})
# Temporal's own drivers for older servers went with this version.
_REMOVED = {"postgresql": "postgres12", "mysql": "mysql8"}
_REMOVED_SINCE = (1, 24)
# Made by the servers themselves.
_SERVERS_OWN = frozenset(
    {"postgres", "template1", "mysql", "information_schema", "temporal", "temporal_visibility", "defaultdb"}
)
_MAKING = re.compile(rb"createdb|CREATE\s+DATABASE|create_database|database_exists", re.IGNORECASE)
_MAKERS = (".sh", ".py", ".sql", ".yml", ".yaml", "Makefile")
SCANNED_BYTES = 128 * 1024
# Where none of them is said, people or programs make users and databases in a server that runs.
_MAKES = ("POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE")
_INITIAL = "/docker-entrypoint-initdb.d"


def needed_settings(system: System) -> Iterator[Diagnostic]:
    """Images that refuse to start without a variable that nobody sets."""
    for name in system.services:
        command = words(system, name, "command") or ()
        other = command and not (command[0].startswith("-") or command[0].endswith(("postgres", "mysqld", "mariadbd")))
        missing_file = any(
            not Path(str(item["path"])).is_file() for item in system.written.get(name, {}).get("env_file") or []
        )
        if system.services[name].get("entrypoint") is not None or other or missing_file:
            continue
        yield from _needed(system, name)


def _needed(system: System, name: str) -> Iterator[Diagnostic]:
    image = image_of(system, name)[0]
    said = settings(system, name)
    if said.get("POSTGRES_HOST_AUTH_METHOD", Setting("", "", "", 1)).value == "trust":
        return
    for needed in NEEDED.get(image, ()):
        given = [said[each] for each in needed.names if each in said]
        # An empty text in place of a variable is another finding: who sets the system up fills it.
        if any(each.value != "" or "$" in each.raw for each in given):
            continue
        empty = " with something in it" if given else ""
        message = f"`{name}` needs `{needed.names[0]}`{empty}: {needed.why}"
        severity = Severity.ERROR if said or _is_asked(system, name) else Severity.WARNING
        path = ("services", name, "environment")
        yield system.places.diagnostic("missing-setting", path, message, severity=severity)
    for user in ("MYSQL_USER", "MARIADB_USER"):
        if image in ("mysql", "mariadb") and user in said and said[user].value == "root":
            message = f"`{user}` is `root`, who is there anyway: the image refuses to start"
            yield found_at(
                said[user], "missing-setting", message, f"remove `{user}`, and set `{user[:6]}ROOT_PASSWORD`"
            )
    if image == "temporalio/auto-setup" and (driver := said.get("DB")) is not None:
        yield from _driver(driver, image_of(system, name)[1])


def _driver(said: Setting, tag: str) -> Iterator[Diagnostic]:
    """What Temporal is told to store with, against what its version can."""
    version = re.match(r"(\d+)\.(\d+)", tag)
    if (said.value or "cassandra") not in _DRIVERS:
        yield found_at(
            said, "missing-setting", f"`DB` is `{said.value}`, which Temporal does not know", "write `postgres12`"
        )
    elif said.value in _REMOVED and version and (int(version[1]), int(version[2])) >= _REMOVED_SINCE:
        message = f"`DB` is `{said.value}`, which Temporal {tag} does not know any more: it stops at the start"
        yield found_at(said, "missing-setting", message, f"write `{_REMOVED[said.value]}`")


def _is_asked(system: System, name: str) -> bool:
    """Whether another service counts on this one: a lone sketch of a server may be told the rest elsewhere."""
    known = hosts(system)
    return any(known.get(one.host) == name for one in references(system) if one.service != name)


def credentials(system: System) -> Iterator[Diagnostic]:
    """User, password and database in an address, held against those that the database makes."""
    known = hosts(system)
    for each in references(system):
        name = known.get(each.host)
        image = known_of(system, name) if name is not None else None
        if name is None or image is None or name == each.service or each.setting.name.endswith("_SEEDS"):
            continue
        if image.kind in ("postgres", "mysql") and not is_prepared(system, name):
            found = list(_compared(each, name, _made(image.kind, settings(system, name))))
            made_later = bool(found) and _makes_databases(system)
            by_hand = image.kind == "postgres" and not any(one in settings(system, name) for one in _MAKES)
            yield from (
                _doubted(one) if by_hand or (made_later and "the database" in one.message) else one for one in found
            )
    for name in system.services:
        if image_of(system, name)[0] == "temporalio/auto-setup":
            yield from _of_temporal(system, name, known)


def _makes_databases(system: System) -> bool:
    """Whether something of the project makes databases of its own."""
    for name in project_files(system.root):
        if name.endswith(_MAKERS):
            with (system.root / name).open("rb") as file:
                if _MAKING.search(file.read(SCANNED_BYTES)):
                    return True
    return False


def _doubted(found: Diagnostic) -> Diagnostic:
    return found._replace(severity=Severity.WARNING, message=f"{found.message}; the project may make it itself")


def is_prepared(system: System, name: str) -> bool:
    """Whether scripts at the first start may make other users and databases."""
    mounts = system.services[name].get("volumes") or []
    return any(str(mount.get("target")).startswith(_INITIAL) for mount in mounts) or any(
        "MULTIPLE" in setting for setting in settings(system, name)
    )


def _made(kind: str, said: Mapping[str, Setting]) -> dict[str, Setting | str | None]:
    """What a database makes at its first start: user, password, database; None where that cannot be known."""
    if kind == "postgres":
        user: Setting | str | None = _of(said, "POSTGRES_USER") or "postgres"
        trusted = "POSTGRES_HOST_AUTH_METHOD" in said or "POSTGRES_PASSWORD_FILE" in said
        password = None if trusted else _of(said, "POSTGRES_PASSWORD")
        return {"user": user, "password": password, "database": _of(said, "POSTGRES_DB") or user}
    user = _of(said, "MYSQL_USER") or _of(said, "MARIADB_USER")
    password = _of(said, "MYSQL_PASSWORD") or _of(said, "MARIADB_PASSWORD")
    return {
        "user": user,
        "password": password,
        "database": _of(said, "MYSQL_DATABASE") or _of(said, "MARIADB_DATABASE"),
    }


def _of(said: Mapping[str, Setting], name: str) -> Setting | None:
    return said[name] if name in said and said[name].value else None


def _value(made: Setting | str | None) -> str | None:
    return made.value if isinstance(made, Setting) else made


def _compared(each: Reference, name: str, made: Mapping[str, Setting | str | None]) -> Iterator[Diagnostic]:
    if each.user == "root":  # of MySQL, with a password of its own
        return
    wanted = {"user": each.user, "password": each.password, "database": each.database}
    for what, value in wanted.items():
        there = _value(made[what])
        if not value or there is None or value == there or re.search(r"[${<]", value):
            continue
        if what == "database" and (value in _SERVERS_OWN or "test" in value):
            continue
        if what == "password" and each.user != _value(made["user"]):
            continue
        yield _differs(each, name, what, value, made[what])


def _differs(each: Reference, name: str, what: str, value: str, made: Setting | str | None) -> Diagnostic:
    there = _value(made)
    where = f" ({made.file}:{made.line})" if isinstance(made, Setting) else ", as nothing else is said"
    secret = what == "password"
    said = f"`{each.setting.name}` has {'another' if secret else 'the'} {what}{'' if secret else f' `{value}`'}"
    message = f"{said}, and `{name}` makes {'its own' if secret else f'`{there}`'}{where}"
    if not secret:
        message = f"{said} for `{name}`, which makes `{there}`{where}"
    return found_at(each.setting, "wrong-credentials", message, "take both from one variable")


def _of_temporal(system: System, name: str, known: Mapping[str, str]) -> Iterator[Diagnostic]:
    said = settings(system, name)
    seeds = said.get("POSTGRES_SEEDS")
    database = known.get((seeds.value or "").lower()) if seeds else None
    image = known_of(system, database) if database else None
    if seeds is None or database is None or image is None or image.kind != "postgres":
        return
    if is_prepared(system, database):
        return
    user, password = (said.get(each) for each in ("POSTGRES_USER", "POSTGRES_PWD"))
    reference = Reference(
        name, user or password or seeds, database, None, False, "", user.value if user else None,
        password.value if password else None,
    )  # fmt: skip
    yield from _compared(reference, database, _made("postgres", settings(system, database)))
    if password is None and user is not None and "POSTGRES_PASSWORD" in said:
        message = "Temporal reads its database password from `POSTGRES_PWD`, not from `POSTGRES_PASSWORD`"
        yield found_at(said["POSTGRES_PASSWORD"], "missing-setting", message, "write `POSTGRES_PWD`", Severity.ERROR)
