"""What the proofs share: a network namespace, crest-ca in it on either store, an ACME client that can do everything wrong,
hosts that answer http-01, and the invariants that hold after anything.

A proof is an executable tests/prove/<number>_<name>. It runs with CREST_BIN set, takes --long, prints `figure ...` lines and
ends with 1 when the promise was broken. `proof` below is its frame.
"""
import argparse
import base64
import contextlib
import hashlib
import http.client
import http.server
import json
import mmap
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("CREST_BIN", ROOT / "build/release/bin"))
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
PASSPHRASE = "correct horse battery staple\n"
HOSTS = 300
WAIT_MAX = 20


class Broken(Exception):
    """The promise does not hold."""


def require(condition, what: str) -> None:
    if not condition:
        raise Broken(what)


def say(text: str) -> None:
    print(text, flush=True)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def wait_until(what: str, seconds: float, condition):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        require(time.monotonic() < end, f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


# --- where a proof runs -----------------------------------------------------------------------------------------------


def host(number: int) -> str:
    return f"h{number % HOSTS}.prove.test"


class Postgres:
    """A server of our own, started outside of the namespace: inside there is but one user, and it does not run as root."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="crest-prove-", dir="/tmp"))
        self.folder.chmod(0o777)
        self.who = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            self.who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"} | self.who
        subprocess.run([POSTGRES / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "crest", "-E", "UTF8",
                        "--no-locale", "--no-sync"], check=True, **quiet)
        self.server = subprocess.Popen([POSTGRES / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c",
                                        "listen_addresses=", "-c", "max_connections=100"], **quiet)
        wait_until("PostgreSQL", WAIT_MAX, lambda: (self.folder / ".s.PGSQL.5432").exists())

    def stop(self) -> None:
        self.server.send_signal(signal.SIGINT)
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def proof(number: int, run, needs_postgres: bool = False, adds: str = "") -> None:
    """The frame of a proof: arguments, a namespace of its own, the outcome. `run(lab, options)` does the work."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true", help="the figure of the promise")
    parser.add_argument("--quick", action="store_true", help="a small part, for ./dev test")
    options = parser.parse_args()
    if "CREST_PROVE_INSIDE" not in os.environ:
        server = Postgres() if needs_postgres and not options.quick else None
        flags = ["--net", "--mount", "--pid", "--fork", "--kill-child"]
        flags += [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        inside = os.environ | {"CREST_PROVE_INSIDE": "1", "CREST_PROVE_POSTGRES": str(server.folder) if server else ""}
        try:
            code = subprocess.run(["unshare", *flags, "--", sys.argv[0], *sys.argv[1:]], env=inside).returncode
        finally:
            if server:
                server.stop()
        sys.exit(code)
    with Lab() as lab:
        began = time.monotonic()
        try:
            run(lab, options)
        except Broken as broken:
            say(f"not ok prove {number}: {broken}")
            lab.keep()
            sys.exit(1)
        say(f"ok prove {number} ({time.monotonic() - began:.0f} s)")
        if adds and not options.long:
            say(f"the long form adds: {adds}")


class Lab:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="crest-prove-"))
        self.processes: list[subprocess.Popen] = []
        self.tokens: dict[str, str] = {}  # what the hosts of the names answer
        self.answered: list[tuple[str, str]] = []  # of them: to whom, and what
        self.schemas = 0
        self.postgres = os.environ.get("CREST_PROVE_POSTGRES", "")

    def __enter__(self):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
        names = self.folder / "hosts"
        names.write_text("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {host(i)}\n" for i in range(HOSTS)))
        subprocess.run(["mount", "--bind", names, "/etc/hosts"], check=True)
        self.passphrase = self.folder / "passphrase"
        self.passphrase.touch(mode=0o600)
        self.passphrase.write_text(PASSPHRASE)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self) -> None:
        """Says the end of each log: the folder itself goes."""
        for log in self.folder.glob("*.log"):
            lines = log.read_text(errors="replace").splitlines()
            wrong = [line for line in lines if "ERROR" in line or '"level":"error"' in line][-5:]
            say("\n".join([f"  {log.name}:"] + [f"    {line[:400]}" for line in (wrong or lines[-3:])]))

    def popen(self, name: str, command: list, **environment) -> subprocess.Popen:
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=os.environ | environment)
        self.processes.append(process)
        return process

    def command(self, *words) -> subprocess.CompletedProcess:
        return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def fresh_database(self) -> str:
        self.schemas += 1
        self.sql(f"CREATE SCHEMA p{self.schemas}", schema="")
        return f"host={self.postgres} user=crest dbname=postgres options='-c search_path=p{self.schemas}'"

    def sql(self, text: str, schema: str | None = None) -> list[list[str]]:
        path = f"-c search_path={schema or f'p{self.schemas}'}"
        done = subprocess.run(["psql", "-XAtq", "-h", self.postgres, "-U", "crest", "-d", "postgres", "-F", "\t", "-c", text],
                              env=os.environ | {"PGOPTIONS": path if schema != "" else ""}, capture_output=True, text=True)
        require(done.returncode == 0, f"psql: {done.stderr}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def serve_tokens(self, address: str = "127.0.0.1") -> None:
        """All hosts of all names: each answers a token with what `tokens` says."""
        lab = self

        class Host(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                token = self.path.rsplit("/", 1)[-1]
                body = lab.tokens.get(token, "").encode()
                lab.answered.append((self.headers.get("Host", ""), body.decode()))
                self.send_response(200 if body else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer((address, 80), Host)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()


# --- crest-ca ---------------------------------------------------------------------------------------------------------


class Ca:
    """A folder of `crest-ca init --lab`, and the process that serves it."""

    def __init__(self, lab: Lab, name: str = "ca", settings: dict[str, str] | None = None, extra: str = "",
                 postgres: str = "", port: int = 9000):
        self.lab, self.name, self.port = lab, name, port
        self.folder = lab.folder / name
        self.process: subprocess.Popen | None = None
        self.environment: dict[str, str] = {}
        made = lab.command(BIN / "crest-ca", "init", "--lab", "--passphrase-file", lab.passphrase, self.folder)
        require(made.returncode == 0, f"crest-ca init: {made.stderr}")
        self.set({"listen": f'"127.0.0.1:{port}"', "status.listen": f'"127.0.0.1:{port + 80}"',
                  "limits.orders": '"unlimited"', "limits.failed_validations": '"unlimited"', "limits.accounts": '"unlimited"',
                  "orders.open_max": "100000", "validation.dnssec": "false"} | (settings or {}))
        if postgres:
            self.set({"store.postgres": json.dumps(postgres)})
        if extra:
            with open(self.folder / "ca.toml", "a") as toml:
                toml.write(extra)
        self.postgres = postgres

    @staticmethod
    def in_folder(lab: Lab, name: str, port: int = 9000) -> "Ca":
        """One that was copied or restored."""
        ca = Ca.__new__(Ca)
        ca.lab, ca.name, ca.port, ca.folder = lab, name, port, lab.folder / name
        ca.process, ca.environment, ca.postgres = None, {}, ""
        ca.set({"listen": f'"127.0.0.1:{port}"', "status.listen": f'"127.0.0.1:{port + 80}"'})
        return ca

    def set(self, settings: dict[str, str]) -> None:
        path = self.folder / "ca.toml"
        text = path.read_text()
        for name, value in settings.items():
            section, _, key = name.rpartition(".")
            begin = text.index(f"\n[{section}]") + 1 if section else 0
            at = re.compile(rf"^{key}\s*=\s*[^#\n]*", re.MULTILINE).search(text, begin)
            require(at, f"ca.toml has no {name}")
            text = text[:at.start()] + f"{key} = {value} " + text[at.end():]
        path.write_text(text)

    @property
    def directory(self) -> str:
        return f"https://localhost:{self.port}/acme/corp/directory"

    def start(self) -> "Ca":
        command = [BIN / "crest-ca", "serve", "--json", "--passphrase-file", self.lab.passphrase, self.folder]
        self.process = self.lab.popen(self.name, command, **self.environment)
        wait_until(f"{self.name} serves", WAIT_MAX, self._answers)
        return self

    def _answers(self) -> bool:
        require(self.process.poll() is None, f"{self.name} ended with {self.process.returncode} instead of serving")
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as plain:
                with self.context().wrap_socket(plain, server_hostname="localhost"):
                    return True
        except OSError:
            return False

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "roots.pem"))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(WAIT_MAX)

    def rss(self) -> int:
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) * 1024

    def rows(self, query: str) -> list:
        if self.postgres:
            return self.lab.sql(query)
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/db/store.sqlite?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(query).fetchall()

    def verify_audit(self) -> None:
        for (chain,) in self.rows("SELECT DISTINCT chain FROM audit"):
            said = self.lab.command(BIN / "crest-ca", "audit", "verify", self.folder, "--chain", chain)
            require(said.returncode == 0, f"the audit log {chain} is broken: {said.stdout}{said.stderr}")

    def issuer_spki(self) -> str:
        certificate = x509.load_pem_x509_certificate((self.folder / "intermediate.pem").read_bytes())
        return spki(certificate.public_key()).hex()


def spki(key) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


# --- the client -------------------------------------------------------------------------------------------------------


class Reply:
    def __init__(self, status: int, headers, body: bytes):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def type(self) -> str:
        return str(self.json.get("type", "")).rpartition(":")[2] if self.status >= 400 else ""

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """One account. Nothing is checked on this side: it is to send what no good client would."""

    def __init__(self, ca: Ca, key=None):
        self.ca, self.key, self.kid, self.nonces = ca, key or ec.generate_private_key(ec.SECP256R1()), "", []
        self.connection: http.client.HTTPSConnection | None = None
        numbers = self.key.public_key().public_numbers()
        self.jwk = {"crv": "P-256", "kty": "EC", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        self.thumbprint = b64(hashlib.sha256(text.encode()).digest())

    def url(self, path: str) -> str:
        return f"https://localhost:{self.ca.port}/acme/corp/{path}"

    def send(self, method: str, url: str, body: str | None = None, timeout: float = 30) -> Reply:
        for last in (False, True):
            if not self.connection:
                self.connection = http.client.HTTPSConnection("localhost", self.ca.port, timeout=timeout,
                                                              context=self.ca.context())
            try:
                headers = {"Content-Type": "application/jose+json"} if body is not None else {}
                self.connection.request(method, "/" + url.split("/", 3)[3], body, headers)
                answer = self.connection.getresponse()
                reply = Reply(answer.status, answer.headers, answer.read())
                if answer.headers.get("Replay-Nonce"):
                    self.nonces.append(answer.headers["Replay-Nonce"])
                return reply
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = None
                if last or body is not None:  # a signed request is never sent twice
                    raise

    def forget(self) -> None:
        """What a restart of the CA makes useless."""
        if self.connection:
            self.connection.close()
        self.connection, self.nonces = None, []

    def nonce(self) -> str:
        while not self.nonces:
            self.send("HEAD", self.url("new-nonce"))
        return self.nonces.pop()

    def jws(self, url: str, payload, bare_key: bool = False, nonce: str | None = None) -> str:
        header = {"alg": "ES256", "nonce": nonce or self.nonce(), "url": url}
        header |= {"jwk": self.jwk} if bare_key else {"kid": self.kid}
        parts = b64(json.dumps(header).encode()), "" if payload is None else b64(json.dumps(payload).encode())
        r, s = utils.decode_dss_signature(self.key.sign(".".join(parts).encode(), ec.ECDSA(hashes.SHA256())))
        signature = b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return json.dumps({"protected": parts[0], "payload": parts[1], "signature": signature})

    def post(self, url: str, payload, bare_key: bool = False) -> Reply:
        for _ in range(5):
            reply = self.send("POST", url, self.jws(url, payload, bare_key))
            if reply.type != "badNonce":
                return reply
            del self.nonces[:-1]
        return reply

    def read(self, url: str) -> Reply:
        return self.post(url, None)

    def register(self) -> "Client":
        reply = self.post(self.url("new-account"), {"termsOfServiceAgreed": True}, bare_key=True)
        require(reply.status in (200, 201), f"newAccount: {reply}")
        self.kid = reply.headers["Location"]
        return self

    def order(self, names: list, **more) -> Reply:
        identifiers = [name if isinstance(name, dict) else {"type": "dns", "value": name} for name in names]
        reply = self.post(self.url("new-order"), {"identifiers": identifiers} | more)
        reply.url = reply.headers.get("Location", "")
        return reply

    def respond(self, order: Reply, as_owner: "Client | None" = None) -> None:
        """Lets the hosts answer for this account (or for another one), and says so to the CA."""
        for url in order.json.get("authorizations", []):
            authorization = self.read(url).json
            for challenge in authorization.get("challenges", []):
                if challenge["type"] != "http-01" or authorization["status"] != "pending":
                    continue
                token = challenge["token"]
                self.ca.lab.tokens[token] = f"{token}.{(as_owner or self).thumbprint}"
                self.post(challenge["url"], {})

    def settled(self, url: str, seconds: float = WAIT_MAX) -> dict:
        return wait_until(f"{url} settles", seconds,
                          lambda: (lambda now: now if now.get("status") not in ("pending", "processing") else None)(self.read(url).json))

    def ready(self, names: list) -> Reply:
        order = self.order(names)
        require(order.status == 201, f"newOrder: {order}")
        if order.json["status"] == "pending":
            self.respond(order)
            status = self.settled(order.url)
            require(status["status"] == "ready", f"the order did not get ready: {status}")
        return order

    def finalize(self, order: Reply, csr: bytes) -> Reply:
        return self.post(order.json["finalize"], {"csr": b64(csr)})

    def issue(self, names: list, key=None) -> list[x509.Certificate]:
        order = self.ready(names)
        reply = self.finalize(order, csr(names, key))
        require(reply.status == 200, f"finalize: {reply}")
        done = reply.json if reply.json["status"] == "valid" else self.settled(order.url)
        require(done["status"] == "valid", f"the order ended {done}")
        return chain_of(self.read(done["certificate"]).body)


def chain_of(pem: bytes) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(block + b"-----END CERTIFICATE-----\n")
            for block in pem.split(b"-----END CERTIFICATE-----\n") if block.strip()]


def csr(names: list[str], key=None) -> bytes:
    key = key or ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    return request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


# --- faults and their witness -----------------------------------------------------------------------------------------


class FaultPoint:
    """The other end of tests/prove/fault_point.cpp."""
    OFF, KILL, NO_SPACE, CUT = range(4)
    CALLS, NAME = 200, 16

    def __init__(self, lab: Lab, ca):
        """`ca` is what starts a process with its `environment`."""
        self.path, self.witness_path = lab.folder / f"{ca.name}.fault", lab.folder / f"{ca.name}.witness"
        self.path.write_bytes(bytes(16 + self.CALLS * self.NAME))
        self.file = open(self.path, "r+b")
        self.memory = mmap.mmap(self.file.fileno(), 0)
        library = BIN / "fault_point.so"
        require(library.exists(), f"{library} is not built")
        ca.environment = {"LD_PRELOAD": str(library), "CREST_FAULT_POINT": str(self.path),
                          "CREST_WITNESS": str(self.witness_path)}
        self.ca = ca

    def arm(self, mode: int, at: int) -> None:
        self.memory[4:16] = struct.pack("<III", at, 0, 0)
        self.memory[0:4] = struct.pack("<I", mode)

    def disarm(self) -> tuple[int, list[str]]:
        """How many calls there were, and which."""
        self.memory[0:4] = struct.pack("<I", self.OFF)
        count = struct.unpack("<I", self.memory[8:12])[0]
        names = [self.memory[16 + i * self.NAME:16 + (i + 1) * self.NAME].rstrip(b"\0").decode()
                 for i in range(min(count, self.CALLS))]
        return count, names

    def struck(self) -> int:
        return struct.unpack("<I", self.memory[12:16])[0]

    def signed(self) -> list[tuple[int, str]]:
        """Serial and digest of each to-be-signed certificate that the issuing key signed."""
        issuer, out = self.ca.issuer_spki(), []
        if not self.witness_path.exists():
            return out
        for line in self.witness_path.read_text().splitlines():
            key, _, tbs = line.partition(" ")
            octets = bytes.fromhex(tbs)
            at = 4 if octets[1] == 0x82 else 3 if octets[1] == 0x81 else 2
            if key != issuer or octets[at:at + 5] != bytes.fromhex("a003020102"):  # of version 3
                continue
            length = octets[at + 6]
            out.append((int.from_bytes(octets[at + 7:at + 7 + length], "big"), hashlib.sha256(octets).hexdigest()))
        return out


def check_ledger(ca: Ca, point: FaultPoint) -> int:
    """No signature without a row, no serial twice, nothing left half done. The number of signatures."""
    signed = point.signed()
    require(signed, "the witness saw no signature: the proof proves nothing")
    # A dead node's work is taken over when its lease is over, whoever it was for.
    wait_until("a signature that was begun is settled", 150,
               lambda: not ca.rows("SELECT serial FROM certificates WHERE status = 'signing'"))
    rows = {int(row[0], 16): row for row in ca.rows("SELECT serial, order_id, status, tbs_sha256 FROM certificates")}
    digests: dict[int, str] = {}
    for serial, digest in signed:
        require(serial in rows, f"serial {serial:x} was signed and has no row")
        require(rows[serial][3] == digest, f"serial {serial:x} was signed over other octets than were recorded")
        require(digests.setdefault(serial, digest) == digest, f"serial {serial:x} was signed for two certificates")
    orders = [row[1] for row in rows.values()]
    require(len(orders) == len(set(orders)), "an order has two certificates")
    ca.verify_audit()
    return len(signed)


# --- crest ------------------------------------------------------------------------------------------------------------


class Crest:
    """A state folder of `crest` for one name, which its own listener proves on port 80."""

    def __init__(self, lab: Lab, ca: Ca, name: str = "state", of: str = "h1.prove.test"):
        self.lab, self.ca, self.name, self.of, self.environment = lab, ca, name, of, {}
        self.state = lab.folder / name

    def command(self, *words, fault: bool = False) -> subprocess.CompletedProcess:
        environment = os.environ | (self.environment if fault else {})
        return subprocess.run([str(BIN / "crest"), *words, "--state", str(self.state)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=environment, timeout=120)

    def obtain(self, *more, fault: bool = False) -> subprocess.CompletedProcess:
        return self.command("obtain", "--directory", self.ca.directory, "--trust", str(self.ca.folder / "roots.pem"), *more,
                            self.of, fault=fault)

    def renew(self, fault: bool = False) -> subprocess.CompletedProcess:
        return self.command("renew", "--force", fault=fault)

    def live(self) -> dict[str, bytes]:
        """The four files of the live pair, which must belong together and be whole; {} when there is none."""
        folder = self.state / "certificates" / self.of / "live"
        if not folder.exists():
            return {}
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        pem = {"privkey.pem", "cert.pem", "chain.pem", "fullchain.pem"}
        require(pem <= files.keys(), f"the live pair is not whole: {sorted(files)}")
        require(all(files.values()), "a live file is empty")
        key = serialization.load_pem_private_key(files["privkey.pem"], None)
        leaf = chain_of(files["fullchain.pem"])[0]
        require(spki(key.public_key()) == spki(leaf.public_key()), "the live key is not that of the live certificate")
        require(files["fullchain.pem"] == files["cert.pem"] + files["chain.pem"], "the live files are of two certificates")
        return {name: files[name] for name in pem}

    def serial(self) -> int:
        return chain_of(self.live()["fullchain.pem"])[0].serial_number
