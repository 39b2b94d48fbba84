"""The rules about images, files and networks that do not suit the service they are for, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


def _rule(name: str, title: str, why: str, wrong: str, right: str, severity: Severity = _ERROR) -> Rule:
    return Rule(f"compose.{name}", severity, title, why, wrong.strip("\n"), right.strip("\n"))


_IMAGES = (
    _rule(
        "broken-image",
        "An image that is built here can be built, and starts",
        "`config` reads no Dockerfile. The rules of the check `dockerfile` are held against the build of each service.",
        "api:\n  build: ./api      # its Dockerfile says COPY ../shared ./shared",
        "api:\n  build:\n    context: .\n    dockerfile: api/Dockerfile      # COPY shared ./shared",
    ),
    _rule(
        "missing-build-secret",
        "A build is given the secrets that its Dockerfile asks for",
        "`secrets` of a service are there while it runs; a build has those of `build` only. A warning where the"
        " Dockerfile does not insist on it.",
        "api:\n  build: ./api      # RUN --mount=type=secret,id=token,required=true\n  secrets: [token]",
        "api:\n  build:\n    context: ./api\n    secrets: [token]",
    ),
    _rule(
        "invalid-image-name",
        "The name of an image is in small letters",
        "Docker refuses to build and to fetch it: `repository name must be lowercase`.",
        "image: example/ShopApi:1.4",
        "image: example/shop-api:1.4",
    ),
    _rule(
        "hidden-packages",
        "A mount does not hide the packages of the image",
        "`node_modules`, or uv's `.venv`, lies in the folder over which the project is mounted: the program does not"
        " find its packages. A warning, as somebody may have installed them on the machine.",
        "web:\n  volumes: [./web:/app]      # the image installs into /app/node_modules",
        "web:\n  volumes: [./web:/app, /app/node_modules]",
        _WARNING,
    ),
    _rule(
        "read-only-root",
        "A read-only container can write what its image must",
        "nginx, httpd and the databases write at their start and end where they cannot.",
        "web:\n  image: nginx:1.27\n  read_only: true",
        "web:\n  image: nginx:1.27\n  read_only: true\n  tmpfs: [/var/cache/nginx, /run]",
    ),
)
_STORES = (
    _rule(
        "shared-data",
        "Each database has a place of its own for its data",
        "The second server finds the first one's data: it has the wrong users and databases, or both destroy it.",
        "users-db:\n  volumes: [data:/var/lib/postgresql/data]\norders-db:\n  volumes: [data:/var/lib/postgresql/data]",
        "users-db:\n  volumes: [users:/var/lib/postgresql/data]\n"
        "orders-db:\n  volumes: [orders:/var/lib/postgresql/data]",
    ),
    _rule(
        "ungranted-secret",
        "A service is given the secrets that it reads",
        "Only a service that names a secret finds it in `/run/secrets`.",
        "db:\n  environment: {POSTGRES_PASSWORD_FILE: /run/secrets/password}",
        "db:\n  environment: {POSTGRES_PASSWORD_FILE: /run/secrets/password}\n  secrets: [password]",
    ),
    _rule(
        "refused-healthcheck",
        "A healthcheck logs in where the server wants it",
        "Redis answers `NOAUTH` instead of `PONG`, and the service is never healthy.",
        "command: redis-server --requirepass secret\nhealthcheck:\n  test: redis-cli ping | grep PONG",
        "command: redis-server --requirepass secret\nhealthcheck:\n  test: redis-cli -a secret ping | grep PONG",
    ),
)
_REACHED = (
    _rule(
        "inactive-service",
        "A service that others address is there",
        "A service with a profile is only started with it. A warning, as whoever starts the system may ask for it.",
        "api:\n  environment: {PRINTER_URL: http://printer:3000}\nprinter:\n  profiles: [printing]",
        "api:\n  environment: {PRINTER_URL: http://printer:3000}\nprinter:\n  image: gotenberg/gotenberg:8.9",
        _WARNING,
    ),
    _rule(
        "wrong-scheme",
        "A server is asked in the way it answers",
        "Elasticsearch 8 and later makes certificates and answers `https` only, where nothing is said of security."
        " A warning where it may not be alone.",
        "search:\n  image: elasticsearch:8.14.1\napi:\n  environment: {SEARCH_URL: http://search:9200}",
        'search:\n  image: elasticsearch:8.14.1\n  environment: {xpack.security.enabled: "false"}\n'
        "api:\n  environment: {SEARCH_URL: http://search:9200}",
    ),
    _rule(
        "advertised-localhost",
        "Kafka advertises an address that leads to it",
        "A client asks the broker where to go on: `localhost` sends each container to itself.",
        "kafka:\n  environment:\n    KAFKA_LISTENERS: PLAINTEXT://:9092\n"
        "    KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://localhost:9092",
        "kafka:\n  environment:\n    KAFKA_LISTENERS: PLAINTEXT://:9092\n"
        "    KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://kafka:9092",
    ),
    _rule(
        "static-address",
        "A fixed address is one of its network's, and given once",
        "Docker refuses to start the container.",
        "networks:\n  inner: {ipv4_address: 172.30.6.2}      # the subnet is 172.30.5.0/24",
        "networks:\n  inner: {ipv4_address: 172.30.5.2}",
    ),
    _rule(
        "wrong-context",
        "A file of nginx is mounted where it is written for",
        "nginx stops: a `server` stands in `http`, and the main configuration stands in nothing.",
        "volumes: [./site.conf:/etc/nginx/nginx.conf]      # server { ... }",
        "volumes: [./site.conf:/etc/nginx/conf.d/default.conf]",
    ),
    _rule(
        "unshared-code",
        "PHP has the files that nginx tells it to run",
        "nginx hands on the path of a file; the container of PHP answers `File not found`.",
        "web:\n  image: nginx:1.27\n  volumes: [./src:/var/www/html]\nphp:\n  image: php:8.3-fpm",
        "php:\n  image: php:8.3-fpm\n  volumes: [./src:/var/www/html]",
    ),
)
SURROUNDING: tuple[Rule, ...] = _IMAGES + _STORES + _REACHED
