"""The rules of the check `helm`, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule

RULES: tuple[Rule, ...] = ()
