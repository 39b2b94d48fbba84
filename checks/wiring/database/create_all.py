"""Tables that the program makes by itself (`metadata.create_all`), made on the real database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.model import Place
from checks.wiring.database import rules
from checks.wiring.database.client import Lost, Session
from checks.wiring.database.judging import Judged
from checks.wiring.database.server import Server
from checks.wiring.database.surroundings import Surroundings
from checks.wiring.database.tables import Table
from checks.wiring.database.uses import Uses

_NOT_HERE = ("0A000", "58P01")


def create_all(uses: Uses, tables: tuple[Table, ...], around: Surroundings, server: Server, judged: Judged) -> int:
    """Makes every declared table as SQLAlchemy would; how many statements the server took or refused."""
    from checks.wiring.database.modules import model_modules

    request = {
        "ini": "",
        "cwd": str(around.project),
        "models": model_modules(tables, around),
        "sqlite": "",
        "server": {},
    }
    events, _ = around.ask(request)
    judged.complete = judged.complete and bool(events) and all(event["event"] != "unimported" for event in events)
    _missing(uses, events, judged)
    count = 0
    try:
        with server.session(uses.database) as session:
            for event in events:
                if event["event"] == "statements" and event["stage"] == "create":
                    count += _run(session, event["statements"], tables, judged)
                elif event["event"] == "undeclared" and event["stage"] == "create":
                    judged.complete = False
                    _undeclared(event, tables, around, judged)
    except Lost as error:
        judged.complete = False
        judged.untried.append((tables[0].place, str(error)))
    return count


def _missing(uses: Uses, events: list[dict[str, Any]], judged: Judged) -> None:
    for event in events:
        if event["event"] in ("unimported", "failed"):
            judged.complete = False
            if event.get("missing"):
                python = uses.system.context.python
                judged.untried.append((Place(event.get("file", "")), f"{python} has no `{event['missing']}`"))
            return


def _run(session: Session, statements: list[Mapping[str, str]], tables: tuple[Table, ...], judged: Judged) -> int:
    places = {table.name: table.place for table in tables}
    for number, statement in enumerate(statements):
        refusal = session.run(statement["sql"])[1]
        if refusal is None:
            continue
        judged.complete = False
        place = places.get(statement["table"], tables[0].place)
        if refusal.code in _NOT_HERE:
            judged.untried.append((place, refusal.words))
        else:
            table = f"the table `{statement['table']}`" if statement["table"] in places else "the tables"
            judged.add(rules.SCHEMA_FAILS, f"PostgreSQL refuses {table}: {refusal.words}", place, refusal.hint or None)
        return number + 1
    return len(statements)


def _undeclared(event: Mapping[str, Any], tables: tuple[Table, ...], around: Surroundings, judged: Judged) -> None:
    """SQLAlchemy itself cannot write the statements for PostgreSQL."""
    if event["type"] in ("CompileError", "UnsupportedCompilationError", "NoReferencedTableError"):
        frames = [Place(file, line) for path, line in event["frames"] if (file := around.shown(path))]
        place = (frames or [tables[0].place])[-1]
        judged.add(rules.SCHEMA_FAILS, f"SQLAlchemy cannot create the tables on PostgreSQL: {event['message']}", place)
