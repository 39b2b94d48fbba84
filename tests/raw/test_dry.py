"""The dry check: what it runs, refuses, counts and says. The cases of each rule are in fixtures/cases/dry."""

# ruff: noqa: SIM905

from __future__ import annotations

import os
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.model import CheckContext, CheckResult, Severity
from checks.raw.dry import check
from checks.raw.dry_environment import is_credential
from checks.raw.dry_record import read_record

RUN = """
# /// script
# requires-python = ">=3.10"
# dependencies = ["pydantic>=2", "PyYAML"]
# ///
from pydantic import BaseModel
from raw_runtime import BaseWorkflow, step
class Params(BaseModel):
    name: str = "x"
class Greet(BaseWorkflow[Params]):
    @step("greet")
    def greet(self):
        return f"hello {self.params.name}"
    @step("part")
    def part(self):
        return "bye"
    def run(self) -> int:
        self.save("out.txt", self.greet() + self.part())
        return 0
if __name__ == "__main__":
    Greet.main()
"""
DRY = "import sys\nfrom run import Greet, Params\n{}\nsys.exit(Greet(Params()).run())\n"
Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    def make(**dry_runs: str) -> Path:
        for name, text in dry_runs.items():
            folder = tmp_path / "project" / ".raw" / "workflows" / name
            folder.mkdir(parents=True)
            (folder / "run.py").write_text(RUN)
            (folder / "dry_run.py").write_text(text)
        return tmp_path / "project"

    return make


def judge(root: Path, python: str = sys.executable, limit_s: float | None = None, **more: str) -> CheckResult:
    return check(CheckContext(root, Path(python), 2, (), {**os.environ, **more}), limit_s)


def found(result: CheckResult) -> list[tuple[str, str, int | None]]:
    return [(one.rule, str(one.file).removeprefix(".raw/workflows/"), one.line) for one in result.diagnostics]


def test_counts_what_ran(project: Project) -> None:
    root = project(one=DRY.format(""), two=DRY.format("assert __name__ == '__main__' and __file__ == sys.argv[0]"))
    result = judge(root)
    assert result.diagnostics == ()
    assert result.blocked is None
    assert result.evidence == {
        "workflows": 2, "steps": 4, "steps_defined": 4, "runtime": "embedded", "network": "watched",
    }  # fmt: skip
    assert (root / ".raw/workflows/one/results/out.txt").read_text() == "hello xbye"
    assert not list(root.rglob("__pycache__"))


def test_a_project_without_workflows_has_no_evidence(tmp_path: Path) -> None:
    result = judge(tmp_path)
    assert (result.evidence["workflows"], result.evidence["steps"], result.diagnostics) == (0, 0, ())


def test_the_real_runtime_serves_where_it_is(project: Project, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "raw_runtime.py").write_text(
        "__version__ = '9.1'\nclass BaseWorkflow:\n    def __init__(self, params): self.params = params\n"
        "    def __class_getitem__(cls, _): return cls\n    def save(self, name, data): pass\n"
        "def step(name): return lambda function: lambda *words: function(*words)\n"
    )
    result = judge(project(one=DRY.format("")), PYTHONPATH=str(installed))
    assert (result.evidence["runtime"], result.evidence["steps"]) == ("raw_runtime 9.1", 2)
    assert result.diagnostics == ()


def test_no_steps_is_a_warning_where_the_config_asks_for_none(project: Project) -> None:
    root = project(one="print('fine')\n", two="import run\n")
    assert [one.severity for one in judge(root).diagnostics] == [Severity.ERROR, Severity.ERROR]
    eased = judge(root, SKILLGATE_FLOOR_STEPS="0")
    assert [one.severity for one in eased.diagnostics] == [Severity.WARNING, Severity.WARNING]
    assert [one.rule for one in eased.diagnostics] == ["dry.never-runs-workflow", "dry.no-step-ran"]


def test_steps_in_threads_coroutines_and_base_classes_count(project: Project) -> None:
    root = project(one="import run\nraise SystemExit(run.Child(run.Params()).run())\n")
    (root / ".raw/workflows/one/run.py").write_text(
        "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\nfrom pydantic import BaseModel\n"
        "from raw_runtime import BaseWorkflow, retry, step\nclass Params(BaseModel): pass\n"
        "class Parent(BaseWorkflow[Params]):\n    @step('inherited')\n    def inherited(self): return 1\n"
        "class Child(Parent):\n    @step('threaded')\n    @retry(retries=1)\n    def threaded(self): return 1\n"
        "    @step('awaited')\n    async def awaited(self): return 1\n"
        "    @step('lazy')\n    def lazy(self): yield 1\n"
        "    @step('never')\n    def never(self): return 1\n"
        "    def run(self):\n        with ThreadPoolExecutor() as p:\n            p.submit(self.threaded).result()\n"
        "        return self.inherited() + asyncio.run(self.awaited()) - len(list(self.lazy())) - 1\n"
        "if __name__ == '__main__':\n    Child.main()\n"
    )
    result = judge(root)
    assert (result.evidence["steps"], result.evidence["steps_defined"]) == (4, 5)
    (warning,) = result.diagnostics
    assert (warning.rule, warning.severity) == ("dry.steps-not-run", Severity.WARNING)
    assert warning.message == "4 of 5 steps ran; not `never`"


NETWORK = [
    ("socket.socket().connect(('127.0.0.1', 9))", "127.0.0.1:9"),
    ("socket.socket().connect_ex(('127.0.0.1', 9))", "127.0.0.1:9"),
    ("socket.socket(socket.AF_INET6).connect(('::1', 9))", "[::1]:9"),
    ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))", "192.0.2.1:53"),
    ("socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')", "/var/run/docker.sock"),
    ("socket.gethostbyname('db.example')", "db.example"),
    ("urllib.request.urlopen('https://api.example/rows')", "api.example:443"),
    ("smtplib.SMTP('localhost', 25)", "127.0.0.1:25"),
    ("asyncio.run(asyncio.open_connection('queue.example', 5672))", "queue.example:5672"),
    ("threading.Thread(target=urllib.request.urlopen, args=['http://192.0.2.7']).run()", "192.0.2.7:80"),
]


def test_every_way_to_the_network_is_named_also_when_swallowed(project: Project) -> None:
    lines = [f"try: {code}\nexcept OSError: pass" for code, _ in NETWORK]
    imports = "import asyncio, smtplib, socket, threading, urllib.request"
    result = judge(project(one=DRY.format("\n".join([imports, *lines]))))
    places = [(one.message.split("`")[1], one.line) for one in result.diagnostics if one.rule == "dry.network"]
    expected = [(address, 4 + 2 * number) for number, (_, address) in enumerate(NETWORK)]
    assert [place for place in places if not place[0].startswith("[::1]:25")] == expected
    assert {one.rule for one in result.diagnostics} == {"dry.network"}


NATIVE = [
    ("psycopg.connect('postgresql://me:secret@db.example:5433/app')", "db.example:5433"),
    ("psycopg.connect('host=localhost dbname=app')", "localhost"),
    ("psycopg.connect(host='127.0.0.1', port=5432)", "127.0.0.1:5432"),
    ("asyncio.run(psycopg.AsyncConnection.connect('postgresql:///app'))", "localhost"),
    ("asyncio.run(Client.connect('localhost:7233'))", "localhost:7233"),
    ("asyncio.run(WorkflowEnvironment.start_time_skipping())", "WorkflowEnvironment.start_time_skipping"),
]


def test_clients_that_make_their_sockets_in_c_are_watched_too(project: Project) -> None:
    imports = "import asyncio, psycopg; from temporalio.client import Client; from temporalio.testing import *"
    lines = [f"try: {code}\nexcept OSError: pass" for code, _ in NATIVE]
    result = judge(project(one=DRY.format("\n".join([imports, *lines]))))
    assert result.blocked is None
    places = [(one.message.split("`")[1], one.line) for one in result.diagnostics]
    assert places == [(address, 4 + 2 * number) for number, (_, address) in enumerate(NATIVE)]


HARMLESS = """
import asyncio, email.utils, logging, multiprocessing, os, shutil, socket, tempfile, uuid
from pathlib import Path
def work(queue): queue.put(1)
if __name__ == "__main__":
    asyncio.run(asyncio.sleep(0))
    socket.getfqdn(); email.utils.make_msgid(); uuid.uuid1()
    one, other = socket.socketpair(); one.send(b"x")
    server = socket.create_server(("127.0.0.1", 0)); server.close()
    for kind in ("fork", "spawn"):
        start = multiprocessing.get_context(kind)
        queue = start.Queue(); child = start.Process(target=work, args=(queue,))
        child.start(); queue.get(); child.join()
    with multiprocessing.Manager() as manager: manager.dict()["a"] = 1
    logging.FileHandler("log.txt").close()
    Path("a").mkdir(); Path("a/b").write_text("x"); os.rename("a/b", "a/c"); shutil.rmtree("a")
    Path("../none").unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(): pass
"""


def test_harmless_work_is_left_alone(project: Project) -> None:
    guarded = DRY.format(HARMLESS).replace("sys.exit", "if __name__ == '__main__': sys.exit")
    result = judge(project(one=guarded))
    assert found(result) == []
    assert result.evidence["steps"] == 2


WRITES = [
    ("open('../x', 'w')", ".raw/workflows/x"),
    ("open('../.././../x', 'ab')", "x"),
    ("os.close(os.open('../x2', os.O_CREAT | os.O_RDWR))", ".raw/workflows/x2"),
    ("os.mkdir('../d')", ".raw/workflows/d"),
    ("os.rename('out', '../out')", ".raw/workflows/out"),
    ("os.symlink('a', '../link')", ".raw/workflows/link"),
    ("shutil.rmtree('../kept')", ".raw/workflows/kept/file"),
    ("os.chmod('../kept', 0)", ".raw/workflows/kept"),
    ("sqlite3.connect('../new.db')", ".raw/workflows/new.db"),
    ("open(os.path.expanduser('~/.profile'), 'a')", "~/.profile"),
    ("open('escape/x', 'w')", "x"),
    ("open('/etc/skillgate-dry', 'w')", "/etc/skillgate-dry"),
    ("open('../.././../../beside', 'w')", "../beside"),
]


def test_every_way_to_write_outside_is_refused_and_named(project: Project, tmp_path: Path) -> None:
    lines = [f"try: {code}\nexcept PermissionError: pass\nelse: print('written')" for code, _ in WRITES]
    text = "\n".join(["import os, shutil, sqlite3; open('out', 'w').close()", *lines])
    root = project(one=DRY.format(text))
    (root / ".raw/workflows/kept").mkdir()
    (root / ".raw/workflows/kept/file").touch()
    (root / ".raw/workflows/one/escape").symlink_to(root)
    before = {path for path in tmp_path.rglob("*") if "one" not in path.parts}
    result = judge(root)
    assert {path for path in tmp_path.rglob("*") if "one" not in path.parts} == before
    places = [(one.message.split("`")[1], one.line) for one in result.diagnostics if one.rule == "dry.write-outside"]
    shown = [str(tmp_path / path[3:]) if path.startswith("../") else path for _, path in WRITES]
    assert places == [(path, 4 + 3 * number) for number, path in enumerate(shown)]


def test_credentials_and_the_home_folder_are_out_of_reach(project: Project, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine x\n")
    text = (
        "import os\nfrom pathlib import Path\nassert not (Path.home() / '.netrc').exists()\n"
        "assert os.environ['PLAIN'] == '1'\nos.environ['WEATHER_API_KEY']"
    )
    withheld = {"WEATHER_API_KEY": "k", "PLAIN": "1", "HOME": str(tmp_path)}
    (error,) = judge(project(one=DRY.format(text)), **withheld).diagnostics
    assert (error.rule, error.line) == ("dry.failed", 7)
    assert error.message == "KeyError: 'WEATHER_API_KEY'"
    assert "`WEATHER_API_KEY` is withheld" in str(error.hint)


@pytest.mark.parametrize(
    "name",
    "AWS_PROFILE GITHUB_TOKEN OPENAI_API_KEY STRIPE_APIKEY DB_PASSWORD PGPASSWORD DATABASE_URL SENTRY_DSN http_proxy "
    "SLACK_WEBHOOK_URL CLIENT_SECRET SSH_AUTH_SOCK GOOGLE_APPLICATION_CREDENTIALS TOKEN".split(),
)
def test_credentials_are_known_by_name(name: str) -> None:
    assert is_credential(name)


@pytest.mark.parametrize("name", "PATH HOME LANG VIRTUAL_ENV TOKENIZERS_PARALLELISM KEYBOARD PWD CI".split())
def test_other_variables_are_kept(name: str) -> None:
    assert not is_credential(name)


def test_an_environment_without_a_declared_package_is_no_fault_of_the_project(project: Project, tmp_path: Path) -> None:
    venv.EnvBuilder(symlinks=True).create(tmp_path / "venv")
    python = str(tmp_path / "venv/bin/python")
    root = project(one=DRY.format(""), two="import yaml\n", three="import nobody_has_this\n", four="1 / 0\n")
    result = judge(root, python)
    assert [(rule, file) for rule, file, _ in found(result)] == [
        ("dry.failed", "four/dry_run.py"),
        ("dry.failed", "three/dry_run.py"),
    ]
    blocked = str(result.blocked)
    assert f"the project's Python (`{python}`) lacks `pydantic`, which one/dry_run.py needs: run `" in blocked
    assert "lacks `yaml`, which two/dry_run.py needs" in blocked
    assert "--sync`" in blocked
    assert result.evidence["workflows"] == 2


def test_what_only_raw_has_cannot_be_judged_without_raw(project: Project) -> None:
    result = judge(project(one="from raw_runtime import agentic\n", two="import raw_ai\n"))
    assert result.diagnostics == ()
    assert "`agentic` is a part of RAW" in str(result.blocked)
    assert "No module named 'raw_ai'; RAW is on no registry" in str(result.blocked)


def test_a_python_that_does_not_start_blocks(project: Project) -> None:
    result = judge(project(one=DRY.format("")), "/bin/false")
    assert "does not start" in str(result.blocked)
    assert result.diagnostics == ()


def test_the_limit_is_named_and_the_last_output_kept(project: Project) -> None:
    (error,) = judge(project(one="print('waiting')\nwhile True: pass\n"), limit_s=4).diagnostics
    assert (error.rule, error.message) == ("dry.timed-out", "timed out (4 s)")
    assert error.hint == "its last output:\nwaiting"
    from_environment = judge(project(two="while True: pass\n"), SKILLGATE_DRY_LIMIT_S="1")
    assert [one.message for one in from_environment.diagnostics] == ["timed out (1 s)", "timed out (1 s)"]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "was ended by signal 11", None),
        ("def f(:\n", "SyntaxError: invalid syntax (dry_run.py, line 1)", 1),
        ("import run\nrun.Greet.main(['--name', 'x', '--status'])\n", "exited with status 2", None),
        (
            "import run\nclass G(run.Greet):\n  def run(self): return 1/0\nG.main([])\n",
            "ZeroDivisionError: division by zero",
            3,
        ),
        ("import run, raw_runtime\nraw_runtime.wait_for_approval('Send?')\n", "EOFError: EOF when reading a line", 2),
        ("import sys\nsys.excepthook = lambda *_: None\n{}['a']\n", "KeyError: 'a'", 3),
    ],
)
def test_failures_in_words(project: Project, text: str, message: str, line: int | None) -> None:
    (error,) = judge(project(one=text)).diagnostics
    assert (error.rule, error.message, error.line) == ("dry.failed", message, line)


def test_a_sitecustomize_of_the_environment_still_runs(project: Project, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.customized = True\n")
    result = judge(project(one=DRY.format("assert customized")), PYTHONPATH=str(tmp_path))
    assert result.diagnostics == ()


def test_words_choose_workflows(project: Project) -> None:
    root = project(one=DRY.format(""), two="1 / 0\n")
    result = check(CheckContext(root, Path(sys.executable), 1, ("one",), dict(os.environ)))
    assert (result.evidence["workflows"], result.diagnostics) == (1, ())


def test_a_cut_record_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_bytes(b"{'started': True}\n{'network': 'a:1', 'place': ('f', 2)}\n{'ran': 'x', 'li")
    record = read_record(path)
    assert (record.started, record.finished, len(record.network), record.ran) == (True, False, 1, frozenset())
    assert read_record(tmp_path / "none").started is False
