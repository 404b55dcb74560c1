"""crest-ca beside Caddy's ACME server, Pebble, and the floor: real HTTPS and real http-01, in turn-about rounds."""
import json
import subprocess

from ca_parts import servers, world
from ca_parts.report import Report, medians, print_table, ratio

SUBJECTS = ("crest-ca", "crest-ca, CAA", "caddy", "pebble")
CASES = {"crest-ca, CAA": ("crest-ca", "http-01, CAA")}
LOAD_SECONDS_MAX, ROUND_SECONDS_MAX = 12, 30
ENOUGH = 100  # certificates: fewer say nothing
TARGETS = {"caddy": 5.0, "pebble": 2.0}  # times as many certificates per CPU-second
LATENCY_SHARE, FLOOR_SHARE = 0.5, 0.6
COLUMNS = (("connections", "connections", "{:.0f}", 1), ("certs_per_second", "cert/s", "{:.0f}", 1),
           ("certs_per_cpu_second", "cert/CPU-s", "{:.0f}", 1), ("p50_seconds", "p50 ms", "{:.1f}", 1000),
           ("p95_seconds", "p95 ms", "{:.1f}", 1000), ("rss_peak_bytes", "peak MiB", "{:.1f}", 1 / 2**20),
           ("rss_growth_bytes_per_cert", "B RSS/cert", "{:.0f}", 1),
           ("written_bytes_per_cert", "KiB written/cert", "{:.1f}", 1 / 1024), ("failed", "failed", "{:.0f}", 1))
STEPS = ("verification", "csr_check", "build_and_sign", "parse_back", "fetch", "tls_records", "transactions")


def measure(case: dict) -> dict:
    with world.World() as here:
        subject = servers.STARTERS[case["subject"]](here, here.new_folder())
        return world.load(subject, connections=case["connections"], certificates=case["certificates"],
                          seconds_max=LOAD_SECONDS_MAX)


def measure_floor() -> dict:
    said = subprocess.run([world.BIN / "crest-floor"], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    return json.loads(said.stdout)


def measured(subject: str, connections: int, certificates: int) -> dict | None:
    """None when there is nothing to go by. Pebble's store can lock itself up under load (its issue 554): what it issued
    until then counts, as rates do not depend on how long a run was. When that was next to nothing it gets another try,
    and then one with half the connections."""
    for tried in (connections, connections, max(1, connections // 2)):
        row = measured_once(subject, tried, certificates)
        if row and row["certificates"] >= min(ENOUGH, certificates):
            return row | {"connections": tried}
        world.say(f"{subject}: too few to count")
    return None


def measured_once(subject: str, connections: int, certificates: int) -> dict | None:
    case = {"subject": subject, "connections": connections, "certificates": certificates}
    try:
        row = world.in_world("beside", case, ROUND_SECONDS_MAX)
    except world.CannotMeasure as error:
        world.say(f"{subject}: {error}")
        return None
    if row["fell_silent"]:
        world.say(f"{subject}: answered nobody any more after {row['certificates']:.0f} certificates, with "
                  f"{row['cut_off']:.0f} under way")
    if row["failed"]:
        world.say(f"{subject}: {row['failed']:.0f} failed, the first with: {row['first_failure']}")
    return row


def run(report: Report, options) -> None:
    runs: dict[str, list[dict | None]] = {subject: [] for subject in options.subjects}
    floors = []
    for number in range(options.rounds):
        world.say(f"beside: round {number + 1} of {options.rounds}")
        floors.append(measure_floor())
        for subject in options.subjects:
            runs[subject].append(measured(subject, options.connections, options.certificates))
    tell_floor(report, floors)
    rows = []
    for subject in options.subjects:
        counted = [row for row in runs[subject] if row]
        silent = sum(row["fell_silent"] for row in counted) + options.rounds - len(counted)
        if counted:
            rows.append(report.add(*CASES.get(subject, (subject, "http-01")), **medians(counted), rounds=len(counted), rounds_cut_short=silent))
        else:
            print(f"\n{subject}: no round could be counted")
    print_table("side by side, medians", rows, COLUMNS)
    for row in rows:
        if row["rounds_cut_short"]:
            print(f"  {row['subject']} fell silent in {row['rounds_cut_short']} of {options.rounds} rounds")
    if "crest-ca" in runs:
        compare(report, runs, floors)


def tell_floor(report: Report, floors: list[dict]) -> None:
    row = report.add("floor", "http-01", **medians(floors))
    print(f"\nthe floor: {row['certs_per_cpu_second']:.0f} certificates per CPU-second; microseconds each: " +
          ", ".join(f"{step.replace('_', ' ')} {row[step + '_microseconds']:.0f}" for step in STEPS))


def compare(report: Report, runs: dict, floors: list[dict]) -> None:
    ours = runs["crest-ca"]
    for subject, wanted in TARGETS.items():
        if not any(mine and other for mine, other in zip(ours, runs.get(subject, []))):
            continue
        report.at_least(f"times the certificates per CPU-second of {subject}",
                        ratio(ours, runs[subject], "certs_per_cpu_second"), wanted)
        report.at_most(f"of the p95 of {subject}", ratio(ours, runs[subject], "p95_seconds"), LATENCY_SHARE)
    if any(ours):
        report.at_least("of the floor's certificates per CPU-second", ratio(ours, floors, "certs_per_cpu_second"), FLOOR_SHARE)
