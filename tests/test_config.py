"""Every form of a config loads, and everything that is wrong with one is told with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from checks.catalog import Catalog
from checks.config import Config, ConfigError, find_config, load_config
from checks.model import Gate, Place

RAW_FORM = """\
builder:
  gates:
    default: [validate, dry]
    optional:
      api-test: {command: "pytest api/tests/ -v", timeout_seconds: 60}
      temporal-validate: {command: "temporal workflow validate", timeout_seconds: 30}
      docker-validate: {command: "docker-compose config", timeout_seconds: 10}
"""
FIVE = {
    "validate": ("skillgate check raw", 30),
    "dry": ("skillgate check dry", 300),
    "api-test": ("pytest api/tests/ -v", 60),
    "temporal-validate": ("temporal workflow validate", 30),
    "docker-validate": ("docker-compose config", 10),
}


def write(root: Path, name: str, text: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load(root: Path, text: str | bytes, name: str = "skillgate.yaml") -> Config:
    return load_config(write(root, name, text), Catalog(), root)


def refusal(root: Path, text: str | bytes, name: str = "skillgate.yaml") -> str:
    with pytest.raises(ConfigError) as caught:
        load(root, text, name)
    return str(caught.value)


def commands(config: Config) -> dict[str, tuple[str, float]]:
    return {gate.name: (gate.command, gate.timeout_s) for gate in config.gates}


def entry(text: str) -> str:
    """A config with the gate `a` whose mapping is `text`; its values stand in line 3."""
    return f"gates:\n  optional:\n    a: {text}\n"


# --- forms ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [".raw/config.yaml", "skillgate.yaml", "ci/gates.yaml"])
def test_raw_form_loads_exactly_as_written(tmp_path: Path, name: str) -> None:
    config = load(tmp_path, RAW_FORM, name)
    assert commands(config) == FIVE
    assert list(commands(config)) == list(FIVE)
    assert all(gate.requested for gate in config.gates)
    assert config.gates[0].floor == {"workflows": 1}
    assert config.gates[2].place == Place(name if name != "ci/gates.yaml" else "ci/gates.yaml", 5, 7)
    assert config.log_cap == 64 * 1024 * 1024


def test_other_keys_of_raws_own_config_are_raws(tmp_path: Path) -> None:
    text = "model: opus\nbuilder:\n  budget: {rounds: 3}\n  gates: {default: [dry]}\nskills: [!!str x]\n"
    assert list(commands(load(tmp_path, text, ".raw/config.yaml"))) == ["dry"]


def test_own_form(tmp_path: Path) -> None:
    text = """\
gates:
  default: [lint, validate]
  optional:
    lint: {command: ruff check ., needs: [validate], env: {CI: true, V: 1.10, N: 0010}, workdir: ./api/}
    unit: {command: pytest, floor: {tests: 3}}
log_cap_mib: 2
"""
    config = load(tmp_path, text)
    lint, validate, unit = config.gates
    assert lint == Gate(
        "lint",
        "ruff check .",
        300.0,
        environment={"CI": "true", "V": "1.10", "N": "0010"},
        workdir="api",
        needs=("validate",),
        place=Place("skillgate.yaml", 4, 5),
    )
    assert validate.place == Place("skillgate.yaml", 2, 19)
    assert unit.floor == {"tests": 3}
    assert config.log_cap == 2 * 1024 * 1024


TOML_FORM = """\
[tool.skillgate]
log_cap_mib = 2
[tool.skillgate.gates]
default = ["validate", "dry"]
[tool.skillgate.gates.optional]
api-test = {command = "pytest api/tests/ -v", timeout_seconds = 60, env = {CI = true, N = 7}}
[tool.skillgate.gates.optional.slow]
command = "make slow"
timeout_seconds = 1.5
"""


def test_pyproject_form(tmp_path: Path) -> None:
    config = load(tmp_path, TOML_FORM, "pyproject.toml")
    assert list(commands(config)) == ["validate", "dry", "api-test", "slow"]
    assert config.gates[2].environment == {"CI": "true", "N": "7"}
    assert config.gates[3].timeout_s == 1.5
    assert config.gates[1].place == Place("pyproject.toml", 4, 25)
    assert config.gates[3].place == Place("pyproject.toml", 7, 2)


def test_top_level_gates_in_another_toml_file(tmp_path: Path) -> None:
    assert list(commands(load(tmp_path, '[gates]\ndefault = ["dry"]\n', "gates.toml"))) == ["dry"]


def test_merge_keys_and_aliases(tmp_path: Path) -> None:
    text = """\
gates:
  optional:
    a: &a {command: "true", timeout_seconds: 5}
    b: {<<: *a, timeout_seconds: 6}
    c: *a
"""
    assert commands(load(tmp_path, text)) == {"a": ("true", 5), "b": ("true", 6), "c": ("true", 5)}


def test_pure_python_yaml_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load(tmp_path, RAW_FORM)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert load(tmp_path, RAW_FORM) == expected


def test_byte_order_mark_and_carriage_returns(tmp_path: Path) -> None:
    assert commands(load(tmp_path, b"\xef\xbb\xbf" + RAW_FORM.replace("\n", "\r\n").encode())) == FIVE
    crlf = b"\xef\xbb\xbf" + TOML_FORM.replace("\n", "\r\n").encode()
    assert len(load(tmp_path, crlf, "pyproject.toml").gates) == 4


# --- what the catalog adds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "command", "limit", "floor"),
    [
        ("{floor: {steps: 0}}", "skillgate check dry", 300, {"workflows": 1, "steps": 0}),
        ("{timeout_seconds: 120}", "skillgate check dry", 120, {"workflows": 1, "steps": 1}),
        ("{command: skillgate check dry}", "skillgate check dry", 300, {"workflows": 1, "steps": 1}),
        ("{command: ./dry.sh}", "./dry.sh", 300, {}),
        ("{}", "skillgate check dry", 300, {"workflows": 1, "steps": 1}),
    ],
)
def test_a_gate_of_the_catalog_is_customised(
    tmp_path: Path, said: str, command: str, limit: float, floor: dict[str, int]
) -> None:
    config = load(tmp_path, f"gates: {{default: [dry], optional: {{dry: {said}}}}}")
    (gate,) = config.gates
    assert (gate.command, gate.timeout_s, gate.floor) == (command, limit, floor)


@pytest.mark.parametrize(
    ("written", "seconds"), [("60", 60), ("0.5", 0.5), ("1e3", 1000), ("1_000", 1000), (".5", 0.5), ("+5", 5)]
)
def test_limits_that_are_numbers(tmp_path: Path, written: str, seconds: float) -> None:
    assert load(tmp_path, entry(f"{{command: x, timeout_seconds: {written}}}")).gates[0].timeout_s == seconds


# --- what is wrong -------------------------------------------------------------------------------------------------

LIMIT = "timeout_seconds `{}` is not a positive number of seconds"


@pytest.mark.parametrize(
    "written", ["0", "-1", ".nan", ".inf", "-.inf", "soon", "true", "1e400", "1:30", "0x10", "010", "2020-01-01", "0.0"]
)
def test_limits_that_are_none(tmp_path: Path, written: str) -> None:
    text = refusal(tmp_path, entry(f"{{command: x, timeout_seconds: {written}}}"))
    assert text.startswith(f"skillgate.yaml:3:38: {LIMIT.format(written)}\nhint: ")


@pytest.mark.parametrize("written", ["nan", "inf", "-1", "0", "true", '"60"'])
def test_limits_that_are_none_in_toml(tmp_path: Path, written: str) -> None:
    text = refusal(
        tmp_path, f'[tool.skillgate.gates.optional.a]\ncommand = "x"\ntimeout_seconds = {written}\n', "p.toml"
    )
    assert text.startswith(f"p.toml:3:1: {LIMIT.format(written.strip(chr(34)))}")


WRONG = [
    # keys, at every level
    ("gats: {default: [dry]}", "1:1: unknown key `gats`", "did you mean `gates`?"),
    ("gates: {defaults: [dry]}", "1:9: unknown key in `gates`: `defaults`", "did you mean `default`?"),
    ("default: [dry]", "1:1: unknown key `default`", "put `default` below `gates:`"),
    ("gates: {default: [dry]}\nlog_cap: 1", "2:1: unknown key `log_cap`", "did you mean `log_cap_mib`?"),
    (entry("{comand: x}"), "3:9: unknown key in gate `a`: `comand`", "did you mean `command`?"),
    (entry("{command: x, timeout: 5}"), "3:21: unknown key in gate `a`: `timeout`", "`timeout_seconds`"),
    ("builder: {gates: {default: [dry]}, model: x}", "1:36: unknown key in `builder`: `model`", "known: `gates`"),
    ("builder: {gates: {default: [dry]}}\ngates: {default: [dry]}", "1:1: `gates` stands both here", "keep one"),
    ("gates: {? [a] : b}", "1:11: a key of `gates` must be a word, not a list", ""),
    # duplicates
    ("gates:\n  optional: {}\n  optional: {}\n", "3:3: duplicate key `optional` in `gates`", "in line 2"),
    ("gates: {default: [dry]}\ngates: {default: [dry]}", "2:1: duplicate key `gates` in the config", "in line 1"),
    (entry("{command: x, command: y}"), "3:21: duplicate key `command` in gate `a`", "in line 3"),
    ("gates: {default: [dry, dry]}", "1:24: gate `dry` is listed twice in `default`", "in line 1"),
    (entry("{command: x, floor: {t: 1, t: 2}}"), "3:35: duplicate key `t` in floor", "line 3"),
    # gates that are none
    ("gates: {default: [validate, dyr]}", "1:29: unknown gate `dyr`", "did you mean `dry`? known: `api-test`"),
    ("gates: {default: [{dry: 1}]}", "1:19: an entry of `default` must be the name of a gate", "below `optional`"),
    ("gates: {default: dry}", "1:18: `default` must be a list of gates, not `dry`", "default: [validate, dry]"),
    ("gates: {default: [null]}", "1:19: an entry of `default` must be the name of a gate, not nothing", ""),
    (entry('"pytest -q"'), "3:8: gate `a` must be a mapping, not `pytest -q`", 'a: {command: "pytest -q"}'),
    (entry(""), "3:7: gate `a` must be a mapping, not nothing", ""),
    (entry("{timeout_seconds: 5}"), "3:5: gate `a` has no `command`", "only a gate of the catalog may leave it out"),
    ("gates: {optional: {Api_Test: {command: x}}}", "1:20: `Api_Test` is no name for a gate", "`api-test`"),
    ("gates: {optional: {../x: {command: x}}}", "1:20: `../x` is no name for a gate", ""),
    ("gates: {optional: {-a: {command: x}}}", "1:20: `-a` is no name for a gate", ""),
    (f"gates: {{optional: {{{'a' * 101}: {{command: x}}}}}}", "longer than 100", ""),
    # nothing at all
    ("gates: {}", "1:8: `gates` names no gate", "default: [validate, dry]"),
    ("gates: {default: [], optional: {}}", "1:8: `gates` names no gate", ""),
    ("gates:", "1:7: `gates` must be a mapping, not nothing", ""),
    ("gates: [dry]", "1:8: `gates` must be a mapping, not a list", ""),
    ("gates: {optional: [a]}", "1:19: `optional` must be a mapping, not a list", ""),
    ("{}", "1:1: the config has no `gates`", ""),
    ("", "1:1: the config is empty", "gates:"),
    ("# nothing\n", "1:1: the config is empty", ""),
    ("- a", "1:1: the config must be a mapping, not a list", ""),
    ("hello", "1:1: the config must be a mapping, not `hello`", ""),
    # values
    (entry('{command: ""}'), "3:18: command `` is empty", ""),
    (entry('{command: " \\t"}'), "3:18: command ` \\t` is empty", ""),
    (entry("{command: 5}"), "3:18: command must be text, not `5`", ""),
    (entry("{command: [pytest]}"), "3:18: command must be text, not a list", "one text"),
    (entry('{command: "a\\0b"}'), "3:18: command `a\\x00b` holds `\\x00`", ""),
    (entry('{command: x, timeout_seconds: "60"}'), "3:38: timeout_seconds `60`", "without quotes"),
    (entry("{command: x, timeout_seconds: 1e9}"), "3:38: timeout_seconds `1e9` is too long", ""),
    (entry("{command: x, floor: 1}"), "3:28: floor must be a mapping, not `1`", ""),
    (entry("{command: x, floor: {tests: -1}}"), "3:36: floor of `tests` must be a whole number", ""),
    (entry("{command: x, floor: {tests: 1.5}}"), "3:36: floor of `tests` must be", ""),
    (entry("{command: x, floor: {tests: true}}"), "3:36: floor of `tests` must be", ""),
    (entry(f"{{command: x, floor: {{tests: {'9' * 5000}}}}}"), "3:36: floor of `tests` must be", ""),
    (entry("{command: x, floor: {a b: 1}}"), "3:29: `a b` is no kind of evidence", ""),
    (entry("{command: x, env: [a]}"), "3:26: env must be a mapping, not a list", ""),
    (entry("{command: x, env: {A: [1]}}"), "3:30: env value of `A` must be text", ""),
    (entry("{command: x, env: {A: }}"), "env value of `A` must be text, a number or true or false, not nothing", '""'),
    (entry("{command: x, env: {A=B: 1}}"), "3:27: `A=B` is no name of a variable", ""),
    (entry('{command: x, env: {A: "\\0"}}'), "3:30: env value of `A` `\\x00` holds `\\x00`", ""),
    (entry("{command: x, workdir: ../other}"), "3:30: workdir `../other` is outside of the project", "workdir: api"),
    (entry("{command: x, workdir: a/../../b}"), "3:30: workdir `a/../../b` is outside", ""),
    (entry("{command: x, workdir: /tmp}"), "3:30: workdir `/tmp` is outside of the project", ""),
    (entry("{command: x, workdir: 5}"), "3:30: workdir must be a folder, not `5`", ""),
    (entry("{command: x, needs: validate}"), "3:28: `needs` must be a list of gates", ""),
    (entry("{command: x, needs: [b]}"), "3:29: unknown gate in `needs`: `b`", "known: `a`"),
    (entry("{command: x, needs: [a]}"), "3:29: gates need each other in a circle: `a` needs `a`", ""),
    (
        entry("{command: x, needs: [b]}\n    b: {command: x, needs: [a]}"),
        "3:29: gates need each other",
        "`b` needs `a`",
    ),
    ("gates: {default: [dry]}\nlog_cap_mib: 0", "2:14: log_cap_mib must be a whole number from 1", ""),
    # YAML that may not be
    (entry("{command: !!python/name:os.system x}"), "the tag `!!python/name:os.system` is not allowed", ""),
    (entry("{command: !secret x}"), "3:18: the tag `!secret` is not allowed here", ""),
    ("gates: !!set {dry}", "1:8: the tag `!!set` is not allowed here", ""),
    ("a: 1\n---\nb: 2\n", "2:1: a second YAML document starts here", "one document"),
    ("gates:\n\tdefault: [dry]", "2:1: this is no YAML", "never with tabs"),
    ("gates: {default: [dry}", "1:22: this is no YAML", ""),
    ("gates: *a", "1:8: alias `*a` names no anchor", ""),
    ("gates: &a {default: *a}", "1:21: alias `*a` stands inside of what it names", ""),
    ("gates: {<<: 5}", "1:13: the merge key `<<` needs a mapping, not `5`", ""),
    ("[" * 2000, "1:101: nested more than 100 deep", ""),
    ("- a\n" * 20_000, "5000:3: more than 5000 values", ""),
    (b"gates: {default: [dry\xe9]}", "1:22: byte `0xe9` is no UTF-8", "save the file as UTF-8"),
    (b"\xef\xbb\xbfgates:\n  \xff", "2:3: byte `0xff` is no UTF-8", ""),
    (b"a: b\nc: \x00", "2:4: the character `\\x00` may not stand in a config", ""),
    ("gates: {}".encode("utf-16"), "1:1: the config is UTF-16", "iconv"),
    (b"\x89PNG\r\n\x1a\n", "1:1: byte `0x89` is no UTF-8", ""),
]


@pytest.mark.parametrize(("text", "message", "hint"), WRONG)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str | bytes, message: str, hint: str) -> None:
    told = refusal(tmp_path, text)
    assert told.startswith("skillgate.yaml:")
    assert message in told
    assert hint in told


def test_everything_wrong_is_told_at_once_in_order(tmp_path: Path) -> None:
    text = """\
gates:
  optional:
    b: {command: "", timeout_seconds: 0}
    c: {command: 1}
  default: [dyr, validat]
extra: 1
"""
    lines = [line.split(": ")[0] for line in refusal(tmp_path, text).split("\n") if not line.startswith("hint")]
    assert lines == [f"skillgate.yaml:{at}" for at in ("3:18", "3:39", "4:18", "5:13", "5:18", "6:1")]


def test_a_python_tag_is_never_executed(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    text = entry(f'{{command: !!python/object/apply:os.mkdir ["{marker}"]}}')
    assert "3:18: the tag `!!python/object/apply:os.mkdir` is not allowed here (nothing was exec" in refusal(
        tmp_path, text
    )
    assert not marker.exists()


def test_many_problems_are_cut_with_their_number(tmp_path: Path) -> None:
    text = "gates:\n  default:\n" + "".join(f"  - nope{number}\n" for number in range(300))
    assert refusal(tmp_path, text).endswith("skillgate.yaml: and 200 more problems")


WRONG_TOML = [
    ("[tool.skillgate", "p.toml:1: this is no TOML: Expected"),
    ("a = 1\na = 2\n", "p.toml:2:6: this is no TOML: Cannot overwrite a value"),
    ("[tool.other]\n", "p.toml: there is no table `[tool.skillgate]`"),
    ("[tool]\nskillgate = 5\n", "p.toml:2:1: `[tool.skillgate]` must be a mapping, not `5`"),
    ("[tool.skillgate]\ngate = 1\n", "p.toml:2:1: unknown key in `[tool.skillgate]`: `gate`"),
    ('[tool.skillgate.gates]\ndefault = ["dry", "dyr"]\n', "p.toml:2:20: unknown gate `dyr`"),
    ('[tool.skillgate.gates.optional]\na = {comand = "x"}\n', "p.toml:2:6: unknown key in gate `a`: `comand`"),
    ("a = " + "[" * 5000, "p.toml: this is no config: its values are nested too deep"),
    ("a." * 5000 + "a = 1", "p.toml:1:1: a key of more than 100 parts"),
    ("a = " + "9" * 5000, "p.toml: this is no TOML"),
    ("[tool.skillgate.gates]\ndefault = [0x" + "f" * 9000 + "]", "p.toml:2:1: unknown gate `a very long number`"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_TOML)
def test_what_is_wrong_in_toml(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text, "p.toml").startswith(message)


# --- files that are no config ---------------------------------------------------------------------------------------


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "skillgate.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    with pytest.raises(ConfigError, match="52428800 bytes are too many"):
        load_config(path, Catalog(), tmp_path)


def test_folder_pipe_and_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "link.yaml").symlink_to("nowhere")
    told = {}
    for name in ("folder", "pipe", "link", "absent", "long" * 100):
        with pytest.raises(ConfigError) as caught:
            load_config(tmp_path / f"{name}.yaml", Catalog(), tmp_path)
        told[name] = str(caught.value)
    assert told["folder"] == "folder.yaml: the config must be a regular file, this is a folder"
    assert told["pipe"] == "pipe.yaml: the config must be a regular file, this is a named pipe"
    assert told["link"] == "link.yaml: the config is a link to `nowhere`, which does not exist"
    assert told["absent"].startswith("absent.yaml: there is no such config")
    assert "the config cannot be read: " in told["long" * 100]


def test_a_config_outside_of_the_project_keeps_its_path(tmp_path: Path) -> None:
    path = write(tmp_path, "elsewhere.yaml", "gates:")
    with pytest.raises(ConfigError) as caught:
        load_config(path, Catalog(), tmp_path / "project")
    assert str(caught.value).startswith(f"{path}:1:7: ")


# --- which file -----------------------------------------------------------------------------------------------------


def test_the_first_config_serves(tmp_path: Path) -> None:
    assert find_config(tmp_path, None) is None
    pyproject = write(tmp_path, "pyproject.toml", TOML_FORM)
    assert find_config(tmp_path, None) == pyproject
    raw = write(tmp_path, ".raw/config.yaml", RAW_FORM)
    assert find_config(tmp_path, None) == raw
    own = write(tmp_path, "skillgate.yaml", "gates: {default: [dry]}")
    assert find_config(tmp_path, None) == own
    assert find_config(tmp_path, tmp_path / "named.yaml") == tmp_path / "named.yaml"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".raw/config.yaml", "builder: {model: x}\n"),
        (".raw/config.yaml", "builder:\n"),
        (".raw/config.yaml", "model: x\n"),
        (".raw/config.yaml", ""),
        (".raw/config.yaml", "builders: [a]\nlibrary: {gates: 3}\n"),
        ("pyproject.toml", "[project]\ndependencies = ['raw-skillgate']\n"),
        ("pyproject.toml", "this is broken, and says nothing of us\n"),
        ("pyproject.toml", "[tool.gatekeeper]\ngates = 1\n# skillgate\n"),
    ],
)
def test_files_of_others_are_passed_over(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text)
    assert find_config(tmp_path, None) is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (".raw/config.yaml", "builder: {gate: {default: [dry]}}", "1:11: unknown key `gate` in `builder`"),
        (".raw/config.yaml", "builder: {Gates: {default: [dry]}}", "1:11: unknown key `Gates` in `builder`"),
        (".raw/config.yaml", "builder: {gtaes: {default: [dry]}}", "1:11: unknown key `gtaes` in `builder`"),
        (".raw/config.yaml", "bulder: {gates: {default: [dry]}}", "1:1: unknown key `bulder` with gates below it"),
        (".raw/config.yaml", "gates: {default: [dry]}", "1:1: `gates` is not read at the top of RAW's config"),
        (".raw/config.yaml", "builder: {", "this is no YAML"),
        (
            "pyproject.toml",
            "[tool.skilgate]\ngates = {default = ['dry']}",
            "1:2: the table `tool.skilgate` is not read",
        ),
        ("pyproject.toml", "[skillgate.gates]\ndefault = ['dry']", "the table `skillgate` is not read"),
        ("pyproject.toml", "[tool.skillgate]\ngates = ", "this is no TOML"),
        ("skillgate.yml", "gates: {default: [dry]}", "a config of the name `skillgate.yml` is not read"),
        (".raw/config.yml", RAW_FORM, "a config of the name `.raw/config.yml` is not read"),
    ],
)
def test_a_config_that_is_nearly_there_is_never_passed_over(tmp_path: Path, name: str, text: str, message: str) -> None:
    write(tmp_path, name, text)
    with pytest.raises(ConfigError) as caught:
        find_config(tmp_path, None)
    assert str(caught.value).startswith(name)
    assert message in str(caught.value)


def test_near_misses_beside_the_right_key_are_told(tmp_path: Path) -> None:
    text = RAW_FORM + "  gate: {default: [dry]}\n"
    assert "8:3: unknown key `gate` in `builder`" in refusal(tmp_path, text, ".raw/config.yaml")


def test_a_second_builder_is_a_duplicate(tmp_path: Path) -> None:
    path = write(tmp_path, ".raw/config.yaml", "builder: {model: x}\n" + RAW_FORM)
    assert find_config(tmp_path, None) == path
    assert "2:1: duplicate key `builder`" in refusal(tmp_path, path.read_bytes(), ".raw/config.yaml")
