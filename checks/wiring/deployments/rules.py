"""The rules of this family, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Diagnostic, Place, Rule, Severity

PORT = Rule(
    "wiring.port-mismatch",
    Severity.ERROR,
    "a program listens on the port that the deployment says",
    "Whoever asks the declared port gets no connection: probes fail, a Service has no answer, a published port is "
    "dead.",
    'Dockerfile:  CMD ["uvicorn", "api.main:app", "--host", "0.0.0.0", "--port", "8000"]\n'
    "k8s:         ports: [{containerPort: 8080}]\n",
    "k8s:         ports: [{containerPort: 8000}]\n",
)
UNREACHABLE = Rule(
    "wiring.loopback-only",
    Severity.ERROR,
    "a server in a container listens on more than the container's own loopback",
    "uvicorn listens on 127.0.0.1 unless told otherwise. In a container nobody but the container itself reaches that: "
    "the published port accepts connections and drops them.",
    'CMD ["uvicorn", "api.main:app", "--port", "8000"]\n',
    'CMD ["uvicorn", "api.main:app", "--host", "0.0.0.0", "--port", "8000"]\n',
)
PROBE_PATH = Rule(
    "wiring.probe-path",
    Severity.ERROR,
    "a health check asks a route that is there",
    "The application answers 404 or 405 for ever: the container counts as unhealthy, is restarted, and whatever waits "
    "for it never starts.",
    'api:  @app.get("/health")\nk8s:  readinessProbe: {httpGet: {path: /healthz, port: 8000}}\n',
    "k8s:  readinessProbe: {httpGet: {path: /health, port: 8000}}\n",
)
ENTRY_PATH = Rule(
    "wiring.entry-path",
    Severity.ERROR,
    "an ingress or a proxy lets in paths that the application has",
    "Every request that comes in by this path gets a 404: an ingress hands the path on as it is, and so does nginx, "
    "unless `proxy_pass` ends with a path of its own, which takes the place of the location's.",
    'api:  @app.post("/webhooks/form")\nk8s:  - path: /api\n',
    "k8s:  - path: /webhooks\n",
)
URL_PATH = Rule(
    "wiring.url-path",
    Severity.ERROR,
    "a URL in a setting leads to a route of the service that it names",
    "Each call gets a 404 from the system's own service.",
    'api:      @app.post("/webhooks/call-completed")\ncompose:  CALLBACK_URL: http://api:8000/webhook/call-completed\n',
    "compose:  CALLBACK_URL: http://api:8000/webhooks/call-completed\n",
)
LOCAL_DEFAULT = Rule(
    "wiring.local-default",
    Severity.ERROR,
    "an address that the code falls back to is not asked for where it leads nowhere",
    "In a container `localhost` is the container itself. Where the deployment does not set the variable, the default "
    "serves, and the service waits for a neighbour that is not there.",
    "code:     os.getenv('TEMPORAL_ADDRESS', 'localhost:7233')\n"
    "compose:  worker: {environment: {TEMPORAL_HOST: temporal}}\n",
    "compose:  worker: {environment: {TEMPORAL_ADDRESS: 'temporal:7233'}}\n",
)
MISSING_PROGRAM = Rule(
    "wiring.missing-program",
    Severity.ERROR,
    "what a manifest starts is there",
    "The container ends as soon as it starts, and is started again, for ever.",
    "code:  workflows/temporal/worker.py\nk8s:   command: [python, -m, workflows.worker]\n",
    "k8s:   command: [python, -m, workflows.temporal.worker]\n",
)
UNBUILT_IMAGE = Rule(
    "wiring.unbuilt-image",
    Severity.ERROR,
    "an image that a manifest names is one that the project builds",
    "The cluster cannot pull it: the Pod stays in ImagePullBackOff. Where the name is not nearly that of an image that "
    "is built, this is a warning: it may be built elsewhere.",
    "README:  docker build -t registry.example.org/hiring-api:1.0 .\n"
    "k8s:     image: registry.example.org/hirring-api:1.0\n",
    "k8s:     image: registry.example.org/hiring-api:1.0\n",
)
DATABASE_DRIVER = Rule(
    "wiring.database-driver",
    Severity.ERROR,
    "a database URL names a driver that the code can use and the project installs",
    "SQLAlchemy takes the driver from the URL: an async engine refuses a driver that blocks, a blocking engine fails "
    "with an async one, and a driver that nobody installs cannot be imported.",
    "code:     create_async_engine(os.environ['DATABASE_URL'])\n"
    "compose:  DATABASE_URL: postgresql://app:secret@postgres:5432/app\n",
    "compose:  DATABASE_URL: postgresql+asyncpg://app:secret@postgres:5432/app\n",
)
HARD_CODED = Rule(
    "wiring.local-address",
    Severity.ERROR,
    "code that runs in a container does not call `localhost` for what runs in another one",
    "In a container `localhost` is the container itself: the call is refused, whatever the deployment sets.",
    "client = await Client.connect('localhost:7233')\n",
    "client = await Client.connect(os.environ['TEMPORAL_ADDRESS'])\n",
)
SEPARATE_QUEUES = Rule(
    "wiring.separate-queues",
    Severity.ERROR,
    "what starts workflows and what works on them are given the same task queue and namespace",
    "The server takes what is started and waits for a worker, for ever: the workflow hangs without an error.",
    "compose:  api: {environment: {TASK_QUEUE: hiring}}\n          worker: {environment: {TASK_QUEUE: hiring-queue}}\n",
    "compose:  api: {environment: {TASK_QUEUE: hiring}}\n          worker: {environment: {TASK_QUEUE: hiring}}\n",
)
SEPARATE_FILES = Rule(
    "wiring.separate-databases",
    Severity.ERROR,
    "units that share a database open the same one",
    "Each container has a file system of its own. What the API writes into its SQLite file, the worker never sees.",
    "code:     os.getenv('DATABASE_URL', 'sqlite:///app.db')\n"
    "compose:  api: {environment: {DATABASE_URL: 'postgresql+psycopg://...'}}   # and nothing for the worker\n",
    "compose:  worker: {environment: {DATABASE_URL: 'postgresql+psycopg://...'}}\n",
)
CALL_PATH = Rule(
    "wiring.call-path",
    Severity.ERROR,
    "a call to another service of the system asks a route that it has",
    "Every such call gets a 404 or 405 from the system's own service.",
    'api:     @app.post("/internal/done")\nworker:  httpx.post(f"{settings.api_url}/done")\n',
    'worker:  httpx.post(f"{settings.api_url}/internal/done")\n',
)
PROBE_PROGRAM = Rule(
    "wiring.probe-program",
    Severity.ERROR,
    "a health check calls a program that the image has",
    "The check fails each time, whatever the service does: it counts as unhealthy, and what waits for it never starts.",
    'Dockerfile:  FROM python:3.12-slim\ncompose:     test: ["CMD", "curl", "-f", "http://localhost:8000/health"]\n',
    'compose:     test: ["CMD", "python", "-c", "import urllib.request as r; '
    "r.urlopen('http://localhost:8000/health')\"]\n",
)
NO_BUCKET = Rule(
    "wiring.no-such-bucket",
    Severity.ERROR,
    "a bucket that the code is told to use is made in the object store of the deployment",
    "A store that has just been started is empty. Each upload ends with NoSuchBucket, and nothing before says so.",
    "compose:  setup: {command: mc mb local/reports}\n          api: {environment: {REPORTS_BUCKET: sales-reports}}\n",
    "compose:  setup: {command: mc mb local/reports}\n          api: {environment: {REPORTS_BUCKET: reports}}\n",
)
HIDDEN = Rule(
    "wiring.hidden-files",
    Severity.ERROR,
    "no volume lies over the files of the image that the program needs",
    "A volume hides what the image has under its path. An emptyDir is empty each time a Pod starts: the program, its "
    "migrations or its workflows are not there. A claim that somebody may have filled is a warning.",
    "Dockerfile:  COPY .raw /app/.raw\nk8s:         volumeMounts: [{name: runs, mountPath: /app/.raw}]\n",
    "k8s:         volumeMounts: [{name: runs, mountPath: /app/runs}]\n",
)
MISSING_FILE = Rule(
    "wiring.missing-file",
    Severity.ERROR,
    "an image holds the project's files that its program is told to use",
    "A bind mount of the developer's folder hides it: in the cluster there is only the image, and each call ends with "
    "`No such file or directory`.",
    "Dockerfile:  ENV WORKFLOWS_DIR=/app/.raw/workflows   # and no COPY .raw\n",
    "Dockerfile:  ENV WORKFLOWS_DIR=/app/.raw/workflows\n             COPY .raw ./.raw\n",
)
PROBE_FILE = Rule(
    "wiring.probe-file",
    Severity.ERROR,
    "a health check looks at the file that the program writes",
    "The program lives and says so in one file; the check looks at another, which nobody writes. The container is "
    "restarted for ever, or never counts as healthy.",
    'worker:  Path("/tmp/worker.heartbeat").touch()\nk8s:     command: [test, -f, /tmp/worker-heartbeat]\n',
    "k8s:     command: [test, -f, /tmp/worker.heartbeat]\n",
)
UNWRITABLE = Rule(
    "wiring.unwritable-file",
    Severity.WARNING,
    "a program writes where its container lets it write",
    "With `readOnlyRootFilesystem`, or as a user who is not root, most folders cannot be written. Whether the program "
    "comes to that call in this container cannot be known for certain.",
    'worker:  Path("/run/worker/heartbeat").touch()\nk8s:     securityContext: {readOnlyRootFilesystem: true}\n',
    "k8s:     volumeMounts: [{name: run, mountPath: /run/worker}]\n",
)
DIFFERENT_SETTING = Rule(
    "wiring.different-setting",
    Severity.WARNING,
    "programs that share a stream, topic, queue or bucket are given the same name of it",
    "What one program writes, the other looks for under another name. Nothing fails: nothing ever arrives. That two "
    "programs are meant to share it cannot be known for certain.",
    "compose:  api: {environment: {EVENT_STREAM: orders}}\n          worker: {environment: {EVENT_STREAM: events}}\n",
    "compose:  api: {environment: {EVENT_STREAM: orders}}\n          worker: {environment: {EVENT_STREAM: orders}}\n",
)
UNREACHED = Rule(
    "wiring.unreached-webhook",
    Severity.WARNING,
    "an ingress lets in the webhooks of the application behind it",
    "Others call a webhook from outside. Where the ingress lists the paths that it lets in, and this is none of them, "
    "each call ends with 404 before it comes to the application. Whether only neighbours call it cannot be known.",
    'api:  @app.post("/webhooks/form")\nk8s:  - path: /api\n',
    "k8s:  - path: /api\n      - path: /webhooks\n",
)
RULES: tuple[Rule, ...] = (
    UNREACHED,
    DIFFERENT_SETTING,
    PROBE_FILE,
    UNWRITABLE,
    HIDDEN,
    MISSING_FILE,
    NO_BUCKET,
    DATABASE_DRIVER,
    HARD_CODED,
    SEPARATE_QUEUES,
    SEPARATE_FILES,
    CALL_PATH,
    PROBE_PROGRAM,
    MISSING_PROGRAM,
    UNBUILT_IMAGE,
    LOCAL_DEFAULT,
    PORT,
    UNREACHABLE,
    PROBE_PATH,
    ENTRY_PATH,
    URL_PATH,
)


def finding(
    rule: Rule, place: Place, message: str, hint: str | None = None, severity: Severity | None = None
) -> Diagnostic:
    """A diagnostic of `rule` at a place."""
    return Diagnostic(rule.id, severity or rule.severity, message, place.file, place.line, place.column, hint)
