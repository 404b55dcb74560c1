"""One node and two on one PostgreSQL: what a certificate costs the nodes, and the database."""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from ca_parts import servers, world
from ca_parts.report import Report, medians, print_table, ratio

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
CONNECTIONS, CERTIFICATES, ROUNDS = 16, 400, 2
LOAD_SECONDS_MAX, SECONDS_MAX, START_SECONDS_MAX = 15, 150, 30
COLUMNS = (("certs_per_second", "cert/s", "{:.0f}", 1), ("p95_seconds", "p95 ms", "{:.1f}", 1000),
           ("node_cpu_seconds_per_cert", "nodes CPU-ms/cert", "{:.2f}", 1000),
           ("database_cpu_seconds_per_cert", "database CPU-ms", "{:.2f}", 1000),
           ("rolled_back_per_cert", "rolled back/cert", "{:.2f}", 1), ("failed", "failed", "{:.0f}", 1))


class Database:
    """A server of our own with its usual settings, started outside of the namespace: whoever is root there and nowhere else
    cannot be the user that it wants."""

    def __enter__(self) -> "Database":
        if not (POSTGRES / "postgres").exists():
            raise world.CannotMeasure("PostgreSQL 15 is not installed")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="crest-bench-"))
        self.folder.chmod(0o777)
        who = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"} | who
        subprocess.run([POSTGRES / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "crest", "-E", "UTF8",
                        "--no-locale"], check=True, **quiet)
        self.process = subprocess.Popen([POSTGRES / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c",
                                         "listen_addresses="], **quiet)
        end = time.monotonic() + START_SECONDS_MAX
        while subprocess.run([POSTGRES / "pg_isready", "-q", "-h", self.folder]).returncode:
            if time.monotonic() > end:
                self.__exit__()
                raise world.CannotMeasure("PostgreSQL does not start")
            time.sleep(0.1)
        return self

    def __exit__(self, *_) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def measure(case: dict) -> dict:
    loads = {"one": [], "two": []}
    with world.World() as here:
        first = servers.init_crest_ca(here, here.new_folder())
        servers.adapt_crest_ca(first, settings={"store.postgres": case["postgres"], "store.node": "one"})
        second = here.new_folder() / "ca"
        shutil.copytree(first, second)
        servers.passphrase_file(second.parent)
        servers.adapt_crest_ca(second, servers.PORT + 1, {"store.node": "two"})
        one = servers.serve_crest_ca(here, first)
        for _ in range(ROUNDS):
            loads["one"].append(load([one], case))
            two = servers.serve_crest_ca(here, second, servers.PORT + 1)
            loads["two"].append(load([one, two], case))
            here.stop(two.process)
    return loads


def load(nodes: list[servers.Subject], case: dict) -> dict:
    pids = [str(node.process.pid) for node in nodes] + [str(case["database"])]
    before = rolled_back(case)
    row = world.load(nodes[0], directory=",".join(node.directory for node in nodes), pid=",".join(pids),
                     connections=CONNECTIONS, certificates=CERTIFICATES, seconds_max=LOAD_SECONDS_MAX)
    if row["failed"]:
        world.say(f"nodes: {row['failed']} failed, the first with: {row['first_failure']}")
    issued, each = max(row["certificates"], 1), row.pop("cpu_seconds_each")
    return {key: row[key] for key in ("certificates", "failed", "wall_seconds", "certs_per_second", "p50_seconds",
                                      "p95_seconds", "rss_peak_bytes")} | {
        "node_cpu_seconds_per_cert": sum(each[:-1]) / issued, "database_cpu_seconds_per_cert": each[-1] / issued,
        "rolled_back_per_cert": (rolled_back(case) - before) / (issued + max(CONNECTIONS, CERTIFICATES // 10))}


def rolled_back(case: dict) -> int:
    """Transactions, since the database began: those of nodes that got in each other's way."""
    said = subprocess.run(["psql", "-XAtqc", "SELECT xact_rollback FROM pg_stat_database WHERE datname = 'postgres'",
                           case["postgres"]], stdout=subprocess.PIPE, text=True, check=True)
    return int(said.stdout)


def run(report: Report, options) -> None:
    world.say(f"nodes: {ROUNDS} rounds")
    with Database() as database:
        target = f"host={database.folder} user=crest dbname=postgres"
        loads = world.in_world("nodes", {"postgres": target, "database": database.process.pid}, SECONDS_MAX)
    rows = [report.add("crest-ca", f"{count} of one PostgreSQL", **medians(loads[key]))
            for key, count in (("one", "one node"), ("two", "two nodes"))]
    print_table("nodes on one database, medians", rows, COLUMNS)
    more = ratio(loads["two"], loads["one"], "certs_per_second")
    print(f"  two nodes issue {more:.2f} times as many as one in the same time, on the cores of one machine")
