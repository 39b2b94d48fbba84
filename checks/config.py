"""From a project's config file, or from its files where it has none, to the gates that it wants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from checks.model import CatalogEntry, Gate, Place
from checks.settings.file import display
from checks.settings.forms import OWN, PYPROJECT, RAW, has_pyproject_gates, has_raw_gates, read_holder
from checks.settings.gate_table import catalog_gate, read_gates
from checks.settings.problems import ConfigError, ConfigProblem, Problems
from checks.settings.values import Kind, Value

__all__ = [
    "Config",
    "ConfigError",
    "ConfigProblem",
    "applying",
    "catalog_gate",
    "discover",
    "find_config",
    "load_config",
]

MIB = 1024 * 1024
DEFAULT_LOG_CAP_MIB = 64
LARGEST_LOG_CAP_MIB = 1024 * 1024
# Names that a person would expect to be read, beside the one that is.
NOT_READ = {
    "skillgate.yml": OWN,
    ".skillgate.yaml": OWN,
    ".skillgate.yml": OWN,
    "skillgate.toml": OWN,
    ".raw/config.yml": RAW,
}


class Config(NamedTuple):
    """What is to be run: `path` is None where the gates were found by looking at the project."""

    path: Path | None
    gates: tuple[Gate, ...]
    log_cap: int = 64 * MIB


def find_config(root: Path, explicit: Path | None) -> Path | None:
    """The config of a project; raises ConfigError where one is nearly there, so that it is not passed over."""
    if explicit is not None:
        return explicit
    own, raw, pyproject = root / OWN, root / RAW, root / PYPROJECT
    if _is_there(own):
        return own
    _refuse_other_names(root)
    if _is_there(raw) and has_raw_gates(raw, RAW):
        return raw
    if _is_there(pyproject) and has_pyproject_gates(pyproject, PYPROJECT):
        return pyproject
    return None


def load_config(path: Path, catalog: Mapping[str, CatalogEntry], root: Path | None = None) -> Config:
    """Reads a config; raises ConfigError with everything that is wrong with it. `root` only shortens its name."""
    problems = Problems()
    found = read_holder(path, display(path, root or _root_of(path)), problems) or {}
    gates = read_gates(found["gates"][1], catalog, problems) if "gates" in found else ()
    cap_mib = _log_cap_mib(found["log_cap_mib"][1], problems) if "log_cap_mib" in found else DEFAULT_LOG_CAP_MIB
    problems.raise_any()
    return Config(path, gates, cap_mib * MIB)


def applying(root: Path, catalog: Mapping[str, CatalogEntry], *, asked: bool = False) -> tuple[Gate, ...]:
    """The gates of the catalog that apply to what is there; with `asked` also those that run only where asked for."""
    from checks.discovery import applies_because, project_files

    files = project_files(root)
    entries = [entry for entry in catalog.values() if asked or not entry.asked]
    found = [entry for entry in entries if applies_because(entry, root, files)]
    # The quick ones first, since the catalog itself has no order.
    return tuple(catalog_gate(entry) for entry in sorted(found, key=lambda entry: (entry.timeout_s, entry.name)))


def discover(root: Path, catalog: Mapping[str, CatalogEntry]) -> Config:
    """The gates of the catalog that apply to a project without a config; raises ConfigError where none does."""
    gates = applying(root, catalog)
    if not gates:
        raise ConfigError([_nothing_found(root, catalog)])
    return Config(None, gates)


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _root_of(path: Path) -> Path:
    return path.parent.parent if path.parent.name == ".raw" else path.parent


def _refuse_other_names(root: Path) -> None:
    wrong = [
        (name, right) for name, right in NOT_READ.items() if _is_there(root / name) and not _is_there(root / right)
    ]
    if wrong:
        raise ConfigError(
            ConfigProblem(Place(name), f"a config of the name `{name}` is not read", f"mv {name} {right}")
            for name, right in wrong
        )


def _log_cap_mib(value: Value, problems: Problems) -> int:
    count = int(value.text) if value.kind is Kind.NUMBER and re.fullmatch("[1-9][0-9]{0,9}", value.text) else 0
    if 1 <= count <= LARGEST_LOG_CAP_MIB:
        return count
    wrong = f"log_cap_mib must be a whole number from 1 to {LARGEST_LOG_CAP_MIB}, not {value.described()}"
    problems.add(value.place, wrong, f"for example `log_cap_mib: {DEFAULT_LOG_CAP_MIB}`")
    return DEFAULT_LOG_CAP_MIB


def _nothing_found(root: Path, catalog: Mapping[str, CatalogEntry]) -> ConfigProblem:
    looked = [f"  gate `{entry.name}`: {_inputs(entry)}" for entry in catalog.values()]
    message = (
        f"no config, and no gate applies. Looked for a config in `{OWN}`, `{RAW}` (`builder.gates`) and "
        f"`{PYPROJECT}` (`[tool.skillgate]`), then for the inputs of each gate:\n" + "\n".join(looked)
    )
    return ConfigProblem(Place(str(root)), message, f"write `{OWN}` with `gates: {{default: [validate, dry]}}`")


def _inputs(entry: CatalogEntry) -> str:
    said = ", ".join(f"`{glob}`" for glob in entry.inputs)
    said += f" outside of {', '.join(f'`{glob}`' for glob in entry.without)}" if entry.without else ""
    said += " with a line that matches " + ", ".join(f"`{line}`" for line in entry.contains) if entry.contains else ""
    said += f", and {entry.components} components of a system" if entry.components else ""
    said += ", where `--gate` or a config names it" if entry.asked else ""
    return said + (f", and settings in {', '.join(f'`{name}`' for name in entry.settings)}" if entry.settings else "")
