"""What a RUN does to an image, as far as its words tell: packages, users, folders, and files that nobody can name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from checks.commands import simple_commands
from checks.deploy.dockerfile.instructions import Instruction
from checks.deploy.dockerfile.sources import join


@dataclass(frozen=True, slots=True)
class Installed:
    """Packages that a RUN installs: from `file` (a requirement file, a `pyproject.toml`), or the `names` themselves.

    `project` is true where the project itself is installed, `local` where it may be (a wheel from somewhere);
    `complete` false where more may come in. `copying` is true where what is installed is copied as it is then, and
    `bare` where nothing of the project's code was there to be copied.
    """

    line: int
    manager: str
    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    project: bool = False
    complete: bool = True
    local: bool = False
    copying: bool = False
    bare: bool = False

    @property
    def brings_code(self) -> bool:
        """Whether the project's code comes along."""
        return self.project and not self.bare


@dataclass
class Effects:
    """What one RUN leaves behind."""

    loose: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    installed: list[Installed] = field(default_factory=list)


# These make no file that a command of the image would start as its own code.
_HARMLESS = frozenset(
    [
        ":",
        "adduser",
        "addgroup",
        "apk",
        "apt",
        "apt-get",
        "cd",
        "chgrp",
        "chmod",
        "chown",
        "corepack",
        "curl.exe",
        "dpkg",
        "dpkg-reconfigure",
        "echo",
        "env",
        "exit",
        "export",
        "false",
        "find",
        "groupadd",
        "grep",
        "id",
        "ldconfig",
        "locale-gen",
        "ls",
        "mkdir",
        "pip",
        "pip3",
        "printf",
        "python",
        "python3",
        "pwd",
        "rm",
        "rmdir",
        "set",
        "sh",
        "sleep",
        "sync",
        "test",
        "touch",
        "true",
        "type",
        "uname",
        "update-ca-certificates",
        "useradd",
        "usermod",
        "uv",
        "which",
        "whoami",
        "yum",
        "dnf",
        "microdnf",
        "pipenv",
        "poetry",
        "[",
        "adduser.sh",
        "passwd",
        "sed",
        "pipx",
        "hatch",
        "bash",
    ]
)
# Of these some commands write files that are used later.
_MAKING = frozenset({"hatch", "pdm", "pip", "pip3", "pipenv", "poetry", "uv"})
_VALUED = frozenset(
    {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host", "--timeout", "--retries",
     "--cache-dir", "--python", "-p", "--prefix", "--root", "-t", "--target", "--platform", "--progress-bar",
     "--default-timeout", "--no-binary", "--only-binary", "--upgrade-strategy", "--index-strategy", "--config-settings",
     "--extra", "--group", "--only", "--with", "--without", "--extras", "--directory", "--project", "--link-mode",
     "--no-install-package", "--no-group", "-E", "-C", "--index", "--default-index", "--python-version", "--no-extra"}
)  # fmt: skip
_SYSTEM_USER = re.compile(r"[a-z_][a-z0-9_.-]*\$?$", re.IGNORECASE)


def effects(instruction: Instruction, workdir: str | None) -> Effects:
    """What the RUN does, in whatever form it is written."""
    effect = Effects()
    if instruction.words is not None:
        _command(instruction.words, workdir, instruction.line, effect)
        return effect
    texts = [heredoc.text for heredoc in instruction.heredocs] or [instruction.value]
    for text in texts:
        _script(re.sub(r"\\\n", " ", text), workdir, instruction.line, effect)
    return effect


def commands_of(instruction: Instruction) -> list[tuple[str, ...]]:
    """The commands of a RUN, word by word."""
    if instruction.words is not None:
        return [instruction.words]
    texts = [heredoc.text for heredoc in instruction.heredocs] or [instruction.value]
    return [simple.words for text in texts for simple in simple_commands(re.sub(r"\\\n", " ", text))]


def runs_script(instruction: Instruction) -> bool:
    """Whether a RUN starts a script, of which nobody knows what it does."""
    for words in map(unwrapped, commands_of(instruction)):
        at = 1 if words and words[0].rpartition("/")[2] in ("sh", "bash", "ash") else 0
        if len(words) > at and words[at].endswith((".sh", ".bash", ".py")):
            return True
    return False


def _script(text: str, workdir: str | None, line: int, effect: Effects) -> None:
    commands = simple_commands(text)
    if text.strip() and not commands:
        effect.loose.add("/")
    for target in re.findall(r"(?<![0-9&<>])>>?\s*([^\s;&|]+)", text):
        effect.loose |= {join(workdir or "/", target.strip("\"'"))} if "/dev/null" not in target else set()
    for simple in commands:
        words = simple.words
        if words[0] == "cd" and len(words) > 1:
            workdir = join(workdir or "/", words[1]) if workdir or words[1].startswith("/") else None
        _command(words, workdir, line, effect)


def _command(words: tuple[str, ...], workdir: str | None, line: int, effect: Effects) -> None:
    words = unwrapped(words)
    if not words:
        return
    name = words[0].rpartition("/")[2]
    if name in ("useradd", "adduser"):
        effect.users |= {word for word in words[1:] if _SYSTEM_USER.match(word)}
    elif name in _MAKING and set(words[1:4]) & {"export", "compile", "build", "freeze", "wheel", "requirements"}:
        effect.loose.add("/")
    elif name == "mkdir":
        effect.folders |= {join(workdir or "/", word) for word in words[1:] if not word.startswith("-")}
    installed = _installed(words, line)
    if installed is not None:
        effect.installed.append(installed)
    elif (name not in _HARMLESS and not re.fullmatch(r"(python|pip)[\d.]*", name)) or (
        re.fullmatch(r"python[\d.]*|bash|sh", name) and words[1:2] not in (("-m",), ("-c",))
    ):
        effect.loose.add("/")


def unwrapped(words: tuple[str, ...]) -> tuple[str, ...]:
    """A command without what only starts it: `exec`, `sudo`, `env X=y`, `uv run`, `python -m` before pip."""
    while words:
        if (
            words[0] in ("exec", "sudo", "time", "nice", "nohup")
            or words[0] == "env"
            or re.match(r"^[A-Za-z_]\w*=", words[0])
        ):
            words = words[1:]
        elif re.fullmatch(r"(.*/)?python[\d.]*", words[0]) and words[1:3] in (("-m", "pip"), ("-m", "uv")):
            words = words[2:]
        else:
            break
    return words


def _installed(words: tuple[str, ...], line: int) -> Installed | None:
    name = words[0].rpartition("/")[2]
    if re.fullmatch(r"pip[\d.]*", name) and words[1:2] == ("install",):
        return _pip(words[2:], line, "pip install")
    if name == "uv" and words[1:3] == ("pip", "install"):
        return _pip(words[3:], line, "uv pip install")
    if name == "uv" and words[1:3] == ("pip", "sync"):
        files = tuple(word for word in words[3:] if not word.startswith("-"))
        return Installed(line, "uv pip sync", files)
    if name == "uv" and words[1:2] == ("sync",):
        left_out = {"--no-install-project", "--no-install-workspace", "--only-group"} & set(words)
        files = ("pyproject.toml", "uv.lock") if {"--frozen", "--locked"} & set(words) else ("pyproject.toml",)
        return Installed(line, "uv sync", files, project=not left_out)
    if name == "poetry" and words[1:2] == ("install",):
        left_out = {"--no-root", "--only-root"} & set(words)
        return Installed(line, "poetry install", ("pyproject.toml",), project="--no-root" not in left_out)
    if name == "npm" and words[1:2] == ("ci",):
        return Installed(line, "npm ci", ("package.json", "package-lock.json"))
    if name in ("npm", "yarn", "pnpm") and words[1:2] == ("install",) and all(w.startswith("-") for w in words[2:]):
        return Installed(line, f"{name} install", ("package.json",))
    if name == "pipenv" and words[1:2] in (("install",), ("sync",)):
        return Installed(line, "pipenv install", ("Pipfile",), complete=False)
    return None


def _pip(words: Iterable[str], line: int, manager: str) -> Installed:
    files: list[str] = []
    names: list[str] = []
    project, complete, local, copying = False, True, False, True
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        copying = copying and word not in ("-e", "--editable")
        if word in ("-r", "--requirement", "-c", "--constraint"):
            files.append(next(rest, ""))
        elif option in ("--requirement", "--constraint") and equals:
            files.append(value)
        elif re.match(r"-[rc]\S", word):
            files.append(word[2:])
        elif word in _VALUED:
            next(rest, None)
        elif word.startswith("-"):
            continue
        elif word.startswith((".", "/")) or word.endswith((".whl", ".tar.gz")):
            local = True
            project = project or (word.startswith(".") and not word.endswith(".whl"))
            complete = complete and word.startswith(".")
        else:
            names.append(word)
            complete = complete and not re.search(r"[$*]|://|^git\+", word)
    return Installed(line, manager, tuple(files), tuple(names), project, complete, local, copying)
