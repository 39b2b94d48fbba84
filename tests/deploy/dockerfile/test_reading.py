"""What is read of the image that a Dockerfile makes."""

from __future__ import annotations

from pathlib import Path

from support.program import ROOT

from checks.deploy.dockerfile.ignore import read_ignored
from checks.deploy.dockerfile.model import Built
from checks.deploy.dockerfile.reading import built


def build(root: Path, text: str, files: tuple[str, ...] = (), **more: str) -> Built:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / "Dockerfile").write_text(text)
    image = built(root / "Dockerfile", root, root, more.pop("target", None), more)
    assert image is not None
    return image


def places(image: Built) -> list[tuple[str, str]]:
    return [(copied.source, copied.target) for copied in image.copied]


def test_command_entrypoint_and_their_lines(tmp_path: Path) -> None:
    image = build(
        tmp_path, 'FROM python:3.12\nCMD old\nENTRYPOINT ["uvicorn"]\nCMD ["main:app"]\nWORKDIR /a\nWORKDIR b\n'
    )
    assert (image.entrypoint, image.command, image.workdir) == (("uvicorn",), ("main:app",), "/a/b")
    assert image.lines == {"entrypoint": 3, "command": 4}


def test_the_shell_form_keeps_its_shell(tmp_path: Path) -> None:
    assert build(tmp_path, "FROM a\nCMD run it\n").command == ("/bin/sh", "-c", "run it")
    image = build(tmp_path, 'FROM a\nSHELL ["/bin/bash", "-c"]\nCMD run it\n')
    assert image.command == ("/bin/bash", "-c", "run it")


def test_an_entrypoint_takes_the_command_of_the_stage_before_away(tmp_path: Path) -> None:
    image = build(tmp_path, 'FROM a AS one\nCMD ["x"]\nFROM one\nENTRYPOINT ["y"]\n')
    assert (image.entrypoint, image.command) == (("y",), ())
    assert build(tmp_path, 'FROM a AS one\nCMD ["x"]\nFROM one\n').command == ("x",)


def test_variables_and_ports(tmp_path: Path) -> None:
    text = "FROM a\nARG P\nARG Q=1\nENV PORT=${P} NAME=n$Q OTHER=$PATH\nEXPOSE $PORT 9000-9001/tcp 53/udp\n"
    image = build(tmp_path, text, P="8080")
    assert image.variables == {"PORT": "8080", "NAME": "n1"}
    assert image.exposed == {8080: 5, 9000: 5, 9001: 5}


def test_where_files_come_to_lie(tmp_path: Path) -> None:
    text = "FROM python:3.12\nWORKDIR /app\nCOPY a.py .\nCOPY src lib/\nCOPY *.txt a.py /data/\nCOPY a.py /b.py\n"
    image = build(tmp_path, text, ("a.py", "src/m.py", "one.txt", "two.txt"))
    assert places(image) == [
        ("a.py", "/app/a.py"),
        ("src", "/app/lib"),
        ("one.txt", "/data/one.txt"),
        ("two.txt", "/data/two.txt"),
        ("a.py", "/data/a.py"),
        ("a.py", "/b.py"),
    ]
    assert image.whole


def test_files_are_followed_through_stages(tmp_path: Path) -> None:
    first = "FROM python:3.12 AS b\nWORKDIR /src\nCOPY . .\n"
    second = "FROM python:3.12\nCOPY --from=b /src/api /app/api\nCOPY --from=b /src /all\n"
    image = build(tmp_path, first + second, ("api/main.py",))
    assert places(image) == [("api", "/app/api"), (".", "/all")]


def test_an_image_is_not_whole_where_something_else_makes_files(tmp_path: Path) -> None:
    assert not build(tmp_path, "FROM acme/base:1\n").whole
    assert not build(tmp_path, "FROM python:3.12\nRUN git clone x /y\n").whole
    assert not build(tmp_path, "FROM python:3.12\nCOPY . .\nRUN pip install .\n", ("pyproject.toml",)).whole
    assert build(tmp_path, "FROM python:3.12\nRUN apt-get update && pip install -r requirements.txt\n").whole


def test_ignored_files_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("*\n!api\n**/secret*\n")
    image = build(tmp_path, "FROM python:3.12\nCOPY api api\nCOPY other other\n", ("api/main.py", "other/x.py"))
    assert places(image) == [("api", "/api")]
    ignored = read_ignored(tmp_path, tmp_path / "Dockerfile")
    assert ignored.because("api/secret.key") == (3, "**/secret*")
    assert ignored.because("api/main.py") is None
    assert ignored.because("other/x.py") == (1, "*")


def test_an_ignore_file_of_the_dockerfile_itself_wins(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("*\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("# nothing\n")
    assert places(build(tmp_path, "FROM python:3.12\nCOPY a.py /\n", ("a.py",))) == [("a.py", "/a.py")]


def test_targets(tmp_path: Path) -> None:
    text = "FROM a AS one\nCMD one\nFROM b AS two\nCMD two\n"
    assert build(tmp_path, text, target="one").base == "a"
    assert built(tmp_path / "Dockerfile", tmp_path, tmp_path, "three") is None
    assert built(tmp_path / "Other", tmp_path, tmp_path) is None


def test_a_reference_system() -> None:
    root = ROOT / "fixtures" / "hiring-process"
    image = built(root / "Dockerfile", root, root)
    assert image is not None
    assert image.command[:3] == ("uvicorn", "--factory", "api.main:create_app")
    assert places(image) == [(".raw/workflows", "/app/.raw/workflows"), ("alembic.ini", "/app/alembic.ini")]
    assert not image.whole
