"""A worker's role with tables of its own, named as the scanner's: no trigger asks those."""

import subprocess

import pytest
from sqlalchemy import text
from support.sealed_database import fill

from scanner.errors import StoreError
from scanner.store.database import migrate
from scanner.store.database.engine import connect, open_store
from scanner.store.database.roles import grant
from scanner.store.reading.check import check
from scanner.store.schema import guards

pytestmark = pytest.mark.node
WORKER, READER = "w_temp", "r_temp"


def like(table, change=""):
    made = f"CREATE TEMP TABLE {table} AS SELECT * FROM public.{table}"
    return [made, f"UPDATE pg_temp.{table} SET {change}"] if change else [f"{made} LIMIT 0"]


RUNNING = like("snapshot", "state = 'running'")
TRIES = {
    "a finding of what is sealed": (
        RUNNING,
        "INSERT INTO public.finding VALUES (2, 1, 'shortfall', 'made up')",
    ),
    "a total of what is sealed": (
        RUNNING,
        "INSERT INTO public.total SELECT snapshot_id, 'BTC', decimals, claimed, proven, agreed, "
        "reported, latest_only, unverified, unavailable_rows, shortfall, surplus FROM public.total",
    ),
    "a finding of no snapshot": (
        ["CREATE TEMP TABLE snapshot AS SELECT 99::bigint AS id, 'running' AS state"],
        "INSERT INTO public.finding VALUES (99, 1, 'shortfall', 'x')",
    ),
    "a pin that was read": (
        like("chunk"),
        "DELETE FROM public.pinned_block WHERE snapshot_id = 1",
    ),
    "a chunk of what is sealed": (
        [*like("snapshot"), *like("balance"), *like("chunk")],
        "DELETE FROM public.chunk WHERE snapshot_id = 1",
    ),
    "an entry of a stored list": (
        like("reserve_list"),
        "INSERT INTO public.list_finding VALUES (1, 99, 'bad_row', 'made up', 1, '', '', '')",
    ),
}


@pytest.fixture(scope="module")
def temporary_store(postgres_cluster):
    """A filled database; as its worker, who has been given the right to temporary tables anew."""
    url = postgres_cluster.create_database()
    migrate.upgrade(url)
    with open_store(url) as owner:
        fill(owner)
        with owner.write() as connection:
            for role in (WORKER, READER):
                connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'p'")
        grant(owner, WORKER, READER)
        place = owner.engine.url.set(username=WORKER, password="p")
        with open_store(place.render_as_string(hide_password=False)) as worker:
            yield worker, owner
        with owner.write() as connection:
            for role in (WORKER, READER):
                connection.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_the_roles_make_no_temporary_tables(temporary_store):
    worker, _ = temporary_store
    with pytest.raises(StoreError, match="temporary"), worker.write() as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE snapshot (id bigint)")


@pytest.mark.parametrize("what", TRIES)
def test_no_trigger_asks_a_temporary_table(temporary_store, what):
    worker, owner = temporary_store
    before, change = TRIES[what]
    name = owner.engine.url.database
    with owner.write() as connection:
        connection.exec_driver_sql(f"GRANT TEMPORARY ON DATABASE {name} TO {WORKER}")
    try:
        with pytest.raises(StoreError, match=r"append-only|refer"), worker.write() as connection:
            connection.exec_driver_sql("; ".join([*before, change]))
    finally:
        with owner.write() as connection:
            connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {name} FROM {WORKER}")
    assert check(owner) == []


@pytest.mark.parametrize(
    "change", ["RESET search_path", "SET search_path = public", "SECURITY DEFINER"]
)
def test_a_function_with_another_path_is_seen(temporary_store, change):
    _, owner = temporary_store
    with owner.engine.connect() as connection:
        for name, _create in guards.functions():
            connection.begin()
            assert guards.wrong(connection) == []
            connection.exec_driver_sql(f"ALTER FUNCTION {name}() {change}")
            assert [what for what in guards.wrong(connection) if name in what], name
            connection.rollback()


def test_functions_of_before_get_their_path_and_give_it_back(postgres_database):
    migrate.upgrade(postgres_database)
    with connect(postgres_database) as store:
        paths = text("SELECT count(proconfig) FROM pg_proc WHERE starts_with(proname, 'scanner_')")

        def with_path():
            with store.read() as connection:
                return connection.execute(paths).scalar_one()

        whole = with_path()
        assert whole == len(guards.functions()) + 1  # and that of the statistics
        migrate.downgrade_store(store, "0017")
        assert with_path() == 1
        migrate.upgrade_store(store)
        assert with_path() == whole
        with store.read() as connection:
            assert guards.wrong(connection) == []


def test_without_a_path_the_triggers_find_their_tables(temporary_store):
    """As when a dump's data is restored into tables that are there."""
    _, owner = temporary_store
    with pytest.raises(StoreError, match="append-only"), owner.write() as connection:
        connection.exec_driver_sql(
            "SET LOCAL search_path = ''; "
            "INSERT INTO public.finding VALUES (2, 1, 'shortfall', 'made up')"
        )


def test_a_restored_dump_is_in_order(temporary_store, postgres_cluster, tmp_path):
    _, owner = temporary_store
    source = owner.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    url = postgres_cluster.create_database()
    target, dump = url.replace("postgresql+psycopg", "postgresql"), str(tmp_path / "all.dump")
    programs = postgres_cluster.programs
    for command in (
        [f"{programs}/pg_dump", "-Fc", "-f", dump, "-d", source],
        [f"{programs}/pg_restore", "--no-owner", "--no-privileges", "-d", target, dump],
    ):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
    with open_store(url) as restored:
        assert check(restored) == []
