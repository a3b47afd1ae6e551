"""A PostgreSQL with PostGIS of the tests' own: a private port, a folder that goes, no account but theirs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OWNER, PASSWORD = "gis-owner", "Mật/khẩu@%3F"
CLERK = "gis_clerk"


@dataclass(frozen=True)
class Server:
    """A running server; every database that is asked for is a new one."""

    port: int
    numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str, *, user: str = OWNER, password: str | None = PASSWORD) -> str:
        """The address of a database."""
        who = quote(user, safe="") + ("" if password is None else f":{quote(password, safe='')}")
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    def database(self, template: str = "with_postgis", extra: str = "") -> str:
        """The name of a new database."""
        name = f"test_{next(self.numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {} ").format(*map(sql.Identifier, (name, template)))
            connection.execute(made + sql.SQL(extra))  # type: ignore[arg-type]
        return name


def emptied(url: str) -> None:
    """The shared database as it was at first: nothing but PostGIS in it."""
    others = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('gis', 'information_schema')"
    with psycopg.connect(url) as connection:
        for (schema,) in connection.execute(others).fetchall():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        connection.execute("CREATE SCHEMA public")
        connection.execute("DELETE FROM gis.spatial_ref_sys WHERE srid NOT IN (SELECT srid FROM gis.systems)")


def programs() -> Path:
    """The folder of the programs, which `make test` finds or installs."""
    places = [
        Path(os.environ.get("GEOPLAN_POSTGRES") or "/nowhere"),
        *Path("/usr/lib/postgresql").glob("*/bin"),
    ]
    for place in places:
        control = Path("/usr/share/postgresql") / place.parent.name / "extension" / "postgis.control"
        if (place / "initdb").is_file() and (control.is_file() or os.environ.get("GEOPLAN_POSTGRES")):
            return place
    message = "no PostgreSQL with PostGIS (Debian: sh .ci/postgis as root, or set GEOPLAN_POSTGRES)"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def running(settings: str = "") -> Iterator[Server]:
    """The server, while inside, with settings of its own (`-c name=value`)."""
    found = programs()
    home = Path(tempfile.mkdtemp(prefix="geoplan-pg-"))
    run: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to be root
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
        run = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups", "--"]
    data, secret = home / "data", home / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    say = (
        f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c deadlock_timeout=200ms {settings}"
    )

    def call(program: str, *arguments: Sequence[str] | str) -> None:
        made = [*run, str(found / program), "-D", str(data), *map(str, arguments)]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C.UTF-8"}
        subprocess.run(
            made, check=True, cwd=home, env=clean, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    try:
        call("initdb", "-U", OWNER, f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync")
        call("pg_ctl", "-w", "-o", say, "-l", home / "log", "start")
        try:
            server = Server(port)
            _prepare(server)
            yield server
        finally:
            call("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _prepare(server: Server) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE with_postgis")
        connection.execute(f"CREATE ROLE {CLERK} LOGIN PASSWORD '{CLERK}'")
    with psycopg.connect(server.url("with_postgis"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE shared")
        connection.execute("ALTER DATABASE shared SET search_path = public, gis")
    with psycopg.connect(server.url("shared"), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA gis")
        connection.execute("CREATE EXTENSION postgis SCHEMA gis")  # as some offices have it
        connection.execute("CREATE TABLE gis.systems AS SELECT srid FROM gis.spatial_ref_sys")
