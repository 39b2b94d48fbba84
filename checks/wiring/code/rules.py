"""The rules of this family, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule, Severity

UNSET = Rule(
    "wiring.unset-variable",
    Severity.ERROR,
    "a variable that a program needs is set by every deployment of it",
    "The program stops as soon as it reads it: the container restarts for ever, or every request fails.",
    "code:     TOKEN = os.environ['API_TOKEN']\ncompose:  api: {build: ., environment: {DATABASE_URL: ...}}\n",
    "compose:  api: {build: ., environment: {DATABASE_URL: ..., API_TOKEN: ${API_TOKEN:?see .env.example}}}\n",
)
UNREAD = Rule(
    "wiring.unread-variable",
    Severity.WARNING,
    "a variable that a deployment sets for the project's own code is read by it",
    "Whoever changes the value believes that something changes. Often the name is misspelt on one of the two sides.",
    "code:     os.environ.get('LOG_LEVEL', 'info')\ncompose:  environment: {LOGLEVEL: debug}\n",
    "compose:  environment: {LOG_LEVEL: debug}\n",
)
EMPTY = Rule(
    "wiring.empty-variable",
    Severity.ERROR,
    "a variable that must not be empty has something in it",
    "An empty value is a value: the default does not serve, and the program stops when it checks or converts it.",
    "code:     limit = int(os.environ.get('LIMIT', '10'))\ncompose:  environment: {LIMIT: ''}\n",
    "compose:  environment: {LIMIT: '10'}\n",
)
REFUSED = Rule(
    "wiring.refused-value",
    Severity.ERROR,
    "the value of a variable is one that the code takes",
    "The program stops when it reads it. pydantic reads a field of type `list` as JSON, not as words and commas.",
    "code:     class Settings(BaseSettings):\n              allowed: list[str]\ncompose:  ALLOWED: a,b\n",
    'compose:  ALLOWED: \'["a", "b"]\'\n',
)
EMPTY_EXAMPLE = Rule(
    "wiring.empty-example",
    Severity.ERROR,
    "what a newcomer copies works: nothing that must be filled is empty in the example of an env file",
    "Copied as it is, as README says, the system does not start. A comment beside the line that says so makes it a "
    "warning.",
    "code:          if not os.environ.get('API_TOKEN'): raise SystemExit('API_TOKEN is not set')\n"
    ".env.example:  API_TOKEN=\n",
    ".env.example:  API_TOKEN=example-token\n",
)
REFUSED_EXAMPLE = Rule(
    "wiring.refused-example",
    Severity.ERROR,
    "a settings class takes every line of the env file that it reads",
    'pydantic-settings refuses keys of an env file that the class has no field for, unless it says `extra="ignore"`.',
    "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_file='.env')\n    api_token: str\n\n"
    ".env.example:  API_TOKEN=example\n               POSTGRES_USER=app\n",
    "    model_config = SettingsConfigDict(env_file='.env', extra='ignore')\n",
)
UNDOCUMENTED = Rule(
    "wiring.undocumented-variable",
    Severity.WARNING,
    "a variable that a program needs is named where people look: an example of an env file, README, a deployment",
    "Whoever starts the program finds out by its failing, one variable after the other.",
    "code:    TOKEN = os.environ['API_TOKEN']\nREADME:  uvicorn api.main:app\n",
    ".env.example:  API_TOKEN=example-token\n",
)
MISSING_APP = Rule(
    "wiring.missing-app",
    Severity.ERROR,
    "what a server or a console script is told to run is there, and is of the kind that it says",
    "The program ends as soon as it starts. A factory needs `--factory`; an application refuses it.",
    'api/main.py:  def create_app() -> FastAPI: ...\nDockerfile:   CMD ["uvicorn", "api.main:create_app"]\n',
    'Dockerfile:   CMD ["uvicorn", "--factory", "api.main:create_app"]\n',
)
DOES_NOTHING = Rule(
    "wiring.does-nothing",
    Severity.ERROR,
    "a module that is started does something",
    'Without `if __name__ == "__main__":`, `python -m` defines functions and ends with success: the service exits.',
    "worker.py:  async def main(): ...\ncompose:    command: python -m worker\n",
    'worker.py:  if __name__ == "__main__":\n                asyncio.run(main())\n',
)
DEAD_ROUTE = Rule(
    "wiring.dead-route",
    Severity.WARNING,
    "every route can be reached",
    "The first route that fits answers. A second one for the same method and path, or one behind `{parameter}` that "
    "takes its place, is never asked.",
    "@app.get('/candidates/{id}')\ndef one(id: str): ...\n\n@app.get('/candidates/recent')\ndef recent(): ...\n",
    "@app.get('/candidates/recent')\ndef recent(): ...\n\n@app.get('/candidates/{id}')\ndef one(id: str): ...\n",
)
BROKEN_IMPORT = Rule(
    "wiring.broken-import",
    Severity.ERROR,
    "an import of the project's own code finds the module, and in it what is asked for",
    "The program ends with ImportError as soon as it comes to that line, which no test of another part notices.",
    "jobs/report.py:  def run_report(): ...\napi/main.py:     from jobs.reports import run_report\n",
    "api/main.py:     from jobs.report import run_report\n",
)
MISSING_TEMPLATE = Rule(
    "wiring.missing-template",
    Severity.ERROR,
    "a template that the code renders is in the project",
    "Rendering it raises TemplateNotFound, at the moment when the mail or page is due.",
    'render("invitation.txt", name=name)   # services/templates has invite.txt\n',
    'render("invite.txt", name=name)\n',
)
QUEUE_DIFFERS = Rule(
    "wiring.queue-differs",
    Severity.ERROR,
    "all who declare a queue of RabbitMQ declare it alike",
    "The broker closes the channel of whoever declares it otherwise than it is there: PRECONDITION_FAILED. Which side "
    "that is depends on who started first.",
    "api:       await channel.declare_queue('photos', durable=True, arguments={'x-dead-letter-exchange': 'dead'})\n"
    "consumer:  await channel.declare_queue('photos', durable=True)\n",
    "async def photo_queue(channel):  # in one file, called by both\n"
    "    return await channel.declare_queue('photos', durable=True, arguments={'x-dead-letter-exchange': 'dead'})\n",
)
RULES: tuple[Rule, ...] = (
    QUEUE_DIFFERS,
    MISSING_TEMPLATE,
    BROKEN_IMPORT,
    UNSET,
    UNREAD,
    EMPTY,
    REFUSED,
    EMPTY_EXAMPLE,
    REFUSED_EXAMPLE,
    UNDOCUMENTED,
    MISSING_APP,
    DOES_NOTHING,
    DEAD_ROUTE,
)
