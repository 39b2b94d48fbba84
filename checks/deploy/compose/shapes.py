"""What may be written where in a Compose file, after the Compose specification."""

from __future__ import annotations

from checks.deploy.compose.shape import closed, either, listing, plain, table

NAME = r"[a-zA-Z0-9._-]+"


def _words(text: str) -> list[str]:
    return text.split()


TEXT = plain("string")
DURATION = plain("string", form="duration")
SIZE = plain("integer", "string", form="size")
SIZE_TEXT = plain("string", form="size")
FLAG = plain("boolean", "string", form="boolean")
WHOLE = plain("integer", "string", form="integer")
COUNT = plain("integer", "string", form="integer", lowest=0)
FIGURE = plain("number", "string", form="number")
WHOLE_FIGURE = plain("number", "string", form="integer")
LOOSE = plain("number", "string")
NULL = plain("null")
TEXTS = listing(TEXT)
TEXT_OR_LIST = either(TEXT, TEXTS)
COMMAND = either(NULL, plain("string", form="command"), TEXTS)
OPTIONS = table(LOOSE)
PAIRS = either(table(plain("string", "number", "boolean", "null")), TEXTS)
HOSTS = either(table(TEXT_OR_LIST), listing(plain("string", form="host")))
EXTERNAL = either(FLAG, closed({"name": TEXT}))
ULIMITS = table(either(WHOLE, closed({"hard": WHOLE, "soft": WHOLE}, "soft", "hard")), "[a-z]+")
GRANTS = listing(either(TEXT, closed({"source": TEXT, "target": TEXT, "uid": TEXT, "gid": TEXT, "mode": WHOLE_FIGURE})))
DEVICES = listing(
    closed(
        {
            "capabilities": TEXTS,
            "count": plain("string", "integer"),
            "device_ids": TEXTS,
            "driver": TEXT,
            "options": PAIRS,
        },
        "capabilities",
    )
)
LIMITS = listing(closed({"path": TEXT, "rate": SIZE}))
HOOK = closed(
    {"command": COMMAND, "user": TEXT, "privileged": FLAG, "working_dir": TEXT, "environment": PAIRS}, "command"
)
PRE_START = closed({**HOOK.keys, "per_replica": FLAG, "image": TEXT}, "command")
ANY = plain("string", "integer", "number", "boolean", "null", "array", "object")
# Compose resolves and drops `extends` before it looks at the keys in it.
EXTENDS = either(TEXT, plain("object", keys={"service": TEXT, "file": TEXT}, each=ANY, required=("service",)))
HEALTHCHECK = closed(
    {
        "disable": FLAG,
        "interval": DURATION,
        "retries": WHOLE_FIGURE,
        "test": either(TEXT, plain("array", items=TEXT, form="health test")),
        "timeout": DURATION,
        "start_period": DURATION,
        "start_interval": DURATION,
    }
)
BUILD = either(
    TEXT,
    closed(
        {
            **dict.fromkeys(("context", "dockerfile", "dockerfile_inline", "network", "target", "isolation"), TEXT),
            **dict.fromkeys(("entitlements", "cache_from", "cache_to", "tags", "platforms"), TEXTS),
            **dict.fromkeys(("args", "ssh", "labels", "additional_contexts"), PAIRS),
            **dict.fromkeys(("no_cache", "pull", "privileged"), FLAG),
            **dict.fromkeys(("provenance", "sbom"), plain("string", "boolean")),
            "no_cache_filter": TEXT_OR_LIST,
            "shm_size": SIZE,
            "extra_hosts": HOSTS,
            "secrets": GRANTS,
            "ulimits": ULIMITS,
        }
    ),
)
UPDATE = closed(
    {
        "parallelism": WHOLE,
        "delay": DURATION,
        "failure_action": TEXT,
        "monitor": DURATION,
        "max_failure_ratio": FIGURE,
        "order": plain("string", choices=("start-first", "stop-first")),
    }
)
RESOURCES = closed(
    {
        "limits": closed({"cpus": FIGURE, "memory": SIZE_TEXT, "pids": WHOLE}),
        "reservations": closed(
            {
                "cpus": FIGURE,
                "memory": SIZE_TEXT,
                "devices": DEVICES,
                "generic_resources": listing(
                    closed({"discrete_resource_spec": closed({"kind": TEXT, "value": FIGURE})})
                ),
            }
        ),
    }
)
DEPLOY = either(
    NULL,
    closed(
        {
            "mode": TEXT,
            "endpoint_mode": TEXT,
            "replicas": COUNT,
            "labels": PAIRS,
            "rollback_config": UPDATE,
            "update_config": UPDATE,
            "resources": RESOURCES,
            "restart_policy": closed({"condition": TEXT, "delay": DURATION, "max_attempts": WHOLE, "window": DURATION}),
            "placement": closed(
                {
                    "constraints": TEXTS,
                    "preferences": listing(closed({"spread": TEXT})),
                    "max_replicas_per_node": WHOLE,
                }
            ),
        }
    ),
)
WATCH = closed(
    {
        "ignore": TEXT_OR_LIST,
        "include": TEXT_OR_LIST,
        "path": TEXT,
        "action": plain("string", choices=("rebuild", "sync", "restart", "sync+restart", "sync+exec")),
        "target": TEXT,
        "exec": HOOK,
        "initial_sync": plain("boolean"),
    },
    "path",
    "action",
)
PORTS = listing(
    either(
        plain("number", "string", form="port"),
        closed(
            {
                **dict.fromkeys(("name", "mode", "host_ip", "protocol", "app_protocol"), TEXT),
                "target": WHOLE,
                "published": plain("string", "integer"),
            }
        ),
    )
)
VOLUMES = listing(
    either(
        plain("string", form="volume"),
        closed(
            {
                "type": plain("string", choices=("bind", "volume", "tmpfs", "cluster", "npipe", "image")),
                "source": TEXT,
                "target": TEXT,
                "read_only": FLAG,
                "consistency": TEXT,
                "bind": closed(
                    {
                        "propagation": TEXT,
                        "create_host_path": FLAG,
                        "recursive": plain("string", choices=("enabled", "disabled", "writable", "readonly")),
                        "selinux": plain("string", choices=("z", "Z")),
                    }
                ),
                "volume": closed({"labels": PAIRS, "nocopy": FLAG, "subpath": TEXT}),
                "tmpfs": closed({"size": SIZE, "mode": LOOSE}),
                "image": closed({"subpath": TEXT}),
            },
            "type",
        ),
    )
)
SERVICE_NETWORK = closed(
    {
        **dict.fromkeys(("interface_name", "ipv4_address", "ipv6_address", "mac_address"), TEXT),
        **dict.fromkeys(("aliases", "link_local_ips"), TEXTS),
        **dict.fromkeys(("priority", "gw_priority"), plain("number")),
        "driver_opts": OPTIONS,
        "use_service_name_alias": FLAG,
    }
)
DEPENDENCY = closed(
    {
        "restart": FLAG,
        "required": plain("boolean"),
        "condition": plain("string", choices=("service_started", "service_healthy", "service_completed_successfully")),
    },
    "condition",
)
ENV_FILE = either(TEXT, listing(either(TEXT, closed({"path": TEXT, "format": TEXT, "required": FLAG}, "path"))))
_TEXT_KEYS = _words("""
    cgroup_parent cpuset domainname hostname image ipc isolation mac_address network_mode platform restart
    runtime stop_signal user uts userns_mode working_dir pull_refresh_after
""")
_LIST_KEYS = _words("""
    cap_add cap_drop dns_opt profiles links external_links security_opt volumes_from device_cgroup_rules
""")
_FLAG_KEYS = ["init", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty", "attach"]
_SIZE_KEYS = ["mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "shm_size"]
_WHOLE_KEYS = ["cpu_shares", "cpu_quota", "cpu_period", "cpu_rt_period", "cpu_rt_runtime", "pids_limit"]

SERVICE = closed(
    {
        **dict.fromkeys(_TEXT_KEYS, TEXT),
        **dict.fromkeys(_LIST_KEYS, TEXTS),
        **dict.fromkeys(_FLAG_KEYS, FLAG),
        **dict.fromkeys(_SIZE_KEYS, SIZE),
        **dict.fromkeys(_WHOLE_KEYS, WHOLE_FIGURE),
        **dict.fromkeys(("annotations", "environment", "labels", "sysctls"), PAIRS),
        **dict.fromkeys(("command", "entrypoint"), COMMAND),
        **dict.fromkeys(("configs", "secrets"), GRANTS),
        **dict.fromkeys(("dns", "dns_search", "label_file", "tmpfs"), TEXT_OR_LIST),
        **dict.fromkeys(("post_start", "pre_stop"), listing(HOOK)),
        "pre_start": listing(PRE_START),
        "blkio_config": closed(
            {
                **dict.fromkeys(
                    ("device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops"), LIMITS
                ),
                "weight": WHOLE,
                "weight_device": listing(closed({"path": TEXT, "weight": WHOLE})),
            }
        ),
        "build": BUILD,
        "cgroup": plain("string", choices=("host", "private")),
        "container_name": plain("string", pattern=r"[a-zA-Z0-9][a-zA-Z0-9_.-]+"),
        "cpu_count": COUNT,
        "cpu_percent": plain("integer", "string", form="number", lowest=0, highest=100),
        "cpus": FIGURE,
        "credential_spec": closed(dict.fromkeys(("config", "file", "registry"), TEXT)),
        "depends_on": either(TEXTS, table(DEPENDENCY, NAME)),
        "deploy": DEPLOY,
        "develop": either(NULL, closed({"watch": listing(WATCH)})),
        "devices": listing(
            either(
                plain("string", form="device"),
                closed({"source": TEXT, "target": TEXT, "permissions": TEXT}, "source"),
            )
        ),
        "env_file": ENV_FILE,
        "expose": listing(LOOSE),
        "extends": EXTENDS,
        "extra_hosts": HOSTS,
        "gpus": either(plain("string", choices=("all",)), listing(plain("object"))),
        "group_add": listing(LOOSE),
        "healthcheck": HEALTHCHECK,
        "logging": closed({"driver": TEXT, "options": table(plain("string", "number", "null"))}),
        "models": either(TEXTS, table(either(NULL, closed({"endpoint_var": TEXT, "model_var": TEXT})), NAME)),
        "networks": either(TEXTS, table(either(NULL, SERVICE_NETWORK), NAME)),
        "oom_score_adj": plain("integer", "string", form="integer", lowest=-1000, highest=1000),
        "pid": plain("string", "null"),
        "ports": PORTS,
        "provider": closed({"type": TEXT, "options": plain("object")}, "type"),
        "pull_policy": plain(
            "string",
            pattern=r"^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$",
        ),
        "scale": COUNT,
        "stop_grace_period": DURATION,
        "storage_opt": plain("object"),
        "ulimits": ULIMITS,
        "umask": plain("integer", "string", "null"),
        "use_api_socket": plain("boolean"),
        "volumes": VOLUMES,
    }
)
NETWORK = closed(
    {
        "name": TEXT,
        "driver": TEXT,
        "driver_opts": OPTIONS,
        "ipam": closed(
            {
                "driver": TEXT,
                "config": listing(
                    closed({"subnet": TEXT, "ip_range": TEXT, "gateway": TEXT, "aux_addresses": table(TEXT)})
                ),
                "options": table(TEXT),
            }
        ),
        "external": EXTERNAL,
        **dict.fromkeys(("internal", "enable_ipv4", "enable_ipv6", "attachable"), FLAG),
        "labels": PAIRS,
    }
)
VOLUME = closed({"name": TEXT, "driver": TEXT, "driver_opts": OPTIONS, "external": EXTERNAL, "labels": PAIRS})
_HELD = {
    **dict.fromkeys(("name", "environment", "file", "template_driver"), TEXT),
    "external": EXTERNAL,
    "labels": PAIRS,
}
SECRET = closed({**_HELD, "driver": TEXT, "driver_opts": OPTIONS})
CONFIG = closed({**_HELD, "content": TEXT})
MODEL = closed({"name": TEXT, "model": TEXT, "context_size": plain("integer"), "runtime_flags": TEXTS}, "model")
INCLUDE = either(TEXT, closed({"path": TEXT_OR_LIST, "env_file": TEXT_OR_LIST, "project_directory": TEXT}))
COMPOSE = closed(
    {
        "version": TEXT,
        "name": TEXT,
        "include": listing(INCLUDE),
        "services": table(SERVICE, NAME),
        "models": table(MODEL, NAME),
        "networks": table(either(NULL, NETWORK), NAME),
        "volumes": table(either(NULL, VOLUME), NAME),
        "secrets": table(SECRET, NAME),
        "configs": table(CONFIG, NAME),
        "jobs": plain("object"),
    }
)
