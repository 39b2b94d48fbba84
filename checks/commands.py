"""How a gate's command is read: whether it needs a shell, and which programs it starts."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from typing import NamedTuple

_SHELL_SYNTAX = frozenset("|&;<>()$`*?[]{}!#\n\\")
_SEPARATORS = frozenset({"&&", "||", "|", "|&", ";", ";;", "&", "(", ")", "{", "}", "\n"})
_REDIRECTION = re.compile(r"^[<>]+&?$|^&>+$")
_ASSIGNMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")
_KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "in", "do", "done", "while", "until", "case", "esac", "!"}
)
_BUILTINS = frozenset(
    {".", ":", "[", "alias", "bg", "break", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export",
     "false", "fg", "getopts", "hash", "jobs", "local", "printf", "pwd", "read", "readonly", "return", "set", "shift",
     "source", "test", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "wait"}
)  # fmt: skip
_SHELL_ONLY = frozenset(
    {".", ":", "alias", "cd", "command", "eval", "exec", "exit", "export", "read", "set", "source", "trap", "type",
     "ulimit", "umask", "unset", "wait"}
)  # fmt: skip


class Simple(NamedTuple):
    """One simple command inside a command line: its words, the operator behind it, the assignments before it."""

    words: tuple[str, ...]
    followed_by: str | None = None
    assigned: tuple[str, ...] = ()


def needs_shell(command: str) -> bool:
    """Whether the command holds syntax that only a shell gives its meaning.

    Quotes alone need none: they are split the way a shell would split them.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return True
    if not words or _ASSIGNMENT.match(words[0]) or words[0] in _SHELL_ONLY or words[0] in _KEYWORDS:
        return True
    return _syntax_outside_quotes(command) or any(word.startswith("~") for word in words)


def _syntax_outside_quotes(command: str) -> bool:
    """A quoted `|` is text; `$` and backquote keep their meaning inside double quotes."""
    quote = ""
    for character in command:
        if quote:
            if character == quote:
                quote = ""
            elif quote == '"' and character in "$`\\":
                return True
        elif character in "'\"":
            quote = character
        elif character in _SHELL_SYNTAX:
            return True
    return False


def argv(command: str) -> tuple[str, ...]:
    """The words to start: the command's own, or `/bin/sh -c` around it."""
    if needs_shell(command):
        return ("/bin/sh", "-c", command)
    return tuple(shlex.split(command))


def simple_commands(command: str) -> tuple[Simple, ...]:
    """The simple commands of a command line, without redirections; () where quotes do not close."""
    lexer = shlex.shlex(command.replace("\n", " ; "), posix=True, punctuation_chars="|&;()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:
        return ()
    return tuple(_grouped(tokens))


def _grouped(tokens: list[str]) -> list[Simple]:
    commands: list[Simple] = []
    words: list[str] = []
    assigned: list[str] = []
    skip_target = False
    for token in [*tokens, ";"]:
        if skip_target:
            skip_target = False
        elif _REDIRECTION.match(token):
            if words and words[-1].isdigit():
                words.pop()
            skip_target = True
        elif token in _SEPARATORS or (token and set(token) <= set("|&;()")):
            if words:
                commands.append(Simple(tuple(words), token, tuple(assigned)))
            words, assigned = [], []
        elif not words and _ASSIGNMENT.match(token):
            assigned.append(token)
        elif not words and token in _KEYWORDS:
            continue
        else:
            words.append(token)
    return commands


def programs(command: str) -> tuple[str, ...]:
    """The programs that a command line starts by name, shell built-ins left out, in order, each once."""
    names = (simple.words[0] for simple in simple_commands(command))
    plain = (name for name in names if name not in _BUILTINS and not re.search(r"[$`*?\[\]{}~]", name))
    return tuple(dict.fromkeys(plain))


def hides_status(command: str) -> str | None:
    """Why the exit status of this command line says nothing of what ran in it; None where it does."""
    if not needs_shell(command):
        return None
    commands = simple_commands(command)
    for before, after in pairwise(commands):
        if before.followed_by == "||" and after.words[0] in {"true", ":"}:
            return f"`|| {after.words[0]}` turns every failure of `{before.words[0]}` into a success"
        if before.followed_by in {"|", "|&"}:
            return f"the pipe into `{after.words[0]}` hides the exit status of `{before.words[0]}`"
    return None
