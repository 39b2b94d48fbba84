"""Watches a dry run from inside the project's Python: refuses and notes what a dry run must not do.

Started by `watch/sitecustomize.py` before any of the project's code, in the dry run itself and in the Python
programs it starts. Only the standard library, Python 3.10. Each note is one line, appended at once, so that
nothing is lost where a process ends without saying goodbye; the reader is `dry_record.py`.
"""

# Runs before the project's code and must not import what it may shadow: no pathlib, no typing. The handlers take
# what the interpreter hands to an audit hook.
# ruff: noqa: ARG001, ARG005, PTH117, PTH119, PTH120
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs

import _thread
import atexit
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Taken now: the code under watch may replace what these modules hold.
_open, _write, _close, _getpid, _ident = os.open, os.write, os.close, os.getpid, _thread.get_ident
_realpath, _join, _lexists, _readlink, _fspath = (
    os.path.realpath,
    os.path.join,
    os.path.lexists,
    os.readlink,
    os.fspath,
)
_getcwd = os.getcwd

RECORD = os.environ.get("SKILLGATE_DRY_RECORD", "")
ROOT = os.environ.get("SKILLGATE_DRY_ROOT", "")
RUN_PY = os.environ.get("SKILLGATE_DRY_RUN_PY", "")
WRITABLE = tuple(part for part in os.environ.get("SKILLGATE_DRY_WRITABLE", "").split(os.pathsep) if part)
SCRATCH = tuple(part for part in os.environ.get("SKILLGATE_DRY_SCRATCH", "").split(os.pathsep) if part)
HELD = tuple(part for part in os.environ.get("SKILLGATE_DRY_HELD", "").split(os.pathsep) if part)
WANTED = frozenset(os.environ.get("SKILLGATE_DRY_STEPS", "").split(","))
WATCH_FOLDER = os.environ.get("SKILLGATE_DRY_WATCH", "")
CHILD = "SKILLGATE_DRY_CHILD"
STDLIB = os.path.dirname(os.__file__)
TEXT_LIMIT = 2000
AF_UNIX = 1
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


REFUSAL = "skillgate: a dry run must"


class NetworkRefused(ConnectionRefusedError):
    """A dry run tried to use the network."""


class WriteRefused(PermissionError):
    """A dry run tried to write outside its folder."""


_busy: set[int] = set()
_user_files: dict[str, bool] = {}
_pending: set[object] = set()
_imported: list[str] = []
_main_ident = _ident()


def note(**entry):
    """Appends one line to the record, whole; its own opening of a file is nobody's concern."""
    line = (ascii(entry) + "\n").encode()
    ident = _ident()
    known = ident in _busy
    _busy.add(ident)
    try:
        record = _open(RECORD, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _write(record, line)
        finally:
            _close(record)
    finally:
        if not known:
            _busy.discard(ident)


# --- where something happened --------------------------------------------------------------------------------


def is_below(path, folder):
    """Whether a path is a folder or something in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def is_user_file(name):
    """Whether a file belongs to the project rather than to an installed package or to Python."""
    known = _user_files.get(name)
    if known is None:
        path = _realpath(name) if not name.startswith("<") else name
        known = _user_files[name] = is_below(path, ROOT) and not is_installed(path)
    return known


def is_installed(path):
    """Whether a file below the project belongs to an environment kept there."""
    if "/site-packages/" in path or "/dist-packages/" in path:
        return True
    prefixes = (_realpath(prefix) for prefix in (sys.prefix, sys.base_prefix))
    return any(is_below(prefix, ROOT) and prefix != ROOT and is_below(path, prefix) for prefix in prefixes)


def user_place(frame):
    """File and line of the innermost frame in the project's own code."""
    while frame is not None:
        if is_user_file(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


def place_of(frame):
    """Where the project's code caused an event; for a helper thread, where the main thread stands."""
    place = user_place(frame)
    if place is None and _ident() != _main_ident:
        place = user_place(sys._current_frames().get(_main_ident))
    return place


def caller_is_user(frame):
    """Whether the project's code, and not an installed package, asked the standard library for something."""
    while frame is not None:
        name = frame.f_code.co_filename
        if is_user_file(name):
            return True
        if not name.startswith("<") and (not is_below(name, STDLIB) or "-packages/" in name):
            return False
        frame = frame.f_back
    return False


# --- network -------------------------------------------------------------------------------------------------


def text_of(value):
    """A name or path as text."""
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


def address_text(address):
    """How a person writes a socket address."""
    if isinstance(address, tuple) and len(address) >= 2:
        host = text_of(address[0])
        return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"
    return text_of(address).lstrip("\0")


def refuse_network(address, frame):
    """Notes an attempt and refuses it."""
    note(network=address, place=place_of(frame))
    message = f"{REFUSAL} touch no network, and this one contacted `{address}`"
    raise NetworkRefused(111, message)


def on_socket(frame, sock, address=None, *_rest):
    """A connection, or a datagram with an address of its own."""
    if address is None:
        return
    if int(sock.family) == AF_UNIX:
        # The pool managers of the standard library talk to themselves through a socket in tmp.
        path = text_of(address)
        if not path.startswith("\0") and may_write(_realpath(path)):
            return
    refuse_network(address_text(address), frame)


def on_name(frame, host=None, port=None, *_rest):
    """A name that would be looked up. A number needs no look-up, and connecting to it is its own event."""
    if isinstance(host, tuple):
        host = host[0] if host else None
    if host in (None, "", b""):
        return
    name = text_of(host).lower().rstrip(".")
    if name == "localhost" or ":" in name or not name.strip("0123456789.") or name == os.uname().nodename.lower():
        return
    refuse_network(f"{name}:{text_of(port)}" if port not in (None, 0, "0", "") else name, frame)


# --- clients with a network of their own ---------------------------------------------------------------------

NATIVE = {
    # Their sockets are made in C or Rust, where no audit event tells of them.
    "psycopg": ("connect", "Connection.connect", "AsyncConnection.connect"),
    "psycopg2": ("connect",),
    "temporalio.client": ("Client.connect",),
    "temporalio.testing": ("WorkflowEnvironment.start_time_skipping", "WorkflowEnvironment.start_local"),
    "grpc": ("insecure_channel", "secure_channel"),
    "grpc.aio": ("insecure_channel", "secure_channel"),
    "pycurl": ("Curl",),
    "MySQLdb": ("connect",),
}


class NativeFinder:
    """Wraps the connecting functions of the clients above when they are imported."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        """The spec that the other finders give, its module wrapped once it is there."""
        if name not in NATIVE:
            return None
        finders = (getattr(finder, "find_spec", None) for finder in sys.meta_path if finder is not cls)
        spec = next((spec for find in finders if find and (spec := find(name, path, target))), None)
        execute = getattr(spec and spec.loader, "exec_module", None)
        if spec is not None and execute is not None:

            def exec_module(module):
                execute(module)
                for dotted in NATIVE[name]:
                    wrap(module, dotted)

            try:
                spec.loader.exec_module = exec_module
            except AttributeError:
                note(fault=f"`{name}` cannot be watched")
        return spec


def wrap(holder, dotted):
    """Replaces a function by one that refuses; what a version of the client does not have is left out."""
    owner, _, name = dotted.rpartition(".")
    holder = getattr(holder, owner, None) if owner else holder
    if holder is None or not hasattr(holder, name):
        return

    def refuse(*words, **named):
        refuse_network(client_target(dotted, words, named), sys._getframe(1))

    setattr(holder, name, staticmethod(refuse) if owner else refuse)


def client_target(dotted, words, named):
    """The address that a client was asked for, without any password."""
    if "host" in named:
        return f"{named['host']}:{named['port']}" if named.get("port") else str(named["host"])
    text = next((word for word in (*words, *named.values()) if isinstance(word, str)), "")
    if "://" in text:
        return text.partition("://")[2].rpartition("@")[2].partition("/")[0] or "localhost"
    pairs = dict(part.split("=", 1) for part in text.split() if "=" in part)
    if pairs:
        return ":".join(part for part in (pairs.get("host", "localhost"), pairs.get("port", "")) if part)
    return text or dotted


# --- files ---------------------------------------------------------------------------------------------------


def may_write(path):
    """Whether a dry run may write to a resolved path: to its own folders, or to tmp outside of what is held."""
    if any(is_below(path, folder) for folder in WRITABLE):
        return True
    return any(is_below(path, folder) for folder in SCRATCH) and not any(is_below(path, folder) for folder in HELD)


def resolve(path, dir_fd=-1, last=True):
    """The absolute path that the system would reach; `last` says whether a final symlink is followed."""
    path = text_of(_fspath(path))
    if not os.path.isabs(path):
        base = _readlink(f"/proc/self/fd/{dir_fd}") if isinstance(dir_fd, int) and dir_fd >= 0 else _getcwd()
        path = _join(base, path)
    if path.startswith(("/dev/", "/proc/self/", f"/proc/{_getpid()}/")):
        return None
    if last:
        return _realpath(path)
    path = path.rstrip("/")
    return _join(_realpath(os.path.dirname(path)), os.path.basename(path))


def judge_write(frame, path, dir_fd=-1, last=True, only_if=None):
    """Refuses a write outside; `only_if` gives whether the target's existence makes it a write at all."""
    if isinstance(path, int):
        return
    target = resolve(path, dir_fd, last)
    if target is None or may_write(target) or "/__pycache__/" in target:
        return
    if only_if is not None and _lexists(target) is not only_if:
        return
    note(write=target, place=place_of(frame))
    raise WriteRefused(13, f"{REFUSAL} write only below its own folder and tmp", target)


def on_open(frame, path, mode=None, flags=0, *_rest):
    """A file opened for writing."""
    if flags & WRITING if isinstance(flags, int) else any(sign in (mode or "") for sign in "wax+"):
        judge_write(frame, path)


def on_sqlite(frame, database, *_rest):
    """A SQLite file: a new one is a write; whether one that exists is written to cannot be seen from here."""
    name = text_of(_fspath(database))
    uri = name.startswith("file:")
    name, _, query = name.removeprefix("file:").partition("?") if uri else (name, "", "")
    if name in ("", ":memory:") or "mode=memory" in query or "mode=ro" in query or "immutable=1" in query:
        return
    name = name.removeprefix("//") if uri else name
    target = resolve(name)
    if target is not None and _lexists(target) and not may_write(target):
        note(database=target, place=place_of(frame))
        return
    judge_write(frame, name)


# --- programs ------------------------------------------------------------------------------------------------


def on_program(frame, words, env):
    """A program that the watch may be unable to follow."""
    if caller_is_user(frame) and not is_watched_python(words, env):
        note(program=" ".join(words)[:200], place=place_of(frame))


def words_of(args):
    """A command's words, however it was given."""
    if isinstance(args, (str, bytes)):
        return [text_of(args)]
    return [text_of(word) for word in args] if args else []


def is_watched_python(words, env):
    """Whether a program is a Python that will start with this watch."""
    if not words or not os.path.basename(words[0]).startswith("python"):
        return False
    if any(word.startswith("-") and not word.startswith("--") and set("ISE") & set(word) for word in words[1:2]):
        return False
    env = {text_of(name): text_of(value) for name, value in dict(os.environ if env is None else env).items()}
    return bool(env.get("SKILLGATE_DRY_RECORD")) and WATCH_FOLDER in env.get("PYTHONPATH", "").split(os.pathsep)


# --- what ran ------------------------------------------------------------------------------------------------


def on_exec(frame, code=None, *_rest):
    """A module of the project begins: its steps are looked for from now on."""
    name = getattr(code, "co_filename", None)
    if not name or not is_user_file(name):
        return
    if not _imported and _realpath(name) == RUN_PY:
        _imported.append(name)
        note(imported=True)
    found = {part for part in nested_codes(code) if part.co_name in WANTED}
    if found:
        _pending.update(found)
        start_tracing(code, found)


def nested_codes(code):
    """Every code object inside a module's."""
    waiting = [code]
    while waiting:
        for constant in waiting.pop().co_consts:
            if hasattr(constant, "co_consts"):
                yield constant
                waiting.append(constant)


def ran(code):
    """Notes that a function was entered, the first time."""
    if code in _pending:
        _pending.discard(code)
        note(ran=code.co_name, line=code.co_firstlineno)


def start_tracing(module, codes):
    """Asks the interpreter to say when one of these functions is entered."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None:
        return start_monitoring(monitoring, codes)
    import threading

    warm_up(module)
    sys.settrace(on_call)
    return threading.settrace(on_call)


def warm_up(module):
    """Imports what the module is about to import and what calls so much at its start that tracing it costs more
    than the dry run itself. An error is left to the module's own import."""
    for name in {"pydantic", "raw_runtime"} & set(module.co_names):
        try:
            vars(__import__(name)).get("BaseWorkflow") or sys.modules[name].BaseModel
        except Exception:  # noqa: S112
            continue


def on_call(frame, event, _argument):
    """Sees calls only: returning None keeps the interpreter from tracing lines."""
    if event == "call":
        ran(frame.f_code)
    if not _pending:
        sys.settrace(None)


_tool: list[int] = []


def start_monitoring(monitoring, codes):
    """From Python 3.12 on only the functions asked for cost anything."""
    if not _tool:
        free = [number for number in (4, 3, 0, 1, 2, 5) if monitoring.get_tool(number) is None]
        if not free:
            return note(fault="no free tool for sys.monitoring")
        _tool.append(free[0])
        monitoring.use_tool_id(free[0], "skillgate")
        monitoring.register_callback(free[0], monitoring.events.PY_START, on_start)
    for code in codes:
        monitoring.set_local_events(_tool[0], code, monitoring.events.PY_START)
    return None


def on_start(code, _offset):
    """A function was entered."""
    ran(code)
    return sys.monitoring.DISABLE  # type: ignore[attr-defined]


# --- the hook ------------------------------------------------------------------------------------------------


HANDLERS: "dict[str, Callable[..., None]]" = {
    "open": on_open,
    "exec": on_exec,
    "socket.connect": on_socket,
    "socket.sendto": on_socket,
    "socket.sendmsg": on_socket,
    "socket.getaddrinfo": on_name,
    "socket.gethostbyname": on_name,
    "socket.gethostbyaddr": on_name,
    "socket.getnameinfo": on_name,
    "sqlite3.connect": on_sqlite,
    "os.mkdir": lambda frame, path, mode=0, fd=-1: judge_write(frame, path, fd, True, only_if=False),
    "os.remove": lambda frame, path, fd=-1: judge_write(frame, path, fd, False, only_if=True),
    "os.rmdir": lambda frame, path, fd=-1: judge_write(frame, path, fd, False, only_if=True),
    "os.truncate": lambda frame, path, *_: judge_write(frame, path),
    "os.chmod": lambda frame, path, mode=0, fd=-1: judge_write(frame, path, fd),
    "os.chown": lambda frame, path, uid=0, gid=0, fd=-1: judge_write(frame, path, fd),
    "os.utime": lambda frame, path, times=None, ns=None, fd=-1: judge_write(frame, path, fd),
    "os.symlink": lambda frame, source, target, fd=-1: judge_write(frame, target, fd, False),
    "os.link": lambda frame, source, target, source_fd=-1, fd=-1: judge_write(frame, target, fd, False),
    "subprocess.Popen": lambda frame, program, args=(), cwd=None, env=None: on_program(frame, words_of(args), env),
    "os.system": lambda frame, command: on_program(frame, words_of(command), None),
    "os.exec": lambda frame, path, args=(), env=None: on_program(frame, words_of(args), env),
    "os.posix_spawn": lambda frame, path, args=(), env=None: on_program(frame, words_of(args), env),
    "os.spawn": lambda frame, mode, path, args=(), env=None: on_program(frame, words_of(args), env),
}


def on_rename(frame, source, target, source_fd=-1, target_fd=-1):
    """Both ends of a rename change."""
    judge_write(frame, source, source_fd, False, only_if=True)
    judge_write(frame, target, target_fd, False)


HANDLERS["os.rename"] = on_rename


def caller():
    """The frame that caused the event; None where the interpreter itself did, outside of any."""
    try:
        return sys._getframe(2)
    except ValueError:
        return None


def hook(event, arguments):
    """Looks at what the interpreter is about to do."""
    handler = HANDLERS.get(event)
    if handler is None:
        return
    ident = _ident()
    if ident in _busy:
        return
    _busy.add(ident)
    try:
        handler(caller(), *arguments)
    except (NetworkRefused, WriteRefused):
        raise
    except Exception as error:
        # A watch that broke must not break what it watches, nor pass in silence.
        note(fault=f"{event}: {type(error).__name__}: {error}"[:TEXT_LIMIT])
    finally:
        _busy.discard(ident)


# --- the end -------------------------------------------------------------------------------------------------


def error_entry(error):
    """What a person needs to know of the exception that ended the run."""
    if error is None:
        return None
    place = None
    trace = error.__traceback__
    while trace is not None:
        if is_user_file(trace.tb_frame.f_code.co_filename):
            place = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename and is_user_file(error.filename):
        place = error.filename, error.lineno
    chain = list(chain_of(error))
    return {
        "type": type(error).__name__,
        "message": str(error)[:TEXT_LIMIT],
        "place": place,
        "refused": any(isinstance(one, (NetworkRefused, WriteRefused)) or REFUSAL in str(one) for one in chain),
        "module": next((one.name for one in chain if isinstance(one, ModuleNotFoundError)), None),
        "key": error.args[0] if isinstance(error, KeyError) and error.args and type(error.args[0]) is str else None,
    }


def chain_of(error):
    """An exception and what it came from."""
    seen: list[BaseException] = []
    while error is not None and not any(error is one for one in seen):
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def watch():
    """Begins to watch this process."""
    main = CHILD not in os.environ
    own = _getpid()

    def finish():
        if main and _getpid() == own:
            note(finished=True, error=error_entry(getattr(sys, "last_value", None)))

    if main:
        os.environ[CHILD] = "1"
        note(started=True)
    # Registered first, so run last: after the project's own exit functions.
    atexit.register(finish)
    sys.meta_path.insert(0, NativeFinder)
    sys.addaudithook(hook)
