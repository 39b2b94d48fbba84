"""What a Dockerfile says about the image that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Copied:
    """Files of the project in the image: `source` relative to the project, `target` an absolute path in the image."""

    source: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Built:
    """The image of one stage, with what it inherits from the project's other stages.

    `dockerfile` and `context` are relative to the project. `entrypoint` and `command` are empty where the base image
    decides; a shell form is `("/bin/sh", "-c", text)`. `lines` gives where `entrypoint`, `command` were written.
    `variables` holds ENV with its values resolved as far as they can be. `exposed` maps a port to its line.
    `copied` is what lies in the image from the build context, also by way of `COPY --from` another stage; `whole` is
    false where more may lie in it than `copied` says (an installed package, a RUN that makes files).
    """

    dockerfile: str
    context: str
    target: str | None
    base: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    workdir: str = "/"
    variables: Mapping[str, str] = field(default_factory=dict)
    exposed: Mapping[int, int] = field(default_factory=dict)
    copied: tuple[Copied, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    whole: bool = True
