"""What a workflow must not call, because a replay would see another answer, and what to write in its place."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from checks.temporal.bodies import words

_ACTIVITY = "do it in an activity: `await workflow.execute_activity(..., start_to_close_timeout=...)`"
_NOW = "use `workflow.now()`"
_TIME = "use `workflow.time()`, or `workflow.now()` for a datetime"
_RANDOM = "use `workflow.random()`: it gives the same numbers on replay"
_UUID = "use `workflow.uuid4()`"
_SLEEP = "use `await workflow.sleep(...)`"
_ENVIRONMENT = "read it where the workflow is started and pass it as an argument, or read it in an activity"
_THREADS = "use `asyncio.gather` or `asyncio.create_task` over activities: workflow code runs in one deterministic loop"


@dataclass(frozen=True, slots=True)
class Restriction:
    """`effect` where it reaches the outside world, rather than only giving another answer each time."""

    instead: str
    effect: bool = False


ENVIRONMENT = "os.environ"
READS_ENVIRONMENT = Restriction(_ENVIRONMENT)
"""Workflow code must not even read it."""


def _all(names: str, instead: str, effect: bool = False) -> dict[str, Restriction]:
    return dict.fromkeys(names.split(), Restriction(instead, effect))


_EXACT: dict[str, Restriction] = {
    **_all(
        "time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns "
        "time.process_time time.process_time_ns time.thread_time time.thread_time_ns",
        _TIME,
    ),
    **_all("time.sleep", _SLEEP, True),
    **_all(
        "datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today pendulum.now pendulum.today "
        "arrow.now arrow.utcnow django.utils.timezone.now pandas.Timestamp.now pandas.Timestamp.utcnow",
        _NOW,
    ),
    **_all("datetime.date.today django.utils.timezone.localdate", "use `workflow.now().date()`"),
    **_all("uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7 uuid.uuid8 uuid.getnode", _UUID),
    **_all("os.urandom ulid.ULID nanoid.generate shortuuid.uuid", _RANDOM),
    **dict.fromkeys(
        words("os.getenv os.getenvb os.getcwd os.getpid os.cpu_count os.getlogin os.uname"), READS_ENVIRONMENT
    ),
    **_all("socket.gethostname platform.node os.getppid getpass.getuser", _ENVIRONMENT),
    **_all(
        "builtins.open builtins.input io.open codecs.open os.listdir os.scandir os.walk os.remove os.unlink os.mkdir "
        "os.makedirs os.rename os.renames os.replace os.rmdir os.removedirs os.open os.system os.popen os.fork os.kill "
        "os.chdir os.chmod os.chown os.link os.symlink os.startfile os.truncate os.stat os.path.exists os.path.isfile "
        "os.path.isdir os.path.getmtime os.path.getsize os.path.getctime os.path.getatime os.access glob.glob "
        "glob.iglob gzip.open bz2.open lzma.open tarfile.open zipfile.ZipFile shelve.open dbm.open sys.stdin.read "
        "sys.stdin.readline fileinput.input webbrowser.open",
        _ACTIVITY,
        True,
    ),
    **_all(
        "threading.Thread threading.Timer multiprocessing.Process multiprocessing.Pool multiprocessing.Queue "
        "concurrent.futures.ThreadPoolExecutor concurrent.futures.ProcessPoolExecutor asyncio.to_thread "
        "_thread.start_new_thread concurrent.futures.thread.ThreadPoolExecutor "
        "asyncio.AbstractEventLoop.run_in_executor anyio.to_thread.run_sync asgiref.sync.sync_to_async "
        "asyncio.run_coroutine_threadsafe",
        _THREADS,
        True,
    ),
    **_all(
        "asyncio.create_subprocess_exec asyncio.create_subprocess_shell asyncio.open_connection asyncio.start_server "
        "asyncio.open_unix_connection asyncio.run urllib.request.urlopen urllib.request.urlretrieve "
        "urllib.request.build_opener httpx.get httpx.post httpx.put httpx.patch httpx.delete httpx.head httpx.options "
        "httpx.request httpx.stream requests.get requests.post requests.put requests.patch requests.delete "
        "requests.head requests.options requests.request requests.Session requests.session aiohttp.ClientSession "
        "aiohttp.request urllib3.PoolManager urllib3.request httpx.Client httpx.AsyncClient "
        "http.client.HTTPConnection http.client.HTTPSConnection socket.socket socket.create_connection "
        "socket.gethostbyname socket.getaddrinfo socket.create_server smtplib.SMTP smtplib.SMTP_SSL aiosmtplib.send "
        "aiosmtplib.SMTP imaplib.IMAP4 imaplib.IMAP4_SSL poplib.POP3 ftplib.FTP ftplib.FTP_TLS telnetlib.Telnet "
        "paramiko.SSHClient websockets.connect websocket.create_connection grpc.insecure_channel grpc.secure_channel "
        "grpc.aio.insecure_channel grpc.aio.secure_channel boto3.client boto3.resource boto3.session.Session "
        "boto3.Session aioboto3.Session aiobotocore.session.get_session psycopg.connect psycopg.Connection.connect "
        "psycopg.AsyncConnection.connect psycopg_pool.ConnectionPool psycopg_pool.AsyncConnectionPool "
        "psycopg2.connect asyncpg.connect asyncpg.create_pool pymysql.connect aiomysql.connect MySQLdb.connect "
        "mysql.connector.connect pyodbc.connect oracledb.connect duckdb.connect sqlite3.connect aiosqlite.connect "
        "sqlalchemy.create_engine sqlalchemy.ext.asyncio.create_async_engine redis.Redis redis.StrictRedis "
        "redis.from_url redis.Redis.from_url redis.asyncio.Redis redis.asyncio.from_url redis.asyncio.Redis.from_url "
        "aioredis.from_url pymongo.MongoClient pymongo.AsyncMongoClient motor.motor_asyncio.AsyncIOMotorClient "
        "elasticsearch.Elasticsearch elasticsearch.AsyncElasticsearch kafka.KafkaProducer kafka.KafkaConsumer "
        "aiokafka.AIOKafkaProducer aiokafka.AIOKafkaConsumer pika.BlockingConnection snowflake.connector.connect "
        "twilio.rest.Client sendgrid.SendGridAPIClient slack_sdk.WebClient slack_sdk.web.async_client.AsyncWebClient "
        "docker.from_env docker.DockerClient aiofiles.open temporalio.client.Client.connect temporalio.worker.Worker",
        _ACTIVITY,
        True,
    ),
}
_FAMILIES: tuple[tuple[str, Restriction], ...] = (
    ("random.", Restriction(_RANDOM)),
    ("secrets.", Restriction(_RANDOM)),
    ("numpy.random.", Restriction(_RANDOM)),
    ("subprocess.", Restriction(_ACTIVITY, True)),
    ("shutil.", Restriction(_ACTIVITY, True)),
    ("tempfile.", Restriction(_ACTIVITY, True)),
    ("os.exec", Restriction(_ACTIVITY, True)),
    ("os.spawn", Restriction(_ACTIVITY, True)),
    ("stripe.", Restriction(_ACTIVITY, True)),
)
_INNOCENT = {
    "random.Random",
    "secrets.compare_digest",
    "shutil.get_terminal_size",
    "numpy.random.default_rng",
    "numpy.random.RandomState",
    "numpy.random.Generator",
    "numpy.random.PCG64",
    "numpy.random.SeedSequence",
    "subprocess.list2cmdline",
}
_CAPITAL_IS_DATA = ("subprocess.", "shutil.", "stripe.")
_PATH_METHODS = words(
    "chmod cwd exists expanduser glob home is_dir is_file is_symlink iterdir lstat mkdir open owner "
    "read_bytes read_text rename replace resolve rglob rmdir samefile stat symlink_to touch unlink "
    "write_bytes write_text"
)
_ONLY_WITHOUT_ARGUMENTS = {
    "time.localtime": _NOW,
    "time.gmtime": _NOW,
    "time.ctime": _NOW,
    "random.Random": _RANDOM,
    "numpy.random.default_rng": _RANDOM,
    "numpy.random.RandomState": _RANDOM,
}
_ONLY_WITHOUT_KEYWORD = {"httpx.AsyncClient": "transport", "httpx.Client": "transport"}


def restriction(name: str, call: ast.Call) -> Restriction | None:
    """Why workflow code must not make a call of what `name` stands for; None where it may."""
    if name in _ONLY_WITHOUT_ARGUMENTS:
        return None if call.args or call.keywords else Restriction(_ONLY_WITHOUT_ARGUMENTS[name])
    if name == "time.strftime":
        return Restriction(_NOW) if len(call.args) == 1 else None
    if name == "sqlite3.connect" and call.args and ast.unparse(call.args[0]) == "':memory:'":
        return None
    keyword = _ONLY_WITHOUT_KEYWORD.get(name)
    if keyword is not None and any(each.arg in (keyword, None) for each in call.keywords):
        return None
    return _EXACT.get(name) or _of_path(name) or _of_family(name)


def _of_path(name: str) -> Restriction | None:
    owner, _, method = name.rpartition(".")
    return Restriction(_ACTIVITY, True) if owner == "pathlib.Path" and method in _PATH_METHODS else None


def _of_family(name: str) -> Restriction | None:
    if name in _INNOCENT:
        return None
    for prefix, found in _FAMILIES:
        member = name.removeprefix(prefix)
        if member != name and not member.startswith("_"):
            # `subprocess.CalledProcessError`, `stripe.Customer`: a class; `subprocess.Popen`: the deed itself.
            is_data = prefix in _CAPITAL_IS_DATA and member[:1].isupper() and member != "Popen"
            is_instance = "." in member and prefix != "stripe."
            return None if is_instance or (is_data and "." not in member) else found
    return None
