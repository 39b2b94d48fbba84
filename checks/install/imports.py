"""Whether everything that the code imports is declared for the component that imports it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from checks.install.code import CodeFile, Import, ProjectCode, is_foreign
from checks.install.drivers import judge_drivers
from checks.install.images import ImageNeeds
from checks.install.model import Declared, Purpose, Resolution
from checks.install.programs import entry_files
from checks.install.providers import distribution, is_certain, is_well_known, provider
from checks.install.rules import found
from checks.install.supply import Stock, Supply, joined
from checks.install.system_libraries import judge_libraries
from checks.model import Diagnostic, Place
from checks.raw.distributions import RUNTIME_BRINGS, Provision, judge


def judge_imports(code: ProjectCode, supply: Supply, images: Sequence[ImageNeeds] = ()) -> Iterator[Diagnostic]:
    """Every foreign import outside of workflows (the check `raw` judges those), each package once a file."""
    if not supply.everything.declared and not supply.sets:
        yield from _nothing_declared(code, supply, any(image.python is None for image in images))
        return
    judged: set[tuple[str, str]] = set()
    used = _used_by_workflows(code, supply)
    for file in code.files.values():
        if file.is_workflow or file.file.endswith("setup.py"):
            continue
        for each in file.imports:
            if each.sure and (file.file, each.top) not in judged and is_foreign(each, code):
                finding = _judge(file, each, supply, file.file in used)
                if finding is not None:
                    judged.add((file.file, each.top))
                    yield finding


def _nothing_declared(code: ProjectCode, supply: Supply, in_image: bool) -> Iterator[Diagnostic]:
    """What a text tells somebody to install, such as an image that Compose describes, is declared there.

    `in_image`: the project builds on an image of somebody else, which may have everything.
    """
    for file in code.files.values():
        for each in file.imports if not file.is_workflow else ():
            told = provider(each.module, supply.mentioned, supply.site) is not None
            if each.sure and not told and is_foreign(each, code):
                message = f"`{each.top}` is imported, and the project declares no dependency at all"
                hint = f"a pyproject.toml or requirements.txt with `{distribution(each.module)}`"
                sure = not in_image and is_well_known(each.top)
                yield found("nothing-declared", Place(file.file, each.line), message, hint, sure)
                return


def _used_by_workflows(code: ProjectCode, supply: Supply) -> frozenset[str]:
    """The files that workflows import which declare nothing themselves: they run with what the project declares."""
    own = {declared.file for declared, _ in supply.sets if declared.purpose is Purpose.SCRIPT}
    found: set[str] = set()
    for file in code.files.values():
        if file.is_workflow and file.file.endswith("/run.py") and file.file not in own:
            base = file.file.partition(".raw/")[0].rstrip("/")
            found |= {each.file for each in code.reached([file.file], [posixpath.dirname(file.file), base])}
    return frozenset(found)


def _judge(file: CodeFile, each: Import, supply: Supply, deployed: bool = False) -> Diagnostic | None:
    stock, site = supply.of_file(file), supply.site
    name = provider(each.module, stock.closure, site)
    place, wanted = Place(file.file, each.line), distribution(each.module)
    if name is not None:
        return None if name in stock.declared or name in supply.mentioned else _transitive(each, name, stock, place)
    if provider(each.module, supply.mentioned, site) is not None:
        return None
    other = provider(each.module, supply.everything.closure, site)
    if other is not None:
        return _elsewhere(file, each, other, stock, supply, deployed)
    sure = (
        (file.is_test or not file.for_developers)
        and is_certain(each.module, supply.everything.closure, site)
        and supply.everything.complete
    )
    if sure and file.file.startswith("tools/") and not supply.everything.declared:
        return None  # `script-lacks` says it
    message = f"`{each.top}` is imported, and {stock.title} declares nothing that provides it"
    if not sure:
        message += ", as far as names tell"
    return found("undeclared-import", place, message, f"add `{wanted}` to the dependencies of {stock.title}", sure)


def _transitive(each: Import, name: str, stock: Stock, place: Place) -> Diagnostic | None:
    asker = stock.asker(name)
    if asker is None or name.startswith("types-") or _belongs(name, asker):
        return None
    message = f"`{each.top}` is declared by nobody; it comes with `{asker}`, which may stop needing it"
    return found("transitive-import", place, message, f"add `{name}` to the dependencies of {stock.title}")


def _belongs(name: str, asker: str) -> bool:
    """Companions that their library's own documents import: nobody declares them twice."""
    pairs = {("starlette", "fastapi"), ("pydantic", "fastapi"), ("typing-extensions", asker), ("botocore", "boto3")}
    pairs |= {("pluggy", "pytest"), ("google-protobuf", asker), ("protobuf", asker), ("pydantic-core", "pydantic")}
    return (name, asker) in pairs or name.startswith(f"{asker}-") or asker.startswith(f"{name}-")


def _elsewhere(
    file: CodeFile, each: Import, name: str, stock: Stock, supply: Supply, deployed: bool
) -> Diagnostic | None:
    """Declared for another component, or only for developers: whether that is the same environment is not known."""
    if file.for_developers:
        return None
    if not stock.declared and not stock.closure:
        return None
    who = [one for one, resolution in supply.sets if name in resolution.closure and one.purpose != Purpose.SCRIPT]
    titles = ", ".join(f"`{one.title}`" for one in who[:2])
    if not titles:
        return None
    # A workflow runs where the developers' tools are not.
    sure = deployed and all(one.purpose is Purpose.DEVELOP for one in who)
    place = Place(file.file, each.line)
    message = f"`{each.top}` is imported, and only {titles} brings it, which is not for this code"
    return found("undeclared-import", place, message, f"add `{name}` to the dependencies of {stock.title}", sure)


def judge_workflows(code: ProjectCode, supply: Supply) -> Iterator[Diagnostic]:
    """A workflow's tools may import only what its own script metadata declares."""
    for declared, resolution in supply.sets:
        file = code.files.get(declared.file)
        if declared.purpose is not Purpose.SCRIPT or file is None or not file.file.endswith("/run.py"):
            continue
        if not file.is_workflow or not resolution.complete:
            continue
        stock = joined(declared.file, [(declared, resolution)])
        base = declared.file.partition(".raw/")[0].rstrip("/")
        for reached in code.reached([file.file], [declared.folder, base]):
            yield from _script_lacks(reached, declared, stock, supply, code)


def _script_lacks(
    reached: CodeFile, declared: Declared, stock: Stock, supply: Supply, code: ProjectCode
) -> Iterator[Diagnostic]:
    for each in reached.imports:
        if not (each.early and each.sure and is_foreign(each, code)) or each.top in RUNTIME_BRINGS:
            continue
        if provider(each.module, stock.closure, supply.site) or not is_certain(each.module, stock.closure, supply.site):
            continue
        message = f"`{each.top}` is imported here, and `{declared.file}`, which uses this file, does not declare it"
        if reached.file == declared.file:
            if judge(each.top, declared.requirements).provision is not Provision.PERHAPS:
                continue  # the check `raw` knows without a resolver
            message = f"`{each.top}` is imported, and nothing that this script declares provides it or brings it along"
        hint = f'add "{distribution(each.module)}" to `dependencies` in the `# /// script` block of {declared.file}'
        yield found("script-lacks", Place(reached.file, each.line), message, hint)


def judge_images(
    images: Sequence[ImageNeeds], code: ProjectCode, supply: Supply, driver: tuple[str, Place] | None = None
) -> Iterator[Diagnostic]:
    """The program of each image finds every package that it imports on its way up; `driver` as URLs name it."""
    for image in images:
        pairs = _installed(image, supply)
        yield from judge_libraries(image, pairs)
        if not image.complete or not pairs or not all(resolution.complete for _, resolution in pairs):
            continue
        stock = joined(image.dockerfile, pairs)
        start, folders = entry_files(image, code)
        files = list(code.reached(start, folders))
        yield from judge_drivers(image, files, stock, driver, image.runs)
        for reached in files:
            for each in reached.imports:
                if each.early and each.sure and is_foreign(each, code):
                    yield from _image_lacks(image, reached, each, stock, supply)
        yield from _judge_copied_workflows(image, code, stock, supply)


def _judge_copied_workflows(image: ImageNeeds, code: ProjectCode, stock: Stock, supply: Supply) -> Iterator[Diagnostic]:
    """Workflows that are copied by their name run in the image's own Python, where neither RAW nor uv is there."""
    if image.with_uv or {"raw", "uv"} & set(stock.closure):
        return
    copied = [
        each.source for each in image.copied if each.source.split("/")[-1] == ".raw" or "/.raw/" in f"/{each.source}/"
    ]
    for file in code.files.values():
        own = file.is_workflow and file.file.endswith("/run.py")
        if own and any(file.file.startswith(f"{source}/") for source in copied):
            base = file.file.partition(".raw/")[0].rstrip("/")
            for reached in code.reached([file.file], [posixpath.dirname(file.file), base]):
                for each in reached.imports:
                    if each.early and each.sure and is_foreign(each, code):
                        yield from _image_lacks(image, reached, each, stock, supply, workflow=True)


def _installed(image: ImageNeeds, supply: Supply) -> list[tuple[Declared, Resolution]]:
    chosen = []
    for declared, resolution in supply.sets:
        if declared.purpose is Purpose.SCRIPT:
            continue
        extra = declared.title.rpartition(" [")[2].rstrip("]") if " [" in declared.title else None
        of_project = declared.file.endswith("pyproject.toml") and declared.folder in image.projects
        wanted = extra is None or extra in image.extras or "extras" in image.extras or "groups" in image.extras
        if declared.file in image.files or (of_project and wanted) or declared.file == image.dockerfile:
            chosen.append((declared, resolution))
    return chosen


def _image_lacks(
    image: ImageNeeds, reached: CodeFile, each: Import, stock: Stock, supply: Supply, workflow: bool = False
) -> Iterator[Diagnostic]:
    if provider(each.module, stock.closure, supply.site) or not is_certain(each.module, stock.closure, supply.site):
        return
    if provider(each.module, supply.everything.closure, supply.site) is None and not workflow:
        return  # nobody brings it: said already
    when = "by a workflow that is copied into" if workflow else "on the way up of"
    what = ", ".join(f"`{file}`" for file in image.files) or "the project's own dependencies"
    message = (
        f"`{each.top}` is imported here {when} the image of `{image.dockerfile}`, which installs {what} "
        f"(line {image.line}) and nothing that provides it"
    )
    yield found("image-lacks", Place(reached.file, each.line), message, f"add `{distribution(each.module)}` there")
