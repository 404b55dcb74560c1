"""The servers that are measured, each started the way its makers say, and crest-ca as `crest-ca init` leaves it."""
import dataclasses
import json
import pathlib
import re
import subprocess

from ca_parts.world import BIN, World, await_answer

PASSPHRASE = "correct horse battery staple\n"
PORT, STATUS_PORT = 9000, 9080

# What the ca.toml of a measured crest-ca has otherwise than the one that `crest-ca init` writes, and why; a test holds
# the two together. The audit log, the request log and the metrics are on, each certificate is linted under a throw-away
# signature, and SQLite syncs every commit.
DIFFERENCES = {
    "host": "the load generator calls it localhost",
    "listen": "on loopback",
    "status.listen": "on loopback, one for each node",
    "validation.caa": "no other subject asks for CAA records; what it costs to ask is a row of its own",
}
DIFFERENCES_WITH_CAA = {
    "validation.caa": "as init has it",
    "validation.insecure_domains": "the measured names are below test., which the public root denies",
}
DIFFERENCES_OF_NODES = {
    "store.postgres": "the database that the nodes share",
    "store.node": "each node has its name",
}


@dataclasses.dataclass
class Subject:
    name: str
    process: subprocess.Popen
    directory: str
    trust: pathlib.Path
    folder: pathlib.Path
    start_seconds: float = 0


def set_in_toml(file: pathlib.Path, settings: dict[str, object]) -> None:
    text = file.read_text()
    for name, value in settings.items():
        section, _, key = name.rpartition(".")
        begin = text.index(f"\n[{section}]") + 1 if section else 0
        line = re.compile(rf"^{key} *= *[^#\n]*", re.MULTILINE).search(text, begin)
        text = text[:line.start()] + f"{key} = {json.dumps(value)} " + text[line.end():]
    file.write_text(text)


def passphrase_file(folder: pathlib.Path) -> pathlib.Path:
    secret = folder / "passphrase"
    secret.touch(mode=0o600)
    secret.write_text(PASSPHRASE)
    return secret


def init_crest_ca(world, folder: pathlib.Path) -> pathlib.Path:
    ca = folder / "ca"
    world.command(BIN / "crest-ca", "init", "--passphrase-file", passphrase_file(folder), ca)
    adapt_crest_ca(ca)
    return ca


def adapt_crest_ca(ca: pathlib.Path, port: int = PORT, settings: dict[str, object] | None = None) -> None:
    set_in_toml(ca / "ca.toml", {
        "host": "localhost", "listen": f"127.0.0.1:{port}", "status.listen": f"127.0.0.1:{port - PORT + STATUS_PORT}",
        "validation.caa": False} | (settings or {}))


def ask_for_caa(ca: pathlib.Path) -> None:
    adapt_crest_ca(ca, settings={"validation.caa": True, "validation.insecure_domains": ["test"]})


def serve_crest_ca(world: World, ca: pathlib.Path, port: int = PORT) -> Subject:
    command = [BIN / "crest-ca", "serve", "--json", "--passphrase-file", ca.parent / "passphrase", ca]
    process = world.start(ca.parent, command)
    seconds = await_answer(port, process, ca.parent, "/health")
    return Subject("crest-ca", process, f"https://localhost:{port}/acme/corp/directory", ca / "roots.pem", ca, seconds)


def start_crest_ca(world: World, folder: pathlib.Path) -> Subject:
    return serve_crest_ca(world, init_crest_ca(world, folder))


def start_crest_ca_with_caa(world: World, folder: pathlib.Path) -> Subject:
    ca = init_crest_ca(world, folder)
    ask_for_caa(ca)
    return serve_crest_ca(world, ca)


def start_caddy(world: World, folder: pathlib.Path) -> Subject:
    (folder / "Caddyfile").write_text(
        "{\n  admin off\n  auto_https disable_redirects\n  skip_install_trust\n"
        f"  storage file_system {folder}/data\n}}\nhttps://ca.test {{\n  tls internal\n  acme_server\n}}\n")
    process = world.start(folder, ["caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"])
    await_answer(443, process, folder, "/acme/local/directory", "ca.test")
    return Subject("caddy", process, "https://ca.test/acme/local/directory",
                   folder / "data/pki/authorities/local/root.crt", folder)


def start_pebble(world: World, folder: pathlib.Path) -> Subject:
    world.command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3",
                  "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-addext",
                  "subjectAltName=DNS:localhost")
    (folder / "config.json").write_text(json.dumps({"pebble": {
        "listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000", "certificate": "cert.pem",
        "privateKey": "key.pem", "httpPort": 80, "tlsPort": 5001, "ocspResponderURL": "",
        "externalAccountBindingRequired": False}}))
    process = world.start(folder, ["pebble", "-config", "config.json"], PEBBLE_VA_NOSLEEP="1",
                          PEBBLE_WFE_NONCEREJECT="0", PEBBLE_AUTHZREUSE="0")
    await_answer(14000, process, folder, "/dir")
    return Subject("pebble", process, "https://localhost:14000/dir", folder / "cert.pem", folder)


STARTERS = {"crest-ca": start_crest_ca, "crest-ca, CAA": start_crest_ca_with_caa, "caddy": start_caddy, "pebble": start_pebble}
