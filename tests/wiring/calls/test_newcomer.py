"""What documentation, Makefiles and CI jobs tell to type."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Say = Callable[[Mapping[str, str]], list[str]]

PROJECT = {
    "pyproject.toml": '[project]\nname = "example-app"\nversion = "1"\n[project.optional-dependencies]\ndev = []\n'
    "all_tools = []\n[dependency-groups]\nlint = []\n[tool.uv]\ndev-dependencies = []\n",
    "requirements.txt": "",
    ".env.example": "A=1\n",
    "Makefile": "test: lint\n\ttrue\nlint:\n\ttrue\n",
    "web/package.json": '{"scripts": {"build": "x"}}',
    "tests/test_a.py": "",
    "scripts/start.sh": "#!/bin/sh\n",
    "k8s/kustomization.yaml": "resources: []\n",
    "charts/example/Chart.yaml": "apiVersion: v2\nname: example\nversion: 1.0.0\n",
    "charts/example/values.yaml": "a: 1\n",
    "docker-compose.yml": "services:\n  api: {image: 'example/api:1', profiles: [full]}\n"
    "  db: {image: 'postgres:17'}\n",
    "infra/Dockerfile": "FROM scratch\n",
}


def block(*lines: str, language: str = "bash") -> str:
    return f"# Example\n\n```{language}\n" + "\n".join(lines) + "\n```\n"


FINE = (
    "git clone https://example.org/me/renamed.git && cd renamed",
    "cp .env.example .env && source .env",
    "python3 -m venv .venv; . .venv/bin/activate",
    "pip install -r requirements.txt -e '.[dev,all-tools]' && python -m pip install -e .",
    "uv sync --extra dev --group lint --group dev && uv pip install -e .[dev]",
    "uv run pytest tests/test_a.py::test_x -k 'not slow' -x",
    "make test lint PYTHON=python3.12",
    "(cd web && npm install && npm run build)",
    "cd web; npm ci; cd ..; ls",
    "chmod +x scripts/start.sh && ./scripts/start.sh now",
    "docker compose -f docker-compose.yml --profile full up -d --build api db",
    "docker compose exec -T db psql -U postgres -c 'select 1'",
    "docker-compose logs -f --tail 10 api",
    "docker build -t example/api:1 -f infra/Dockerfile . && docker build infra",
    "kubectl apply -k k8s && kubectl apply -f https://example.org/x.yaml -n demo",
    "kubectl create secret generic s --from-literal=A=b --dry-run=client -o yaml > s.yaml; kubectl apply -f s.yaml",
    "helm upgrade --install demo ./charts/example -n demo -f charts/example/values.yaml --set a=2",
    "helm repo add bitnami https://charts.example.org && helm install db bitnami/postgresql",
    "mkdir -p build/out && cp requirements.txt build/out/ && cd build/out && cat requirements.txt",
    "cd path/to/somewhere && cat nothing.txt",
    "cp config/<stage>.yaml x && cat $HOME/x.txt && cat /etc/hosts",
    "tar xf archive.tar && python -m http.server",
)
WRONG = {
    "cp .env.sample .env": "no file `.env.sample`; did you mean `.env.example`?",
    "pip install -r requirements-dev.txt": "no file `requirements-dev.txt`",
    "pip install -e '.[test]'": "no extra `test`",
    "uv sync --extra docs": "no extra `docs`",
    "uv sync --group test": "no dependency group `test`",
    "make tset": "no target `tset`; did you mean `test`?",
    "cd web && npm run dev": "no script `dev`; there is `build`",
    "bash scripts/stop.sh": "no file `scripts/stop.sh`; did you mean `scripts/start.sh`?",
    "docker compose up -d apii": "no service `apii`; did you mean `api`?",
    "docker compose --profile all up": "no profile `all`; there is `full`",
    "docker compose -f compose.dev.yml up": "no file `compose.dev.yml`",
    "docker compose run --rm app python x.py": "no service `app`",
    "docker build -f Dockerfile .": "no file `Dockerfile`; did you mean `infra/Dockerfile`?",
    "kubectl apply -f k8s/api.yaml": "no file `k8s/api.yaml`",
    "kubectl apply -k k8s/overlays/dev": "no file `k8s/overlays/dev`",
    "helm install demo ./chart": "no chart `chart`",
    "helm install demo ./charts/example -f values-dev.yaml": "no file `values-dev.yaml`",
    "pytest api/tests -v": "no file `api/tests`",
    "uv add raw": "RAW is on no package registry",
}


def test_what_is_there_is_left_alone(said: Say) -> None:
    assert said({**PROJECT, "README.md": "\n".join(block(line) for line in FINE)}) == []


def test_what_is_not_there_is_found(said: Say) -> None:
    found = said({**PROJECT, "README.md": "".join(block(line) for line in WRONG)})
    lines = {one.split()[1]: one for one in found}
    assert len(found) == len(lines) == len(WRONG), found
    for at, reason in enumerate(WRONG.values()):
        assert reason in lines[f"README.md:{4 + 5 * at}"]


def test_only_what_is_for_a_shell_is_read(said: Say) -> None:
    other = block("cp missing there", language="python") + block("cp missing there", language="text")
    prompted = block("$ cp .env.example .env", "cp: cannot stat 'x'", "$ make tset", language="console")
    found = said({**PROJECT, "README.md": other + prompted})
    assert [one.split()[:2] for one in found] == [["readme-no-such-name", "README.md:16"]]


def test_makefiles_and_ci_jobs(said: Say) -> None:
    ci = "on: push\njobs:\n  test:\n    steps:\n      - run: pip install -e '.[tests]'\n"
    ci += "      - run: |\n          make lint\n          make linter\n"
    files = {
        **PROJECT,
        ".github/workflows/ci.yml": ci,
        "Makefile": "all:\n\t@cp $(FILE) x\n\t-cp missing.txt x\nlint:\n\n",
    }
    found = said(files)
    assert [one.split()[1] for one in found] == [
        "Makefile:3",
        ".github/workflows/ci.yml:5",
        ".github/workflows/ci.yml:8",
    ]


def test_names_that_a_pipeline_puts_together(said: Say) -> None:
    ci = "on: push\njobs:\n  images:\n    steps:\n"
    ci += "      - run: docker build -f ${{ matrix.part }}/Dockerfile -t x:${{ github.sha }} .\n"
    ci += "      - run: docker build -f docker/${{ matrix.part }}.Dockerfile .\n"
    found = said({**PROJECT, ".github/workflows/ci.yml": ci})
    assert [one.partition(" `")[0] for one in found] == ["readme-no-such-file .github/workflows/ci.yml:6"]
    assert "no file of a name like `docker/${{ ... }}.Dockerfile`" in found[0]


def test_gates_of_the_project(said: Say) -> None:
    gates = "builder:\n  gates:\n    optional:\n      a: {command: 'pytest tests/ -v', timeout_seconds: 60}\n"
    gates += '      b:\n        command: "pytest api/tests/ -v"\n      c:\n        command: make test lint\n'
    gates += "      d:\n        command: |\n          true\n      # command: pytest none/\n"
    found = said({**PROJECT, ".raw/config.yaml": gates})
    assert [one.partition(" `")[0] for one in found] == ["readme-no-such-file .raw/config.yaml:6"]


API = (
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.post('/webhooks/form')\ndef form():\n    return {}\n\n\n"
    "@app.get('/candidates/{candidate_id}')\ndef candidate(candidate_id: str):\n    return {}\n"
)


REQUESTS = {
    "curl -X POST localhost:8080/webhooks/form": None,
    "curl -sSd '{}' http://localhost:8080/webhooks/form": None,
    'curl -fsS "http://localhost:8080/candidates/$id?x=1"': None,
    "curl http://localhost:8080/candidates/<id>": None,
    "curl http://localhost:9090/nothing": None,
    "curl http://localhost:8080/candidates/$path": None,
    "curl http://localhost:8080/candidate/<id>/status": "the application has no route of that path",
    "curl https://example.org/nothing": None,
    "curl -d '{}' http://localhost:8080/webhook/form": "the nearest is `/webhooks/form` (main.py:6",
    "curl http://localhost:8080/webhooks/form": "the route takes `POST` only",
    "curl -X DELETE http://localhost:8080/candidates/7": "the route takes `GET` only",
}


def test_requests(said: Say) -> None:
    found = said({"main.py": API, "README.md": block("uvicorn main:app --port 8080 &", *REQUESTS)})
    wanted = {f"README.md:{line}": reason for line, reason in enumerate(REQUESTS.values(), 5) if reason}
    assert [one.split()[:2] for one in found] == [["readme-no-such-route", place] for place in wanted]
    assert all(reason in one for one, reason in zip(found, wanted.values(), strict=True)), found


def test_requests_of_scripts(said: Say) -> None:
    script = '#!/bin/sh\nAPI_URL="${API_URL:-http://localhost:8080}"\n'
    script += 'curl -d "$1" "$API_URL/webhooks/form"\ncurl -d "$1" "${API_URL}/webhook/form"\ncurl "$OTHER/nothing"\n'
    found = said({"main.py": API, "README.md": block("uvicorn main:app --port 8080"), "scripts/send.sh": script})
    assert [one.partition(" `")[0] for one in found] == ["readme-no-such-route scripts/send.sh:4"]


def test_variables(said: Say) -> None:
    files = {
        "app.py": "import os\nA = os.environ['DATABASE_URL']\n",
        "README.md": block(
            "export DB_URL=x", "export DATABASE_URL=x OTHER_NAME=y", "echo $OTHER_NAME", "SOME_FLAG=1 python app.py"
        ),
    }
    assert [one.partition(" is set")[0] for one in said(files)] == [
        "readme-unread-variable README.md:4 `DB_URL`",
        "readme-unread-variable README.md:7 `SOME_FLAG`",
    ]
