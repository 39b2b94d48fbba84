"""Writes down what a pytest session really did, beside what it prints (PYTEST_DONT_REWRITE).

pytest loads this file through PYTEST_PLUGINS, inside the project's Python, where SKILLGATE_EVIDENCE names a folder.
It imports nothing of ours, changes nothing the user sees, and works with every pytest from 7 on. The first session of
the process records; everything below it (xdist workers, nested sessions) finds the variables as the project had them.
"""

# Paths are strings here, as pytest gives them: one test more or less must not be felt.
# ruff: noqa: PTH100, PTH105, PTH109, PTH110, PTH118, PTH120, PTH123

from __future__ import annotations

import json
import mmap
import os
import sys
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

MOST_PROBLEMS = 500
MOST_REASONS = 50
MOST_CHARACTERS = 2000
NOW_BYTES = 4096
FOREIGN_FOLDERS = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
# What a test came to where several of its reports say something: the later wins.
RANKS = {"skipped": 1, "xfailed": 2, "xpassed": 3, "passed": 4, "error": 5, "failed": 6}


def _take_out(variable: str, value: str, separator: str) -> None:
    """Remove what the runner appended to a variable, so that children see what the project set."""
    parts = os.environ.get(variable, "").split(separator)
    if value in parts:
        del parts[len(parts) - 1 - parts[::-1].index(value)]
        if parts:
            os.environ[variable] = separator.join(parts)
        else:
            del os.environ[variable]


def _take_folder() -> str | None:
    """The folder for the evidence; the environment and sys.path look as if nobody had been here."""
    folder = os.environ.pop("SKILLGATE_EVIDENCE", None)
    if folder:
        own = os.path.dirname(os.path.abspath(__file__))
        _take_out("PYTEST_PLUGINS", __name__, ",")
        _take_out("PYTHONPATH", own, os.pathsep)
        if own in sys.path:
            sys.path.remove(own)
    return folder


FOLDER = _take_folder()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: Any) -> Generator[None, Any, None]:
    """The earliest hook there is: from here on the session is on record."""
    global FOLDER
    folder, FOLDER = FOLDER, None
    recorder = _attempt(Recorder, folder, early_config) if folder else None
    if recorder is not None:
        _attempt(early_config.pluginmanager.register, recorder)
    outcome = yield
    if recorder is not None and outcome.excinfo is not None:
        _attempt(recorder.note_obstacle, outcome.excinfo[1])


def _attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    """A fault of this file must never become one of the session."""
    try:
        return function(*arguments)
    except Exception:
        return None


class Recorder:
    """One session; `data` is what the file will hold."""

    def __init__(self, folder: str, config: Any) -> None:
        self.pid = os.getpid()
        self.name = self._free_name(folder)
        self.now = self._open_now()
        self.config = config
        self.session: Any = None
        self.outcomes: dict[str, str] = {}
        self.raised: dict[tuple[str, str], dict[str, Any]] = {}
        self.data: dict[str, Any] = {
            "stage": "loaded",
            "started": time.time(),
            "pytest": pytest.__version__,
            "root": str(getattr(config, "rootpath", None) or os.getcwd()),
            "collected": 0,
            "dropped": 0,
            "deselected": 0,
            "reruns": 0,
            "ended_tests": 0,
            "skipped_files": 0,
            "problems": [],
            "problem_count": 0,
            "reasons": {},
        }
        self.write()

    def _free_name(self, folder: str) -> str:
        number = 0
        while os.path.exists(os.path.join(folder, f"pytest-{self.pid}-{number}.json")):
            number += 1
        return os.path.join(folder, f"pytest-{self.pid}-{number}")

    def _open_now(self) -> mmap.mmap:
        """A page of shared memory in a file: it survives the process, and no test can close it from under us."""
        with open(self.name + ".now", "w+b") as file:
            file.write(bytes(NOW_BYTES))
            file.flush()
            return mmap.mmap(file.fileno(), NOW_BYTES)

    # -- writing ------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """The whole record, in one step; a forked child of a test is not the session."""
        if os.getpid() != self.pid:
            return
        self.data["outcomes"] = counts = dict.fromkeys(RANKS, 0)
        for kind in self.outcomes.values():
            counts[kind] += 1
        with open(self.name + ".part", "w", encoding="ascii") as file:
            json.dump(self.data, file)
        os.replace(self.name + ".part", self.name + ".json")

    def note_now(self, what: str) -> None:
        """Where the session is: all that is left when a test ends the process."""
        if os.getpid() == self.pid:
            data = (what.encode("utf-8", "backslashreplace")[: NOW_BYTES - 1]) + b"\0"
            self.now[: len(data)] = data

    def add_problem(self, rule: str, problem: dict[str, Any]) -> None:
        """Keep one finding; written at every power of two, so that a session cut short has told about half."""
        self.data["problem_count"] += 1
        count = self.data["problem_count"]
        if count <= MOST_PROBLEMS:
            self.data["problems"].append(dict(problem, rule=rule))
            if count & (count - 1) == 0:
                self.write()

    # -- the course of the session ------------------------------------------------------------------------------

    def pytest_configure(self, config: Any) -> None:
        """The arguments were accepted."""
        self.data["stage"] = "configured"
        modes = ("collectonly", "setuponly", "setupplan")
        self.data["mode"] = next((mode for mode in modes if config.getoption(mode, False)), None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: Any) -> None:
        """A real session, not `--help`."""
        self.session = session
        self.data["stage"] = "running"
        _attempt(self.write)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, Any, None]:
        """A wrong path, or a conftest that does not import, surfaces here."""
        outcome = yield
        if outcome.excinfo is not None:
            _attempt(self.note_obstacle, outcome.excinfo[1])

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> Generator[None, Any, None]:
        """Items may leave through `pytest_deselected`; any other way is silent."""
        before, told = len(items), self.data["deselected"]
        yield
        self.data["dropped"] += max(0, before - len(items) - (self.data["deselected"] - told))

    def pytest_deselected(self, items: Any) -> None:
        """`-k`, `-m`, `--lf` and their like."""
        self.data["deselected"] += _attempt(len, items) or 0

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> Generator[None, Any, None]:
        """Every conftest is loaded by now: what registers here sees a result before any of them can change it."""
        _attempt(session.config.pluginmanager.register, Witness(self.raised))
        yield
        _attempt(self.note_now, "")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector: Any) -> None:
        """Importing a test file may end the process, too."""
        _attempt(self.note_now, f"{collector.nodeid} (its import)" if collector.nodeid else "the collection")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """The test that runs from now on."""
        _attempt(self.note_now, nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self) -> None:
        """A test that a hook keeps from running has no end either."""
        self.data["ended_tests"] += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """The official result of one phase of one test; two of three say nothing."""
        if self.raised or report.when == "call" or report.outcome != "passed":
            _attempt(self.note_report, report)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: Any) -> Generator[None, Any, None]:
        """The exception behind a file that cannot be collected; the report itself has only its text."""
        outcome = yield
        if outcome.excinfo is None:
            _attempt(self.note_collecting, collector, outcome.get_result())

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: Any) -> None:
        """A file that could not be collected, or skips itself."""
        _attempt(self.note_collected, report)

    def pytest_internalerror(self, excinfo: Any) -> None:
        """pytest itself, a plug-in or a conftest fell over."""
        _attempt(self.note_obstacle, excinfo.value)

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        """Ctrl-C or `pytest.exit`."""
        self.data["interrupted"] = _attempt(_one_line, excinfo.value)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: Any, exitstatus: Any) -> Generator[None, Any, None]:
        """Written before anybody else may answer this hook, and again with what they made of the status."""
        _attempt(self.finish, session, exitstatus)
        yield
        _attempt(self.finish, session, session.exitstatus)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """The last hook; its status is the one the process exits with."""
        self.data["closed"] = True
        if self.data["stage"] == "finished":
            _attempt(self.finish, self.session, self.session.exitstatus)
        else:
            _attempt(self.write)

    # -- what it means ------------------------------------------------------------------------------------------

    def finish(self, session: Any, status: Any) -> None:
        """The session came to its end; the first status is pytest's own, the last the one that counts."""
        self.data["stage"] = "finished"
        self.data["exit"] = int(status)
        self.data.setdefault("own_exit", int(status))
        self.data["collected"] = session.testscollected
        self.data["stopped"] = _text(session.shouldfail or session.shouldstop or "")
        self.write()

    def note_report(self, report: Any) -> None:
        """Fold one report into the test's outcome."""
        if report.outcome == "rerun":
            self.data["reruns"] += 1
            return
        raised = self.raised.pop((report.nodeid, report.when), None)
        kind = _kind(report)
        if raised is not None and report.outcome != "failed" and kind != "xfailed":
            self.add_problem("turned-" + report.outcome, dict(raised, test=_text(report.nodeid)))
        # A subtest that went well says nothing yet about the test around it.
        if kind is None or (hasattr(report, "context") and kind not in ("failed", "error")):
            return
        if RANKS[kind] > RANKS.get(self.outcomes.get(report.nodeid, ""), 0):
            self.outcomes[report.nodeid] = kind
        if kind == "skipped":
            self.note_reason(report)
        elif kind in ("failed", "error"):
            self.note_failure(kind, report, raised)

    def note_failure(self, kind: str, report: Any, raised: dict[str, Any] | None) -> None:
        """File, line and message of a failed phase."""
        place = raised or _reported_place(report, self.data["root"]) or {}
        message = _reported_message(report) or place.get("message") or f"{report.when} failed"
        if message.startswith("[XPASS(strict)]"):
            kind, message = "xpassed", message[len("[XPASS(strict)]") :].strip()
        file, line = place.get("file"), place.get("line")
        if file is None:
            file, line = _location(report, self.data["root"])
        problem = {"file": file, "line": line, "message": message, "test": _text(report.nodeid), "when": report.when}
        self.add_problem(kind, problem)

    def note_reason(self, report: Any) -> None:
        """Why something was skipped, counted by reason."""
        longrepr = report.longrepr
        reason = _text(longrepr[2] if isinstance(longrepr, tuple) else longrepr)
        reason = reason[len("Skipped: ") :] if reason.startswith("Skipped: ") else reason
        reasons = self.data["reasons"]
        if reason in reasons or len(reasons) < MOST_REASONS:
            reasons[reason] = reasons.get(reason, 0) + 1

    def note_collecting(self, collector: Any, report: Any) -> None:
        """Remember the exception until the report is published."""
        call = getattr(report, "call", None)
        if call is not None and call.excinfo is not None and report.outcome == "failed":
            self.raised[collector.nodeid, "collect"] = _obstacle(call.excinfo.value, self.data["root"])

    def note_collected(self, report: Any) -> None:
        """A file that failed is a finding; one that skipped itself counts as one skipped test."""
        if report.outcome == "skipped":
            self.data["skipped_files"] += 1
            self.outcomes[report.nodeid] = "skipped"
            self.note_reason(report)
        elif report.outcome == "failed":
            found = self.raised.pop((report.nodeid, "collect"), None) or {}
            message = found.get("message") or _last_line(_text(getattr(report.longrepr, "longrepr", report.longrepr)))
            file = found.get("file") or os.path.join(self.data["root"], report.nodeid.split("::")[0])
            self.data["uncollected"] = self.data.get("uncollected", 0) + 1
            self.add_problem("collection", dict(found, file=file, message=message, test=_text(report.nodeid)))

    def note_obstacle(self, error: BaseException) -> None:
        """What kept the session from running at all."""
        if type(error).__name__ not in ("Exit", "KeyboardInterrupt", "Interrupted", "Failed"):
            known = [problem["message"] for problem in self.data["problems"]]
            found = _obstacle(error, self.data["root"])
            if found["message"] not in known:
                self.add_problem("obstacle", found)


class Witness:
    """Sees each result as it was raised, outside of every other wrapper."""

    def __init__(self, raised: dict[tuple[str, str], dict[str, Any]]) -> None:
        self.raised = raised

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Generator[None, Any, None]:
        """Once before the others; once after, because pytest attaches what unittest raised only inside."""
        if call.excinfo is not None:
            _attempt(self.note, item, call)
            yield
        else:
            if self.raised:
                self.raised.pop((item.nodeid, call.when), None)
            yield
            if call.excinfo is not None:
                _attempt(self.note, item, call)

    def note(self, item: Any, call: Any) -> None:
        """A skip is no failure."""
        error = call.excinfo.value
        if not _is_skip(error):
            file = str(getattr(item, "path", "") or item.fspath)
            place = _raised_place(error, file, str(item.config.rootpath))
            self.raised[item.nodeid, call.when] = dict(place, message=_shorten(_one_line(error)))


def _is_skip(error: BaseException) -> bool:
    unittest = sys.modules.get("unittest")
    kinds = (pytest.skip.Exception, pytest.xfail.Exception)  # type: ignore[attr-defined,unused-ignore]
    return isinstance(error, kinds) or (unittest is not None and isinstance(error, unittest.SkipTest))


def _kind(report: Any) -> str | None:
    """What one report says of its test; None where a phase around the test went well."""
    expected = hasattr(report, "wasxfail")
    if report.outcome == "failed":
        return "error" if report.when in ("setup", "teardown") else "failed"
    if report.outcome == "skipped":
        return "xfailed" if expected else "skipped"
    if report.when != "call" or report.outcome != "passed":
        return None
    return "xpassed" if expected else "passed"


def _frames(error: BaseException) -> list[tuple[str, int]]:
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return frames


def _own(file: str, root: str) -> bool:
    """Whether a file is the project's, not a library's."""
    return file.startswith(root.rstrip(os.sep) + os.sep) and not any(part in file for part in FOREIGN_FOLDERS)


def _innermost(frames: list[tuple[str, int]], file: str | None, root: str) -> dict[str, Any]:
    """The innermost frame in the test's file; else the innermost in the project."""
    best = [frame for frame in frames if frame[0] == file] or [frame for frame in frames if _own(frame[0], root)]
    return {"file": _text(best[-1][0]), "line": best[-1][1]} if best else {}


def _raised_place(error: BaseException, file: str | None, root: str) -> dict[str, Any]:
    return _innermost(_frames(error), file, root)


def _reported_place(report: Any, root: str) -> dict[str, Any] | None:
    """The place as the report tells it: all there is when the test ran in another process."""
    traceback = getattr(report.longrepr, "reprtraceback", None)
    places = [getattr(entry, "reprfileloc", None) for entry in getattr(traceback, "reprentries", ())]
    frames = [(os.path.join(root, str(place.path)), int(place.lineno)) for place in places if place is not None]
    file = os.path.join(root, report.nodeid.split("::")[0])
    return _innermost(frames, file, root) or None


def _location(report: Any, root: str) -> tuple[str | None, int | None]:
    """Where the test itself stands."""
    file, line = report.location[0], report.location[1]
    return (os.path.join(root, str(file)) if file else None), (line + 1 if line is not None else None)


def _reported_message(report: Any) -> str:
    longrepr = report.longrepr
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return _shorten(_text(crash.message))
    if isinstance(longrepr, str):
        # A test that ran in a fork of its own comes back as the text of its traceback.
        marked = [line[1:].strip() for line in longrepr.splitlines() if line.startswith("E  ")]
        return _shorten("\n".join(marked) or _text(longrepr))
    return _shorten(_text(getattr(longrepr, "errorstring", "") or ""))


def _obstacle(error: BaseException, root: str) -> dict[str, Any]:
    """The exception under pytest's own wrappings, and the innermost line of the project that led to it."""
    while error.__cause__ is not None and type(error).__name__ in ("CollectError", "ConftestImportFailure"):
        error = error.__cause__
    found: dict[str, Any] = _raised_place(error, None, root)
    if isinstance(error, SyntaxError) and error.filename:
        found = {"file": _text(error.filename), "line": error.lineno}
    name = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and name:
        found["module"] = _text(name)
    return dict(found, message=_shorten(_one_line(error)), refused=type(error).__name__ == "UsageError")


def _one_line(error: BaseException) -> str:
    """`Type: message`; an assertion, a usage error and an exit speak for themselves."""
    text, name = _text(error), type(error).__name__
    bare = name in ("UsageError", "Failed", "Exit", "CollectError") or text.startswith("assert ")
    return text if bare and text else f"{name}: {text}" if text else name


def _text(value: Any) -> str:
    """Any object as a string; objects whose `__str__` fails are part of real test suites."""
    try:
        return str(value)[: MOST_CHARACTERS * 4]
    except Exception:
        return f"<{type(value).__name__} that cannot be shown>"


def _last_line(text: str) -> str:
    """The `E` line of a file that could not be collected."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].lstrip("E ").strip() if lines else ""


def _shorten(text: str) -> str:
    """The line that matters and two more."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[:3])[:MOST_CHARACTERS]
