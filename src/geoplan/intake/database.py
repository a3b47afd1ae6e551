"""A PostgreSQL database by its address: connecting, and saying what went wrong without giving anything away.

No sentence holds what psycopg says of an error: it may name the account, and a mistyped address may have
put a piece of the password where the host should be. What is shown of an address is the host, the port and
the database, and these only when they look like such.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geoplan.errors import DataError, UsageError
from geoplan.text import one_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    import psycopg

    from geoplan.errors import GeoplanError

_SCHEME: Final = re.compile(r"postgres(ql)?:/", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"^([a-z][a-z0-9+.-]*:/{1,2}).*$", re.IGNORECASE | re.DOTALL)
_HOST: Final = re.compile(r"[A-Za-z0-9._:%/,\[\]-]*")
_PORT: Final = re.compile(r"[0-9,]*")
_DATABASE: Final = re.compile(r"[^@:/?#\x00-\x1f]*")
_CONNECT_SECONDS: Final = 10
_LOCK_SECONDS: Final = 30
_NAME_BYTES: Final = 63


@dataclass(frozen=True)
class Address:
    """Where a database is.

    Attributes
    ----------
    parameters
        As libpq takes them, the password among them: never in a sentence, a file or a ``repr``.
    shown
        Host, port and database, for people.
    """

    parameters: Mapping[str, Any] = field(repr=False)
    shown: str


@dataclass(frozen=True)
class DatabaseTable:
    """A table as a source of a layer.

    Attributes
    ----------
    address
        Where.
    table
        Its name, with the schema's before it (``geoplan.communes``) where two schemas have one.
    city, on
        Whose rows, and of which day, of a table that geoplan wrote; other tables are read whole.
    """

    address: Address
    table: str
    city: str | None = None
    on: dt.date | None = None

    @property
    def name(self) -> str:
        """The table's name for a sentence."""
        return one_line(self.table)


def is_database(text: str) -> bool:
    """Whether a text is the address of a PostgreSQL database and no file."""
    return _SCHEME.match(text) is not None


def without_credentials(text: str) -> str:
    """An address for a sentence: only its scheme, when it may hold an account or a password.

    >>> without_credentials("https://me:secret@host/file.zip")
    'https://…'
    """
    return _AUTHORITY.sub(r"\1…", text) if "@" in text or "password" in text or is_database(text) else text


def parse_address(url: str) -> Address:
    """The address in a URL such as ``postgresql://me@host:5432/gis``.

    What it leaves out libpq takes from where it always does: ``PGPASSWORD``, ``~/.pgpass``, ``PGHOST`` …

    Raises
    ------
    UsageError
        When it is no such URL, or psycopg is not installed.
    """
    psycopg = _psycopg()
    parameters: dict[str, Any] = {}
    try:
        parameters = dict(psycopg.conninfo.conninfo_to_dict(url)) if is_database(url) else {}
    except psycopg.Error:
        parameters = {}  # libpq's own words would repeat the address
    host, port, name = (str(parameters.get(key) or "") for key in ("host", "port", "dbname"))
    plain = _HOST.fullmatch(host) and _PORT.fullmatch(port) and _DATABASE.fullmatch(name)
    if not plain or not re.match(r"postgres(ql)?://", url, re.IGNORECASE):
        raise UsageError(
            vi="địa chỉ cơ sở dữ liệu không đúng: hãy viết "
            "postgresql://tài_khoản@máy_chủ:cổng/cơ_sở_dữ_liệu; ký "
            "tự đặc biệt trong mật khẩu viết bằng mã % (@ là %40, / là %2F), hoặc để mật khẩu ở PGPASSWORD.",
            en="this is no database address: write postgresql://user@host:port/database; special characters "
            "of the password go in % codes (@ is %40, / is %2F), or keep the password in PGPASSWORD.",
        )
    return Address(parameters, f"postgresql://{host}{f':{port}' if port else ''}/{name}")


@contextmanager
def connected(address: Address, *, read_only: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection in one transaction: committed when the block ends well, else as if it had never been.

    Only PostgreSQL's own and PostGIS's functions are found by name inside, whatever stands in other
    schemas.

    Raises
    ------
    UsageError
        When it cannot be connected to.
    DataError
        When the database has no PostGIS, is not in UTF-8, or refuses something.
    """
    psycopg = _psycopg()
    defaults: dict[str, Any] = {"fallback_application_name": "geoplan", "client_encoding": "UTF8"}
    if not os.environ.get("PGCONNECT_TIMEOUT"):
        defaults["connect_timeout"] = _CONNECT_SECONDS
    connection = None
    said = ""
    try:
        connection = psycopg.connect(**{**defaults, **address.parameters}, prepare_threshold=None)
    except (psycopg.Error, UnicodeError) as error:
        said = str(error).casefold()
    if connection is None:
        raise _unreachable(address, said)
    try:
        with connection:
            if read_only:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
            _find_postgis(connection, address)
            yield connection
    except psycopg.Error as error:
        raise _refused(error, address) from None


def check_name(name: str, *, what: tuple[str, str]) -> None:
    """Refuse a name that PostgreSQL would cut, or keeps for itself.

    Raises
    ------
    UsageError
        `what` says in both languages what it is to name.
    """
    system = name.casefold().startswith("pg_") or name.casefold() == "information_schema"
    if not name or system or "\x00" in name or len(name.encode("utf-8", "replace")) > _NAME_BYTES:
        raise UsageError(
            vi=f"{what[0]} không dùng được: cần từ 1 đến {_NAME_BYTES} byte, không bắt đầu bằng pg_; hãy "
            "chọn tên khác.",
            en=f"{what[1]} will not do: 1 to {_NAME_BYTES} bytes that do not begin with pg_; choose another.",
        )


def _psycopg() -> ModuleType:
    try:
        import psycopg  # noqa: PLC0415 - an extra: who keeps no layers in PostGIS needs none
    except ImportError as error:
        raise UsageError(
            vi="để dùng PostgreSQL cần thêm gói psycopg: pip install 'geoplan[postgis]'.",
            en="PostgreSQL needs one package more, psycopg: pip install 'geoplan[postgis]'.",
        ) from error
    return psycopg


def _find_postgis(connection: psycopg.Connection[Any], address: Address) -> None:
    sql = _psycopg().sql
    found = connection.execute(
        "SELECT n.nspname FROM pg_catalog.pg_extension e "
        "JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'"
    ).fetchone()
    if found is None:
        raise DataError(
            vi=f"{address.shown}: cơ sở dữ liệu chưa có PostGIS; hãy nhờ quản trị viên chạy CREATE EXTENSION "
            "postgis.",
            en=f"{address.shown}: the database has no PostGIS; ask its administrator for CREATE EXTENSION "
            "postgis.",
        )
    encoding = connection.execute("SHOW server_encoding").fetchone()
    if encoding is not None and encoding[0] != "UTF8":
        raise DataError(
            vi=f"{address.shown}: cơ sở dữ liệu dùng bảng mã {encoding[0]}, không giữ được tiếng Việt; cần "
            "UTF8.",
            en=f"{address.shown}: the database is in {encoding[0]}, which cannot hold Vietnamese; it must be "
            "UTF8.",
        )
    path = sql.SQL("SET LOCAL search_path TO pg_catalog, {}, pg_temp").format(sql.Identifier(found[0]))
    connection.execute(path)


def _unreachable(address: Address, said: str) -> GeoplanError:
    """Why there is no connection, as far as libpq's words tell; they themselves name the account."""
    if "password" in said or "authentication" in said or "pg_hba" in said:
        vi, en = "tài khoản hoặc mật khẩu không được chấp nhận", "the account or its password is not accepted"
        do_vi, do_en = "hãy kiểm tra tài khoản, PGPASSWORD", "check the account and PGPASSWORD"
    elif "database" in said and "does not exist" in said:
        vi, en = "không có cơ sở dữ liệu này", "there is no such database"
        do_vi, do_en = "hãy kiểm tra tên", "check the name"
    else:
        vi, en = "không kết nối được", "no connection"
        do_vi, do_en = (
            "hãy kiểm tra máy chủ, cổng, mạng và tài khoản",
            "check host, port, network and account",
        )
    return UsageError(vi=f"{address.shown}: {vi}; {do_vi}.", en=f"{address.shown}: {en}; {do_en}.")


_REASONS: Final = {
    "42501": (
        "tài khoản thiếu quyền cần thiết; hãy nhờ quản trị viên cấp, hoặc chọn lược đồ khác (--schema)",
        "the account lacks a right that this needs; ask for it, or choose another schema (--schema)",
    ),
    "55P03": (
        f"bảng đang bị chương trình khác khóa quá {_LOCK_SECONDS} giây; hãy đóng phiên đó rồi chạy lại",
        f"another program has locked the table for over {_LOCK_SECONDS} seconds; end it and run again",
    ),
    "25006": (
        "máy chủ chỉ cho đọc; hãy ghi vào máy chủ chính",
        "the server is read-only; write to the primary one",
    ),
    "53100": ("máy chủ hết chỗ trên đĩa", "the server's disk is full"),
}


def _refused(error: psycopg.Error, address: Address) -> GeoplanError:
    """One sentence for what the server refused; nothing of it was kept."""
    state = error.sqlstate
    what = f"{state or '–'}, {type(error).__name__}"
    vi, en = f"PostgreSQL từ chối ({what})", f"PostgreSQL refused ({what})"
    if state in _REASONS:
        vi, en = _REASONS[state]
    elif type(error).__name__ == "OperationalError" or (state or "").startswith(("08", "57P")):
        vi, en = "kết nối bị đứt giữa chừng", "the connection broke off"
    elif state is None:
        vi, en = "có giá trị không đọc được", "it holds a value that cannot be read"
    return DataError(
        vi=f"{address.shown}: {vi}; cơ sở dữ liệu vẫn như trước.",
        en=f"{address.shown}: {en}; the database is as it was.",
    )
