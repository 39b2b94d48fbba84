"""The rules of the check `compose`, for `skillgate explain`."""

from __future__ import annotations

from checks.deploy.compose.working_rules import WORKING
from checks.model import Rule, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


def _rule(name: str, title: str, why: str, wrong: str, right: str, severity: Severity = _ERROR) -> Rule:
    return Rule(f"compose.{name}", severity, title, why, wrong.strip("\n"), right.strip("\n"))


_REFUSED = (
    _rule(
        "no-file",
        "There is a Compose file",
        "The gate was asked to judge Compose files, and none was found where Compose looks for one.",
        "deploy/docker-compose.yml      # and the gate runs `docker-compose config`",
        "docker-compose.yml             # or: docker-compose -f deploy/docker-compose.yml config",
    ),
    _rule(
        "no-services",
        "A Compose file defines services",
        "A file without services starts nothing, so nothing was checked.",
        "volumes:\n  data:",
        "services:\n  db:\n    image: postgres:16",
    ),
    _rule(
        "unreadable",
        "A Compose file is YAML",
        "Compose cannot read the file, so nothing in it starts.",
        "services:\n  web: [\n   image: nginx:1.27",
        "services:\n  web:\n    image: nginx:1.27",
    ),
    _rule(
        "duplicate-key",
        "A key is written once",
        "Compose refuses the file; other YAML readers silently keep the last one.",
        "web:\n  image: nginx:1.26\n  image: nginx:1.27",
        "web:\n  image: nginx:1.27",
    ),
    _rule(
        "invalid",
        "Every key is known and every value has its kind",
        "Compose refuses the whole file because of one key or value.",
        "web:\n  imagee: nginx:1.27\n  ports: 80",
        'web:\n  image: nginx:1.27\n  ports: ["80:80"]',
    ),
    _rule(
        "interpolation",
        "A variable is written as Compose reads it",
        "Compose refuses the file; a plain dollar sign is written twice.",
        "image: nginx:${TAG",
        "image: nginx:${TAG}\ncommand: echo $$HOME",
    ),
    _rule(
        "required-variable",
        "A required variable is set in `.env` or `.env.example`",
        "`${X:?}` stops Compose where X is not set: a newcomer who copies the example cannot start the system.",
        "POSTGRES_PASSWORD: ${DB_PASSWORD:?}      # DB_PASSWORD in no env file",
        "POSTGRES_PASSWORD: ${DB_PASSWORD:?}\n# .env.example: DB_PASSWORD=local-only",
    ),
    _rule(
        "undefined-reference",
        "What a service refers to is defined",
        "Compose refuses a service that names a network, volume, secret, config or service that is not there.",
        "web:\n  image: nginx:1.27\n  networks: [back]",
        "web:\n  image: nginx:1.27\n  networks: [back]\nnetworks:\n  back:",
    ),
    _rule(
        "disabled-dependency",
        "What a service waits for is on whenever it is on",
        "Compose refuses to start a service whose dependency is switched off by its profile.",
        "api:\n  depends_on: [db]\ndb:\n  profiles: [full]",
        "api:\n  depends_on: [db]\ndb:\n  image: postgres:16",
    ),
    _rule(
        "dependency-cycle",
        "No service waits for itself",
        "Services in a ring wait for each other: none of them starts.",
        "a:\n  depends_on: [b]\nb:\n  depends_on: [a]",
        "a:\n  depends_on: [b]\nb:\n  image: redis:7",
    ),
    _rule(
        "no-image",
        "A service has an image or a build",
        "Compose has nothing to run for it.",
        'web:\n  ports: ["80:80"]',
        'web:\n  image: nginx:1.27\n  ports: ["80:80"]',
    ),
    _rule(
        "missing-file",
        "Files that the Compose file extends or includes exist",
        "Compose refuses the whole file.",
        "include: [common.yml]      # no such file",
        "include: [deploy/common.yml]",
    ),
    _rule(
        "missing-env-file",
        "Env files exist, or their example does",
        "Compose refuses a service whose env file is missing. Where only `X.example` is there, this is a warning.",
        "api:\n  env_file: api.env      # neither api.env nor api.env.example",
        "api:\n  env_file:\n    - path: api.env\n      required: false",
    ),
    _rule(
        "unreadable-env-file",
        "Every line of an env file is `NAME=value`",
        "Compose stops at the line it cannot read.",
        "MY NAME=x",
        "MY_NAME=x",
    ),
)
_UNWORKABLE = (
    _rule(
        "port-collision",
        "A host port is published once",
        "Compose accepts it; the second container fails with `port is already allocated`.",
        'a:\n  ports: ["8000:80"]\nb:\n  ports: ["8000:90"]',
        'a:\n  ports: ["8000:80"]\nb:\n  ports: ["8001:90"]',
    ),
    _rule(
        "missing-build-context",
        "A build context is a folder that exists",
        "`config` accepts it, `up` stops at the build. A warning where the folder lies outside the project.",
        "api:\n  build: ./apii",
        "api:\n  build: ./api",
    ),
    _rule(
        "missing-dockerfile",
        "A build's Dockerfile exists",
        "`config` accepts it, `up` stops at the build.",
        "api:\n  build:\n    context: .\n    dockerfile: docker/api.Dockerfile      # no such file",
        "api:\n  build:\n    context: .\n    dockerfile: api/Dockerfile",
    ),
    _rule(
        "missing-target",
        "A build's target is a stage of its Dockerfile",
        "`config` accepts it, `up` stops at the build.",
        "build:\n  context: .\n  target: worker      # the Dockerfile has `AS api` only",
        "build:\n  context: .\n  target: api",
    ),
    _rule(
        "unhealthy-dependency",
        "What is waited for to be healthy has a healthcheck",
        "Compose stops with `has no healthcheck configured`. A warning where the image may bring one.",
        "api:\n  depends_on:\n    db: {condition: service_healthy}\ndb:\n  image: postgres:16",
        "db:\n  image: postgres:16\n  healthcheck:\n    test: [CMD, pg_isready]",
    ),
    _rule(
        "missing-bind-source",
        "A file that is mounted exists",
        "Docker makes a folder of that name, and the program that wants the file fails.",
        'web:\n  volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]      # no such file',
        'web:\n  volumes: ["./deploy/nginx.conf:/etc/nginx/nginx.conf"]',
    ),
    _rule(
        "missing-held-file",
        "The file of a config or secret exists",
        "The container is not created. A warning for secrets, which may be made outside the project.",
        "configs:\n  site:\n    file: ./site.conf      # no such file",
        "configs:\n  site:\n    file: ./deploy/site.conf",
    ),
    _rule(
        "unset-variable",
        "A variable is set, or has a default",
        "Compose puts an empty text in its place and goes on.",
        "image: shop/api:${TAG}      # TAG is set nowhere",
        "image: shop/api:${TAG:-3}",
        _WARNING,
    ),
    _rule(
        "untagged-image",
        "An image has a fixed version",
        "`latest` is another program tomorrow.",
        "image: postgres",
        "image: postgres:16.4",
        _WARNING,
    ),
    _rule(
        "reported",
        "Compose itself has nothing to remark",
        "What Compose warns of is ignored by it, or means something else than it says.",
        'version: "3.8"\nservices:\n  web:\n    image: nginx:1.27',
        "services:\n  web:\n    image: nginx:1.27",
        _WARNING,
    ),
)

RULES: tuple[Rule, ...] = _REFUSED + _UNWORKABLE + WORKING
