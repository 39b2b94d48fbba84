"""The rules of the check `install`, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Diagnostic, Place, Rule, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def _rule(name: str, severity: Severity, title: str, why: str, wrong: str, right: str) -> Rule:
    return Rule(f"install.{name}", severity, title, why, wrong, right)


RULES: tuple[Rule, ...] = (
    _rule(
        "bad-requirement",
        ERROR,
        "a requirement that no installer can read",
        "The installation stops at this line, whatever stands in the others.",
        "fastapi=>0.110",
        "fastapi>=0.110",
    ),
    _rule(
        "missing-file",
        ERROR,
        "a requirement names a file or folder that does not exist",
        "pip and uv stop with `No such file or directory`.",
        "-r requirements/base.txt   # and there is no such file",
        "-r requirements-base.txt",
    ),
    _rule(
        "unknown-package",
        ERROR,
        "the registry has no distribution of that name",
        "Nobody can install the project. RAW is on no registry and comes from its repository.",
        'dependencies = ["temporalio-sdk"]',
        'dependencies = ["temporalio"]',
    ),
    _rule(
        "other-product",
        ERROR,
        "a distribution of that name exists and is not the one that is meant",
        "The installation succeeds and brings foreign code; the first import of the real package fails.",
        'dependencies = ["raw-agents"]   # another product; the code imports raw_runtime',
        'dependencies = ["raw @ git+https://github.com/mpuig/raw@b360375"]',
    ),
    _rule(
        "no-such-version",
        ERROR,
        "no version of a distribution satisfies the requirement",
        "The installation fails at once, on every machine.",
        "fastapi>=99",
        "fastapi>=0.110,<1",
    ),
    _rule(
        "conflict",
        ERROR,
        "requirements that are installed together exclude each other",
        "No set of versions satisfies them all, so the installation fails.",
        "fastapi==0.100.0\nstarlette>=0.40   # fastapi 0.100 wants starlette<0.28",
        "fastapi>=0.115\nstarlette>=0.40",
    ),
    _rule(
        "python-excluded",
        ERROR,
        "no Python can install what is declared",
        "`requires-python` admits no version, or the image's Python is not among those it admits.",
        'requires-python = ">=3.13"   # and the Dockerfile says FROM python:3.12-slim',
        'requires-python = ">=3.12"',
    ),
    _rule(
        "python-range",
        WARNING,
        "a Python that `requires-python` admits cannot install what is declared",
        "It works with another one; somebody who believes `requires-python` cannot install it.",
        'requires-python = ">=3.8"\ndependencies = ["numpy>=2.4"]   # needs 3.11',
        'requires-python = ">=3.11"\ndependencies = ["numpy>=2.4"]',
    ),
    _rule(
        "needs-build",
        WARNING,
        "a distribution has no wheel for this platform and must be built where it is installed",
        "A slim image has no compiler and no headers; the build fails there. Whether it succeeds was not tried.",
        "psycopg2",
        "psycopg2-binary",
    ),
    _rule(
        "yanked",
        WARNING,
        "the version that is asked for has been withdrawn by its authors",
        "It can still be installed when it is pinned, with the fault for which it was withdrawn.",
        "attrs==21.1.0",
        "attrs==21.2.0",
    ),
    _rule(
        "unknown-extra",
        WARNING,
        "a requirement asks for an extra that the distribution does not have",
        "Installers say a word and go on; what the extra was to bring is missing.",
        "sqlalchemy[async]",
        "sqlalchemy[asyncio]",
    ),
    _rule(
        "git-name",
        ERROR,
        "a dependency from git has another name in its own repository",
        "The installer builds it, compares the names and stops.",
        "raw-runtime @ git+https://github.com/mpuig/raw@b360375",
        "raw @ git+https://github.com/mpuig/raw@b360375",
    ),
    _rule(
        "git-missing",
        ERROR,
        "a dependency from git names a repository, branch or tag that does not exist",
        "The installer cannot fetch it.",
        "raw @ git+https://github.com/mpuig/raw@v9.9",
        "raw @ git+https://github.com/mpuig/raw@b360375",
    ),
    _rule(
        "unbuildable",
        ERROR,
        "the project's own package cannot be built as pyproject.toml stands",
        "`pip install .`, `pip install -e .` and `uv sync` stop before they install anything.",
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
        '[project]\nname = "hiring-system"   # and the code lies in api/ and workflows/',
        '[tool.hatch.build.targets.wheel]\npackages = ["api", "workflows"]',
    ),
    _rule(
        "data-left-out",
        ERROR,
        "a pattern for the files of a package matches none of them",
        "Installed with `-e` everything is there; the wheel that an image installs lacks the files, and the first use "
        "fails. Told where files of the same folder have an ending like the one that is asked for.",
        '[tool.setuptools.package-data]\nreports = ["templates/*.html"]   # they are called daily.html.j2',
        '[tool.setuptools.package-data]\nreports = ["templates/*.j2"]',
    ),
    _rule(
        "undeclared-import",
        ERROR,
        "code imports a package that nothing declared provides",
        "It works on the machine where somebody once installed it, and nowhere else.",
        "import httpx   # and no requirement brings httpx",
        'dependencies = ["fastapi", "httpx"]',
    ),
    _rule(
        "transitive-import",
        WARNING,
        "code imports a package that nobody declared and that comes along with another",
        "It goes away when the other one stops needing it.",
        "import anyio   # comes with fastapi",
        'dependencies = ["fastapi", "anyio"]',
    ),
    _rule(
        "image-lacks",
        ERROR,
        "the program of an image imports a package that the image does not install",
        "The container ends at its first import. What another requirement file declares does not help it.",
        "# api/requirements.txt: fastapi\n# api/main.py imports database/models.py, which imports sqlalchemy",
        "# api/requirements.txt: fastapi, sqlalchemy",
    ),
    _rule(
        "skipped-tests",
        ERROR,
        "tests skip themselves for want of a package that nobody declares",
        "The run is green and none of these tests ever ran, here, in the pipeline or anywhere else.",
        'pytest.importorskip("fakeredis")   # and no requirement names fakeredis',
        'dev = ["pytest>=8", "fakeredis>=2"]',
    ),
    _rule(
        "image-library",
        ERROR,
        "a package of an image needs something of the system that the image does not have",
        "A slim image has no git, no compiler and no libpq: the build fails, or the program at its first import.",
        "FROM python:3.12-slim\nRUN pip install psycopg",
        "FROM python:3.12-slim\nRUN pip install 'psycopg[binary]'",
    ),
    _rule(
        "script-lacks",
        ERROR,
        "a workflow's tool imports a package that the workflow's script metadata does not declare",
        "RAW installs exactly what the block of run.py declares, so the import of the tool fails.",
        "# run.py declares pydantic and rich; tools/pdf/tool.py imports pypdf",
        '# dependencies = ["pydantic>=2", "rich>=13", "pypdf"]',
    ),
    _rule(
        "missing-extra",
        ERROR,
        "code uses a feature whose package is optional and not declared",
        "The library raises when the feature is used: FastAPI at import for forms, pydantic for EmailStr.",
        "def upload(file: UploadFile): ...   # and no python-multipart",
        'dependencies = ["fastapi", "python-multipart"]',
    ),
    _rule(
        "missing-plugin",
        ERROR,
        "tests need a pytest plug-in that is not declared",
        "pytest refuses the option, does not find the fixture, or fails every async test.",
        "@pytest.mark.asyncio   # and pytest-asyncio is declared nowhere",
        'dev = ["pytest", "pytest-asyncio"]',
    ),
    _rule(
        "moved-name",
        ERROR,
        "code imports a name that the declared version of a package no longer has",
        "The import raises. pydantic 2 has no BaseSettings: it moved to pydantic-settings.",
        "from pydantic import BaseSettings",
        "from pydantic_settings import BaseSettings",
    ),
    _rule(
        "nothing-declared",
        ERROR,
        "the code imports packages, and the project declares none",
        "Nobody else can know what to install.",
        "api/main.py imports fastapi; there is no pyproject.toml and no requirements.txt",
        "requirements.txt:  fastapi\\nuvicorn",
    ),
)
SEVERITIES = {rule.id: rule.severity for rule in RULES}


def found(rule: str, place: Place | None, message: str, hint: str | None = None, sure: bool = True) -> Diagnostic:
    """A finding of `install.RULE`; one that is not sure is a warning."""
    severity = SEVERITIES[f"install.{rule}"] if sure else WARNING
    file, line = (place.file, place.line) if place else (None, None)
    return Diagnostic(f"install.{rule}", severity, message, file, line, None, hint)
