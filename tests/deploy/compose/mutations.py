"""Seeded mutations of good Compose files, for holding the embedded judge against the real program."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import yaml

HIRING = """
name: hiring
x-logging: &logging
  driver: json-file
  options: {max-size: 10m, max-file: "3"}
services:
  db:
    image: postgres:16.4-alpine
    environment:
      POSTGRES_USER: hiring
      POSTGRES_PASSWORD: ${DB_PASSWORD:?set it}
      POSTGRES_DB: ${DB_NAME:-hiring}
    volumes: ["db-data:/var/lib/postgresql/data"]
    healthcheck:
      test: [CMD-SHELL, pg_isready -U hiring]
      interval: 5s
      timeout: 3s
      retries: 10
    networks: [back]
    logging: *logging
  temporal:
    image: temporalio/auto-setup:1.25.0
    environment: [DB=postgres12, DB_PORT=5432, POSTGRES_SEEDS=db]
    ports: ["7233:7233", "127.0.0.1:8233:8233/tcp"]
    depends_on:
      db: {condition: service_healthy}
    networks: {back: {aliases: [temporal-server]}}
    stop_grace_period: 1m30s
  migrate:
    build: {context: ., dockerfile: Dockerfile, target: api, args: {PYTHON: "3.12"}}
    command: alembic upgrade head
    depends_on: {db: {condition: service_healthy}}
    restart: "no"
    networks: [back]
  api:
    build: .
    command: ["uvicorn", "api.main:app", "--port", "8000"]
    ports:
      - target: 8000
        published: ${API_PORT:-8000}
        protocol: tcp
    depends_on:
      migrate: {condition: service_completed_successfully}
      temporal: {condition: service_started, restart: true}
    environment:
      DATABASE_URL: postgresql://hiring:$DB_PASSWORD@db/hiring
      LOG_LEVEL: ${LOG_LEVEL-info}
      PRICE: $$5
    secrets: [token]
    networks: [back, front]
    deploy:
      replicas: 1
      resources: {limits: {cpus: "0.5", memory: 512M}, reservations: {memory: 64m}}
    ulimits: {nofile: {soft: 1024, hard: 2048}}
volumes:
  db-data:
networks:
  back: {internal: true}
  front:
secrets:
  token: {file: ./token.txt}
"""

SHOP = """
services:
  web: &web
    image: nginx:1.27
    ports: [80, "8080-8082:8080-8082", "443:443"]
    volumes:
      - ./site:/usr/share/nginx/html:ro
      - type: volume
        source: cache
        target: /cache
        volume: {nocopy: true}
      - type: tmpfs
        target: /tmp
        tmpfs: {size: 64m}
    configs: [{source: site, target: /etc/site.conf, mode: 0440}]
    labels: {traefik.enable: true}
    extra_hosts: ["host.docker.internal:host-gateway"]
    profiles: [front]
    depends_on: [app]
    tmpfs: /run
    cap_add: [NET_ADMIN]
    read_only: true
  spare:
    <<: *web
    container_name: spare
    ports: []
  app:
    image: shop/app:3
    scale: 2
    expose: ["3000", 3001]
    env_file: [{path: app.env, required: false}]
    mem_limit: 1gb
    shm_size: 64m
    pids_limit: 100
    init: true
    tty: false
    dns: [1.1.1.1, 8.8.8.8]
    sysctls: {net.core.somaxconn: 1024}
    develop: {watch: [{path: ./src, action: sync, target: /src}]}
  job:
    image: shop/job:3
    network_mode: "service:app"
    healthcheck: {disable: true}
    devices: ["/dev/null:/dev/x"]
    links: [app]
    cpus: 0.5
    privileged: false
    stop_signal: SIGTERM
    extends: {service: base}
  base:
    image: shop/base:3
    working_dir: /srv
    user: "1000:1000"
    entrypoint: [/bin/sh, -c]
    labels: [a=b]
    volumes_from: [app]
    blkio_config: {weight: 300}
    pull_policy: always
    oom_score_adj: 100
configs:
  site: {content: "hello"}
volumes:
  cache: {driver: local, driver_opts: {type: none}}
"""

BASES = (HIRING, SHOP)
VALUES: tuple[Any, ...] = (
    None, True, 5, -1, 0.5, "", "abc", "5", "5x", "10s", "1g", "true", "a b", [], {}, ["a"], [5], {"a": "b"},
    "${UNSET}", "${UNSET:?}", "${UNSET", "${}", "$$x", "${UNSET:-5}", "${UNSET:-10s}", "80:80", "99999:80", "a:b:c",
    "nope", "service:nope", "service:api", "${DB_NAME:+x}", "${UNSET:-${OTHER:?gone}}", "$1", "yes", "./x:/y",
)  # fmt: skip
KEYS = ("imagee", "image", "replicas", "x-own", "ports", "networks", "a b", "condition", "driver", "name", "version")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value below the top."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def _holder(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        tree = tree[key]
    return tree


def _replace(tree: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    _holder(tree, path)[path[-1]] = copy.deepcopy(chance.choice(VALUES))


def _delete(tree: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    del _holder(tree, path)[path[-1]]


def _rename(tree: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    holder = _holder(tree, path)
    if isinstance(holder, dict):
        name = chance.choice((*KEYS, f"{path[-1]}s", str(path[-1])[:-1] or "q"))
        holder[name] = holder.pop(path[-1])


def _add(tree: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    holder = _holder(tree, path)
    if isinstance(holder, dict):
        holder[chance.choice(KEYS)] = copy.deepcopy(chance.choice(VALUES))
    else:
        holder.append(copy.deepcopy(chance.choice((*VALUES, *holder))))


def _swap(tree: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    other = chance.choice(list(places(tree)))
    _holder(tree, path)[path[-1]] = copy.deepcopy(_holder(tree, other)[other[-1]])


def _text(tree: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    holder = _holder(tree, path)
    value = holder[path[-1]]
    if isinstance(value, str) and value:
        at = chance.randrange(len(value))
        holder[path[-1]] = value[:at] + chance.choice(("", "x", ":", "$", "-", "9", "{", "/", " ")) + value[at + 1 :]
    else:
        _replace(tree, path, chance)


TREE_MUTATIONS: tuple[Callable[[Any, tuple[Any, ...], random.Random], None], ...] = (
    _replace, _replace, _delete, _delete, _rename, _add, _swap, _text, _text,
)  # fmt: skip


def _line_mutation(text: str, chance: random.Random) -> str:
    lines = text.strip().splitlines()
    at = chance.randrange(len(lines))
    line = lines[at]
    kind = chance.randrange(4)
    lines[at : at + 1] = ([line, line], [], [f" {line}"], [line.removeprefix("  ")])[kind]
    return "\n".join(lines) + "\n"


def mutated(seed: int, count: int) -> Iterator[str]:
    """`count` files, each one a good file with one or two mistakes (some of them harmless)."""
    chance = random.Random(seed)
    for _ in range(count):
        text = chance.choice(BASES)
        if chance.random() < 0.12:
            yield _line_mutation(text, chance)
            continue
        tree = yaml.safe_load(text)
        for _ in range(chance.choice((1, 1, 1, 2))):
            ways = list(places(tree))
            # The short ways are drawn as often as the long ones, or mistakes at the top would be rare.
            depth = chance.choice(sorted({len(way) for way in ways}))
            way = chance.choice([way for way in ways if len(way) == depth])
            chance.choice(TREE_MUTATIONS)(tree, way, chance)
        yield yaml.dump(tree, sort_keys=False, Dumper=_NoAlias)


class _NoAlias(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
