"""Becomes another user, then another program: PostgreSQL refuses to run as root. Standard library only.

`python -I as_user.py NAME PROGRAM WORDS...`
"""

from __future__ import annotations

import os
import pwd
import sys


def main(name: str, argv: list[str]) -> None:
    """Gives up every right before it becomes the program."""
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
