"""A small shop of an API and a worker, which tests write with something changed in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from checks.model import CheckContext, Diagnostic
from checks.wiring.deployments.findings import find
from checks.wiring.reading import read_system
from checks.wiring.system import System

DOCKERFILE = """FROM python:3.12-slim
WORKDIR /srv
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY shop shop
EXPOSE 8000
CMD ["uvicorn", "shop.main:app", "--host", "0.0.0.0", "--port", "8000"]
"""
COMPOSE = """services:
  db:
    image: postgres:16
    environment: {POSTGRES_PASSWORD: secret}
  temporal:
    image: temporalio/auto-setup:1.24.2
  api:
    build: .
    environment:
      DATABASE_URL: postgresql+psycopg://postgres:secret@db:5432/postgres
      TEMPORAL_HOST: temporal:7233
    ports: ["8000:8000"]
    healthcheck:
      test: [CMD, python, -c, "import urllib.request as r; r.urlopen('http://localhost:8000/health')"]
  worker:
    build: .
    command: python -m shop.worker
    environment:
      DATABASE_URL: postgresql+psycopg://postgres:secret@db:5432/postgres
      TEMPORAL_HOST: temporal:7233
      API_URL: http://api:8000
"""
SETTINGS = """from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str = "sqlite:///shop.db"
    temporal_host: str = "localhost:7233"
    api_url: str = "http://localhost:8000"
    task_queue: str = "orders"


settings = Settings()
"""
STORE = """from sqlalchemy import create_engine

from shop.settings import settings

engine = create_engine(settings.database_url)
"""
MAIN = """from fastapi import FastAPI
from temporalio.client import Client

from shop.settings import settings
from shop.store import engine

app = FastAPI()


@app.get("/health")
async def health() -> str:
    return "ok"


@app.post("/orders/{order_id}/done")
async def done(order_id: str) -> str:
    return order_id


@app.post("/orders")
async def order() -> str:
    client = await Client.connect(settings.temporal_host)
    await client.start_workflow("Order", id="1", task_queue=settings.task_queue)
    return str(engine.url)
"""
WORKER = """import asyncio

import httpx
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from shop.settings import settings
from shop.store import engine


@activity.defn
async def report(order_id: str) -> str:
    async with httpx.AsyncClient() as client:
        await client.post(f"{settings.api_url}/orders/{order_id}/done")
    return str(engine.url)


async def main() -> None:
    client = await Client.connect(settings.temporal_host)
    await Worker(client, task_queue=settings.task_queue, activities=[report]).run()


if __name__ == "__main__":
    asyncio.run(main())
"""
SHOP = {
    "Dockerfile": DOCKERFILE,
    "docker-compose.yml": COMPOSE,
    "requirements.txt": "fastapi\nuvicorn\nsqlalchemy\npsycopg[binary]\nhttpx\ntemporalio\npydantic-settings\n",
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "shop/store.py": STORE,
    "shop/main.py": MAIN,
    "shop/worker.py": WORKER,
}
Write = Callable[..., System]
Edits = tuple[tuple[str, str, str], ...]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files and reads them as a system; without programs, so that manifests are taken as they stand."""

    def run(files: Mapping[str, str]) -> System:
        root = tmp_path / "shop"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_system(CheckContext(root, Path(sys.executable), environment={"PATH": "/nonexistent"}))

    return run


@pytest.fixture
def judge(write: Write) -> Callable[..., tuple[Diagnostic, ...]]:
    """What is found in the shop after some texts in it were replaced, and files added."""

    def run(edits: Edits = (), **more: str) -> tuple[Diagnostic, ...]:
        files = {**SHOP, **{name.replace("__", "/").replace("_yaml", ".yaml"): text for name, text in more.items()}}
        for name, old, new in edits:
            assert old in files[name], (name, old)
            files[name] = files[name].replace(old, new)
        return find(write(files)).diagnostics

    return run
