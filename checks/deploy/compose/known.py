"""What is known of images that many systems use: where they listen, what they need to be told, what they lack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """An image. `ports` is where it listens; variables in `settings`, and words of a command in `options`, change it.

    `extra` are ports that it may answer on besides. `configured` are folders whose files change where it listens.
    `speaks` are the ports for a scheme, where others do not understand it.
    """

    ports: frozenset[int]
    settings: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    extra: tuple[int, ...] = ()
    configured: tuple[str, ...] = ()
    kind: str = ""
    speaks: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def answers(self, scheme: str) -> tuple[int, ...]:
        """The ports on which the image understands `scheme`; empty where nothing is known of it."""
        return dict(self.speaks).get(scheme, ())


def _known(*ports: int, **more: Any) -> Known:
    return Known(frozenset(ports), **more)


_POSTGRES = _known(
    5432, settings=("PGPORT",), options=("-p", "port="), configured=("/etc/postgresql",), kind="postgres"
)
_MYSQL = _known(3306, settings=("MYSQL_TCP_PORT",), options=("--port", "-P"), extra=(33060,),
                configured=("/etc/mysql", "/etc/my.cnf"), kind="mysql")  # fmt: skip
_REDIS = _known(6379, options=("--port", ".conf"), configured=("/usr/local/etc",), kind="redis")
_TEMPORAL = _known(
    7233,
    settings=("FRONTEND_GRPC_PORT",),
    extra=(6933, 6934, 6935, 6939, 7243, 8000, 9090),
    configured=("/etc/temporal/config/config_template.yaml",),
    kind="temporal",
)
_ELASTIC = _known(9200, settings=("http.port",), extra=(9300,), configured=("/usr/share/elasticsearch/config",),
                  kind="elasticsearch", speaks=(("http", (9200,)), ("https", (9200,))))  # fmt: skip
_MAIL = (("smtp", (1025,)), ("http", (8025,)))
IMAGES: Mapping[str, Known] = {
    "postgres": _POSTGRES,
    "pgvector/pgvector": _POSTGRES,
    "postgis/postgis": _POSTGRES,
    "timescale/timescaledb": _POSTGRES,
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "redis": _REDIS,
    "valkey/valkey": _REDIS,
    "redis/redis-stack-server": _REDIS,
    "mongo": _known(27017, options=("--port", "--config", "-f"), configured=("/etc/mongo",), kind="mongo"),
    "rabbitmq": _known(5672, extra=(15672, 5671, 15671, 1883, 4369, 5552, 15674, 15675, 15692, 25672, 61613),
                       configured=("/etc/rabbitmq",), kind="rabbitmq",
                       speaks=(("amqp", (5672,)), ("amqps", (5671,)), ("http", (15672, 15674, 15675, 15692)))),
    "memcached": _known(11211, options=("-p", "--port"), kind="memcached"),
    "temporalio/auto-setup": _TEMPORAL,
    "temporalio/server": _TEMPORAL,
    "temporalio/ui": _known(8080, settings=("TEMPORAL_UI_PORT",), configured=("/home/ui-server/config",)),
    "minio/minio": _known(9000, options=("--address",), extra=(9001,), kind="minio"),
    "nginx": _known(80, settings=("NGINX_PORT",), options=("-c", "-g"), extra=(443,), configured=("/etc/nginx",)),
    "adminer": _known(8080),
    "dpage/pgadmin4": _known(80, settings=("PGADMIN_LISTEN_PORT",), extra=(443,)),
    "mailhog/mailhog": _known(1025, 8025, settings=("MH_SMTP_BIND_ADDR", "MH_UI_BIND_ADDR", "MH_API_BIND_ADDR"),
                              speaks=_MAIL),
    "axllent/mailpit": _known(1025, 8025, settings=("MP_SMTP_BIND_ADDR", "MP_UI_BIND_ADDR"), extra=(1110,),
                              speaks=_MAIL),
    "prom/prometheus": _known(9090, options=("--web.listen-address",)),
    "grafana/grafana": _known(3000, settings=("GF_SERVER_HTTP_PORT",), configured=("/etc/grafana",)),
    "elasticsearch": _ELASTIC,
    "docker.elastic.co/elasticsearch/elasticsearch": _ELASTIC,
    "nats": _known(4222, options=("-p", "--port", "-c", "--config"), extra=(6222, 8222),
                   speaks=(("nats", (4222,)), ("http", (8222,)))),
    "qdrant/qdrant": _known(6333, 6334, settings=("QDRANT__SERVICE__HTTP_PORT", "QDRANT__SERVICE__GRPC_PORT"),
                            configured=("/qdrant/config",)),
}  # fmt: skip
"""By repository. Images whose ports are a matter of their settings altogether (kafka, traefik) are not here."""

SCHEME_PORTS: Mapping[str, int] = {
    "amqp": 5672, "http": 80, "https": 443, "mariadb": 3306, "mongodb": 27017, "mysql": 3306, "postgres": 5432,
    "postgresql": 5432, "redis": 6379, "rediss": 6379, "valkey": 6379, "nats": 4222, "ws": 80, "wss": 443,
}  # fmt: skip

# Programs that a healthcheck asks for and an image does not have, by repository and a part of its tag.
_LACKING: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("python", "slim", frozenset({"curl", "wget", "nc", "netcat", "pg_isready", "redis-cli"})),
    ("python", "alpine", frozenset({"curl", "pg_isready", "redis-cli"})),
    ("node", "slim", frozenset({"curl", "wget", "nc", "pg_isready", "redis-cli"})),
    ("node", "alpine", frozenset({"curl", "pg_isready", "redis-cli"})),
    ("alpine", "", frozenset({"curl", "bash", "pg_isready", "redis-cli", "python", "python3"})),
    ("debian", "", frozenset({"curl", "wget", "nc", "pg_isready", "python", "python3"})),
    ("postgres", "alpine", frozenset({"curl", "mysqladmin", "redis-cli", "python", "python3"})),
    ("postgres", "", frozenset({"curl", "wget", "nc", "mysqladmin", "redis-cli", "python", "python3"})),
    ("redis", "alpine", frozenset({"curl", "pg_isready", "mysqladmin", "python", "python3"})),
    ("redis", "", frozenset({"curl", "wget", "nc", "pg_isready", "mysqladmin", "python", "python3"})),
    ("mysql", "", frozenset({"wget", "nc", "pg_isready", "redis-cli", "python"})),
    ("mariadb", "", frozenset({"curl", "wget", "nc", "pg_isready", "redis-cli", "python", "python3"})),
    ("mongo", "", frozenset({"curl", "wget", "nc", "pg_isready", "redis-cli", "python", "python3"})),
)


def lacking(repository: str, tag: str) -> frozenset[str]:
    """The programs that an image is known to lack."""
    found = next((each[2] for each in _LACKING if each[0] == repository and each[1] in tag), frozenset[str]())
    newer = re.match(r"(\d+)", tag)
    if repository == "mongo" and (tag in ("latest", "") or (newer and int(newer[1]) >= 6)):
        found |= {"mongo"}
    if repository == "mariadb" and (tag in ("latest", "lts", "") or (newer and int(newer[1]) >= 11)):
        found |= {"mysqladmin", "mysql", "mysqldump"}
    return found


@dataclass(frozen=True, slots=True)
class Needed:
    """One of `names` must be set for the image to start."""

    names: tuple[str, ...]
    why: str


_ROOT = ("ROOT_PASSWORD", "ALLOW_EMPTY_PASSWORD", "RANDOM_ROOT_PASSWORD", "ROOT_PASSWORD_FILE")
NEEDED: Mapping[str, tuple[Needed, ...]] = {
    "postgres": (
        Needed(("POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"), "the database is not made without a password"),
    ),
    "mysql": (Needed(tuple(f"MYSQL_{name}" for name in _ROOT), "the database is not made without it"),),
    "mariadb": (
        Needed(
            (*(f"MARIADB_{name}" for name in (*_ROOT, "ALLOW_EMPTY_ROOT_PASSWORD", "ROOT_PASSWORD_HASH")),
             *(f"MYSQL_{name}" for name in _ROOT)),
            "the database is not made without it",
        ),
    ),
    "temporalio/auto-setup": (
        Needed(("POSTGRES_SEEDS", "MYSQL_SEEDS", "CASSANDRA_SEEDS"), "it waits for a database that nobody names"),
    ),
    "dpage/pgadmin4": (
        Needed(("PGADMIN_DEFAULT_EMAIL",), "it does not start without a first user"),
        Needed(("PGADMIN_DEFAULT_PASSWORD", "PGADMIN_DEFAULT_PASSWORD_FILE"), "it does not start without a first user"),
    ),
    "mcr.microsoft.com/mssql/server": (
        Needed(("ACCEPT_EULA",), "it does not start before its terms are accepted"),
        Needed(("MSSQL_SA_PASSWORD", "SA_PASSWORD", "MSSQL_SA_PASSWORD_FILE"), "it does not start without a password"),
    ),
}  # fmt: skip
NEEDED = {
    **NEEDED,
    **dict.fromkeys(("pgvector/pgvector", "postgis/postgis", "timescale/timescaledb"), NEEDED["postgres"]),
}

SPOKEN = " ".join(["localhost", "127.0.0.1", *(str(port) for known in IMAGES.values() for port in known.ports), "8000"])
"""What no private file makes a secret of."""
