"""Rules about what a run.py imports."""

from __future__ import annotations

from checks.model import Rule, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

IMPORT_RULES: tuple[Rule, ...] = (
    Rule(
        "raw.no-tools-folder",
        WARNING,
        "the project has no tools/ folder",
        "RAW expects it at the root of the project and warns as well. It is said once, not for each workflow.",
        "myproject/.raw/workflows/",
        "myproject/.raw/workflows/\nmyproject/tools/",
    ),
    Rule(
        "raw.tool-not-found",
        ERROR,
        "an imported tool does not exist",
        "The workflow fails on its first line. Tools are packages in `tools/` at the root of the project.",
        "from tools.pdf_reader import read_pdf   # and there is no tools/pdf_reader",
        "tools/pdf_reader/__init__.py:  from .tool import read_pdf\n"
        "tools/pdf_reader/tool.py:      def read_pdf(path): ...",
    ),
    Rule(
        "raw.tool-no-init",
        WARNING,
        "an imported tool has no __init__.py",
        "It works only while each of its modules is named in full, and RAW does not list it.",
        "tools/pdf_reader/tool.py",
        "tools/pdf_reader/__init__.py\ntools/pdf_reader/tool.py",
    ),
    Rule(
        "raw.flat-tool",
        WARNING,
        "an imported tool is a module, not a folder",
        "Python imports it. RAW's own validator takes `tools/x` for a folder: `raw show ID --validate` and `raw build` "
        "say `Tool not found`, and RAW does not list it.",
        "tools/pdf_reader.py",
        "tools/pdf_reader/__init__.py:  from .tool import read_pdf\n"
        "tools/pdf_reader/tool.py:      def read_pdf(path): ...",
    ),
    Rule(
        "raw.local-import-broken",
        ERROR,
        "a tool or module that run.py imports is no valid Python",
        "The import fails, and with it the workflow.",
        "tools/mail/tool.py:  def send(to\n",
        "tools/mail/tool.py:  def send(to): ...",
    ),
    Rule(
        "raw.local-name-missing",
        ERROR,
        "a tool or module of the project does not define what run.py imports from it",
        "The import fails, and with it the workflow. Re-exported names are followed.",
        "from tools.mail import send_mail   # tools/mail/__init__.py defines only `send`",
        "from tools.mail import send",
    ),
    Rule(
        "raw.relative-import",
        ERROR,
        "run.py uses a relative import",
        "A script has no package: Python ends with `attempted relative import with no known parent package`.",
        "from .helpers import clean",
        "from helpers import clean   # helpers.py beside run.py",
    ),
    Rule(
        "raw.undeclared-import",
        ERROR,
        "a third-party package is imported and not declared in the block",
        "RAW installs only what the block declares. Works on the author's machine, fails on the next. An import that "
        "may come along with a declared package is a warning.",
        '# dependencies = ["pydantic>=2.0", "rich>=13.0"]\nimport requests',
        '# dependencies = ["pydantic>=2.0", "rich>=13.0", "requests>=2.31"]\nimport requests',
    ),
    Rule(
        "raw.no-such-runtime-name",
        ERROR,
        "a name is imported from raw_runtime that does not exist",
        "`DryRunContext`, `is_dry_run` and `raw_runtime.dry_run` appear in texts about RAW and in no version of it.",
        "from raw_runtime import DryRunContext",
        "# dry_run.py drives run.py's own steps with mock data:\n"
        "from run import Hello, Params\n"
        'raise SystemExit(Hello(Params(name="mock")).run())',
    ),
)
