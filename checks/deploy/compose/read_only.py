"""Containers whose files cannot be written, and what their images have to write."""

from __future__ import annotations

from collections.abc import Iterator

from checks.deploy.compose.services import image_of, words
from checks.deploy.compose.system import System
from checks.model import Diagnostic

# Folders that each image writes at its start and that are no volume of its own. Other places may be configured.
_WRITTEN = {
    "nginx": (("/var/cache/nginx",), ("/var/run", "/run")),
    "httpd": (("/usr/local/apache2/logs",),),
    "postgres": (("/var/run/postgresql", "/run/postgresql"),),
    "mysql": (("/var/run/mysqld", "/run/mysqld"),),
    "mariadb": (("/run/mysqld", "/var/run/mysqld"),),
}
_CONFIGURED = ("/etc/nginx/nginx.conf", "/usr/local/apache2/conf", "/etc/postgresql", "/etc/mysql", "/etc/my.cnf")


def read_only_roots(system: System) -> Iterator[Diagnostic]:
    """Images that end at once, as they cannot write where they must."""
    for name, service in system.services.items():
        written = _WRITTEN.get(image_of(system, name)[0])
        if not written or str(service.get("read_only")).lower() != "true":
            continue
        mounts = [str(mount.get("target")) for mount in service.get("volumes") or [] if not mount.get("read_only")]
        tmpfs = service.get("tmpfs") or []
        mounts += [str(item).partition(":")[0] for item in ([tmpfs] if isinstance(tmpfs, str) else tmpfs)]
        every = [
            str(mount.get("target")) for mount in (*(service.get("volumes") or []), *(service.get("configs") or []))
        ]
        own = any(target.startswith(_CONFIGURED) for target in every) or words(system, name, "command")
        if own or service.get("entrypoint") is not None:
            continue
        lacking = [ways[0] for ways in written if not any(_covers(mount, way) for mount in mounts for way in ways)]
        if lacking:
            listed = " and ".join(f"`{way}`" for way in lacking)
            message = (
                f"`{name}` is read-only, and image `{image_of(system, name)[0]}` ends when it cannot write {listed}"
            )
            hint = f"add `tmpfs: [{', '.join(lacking)}]`"
            yield system.places.diagnostic("read-only-root", ("services", name, "read_only"), message, hint)


def _covers(mount: str, way: str) -> bool:
    """Whether a mount makes a folder writable; a link from `/var/run` to `/run` makes them one."""
    mount, way = (path.rstrip("/").replace("/var/run", "/run") for path in (mount, way))
    return way == mount or way.startswith(f"{mount}/")
