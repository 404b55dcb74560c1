"""What a certificate costs with 1,000 certificates in the database and with 1,000,000, and what else grows."""
import contextlib
import os
import pathlib
import sqlite3
import time

from ca_parts import planted, servers, world
from ca_parts.report import Report, medians, print_table, ratio

FEW, MANY = 1_000, 1_000_000
CONNECTIONS, CERTIFICATES, ROUNDS = 16, 500, 3  # the limits of init let 100 accounts an hour come from one address
SECONDS_MAX, LOAD_SECONDS_MAX, LIST_SECONDS_MAX = 280, 15, 60
RSS_MIB_MAX, COST_MAX, PLANTING_SECONDS_MAX = 96, 1.2, 60
COLUMNS = (("certs_per_cpu_second", "cert/CPU-s", "{:.0f}", 1), ("p95_seconds", "p95 ms", "{:.1f}", 1000),
           ("rss_peak_bytes", "peak MiB", "{:.1f}", 1 / 2**20), ("written_bytes_per_cert", "KiB written/cert", "{:.1f}", 1 / 1024),
           ("start_seconds", "start s", "{:.2f}", 1), ("list_seconds", "CRL s", "{:.2f}", 1),
           ("list_cpu_seconds", "CRL CPU-s", "{:.2f}", 1), ("database_bytes", "database MiB", "{:.0f}", 1 / 2**20),
           ("planting_seconds", "planted in s", "{:.1f}", 1))


def measure(case: dict) -> dict:
    with world.World() as here:
        subjects, facts, loads = {}, {}, {}
        for place, (size, count) in enumerate(case["sizes"].items()):
            subjects[size], facts[size] = start_with(here, count, servers.PORT + place)
            loads[size] = []
        for _ in range(ROUNDS):
            for size, subject in subjects.items():
                loads[size].append(world.load(subject, connections=CONNECTIONS, certificates=CERTIFICATES,
                                              seconds_max=LOAD_SECONDS_MAX))
        for size, subject in subjects.items():
            facts[size] |= time_of_list(here, subject)
        return {"loads": loads, "facts": facts}


def start_with(here: world.World, count: int, port: int) -> tuple[servers.Subject, dict]:
    """A CA with so many certificates. The first is issued, the others are planted."""
    ca = servers.init_crest_ca(here, here.new_folder())
    servers.adapt_crest_ca(ca, port)
    first = servers.serve_crest_ca(here, ca, port)
    world.load(first, connections=1, certificates=1, warm_up="no")
    here.stop(first.process)
    seconds = planted.plant(database_of(ca), count)
    subject = servers.serve_crest_ca(here, ca, port)
    await_list(ca)
    return subject, {"planting_seconds": seconds, "database_bytes": database_of(ca).stat().st_size,
                     "start_seconds": subject.start_seconds}


def database_of(ca: pathlib.Path) -> pathlib.Path:
    return ca / "db/store.sqlite"


def time_of_list(here: world.World, subject: servers.Subject) -> dict:
    """From a revocation by another process to the revocation list that has it."""
    with reading(subject.folder) as db:
        (serial,) = db.execute("SELECT serial FROM certificates WHERE status = 'issued' ORDER BY number DESC LIMIT 1").fetchone()
    here.command(world.BIN / "crest-ca", "revoke", subject.folder, serial, "--reason", "superseded", "--yes")
    begun, before = time.monotonic(), cpu_seconds(subject.process.pid)
    await_list(subject.folder)
    return {"list_seconds": time.monotonic() - begun, "list_cpu_seconds": cpu_seconds(subject.process.pid) - before}


def await_list(ca: pathlib.Path) -> None:
    end = time.monotonic() + LIST_SECONDS_MAX
    with reading(ca) as db:
        while db.execute("SELECT number FROM revocation_counts WHERE number > (SELECT revocations FROM crls WHERE part = 0 "
                         "AND crls.issuer = revocation_counts.issuer)").fetchone():
            if time.monotonic() > end:
                raise world.CannotMeasure(f"no new revocation list in {LIST_SECONDS_MAX} s")
            time.sleep(0.02)


def reading(ca: pathlib.Path):
    return contextlib.closing(sqlite3.connect(f"file:{database_of(ca)}?mode=ro", uri=True, timeout=10))


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(report: Report, options) -> None:
    world.say(f"scale: planting {MANY:,} certificates, then {ROUNDS} rounds")
    said = world.in_world("scale", {"sizes": {"few": FEW, "many": MANY}}, SECONDS_MAX)
    rows = [report.add("crest-ca", f"{count:,} certificates", **medians(said["loads"][size]) | said["facts"][size] |
                       {"rss_peak_bytes": max(load["rss_peak_bytes"] for load in said["loads"][size])})
            for size, count in (("few", FEW), ("many", MANY))]
    print_table("with a full database, medians", rows, COLUMNS)
    report.at_most(f"MiB of memory with {MANY:,} certificates", rows[1]["rss_peak_bytes"] / 2**20, RSS_MIB_MAX)
    report.at_most(f"times the CPU time for a certificate with {MANY:,} certificates as with {FEW:,}",
                   ratio(said["loads"]["few"], said["loads"]["many"], "certs_per_cpu_second"), COST_MAX)
    report.at_most(f"seconds to plant {MANY:,} certificates", rows[1]["planting_seconds"], PLANTING_SECONDS_MAX)
