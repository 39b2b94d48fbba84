"""The rules of the check `dockerfile`, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


def _rule(name: str, title: str, why: str, wrong: str, right: str, severity: Severity = _ERROR) -> Rule:
    return Rule(f"dockerfile.{name}", severity, title, why, wrong.strip("\n"), right.strip("\n"))


_BUILT = (
    _rule(
        "unreadable",
        "A Dockerfile can be read",
        "The builder stops at what it cannot read, before it builds anything.",
        "FROM python:3.12-slim\nCOPY app.py",
        "FROM python:3.12-slim\nCOPY app.py ./",
    ),
    _rule(
        "unknown-instruction",
        "Every instruction is one that the builder knows",
        "The builder refuses the whole file. A line that should continue the one before needs a `\\` there.",
        "RUN pip install fastapi \\\n    uvicorn\n    httpx",
        "RUN pip install fastapi \\\n    uvicorn \\\n    httpx",
    ),
    _rule(
        "no-stage",
        "A Dockerfile begins with FROM",
        "Without FROM there is no image to build on; only ARG may stand before it.",
        "WORKDIR /app\nFROM python:3.12-slim",
        "FROM python:3.12-slim\nWORKDIR /app",
    ),
    _rule(
        "undefined-argument",
        "An ARG in FROM is declared before it",
        "FROM sees only what is declared before the first FROM: the image's name is empty. A warning where it is"
        " declared without a default.",
        "FROM python:${PYTHON_VERSION}-slim\nARG PYTHON_VERSION=3.12",
        "ARG PYTHON_VERSION=3.12\nFROM python:${PYTHON_VERSION}-slim",
    ),
    _rule(
        "argument-out-of-reach",
        "An ARG from before FROM is declared again where it is used",
        "Inside a stage it is empty until the stage declares it. A warning in RUN, where the shell may set it.",
        "ARG APP_DIR=/app\nFROM python:3.12-slim\nWORKDIR ${APP_DIR}",
        "ARG APP_DIR=/app\nFROM python:3.12-slim\nARG APP_DIR\nWORKDIR ${APP_DIR}",
    ),
    _rule(
        "undefined-stage",
        "A stage that is named exists, and comes before",
        "The builder takes the name for an image and cannot fetch it.",
        "FROM python:3.12-slim AS build\nFROM python:3.12-slim\nCOPY --from=builder /opt/venv /opt/venv",
        "FROM python:3.12-slim AS build\nFROM python:3.12-slim\nCOPY --from=build /opt/venv /opt/venv",
    ),
    _rule(
        "duplicate-stage",
        "Each stage has its own name",
        "Only the last stage of a name is ever found by it.",
        "FROM node:22 AS build\nFROM python:3.12-slim AS build",
        "FROM node:22 AS frontend\nFROM python:3.12-slim AS build",
        _WARNING,
    ),
    _rule(
        "missing-source",
        "What is copied is in the build context",
        "The build stops there. What `.dockerignore` keeps out is not there either. A warning where something may make"
        " it before the build.",
        "COPY requirments.txt ./",
        "COPY requirements.txt ./",
    ),
    _rule(
        "copy-to-file",
        "Several sources are copied into a folder",
        "Without a `/` at its end the target is one file, and each source is written over the one before.",
        "COPY main.py settings.py /srv/api",
        "COPY main.py settings.py /srv/api/",
    ),
    _rule(
        "used-before-copied",
        "A file is copied before it is used",
        "An image is made line by line: what a later line copies is not there yet.",
        "RUN pip install -r requirements.txt\nCOPY requirements.txt ./",
        "COPY requirements.txt ./\nRUN pip install -r requirements.txt",
    ),
    _rule(
        "hadolint",
        "hadolint finds no error that breaks the build",
        "Of hadolint's findings only those are taken over that break something; its matters of style are not.",
        "FROM python:3.12-slim\nONBUILD FROM debian:12",
        "FROM python:3.12-slim",
    ),
)
_STARTED = (
    _rule(
        "malformed-list",
        "The JSON form is JSON",
        "What is no JSON list is handed to the shell as it stands, brackets and all, and the container ends at once.",
        "CMD ['uvicorn', 'main:app']",
        'CMD ["uvicorn", "main:app"]',
    ),
    _rule(
        "no-shell",
        "What only a shell understands is written for a shell",
        "In the JSON form nobody reads `&&` or `$PORT`: the program gets them as arguments.",
        'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "$PORT"]',
        'CMD ["sh", "-c", "exec uvicorn main:app --host 0.0.0.0 --port $PORT"]',
    ),
    _rule(
        "missing-module",
        "The module that is started is in the image",
        "The container ends with an import error, each time it is started.",
        'WORKDIR /app\nCOPY api ./\nCMD ["uvicorn", "api.main:app", "--host", "0.0.0.0"]',
        'WORKDIR /app\nCOPY api ./api\nCMD ["uvicorn", "api.main:app", "--host", "0.0.0.0"]',
    ),
    _rule(
        "missing-folder",
        "A folder that the image's own settings name is in it",
        "`alembic.ini` without its migrations, or a variable that names a folder of code: what a deployment starts in "
        "this image ends at once, however well the image builds.",
        "COPY alembic.ini ./      # script_location = migrations",
        "COPY alembic.ini ./\nCOPY migrations ./migrations",
    ),
    _rule(
        "root-volume",
        "A volume can be written by who runs the image",
        "A new volume takes over the folder that the image has at its place, with its owner. Where there is none, "
        "Docker makes one for root, and whoever USER names may not write into it.",
        "USER app      # compose: volumes: [data:/data]",
        "RUN mkdir /data && chown app /data\nUSER app",
    ),
    _rule(
        "missing-attribute",
        "The application that is served exists in its module",
        'The server ends with `Attribute "app" not found in module`.',
        'CMD ["uvicorn", "main:application", "--host", "0.0.0.0"]      # main.py defines app',
        'CMD ["uvicorn", "main:app", "--host", "0.0.0.0"]',
    ),
    _rule(
        "missing-script",
        "The file that is started, or that the program needs, is in the image",
        "The container ends at once: the file is not there.",
        'COPY entrypoint.sh /usr/local/bin/\nENTRYPOINT ["/entrypoint.sh"]',
        'COPY entrypoint.sh /\nENTRYPOINT ["/entrypoint.sh"]',
    ),
    _rule(
        "missing-program",
        "The program that is started is installed",
        "The container ends with `executable file not found`. A warning where another package may bring it.",
        'RUN pip install fastapi\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0"]',
        'RUN pip install fastapi uvicorn\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0"]',
    ),
    _rule(
        "not-executable",
        "A script that is started directly is executable",
        "The container ends with `permission denied`.",
        'COPY start.sh ./      # mode 644\nCMD ["./start.sh"]',
        'COPY --chmod=755 start.sh ./\nCMD ["./start.sh"]',
    ),
    _rule(
        "no-shebang",
        "A script that is started directly says by what",
        "The container ends with `exec format error`.",
        "echo starting      # the first line of start.sh",
        "#!/bin/sh\necho starting",
    ),
    _rule(
        "windows-line-ends",
        "A script has Unix line ends",
        "With them the system looks for a program whose name ends with a carriage return.",
        "#!/bin/sh\\r",
        "#!/bin/sh",
    ),
    _rule(
        "port-mismatch",
        "The port that is exposed is the one that is listened on",
        "Whoever goes by EXPOSE reaches nobody. A warning where the command does not name its port.",
        'EXPOSE 8080\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]',
        'EXPOSE 8000\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]',
    ),
    _rule(
        "loopback",
        "A server in a container listens on every address",
        "127.0.0.1 is the container itself: neither the host nor another container reaches it. It is the default of"
        " uvicorn, gunicorn and flask.",
        'EXPOSE 8000\nCMD ["uvicorn", "main:app"]',
        'EXPOSE 8000\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0"]',
    ),
    _rule(
        "undefined-user",
        "The user that the image runs as exists",
        "The container is not created: `unable to find user`.",
        "FROM python:3.12-slim\nUSER app",
        "FROM python:3.12-slim\nRUN useradd --create-home app\nUSER app",
    ),
)
_REMARKED = (
    _rule(
        "reload",
        "An image is not reloaded",
        "Its files never change; the watcher only costs.",
        'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--reload"]',
        'CMD ["uvicorn", "main:app", "--host", "0.0.0.0"]',
        _WARNING,
    ),
    _rule(
        "dead-instruction",
        "Only one CMD and one ENTRYPOINT count",
        "The ones before are never run, and who reads them is misled.",
        'CMD ["python", "migrate.py"]\nCMD ["python", "main.py"]',
        'CMD ["sh", "-c", "python migrate.py && exec python main.py"]',
        _WARNING,
    ),
    _rule(
        "relative-workdir",
        "WORKDIR is absolute",
        "A relative one starts from wherever the base image left off.",
        "FROM python:3.12-slim\nWORKDIR app",
        "FROM python:3.12-slim\nWORKDIR /app",
        _WARNING,
    ),
    _rule(
        "secret-in-image",
        "A secret is not written into an image",
        "ENV and ARG stay readable in every copy of the image.",
        "ENV API_TOKEN=sk-live-51",
        "# docker run --env-file .env ...",
        _WARNING,
    ),
)

RULES: tuple[Rule, ...] = _BUILT + _STARTED + _REMARKED
