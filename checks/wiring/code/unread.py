"""Variables that a deployment sets and nobody reads."""

from __future__ import annotations

import re

from checks.wiring.code.judging import Run, Scene
from checks.wiring.model import Variable

# What Python, its usual servers and libraries, and the base images read by themselves.
_KNOWN = re.compile(
    r"(?:PYTHON|LC_|UVICORN_|GUNICORN_|HYPERCORN_|OTEL_|AWS_|PG[A-Z]|SSL_|PIP_|UV_|POETRY_|XDG_|LD_|MALLOC_|GIT_|JAVA_"
    r"|NODE_|NPM_|npm_|NEXT_|VITE_|REACT_APP_|NUXT_|OPENAI_|ANTHROPIC_|AZURE_|GOOGLE_|GCP_|GCLOUD_|TWILIO_|LANGCHAIN_"
    r"|LANGSMITH_|HF_|HUGGINGFACE_|SENTRY_|DD_|DATADOG_|NEW_RELIC_|ELASTIC_APM_|PROMETHEUS_|CELERY_|FLASK_|DJANGO_"
    r"|GRPC_|OMP_|CUDA_|NVIDIA_|TORCH_|TRANSFORMERS_|MPL|COMPOSE_|DOCKER_|BUILDKIT_|KUBERNETES_|POD_|NODE|K8S_"
    r"|RAW_|SKILLGATE_|S6_|VIRTUAL_|LETSENCRYPT_|TRAEFIK_|WATCHFILES_|LITELLM_|REQUESTS_|CURL_|RUST_|NUMBA_|DEBIAN_"
    r"|WEB_CONCURRENCY|FORWARDED_ALLOW_IPS|PATH$|TZ$|LANG$|LANGUAGE$|HOME$|USER$|SHELL$|TERM$|TMPDIR$|TEMP$|PORT$|HOST$"
    r"|HOSTNAME$|COLUMNS$|LINES$|NO_COLOR$|FORCE_COLOR$|UMASK$|PUID$|PGID$|CI$|DISPLAY$|BROWSER$|INVOCATION_ID$)"
    r"|(?i:https?_proxy|no_proxy|all_proxy|ftp_proxy)$"
)


def unread(scene: Scene, runs: list[Run]) -> list[Variable]:
    """The variables of a unit whose names occur nowhere in what may read them."""
    unit = runs[0].unit
    if unit.built is None or not all(run.started.complete for run in runs):
        return []
    dockerfile = unit.built.dockerfile
    own = [each for each in unit.variables.values() if each.place.file != dockerfile and not _KNOWN.match(each.name)]
    # A Secret or env file that a foreign image takes as well is written for that one.
    foreign = [each for each in runs[0].deployment.units if each.built is None]
    shared = {name for each in foreign for name in each.variables}
    command = " ".join(unit.argv)
    composed = " ".join(each.value or "" for each in unit.variables.values())
    programs = tuple(f"{one.name.upper().replace('-', '_')}_" for one in unit.starts if "/" not in one.name)
    by_profile = ("TEMPORAL_",) if scene.index.mentions.imports("temporalio.envconfig") else ()
    programs += by_profile
    return [
        variable
        for variable in own
        if not scene.index.may_read(variable.name)
        and not (variable.name in shared and variable.place.file != unit.place.file)
        and not variable.name.startswith(programs)
        and f"${variable.name}" not in command
        and f"${{{variable.name}" not in command
        and f"$({variable.name})" not in composed + scene.text(variable.place.file)
    ]
