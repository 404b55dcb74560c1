"""200 orders at once on one account, asked of crest-ca and of Caddy."""
from ca_parts import servers, world
from ca_parts.report import Report, print_table

ORDERS, ROUNDS = 200, 2
SUBJECTS = ("crest-ca", "caddy")
LOAD_SECONDS_MAX, ROUND_SECONDS_MAX = 30, 60
COLUMNS = (("orders", "orders", "{:.0f}", 1), ("failed", "failed", "{:.0f}", 1), ("share_failed", "failed %", "{:.1f}", 100),
           ("slowest_seconds", "slowest s", "{:.2f}", 1))


def measure(case: dict) -> dict:
    with world.World() as here:
        subject = servers.STARTERS[case["subject"]](here, here.new_folder())
        return world.load(subject, connections=ORDERS, certificates=ORDERS, one_account="yes", warm_up="no",
                          seconds_max=LOAD_SECONDS_MAX)


def run(report: Report, options) -> None:
    rows, firsts = [], {}
    for subject in [name for name in SUBJECTS if name in options.subjects]:
        runs = []
        for number in range(ROUNDS):
            world.say(f"burst: {subject}, round {number + 1} of {ROUNDS}")
            try:
                runs.append(world.in_world("burst", {"subject": subject}, ROUND_SECONDS_MAX))
            except world.CannotMeasure as error:
                world.say(f"{subject}: {error}")
        if not runs:
            print(f"\nburst: {subject} could not be measured")
            continue
        orders, failed = ORDERS * len(runs), sum(row["failed"] + row["cut_off"] for row in runs)
        firsts[subject] = next((row["first_failure"] for row in runs if row["first_failure"]), "")
        rows.append(report.add(subject, f"{ORDERS} orders at once", orders=orders, failed=failed, share_failed=failed / orders,
                               slowest_seconds=max(row["slowest_seconds"] for row in runs)))
    print_table(f"{ORDERS} orders at once on one account", rows, COLUMNS)
    for row in rows:
        if row["failed"]:
            print(f"  {row['subject']}: the first failure: {firsts[row['subject']] or 'it was not over in time'}")
        if row["subject"] == "crest-ca":
            report.at_most(f"of {row['orders']} orders on one account failed, {ORDERS} at once", row["failed"], 0)
