"""Values as Helm's own YAML reads them, with their places."""

from __future__ import annotations

from pathlib import Path

from checks.deploy.helm.yaml_source import leaves, parse_source, read_source


def test_plain_scalars_are_what_helm_makes_of_them() -> None:
    text = "[y, no, on, 010, 0o10, 1_000, 22:22, 1e3, 2020-01-01, 1.10, ~, 0x1F, '1.10']"
    content = parse_source("v.yaml", text).content
    assert content == [True, False, True, 8, 8, 1000, "22:22", 1000.0, "2020-01-01", 1.1, None, 31, "1.10"]


def test_places_raw_text_and_keys_written_twice() -> None:
    source = parse_source("v.yaml", "a: &one {b: 1.10}\nc: *one\nd: 1\nd: 2\n")
    assert source.line(("a", "b")) == 1
    assert source.line(("c", "nowhere")) == 2
    assert source.raw[("a", "b")] == "1.10"
    assert source.anchored == {("a",)}
    assert source.repeated == ((("d",), 4, 3),)
    assert list(leaves(source.content))[-1] == (("d",), 2)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("a: 1\nb: [\n")
    problem = read_source(tmp_path, "v.yaml").problem
    assert problem is not None
    assert problem[1] == 3
    assert read_source(tmp_path, "none.yaml").problem is not None
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xff")
    assert read_source(tmp_path, "bytes.yaml").problem is not None
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )
    assert parse_source("bomb.yaml", bomb).problem is not None
