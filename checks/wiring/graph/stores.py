"""What keeps things or carries a process through time, known by its image or by the name of a variable."""

from __future__ import annotations

import re

from checks.wiring.graph.picture import Shape

_STORES = {
    "postgres": "PostgreSQL",
    "postgresql": "PostgreSQL",
    "pgvector": "PostgreSQL",
    "timescaledb": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "redis": "Redis",
    "valkey": "Valkey",
    "mongo": "MongoDB",
    "minio": "S3 (MinIO)",
    "localstack": "AWS (LocalStack)",
    "rabbitmq": "RabbitMQ",
    "kafka": "Kafka",
    "nats": "NATS",
    "elasticsearch": "Elasticsearch",
    "opensearch": "OpenSearch",
    "memcached": "Memcached",
    "clickhouse-server": "ClickHouse",
}
_ORCHESTRATORS = {"auto-setup": "Temporal", "server": "Temporal", "temporal": "Temporal", "admin-tools": "Temporal"}
_OUTSIDE = (
    (r"^(?:S3|AWS|MINIO)_|_BUCKET$", "S3"),
    (r"SMTP|MAIL", "mail"),
    (r"SLACK", "Slack"),
    (r"TWILIO", "Twilio"),
    (r"^(?:DATABASE|DB|POSTGRES|PG|SQLALCHEMY)_", "database"),
    (r"REDIS", "Redis"),
    (r"TEMPORAL", "Temporal"),
)


def outside_name(variable: str) -> str:
    """What a variable that leads out of a deployment leads to, else its own name."""
    return next((name for pattern, name in _OUTSIDE if re.search(pattern, variable)), variable)


def known_image(image: str | None) -> tuple[Shape, str] | None:
    """The shape and the common name of what an image runs; None where it is nothing of the kind."""
    path = (image or "").partition("@")[0]
    name = path.rpartition("/")[2].partition(":")[0]
    if "temporalio/" in path and name in _ORCHESTRATORS:
        return Shape.ORCHESTRATOR, _ORCHESTRATORS[name]
    return (Shape.STORE, _STORES[name]) if name in _STORES else None
