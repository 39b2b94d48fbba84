"""HEALTHCHECK: its program is in the image, and it asks the port on which the server listens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.commands import simple_commands
from checks.deploy.compose.known import lacking
from checks.deploy.dockerfile.image import Image, repository
from checks.deploy.dockerfile.instructions import json_words
from checks.deploy.dockerfile.running import Running
from checks.deploy.dockerfile.runs import runs_script
from checks.deploy.dockerfile.stages import Recipe, Stage
from checks.deploy.dockerfile.subject import Subject
from checks.model import Diagnostic

LOCAL_PORT = re.compile(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d{2,5})\b")
_PACKAGE_OF = {"nc": "netcat", "pg_isready": "postgresql-client", "redis-cli": "redis", "mysqladmin": "mysql-client"}


def health(
    subject: Subject, recipe: Recipe, stage: Stage, image: Image, servers: list[Running]
) -> Iterator[Diagnostic]:
    """What keeps a HEALTHCHECK from ever succeeding."""
    each = image.health
    if each is None or not each.value.upper().startswith("CMD"):
        return
    text = each.value[3:].strip()
    words = json_words(text)
    commands = [words] if words is not None else [simple.words for simple in simple_commands(text)[:1]]
    base = recipe.outer_base(stage) or ""
    for command in commands:
        if command and command[0] in missing_programs(base, recipe, stage):
            message = f"the healthcheck needs `{command[0]}`, which image `{base}` does not have and nothing installs"
            yield subject.error("missing-program", each, message, f"install `{command[0]}`, or ask with Python")
    asked = {int(port) for port in LOCAL_PORT.findall(text)}
    if len(servers) == 1 and servers[0].port and servers[0].said and asked and servers[0].port not in asked:
        message = f"the healthcheck asks port `{min(asked)}`, and `{servers[0].program}` listens on `{servers[0].port}`"
        yield subject.error("port-mismatch", each, message, f"ask port `{servers[0].port}`")


def missing_programs(base: str, recipe: Recipe, stage: Stage) -> frozenset[str]:
    """The programs that the base image lacks and no step brings."""
    steps = [each for known in recipe.lineage(stage) for each in known.instructions]
    texts = [
        " ".join((each.value, *(heredoc.text for heredoc in each.heredocs)))
        for each in steps
        if each.keyword in ("RUN", "COPY", "ADD")
    ]
    text = " ".join(texts)
    unknown = re.search(r"\bbuild-deps|git clone|\bbusybox", text)
    if unknown or any(each.keyword == "RUN" and runs_script(each) for each in steps):
        return frozenset()
    lacks = lacking(repository(base), base.partition("@")[0].rpartition("/")[2].partition(":")[2])
    return frozenset(each for each in lacks if not re.search(rf"\b({each}|{_PACKAGE_OF.get(each, each)})", text))
