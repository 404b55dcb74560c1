#!/usr/bin/env bash
# What `./dev bench ca` measures is what `crest-ca init` writes, but for the differences that it states.
. "$(dirname "$0")/../interop/lib.sh"

need python3
bench=$(dirname "$(readlink -f "$0")")/../../bench
python() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$bench python3 "$@"; }

differences() {  # differences KIND: of a CA that the bench made from one that init made; what is stated, and what there is
  python - "$work" "$1" <<'PYTHON'
import pathlib, subprocess, sys, tomllib
from ca_parts import servers, world

class Here:
    command = world.World.command

def flat(table, prefix=""):
    for key, value in table.items():
        yield from flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]

def settings(folder):
    return dict(flat(tomllib.loads((folder / "ca.toml").read_text())))

kind, made = sys.argv[2], pathlib.Path(sys.argv[1]) / sys.argv[2]
made.mkdir()
ca = servers.init_crest_ca(Here(), made)
stated = dict(servers.DIFFERENCES)
if kind == "caa":
    servers.ask_for_caa(ca)
    stated |= servers.DIFFERENCES_WITH_CAA
    del stated["validation.caa"]
plain = made / "plain"
subprocess.run([servers.BIN / "crest-ca", "init", "--passphrase-file", made / "passphrase", plain], check=True, stdout=subprocess.DEVNULL)
measured, written = settings(ca), settings(plain)
assert sorted(p.name for p in ca.iterdir()) == sorted(p.name for p in plain.iterdir())
found = {name for name in measured.keys() | written.keys() if measured.get(name) != written.get(name)}
assert found == stated.keys(), f"stated {sorted(stated)}, found {sorted(found)}"
assert measured["listen"].endswith(written["listen"]) and measured["status.listen"].endswith(written["status.listen"])
PYTHON
}
check "its settings are those of init" differences plain
check "its settings are those of init, with CAA" differences caa

cat >"$work/serve.py" <<'PYTHON'
"""One certificate from a server of the bench; its folder, log and command are kept."""
import pathlib, sys
from ca_parts import servers, world

with world.World() as here:
    subject = servers.start_crest_ca(here, here.new_folder())
    here.command(world.BIN / "crest", "obtain", "--directory", subject.directory, "--trust", subject.trust, "--state",
                 here.folder / "state", "--http-listen", f"{world.PROVER}:80", "--agree-tos", world.NAME)
    keep = pathlib.Path(sys.argv[1])
    (keep / "command").write_bytes(pathlib.Path(f"/proc/{subject.process.pid}/cmdline").read_bytes())
    here.stop(subject.process)
    subject.folder.rename(keep / "served")
    (subject.folder.parent / "server.log").rename(keep / "log")
PYTHON
check "its server issues" python "$work/serve.py" "$work"
check "its server is told nothing but where and by which passphrase" same \
  "$(tr '\0' ' ' <"$work/command" | sed "s|^[^ ]*/crest-ca|crest-ca|; s|/[^ ]*/|.../|g")" \
  "crest-ca serve --json --passphrase-file .../passphrase .../ca "
check "it logs each request" test "$(grep -c '"event":"request"' "$work/log")" -ge 8
rows() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' "$work/served/db/store.sqlite" "$1"; }
check "it writes the audit log" test "$(rows "SELECT count(*) FROM audit WHERE text LIKE '%signature_journalled%load.test%'")" = 1
check "its store writes ahead" test "$(rows "PRAGMA journal_mode")" = wal
done_testing
