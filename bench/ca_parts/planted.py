"""Rows as they would be after so many certificates, put into the database of a CA that has issued one: that one is the
model. All were made in the week before now and live for a week, so that none is over; one in a hundred is revoked."""
import hashlib
import json
import os
import pathlib
import sqlite3
import time

WEEK = 7 * 86_400_000
CERTIFICATES_OF_ACCOUNT, REVOKED_EVERY = 10, 100

SERIES = "WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < :count) "
# An id begins with its time, so those of later rows stand behind those of earlier ones: these numbers stand before all
# that are given out from now on.
ACCOUNT, ORDER, PROOF = (f"printf('{kind}%08x', {{}}) || substr(:id, 10)" for kind in "000")

STEPS = {
    "accounts": SERIES + f"""
        INSERT INTO accounts (id, thumbprint, key_spki, status, contact, terms_agreed, binding, created)
        SELECT {ACCOUNT.format('i')}, substr(hex(randomblob(22)), 2), randomblob(91), 'valid', '', 1, '', :begin
        FROM series""",
    "certificates": SERIES + f"""
        INSERT INTO certificates (serial, order_id, account, status, tbs_sha256, der, issuer, created, not_before,
          not_after, names, profile, revoked_at, revocation_reason, replaced_by)
        SELECT '4' || substr(lower(hex(randomblob(16))), 2), {ORDER.format('i')}, {ACCOUNT.format('1 + i % :accounts')},
          iif(i % :revoked_every = 0, 'revoked', 'issued'), lower(hex(randomblob(32))), model.der, model.issuer,
          :begin + i * :span / :count, :begin + i * :span / :count, :begin + i * :span / :count + :life,
          'host-' || i || '.corp.example', model.profile, iif(i % :revoked_every = 0, :now, NULL),
          iif(i % :revoked_every = 0, 4, 0), ''
        FROM series, (SELECT * FROM certificates WHERE serial = :serial) AS model""",
    "orders": f"""
        INSERT INTO orders (id, account, status, identifiers, authorizations, not_before, not_after, profile, replaces,
          error, serial, created, expires)
        SELECT planted.order_id, planted.account, 'valid', 'dns ' || planted.names, planted.order_id, NULL, NULL,
          model.profile, '', '', planted.serial, planted.created, planted.created + 86400000
        FROM certificates AS planted, (SELECT profile FROM orders WHERE serial = :serial) AS model
        WHERE planted.number > :before ORDER BY planted.number""",
    "authorizations": """
        INSERT INTO authorizations (id, account, type, value, wildcard, status, token, key_authorization, challenges,
          processing, created, expires)
        SELECT planted.order_id, planted.account, 'dns', planted.names, 0, 'valid', substr(planted.tbs_sha256, 1, 43),
          model.key_authorization, model.challenges, 0, planted.created, planted.created + 86400000
        FROM certificates AS planted, (SELECT * FROM authorizations WHERE status = 'valid' LIMIT 1) AS model
        WHERE planted.number > :before ORDER BY planted.number""",
    "links": """
        INSERT INTO order_authorizations (authorization_id, order_id)
        SELECT order_id, order_id FROM certificates WHERE number > :before ORDER BY number""",
    "spendings": """
        INSERT INTO spendings (subject, full_at) SELECT 'orders:' || id, :now FROM accounts WHERE created = :begin""",
    "revocations": """
        INSERT INTO revocation_counts (issuer, number)
        SELECT issuer, :count / :revoked_every FROM certificates WHERE serial = :serial
        ON CONFLICT (issuer) DO UPDATE SET number = number + excluded.number""",
}


def plant(database: pathlib.Path, count: int) -> float:
    """How many seconds it took, until all of it was on the disk. Nobody else may have the database open."""
    begun, now = time.monotonic(), int(time.time() * 1000)
    db = sqlite3.connect(database, isolation_level=None)
    for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -500000",
                    "temp_store = MEMORY"):
        db.execute(f"PRAGMA {setting}").fetchall()
    before, serial, order = db.execute(
        "SELECT number, serial, order_id FROM certificates WHERE account <> '' ORDER BY number DESC LIMIT 1").fetchone()
    values = {"count": count, "accounts": max(1, count // CERTIFICATES_OF_ACCOUNT), "before": before, "serial": serial,
              "id": order, "now": now, "begin": now - WEEK, "span": WEEK - 60_000, "life": WEEK,
              "revoked_every": REVOKED_EVERY}
    db.execute("BEGIN")
    indexes = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    for step, sql in STEPS.items():
        db.execute(sql, values | {"count": values["accounts"]} if step == "accounts" else values)
    plant_audit(db, before)
    for _, sql in indexes:
        db.execute(sql)
    db.execute("COMMIT")
    db.execute("PRAGMA locking_mode = NORMAL")
    db.close()
    file = os.open(database, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
    return time.monotonic() - begun


def plant_audit(db: sqlite3.Connection, before: int) -> None:
    """A line for each certificate, each with the digest of the one before."""
    chain, number, last = db.execute("SELECT chain, number, digest FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    model = db.execute("SELECT text FROM audit WHERE text LIKE '%signature_journalled%' ORDER BY number DESC LIMIT 1")
    line = json.loads(model.fetchone()[0])
    dump = json.JSONEncoder(separators=(",", ":")).encode
    marks = ("serial", "order", "account", "names")
    form = dump(line | {"number": 77777, "previous": "@previous",
                        "facts": line["facts"] | {mark: f"@{mark}" for mark in marks}}).replace("%", "%%")
    for mark in marks + ("previous",):
        form = form.replace(f"@{mark}", f"%({mark})s")
    form = form.replace("77777", "%(number)d")

    def lines():
        nonlocal number, last
        planted = db.execute("SELECT serial, order_id, account, names FROM certificates WHERE number > ? ORDER BY number",
                             (before,))
        for serial, order, account, names in planted:
            number += 1
            text = form % {"number": number, "serial": serial, "order": order, "account": account, "names": names,
                           "previous": last}
            last = hashlib.sha256(text.encode()).hexdigest()
            yield chain, number, text, last

    db.executemany("INSERT INTO audit (chain, number, text, digest) VALUES (?, ?, ?, ?)", lines())
