"""One account floods the CA over 64 connections: it orders, and has the CA ask hosts that never answer. Another account takes
one certificate after the other meanwhile."""
import json
import subprocess
import time

from ca_parts import servers, world
from ca_parts.report import Report, print_table

CONNECTIONS, SECONDS, AHEAD_SECONDS = 64, 20, 4
WITHIN, SECONDS_MAX = 5.0, 90
COLUMNS = (("flood_requests_per_second", "flood requests/s", "{:.0f}", 1), ("certificates", "certificates", "{:.0f}", 1),
           ("p50_seconds", "p50 ms", "{:.1f}", 1000), ("p95_seconds", "p95 ms", "{:.1f}", 1000),
           ("slowest_seconds", "slowest s", "{:.2f}", 1), ("failed", "failed", "{:.0f}", 1))


def measure(case: dict) -> dict:
    with world.World() as here:
        world.accept_and_say_nothing()
        subject = servers.start_crest_ca(here, here.new_folder())
        flood = subprocess.Popen(
            world.load_command(subject, name=world.SILENT_NAME, listen="127.0.0.1:0", connections=CONNECTIONS,
                               seconds_max=AHEAD_SECONDS + SECONDS + 2, flood="yes"), stdout=subprocess.PIPE, text=True)
        time.sleep(AHEAD_SECONDS)
        row = world.load(subject, connections=1, certificates=10**6, seconds_max=SECONDS, warm_up="no")
        if flood.poll() is not None:
            raise world.CannotMeasure("the flood was over before the other account was")
        flooded = json.loads(flood.communicate()[0])
        return row | {"flood_requests_per_second": flooded["requests"] / (AHEAD_SECONDS + SECONDS + 2),
                      "flood_orders": flooded["orders"], "flood_refused": flooded["refused"]}


def run(report: Report, options) -> None:
    world.say(f"flood: {SECONDS} seconds")
    said = world.in_world("flood", {}, SECONDS_MAX)
    said.pop("first_failure"), said.pop("fell_silent"), said.pop("cpu_seconds_each")
    row = report.add("crest-ca", "in a flood", **said)
    print_table(f"one account floods over {CONNECTIONS} connections, another takes certificates", [row], COLUMNS)
    slowest = row["slowest_seconds"] if row["certificates"] and not row["failed"] else float("inf")
    report.at_most("seconds for the slowest certificate of another account in a flood", slowest, WITHIN)
