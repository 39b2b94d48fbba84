"""Names of distributions that are often written wrong, and what is meant."""

from __future__ import annotations

from difflib import get_close_matches

from checks.raw.distributions import BRINGS, PROVIDERS
from checks.raw.requirements import normalise

RAW = '"raw @ git+https://github.com/mpuig/raw@b360375"'
RAW_REPOSITORY = "github.com/mpuig/raw"
RAW_NAME = "raw"
RAW_NAMES = frozenset(
    ("raw", "raw-agents", "raw-runtime", "raw-ai", "raw-workflows", "raw-workflow", "raw-cli", "raw-sdk", "mpuig-raw")
)
"""What RAW is called by those who guess; it is on no registry under any name."""
RAW_FAMILY = frozenset(("raw", "raw-runtime", "raw-ai"))
"""Names under which RAW and its modules are meant for certain."""
REFUSING = frozenset(("sklearn",))
"""Distributions that exist in order to say that another one is meant."""

_MEANT = {
    "temporalio-sdk": "temporalio",
    "temporal-sdk": "temporalio",
    "temporal-python": "temporalio",
    "temporal-python-sdk": "temporalio",
    "temporal": "temporalio",
    "sklearn": "scikit-learn",
    "cv2": "opencv-python-headless",
    "pil": "pillow",
    "yaml": "pyyaml",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "psycopg3": "psycopg[binary]",
    "psycopg2-bin": "psycopg2-binary",
    "psycopg-pool-async": "psycopg[pool]",
    "slack": "slack-sdk",
    "twilio-python": "twilio",
    "openai-python": "openai",
    "fastapi-testclient": "httpx2 (the test client is part of fastapi)",
    "sqlalchemy-async": "sqlalchemy[asyncio]",
    "sqlalchemy-asyncio": "sqlalchemy[asyncio]",
    "pydantic-email": "pydantic[email]",
    "email-validators": "email-validator",
    "pydantic-setting": "pydantic-settings",
    "python-multi-part": "python-multipart",
    "fastapi-multipart": "python-multipart",
    "pytest-async": "pytest-asyncio",
    "asyncpg-driver": "asyncpg",
    "crypto": "cryptography",
    "helm": "nothing: Helm is no Python package",
    "kubectl": "nothing: kubectl is no Python package",
}


def meant(name: str) -> str | None:
    """A hint for a name that the registry does not have."""
    plain = normalise(name)
    if plain in RAW_NAMES:
        return f"RAW is on no registry and comes from its repository: {RAW}"
    if plain in _MEANT:
        return f"meant is probably `{_MEANT[plain]}`"
    known = {*BRINGS, *(each for names in PROVIDERS.values() for each in names)}
    close = get_close_matches(plain, sorted(known), 1, 0.75)
    return f"did you mean `{close[0]}`?" if close else None
