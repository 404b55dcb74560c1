"""Where the subjects run: a network and mount namespace in which every port is free, names are what we say, and the hosts
that prove them have an address that any CA would connect to. What runs in it is a function of a part, in a process of its
own that is told what to do by JSON on its standard input, and answers on its standard output."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("CREST_BIN", ROOT / "build/release/bin"))
NAME = "load.test"  # what certificates are asked for
PROVER = "192.0.2.1"  # where it is: documentation's own (RFC 5737), on the namespace's loopback
SILENT = "192.0.2.2"  # accepts connections to port 80, and says nothing
SILENT_NAMES = 250  # below SILENT_NAME
SILENT_NAME = "silent.test"
NAME_SERVER = "127.0.0.53"
START_SECONDS_MAX = 60


class CannotMeasure(Exception):
    pass


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def in_world(part: str, case: dict, seconds_max: float) -> dict:
    """Runs `part`'s measure() in a world of its own. What is not over in time is ended with all that it started."""
    flags = ["--net", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    script = ROOT / "bench/ca"
    inside = subprocess.Popen(["unshare", *flags, "--", script, "--inside", part], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        said, _ = inside.communicate(json.dumps(case), timeout=seconds_max)
    except subprocess.TimeoutExpired:
        raise CannotMeasure(f"{part}: not over after {seconds_max:g} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(inside.pid, signal.SIGKILL)
        inside.wait()
    if inside.returncode:
        raise CannotMeasure(f"{part}: could not be measured")
    return json.loads(said)


class World:
    """Inside: what all servers and the load generator share."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="crest-bench-"))
        self.processes: list[subprocess.Popen] = []

    def __enter__(self) -> "World":
        for command in (["link", "set", "lo", "up"], ["addr", "add", f"{PROVER}/32", "dev", "lo"],
                        ["addr", "add", f"{SILENT}/32", "dev", "lo"]):
            subprocess.run(["ip", *command], check=True)
        silent = "".join(f"{SILENT} {number}.{SILENT_NAME}\n" for number in range(SILENT_NAMES))
        self._mount("/etc/hosts", f"127.0.0.1 localhost ca.test\n{PROVER} {NAME}\n{silent}")
        self._mount("/etc/resolv.conf", f"nameserver {NAME_SERVER}\n")
        threading.Thread(target=serve_names, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        for process in self.processes:
            self.stop(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _mount(self, place: str, text: str) -> None:
        file = self.folder / pathlib.Path(place).name
        file.write_text(text)
        subprocess.run(["mount", "--bind", file, os.path.realpath(place)], check=True)

    def command(self, *words, **options) -> None:
        said = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, **options)
        if said.returncode:
            raise CannotMeasure(f"{words[0]} failed: {said.stdout[-500:]}")

    def start(self, folder: pathlib.Path, command: list, **environment: str) -> subprocess.Popen:
        with (folder / "server.log").open("ab") as log:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       cwd=folder, env=os.environ | {"HOME": str(folder)} | environment)
        self.processes.append(process)
        return process

    def stop(self, process: subprocess.Popen) -> None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process in self.processes:
            self.processes.remove(process)

    def new_folder(self) -> pathlib.Path:
        return pathlib.Path(tempfile.mkdtemp(dir=self.folder))


def await_answer(port: int, server: subprocess.Popen, folder: pathlib.Path, path: str, host: str = "localhost") -> float:
    """Until it answers this path by 200 over TLS. The seconds that took."""
    begun = time.monotonic()
    while server.poll() is None and time.monotonic() - begun < START_SECONDS_MAX:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as plain:
            anybody = ssl._create_unverified_context()
            with anybody.wrap_socket(plain, server_hostname=host) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                if connection.recv(100).startswith(b"HTTP/1.1 200"):
                    return time.monotonic() - begun
        time.sleep(0.01)
    raise CannotMeasure(f"the server did not start: {(folder / 'server.log').read_text(errors='replace')[-500:]}")


def serve_names() -> None:
    """A name server that knows of no records: names are in /etc/hosts, and who asks for CAA is told that there is none."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((NAME_SERVER, 53))
    while True:
        query, client = server.recvfrom(4096)
        end = 12
        while query[end]:
            end += query[end] + 1
        question = query[12:end + 5]
        soa = b"\x04test\0" + struct.pack(">HHIH", 6, 1, 3600, 22) + b"\0\0" + struct.pack(">IIIII", 1, 3600, 600, 86400, 3600)
        server.sendto(query[:2] + struct.pack(">HHHHH", 0x8580, 1, 0, 1, 0) + question + soa, client)


def accept_and_say_nothing() -> None:
    listener = socket.socket()
    listener.bind((SILENT, 80))
    listener.listen(1000)
    kept = []
    threading.Thread(target=lambda: [kept.append(listener.accept()) for _ in iter(int, 1)], daemon=True).start()


def load_command(subject, **flags) -> list[str]:
    words = {"directory": subject.directory, "trust": subject.trust, "name": NAME, "listen": f"{PROVER}:80",
             "pid": subject.process.pid} | flags
    return [str(BIN / "crest-load")] + [word for name, value in words.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def load(subject, **flags) -> dict:
    """What crest-load says of it."""
    said = subprocess.run(load_command(subject, **flags), stdout=subprocess.PIPE, text=True)
    if said.returncode:
        raise CannotMeasure(f"{subject.name}: the load generator failed")
    return json.loads(said.stdout)
