#!/usr/bin/env python3
"""Sends what cert-manager sends: cert_manager.py DIRECTORY ROOT EAB_JSON TOKENS. Prints `ok NAME` or `not ok NAME: why`.

cert-manager keeps a copy of Go's golang.org/x/crypto/acme. Of its traffic this replays what a server could trip over: HTTP/1.1
over one connection, headers in Go's spelling and order and none for Accept, its User-Agent, members of JWS headers in the
order of its structures, RS256 by default, bindings by HS256 alone, an empty payload for POST-as-GET, and its loops: order,
authorizations, challenge, authorization until it is over, order, finalize, order, certificate, alternates, renewal info.
What it needs of the answers is asserted: it follows the Location of an answer to finalize, reads times strictly, waits for
what Retry-After says, tries again on 5xx and 429 alone, and gives an order up for good at any other 4xx.
"""

import base64
import datetime
import hashlib
import hmac
import http.client
import json
import pathlib
import re
import ssl
import sys
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

USER_AGENT = ("cert-manager-orders/v1.17.2 (linux/amd64) cert-manager/0123456789abcdef0123456789abcdef01234567 "
              "github.com/cert-manager/cert-manager/third_party/forked/acme")
POLLS_MAX = 60
CHAIN_MAX = 5  # what it takes at most
URN = "urn:ietf:params:acme:error:"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def require(condition, why: str) -> None:
    if not condition:
        raise AssertionError(why)


class Reply:
    def __init__(self, answer: http.client.HTTPResponse):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    def links(self, relation: str) -> list[str]:
        return [target for line in self.headers.get_all("Link") or []
                for target, rel in re.findall(r'<([^>]*)>\s*;\s*rel="?([^",;]+)', line) if rel == relation]

    def retry_after(self) -> int:
        """Seconds, as Go's strconv.Atoi takes them; it knows a date, too, which we never send."""
        require(re.fullmatch(r"\d+", self.header("Retry-After")), f"Retry-After is {self.header('Retry-After')!r}")
        return int(self.header("Retry-After"))

    def require_status(self, *wanted: int) -> "Reply":
        require(self.status in wanted, f"{self.status} instead of {wanted}: {self.body[:300]!r}")
        return self

    def require_problem(self, status: int, *types: str) -> "Reply":
        self.require_status(status)
        require(self.header("Content-Type") == "application/problem+json", f"Content-Type {self.header('Content-Type')}")
        problem = self.json
        require(problem["type"] in [URN + type_ for type_ in types], f"type {problem['type']}, not {types}")
        require(problem["status"] == status and problem["detail"], f"a problem without status or detail: {problem}")
        require(self.header("Replay-Nonce"), "no Replay-Nonce with an error")
        return self


def go_time(text: str) -> datetime.datetime:
    """As time.Time reads JSON: RFC 3339, nothing else."""
    require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text), f"{text!r} is no time")
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Account:
    """One connection, one key, its nonces; `kid` once it is known."""

    def __init__(self, directory: str, root: str, key):
        self.url, self.key, self.kid, self.nonces = directory, key, "", []
        place = urllib.parse.urlsplit(directory)
        self.connection = http.client.HTTPSConnection(place.hostname, place.port, timeout=90,
                                                      context=ssl.create_default_context(cafile=root))
        self.directory = self.send("GET", directory).require_status(200)
        self.dir = self.directory.json

    def send(self, method: str, url: str, body: bytes | None = None) -> Reply:
        place = urllib.parse.urlsplit(url)
        self.connection.putrequest(method, place.path, skip_host=True, skip_accept_encoding=True)
        headers = [("Host", place.netloc), ("User-Agent", USER_AGENT)]
        if body is not None:
            headers += [("Content-Length", str(len(body))), ("Content-Type", "application/jose+json")]
        for name, value in headers + ([] if method == "HEAD" else [("Accept-Encoding", "gzip")]):
            self.connection.putheader(name, value)
        self.connection.endheaders(body)
        reply = Reply(self.connection.getresponse())
        require(reply.header("Content-Encoding") in ("", "gzip"), "an encoding that was not offered")
        if reply.header("Replay-Nonce"):
            self.nonces.append(reply.header("Replay-Nonce"))
        return reply

    def nonce(self) -> str:
        if not self.nonces:
            reply = self.send("HEAD", self.dir["newNonce"]).require_status(200)
            require(reply.header("Cache-Control") == "no-store", "a nonce that caches may keep")
        require(self.nonces, "no Replay-Nonce")
        return self.nonces.pop()

    def jwk(self) -> dict:
        numbers = self.key.public_key().public_numbers()
        if isinstance(self.key, rsa.RSAPrivateKey):
            return {"e": b64(numbers.e.to_bytes(3, "big")), "kty": "RSA", "n": b64(numbers.n.to_bytes(self.key.key_size // 8, "big"))}
        size = (self.key.key_size + 7) // 8
        return {"crv": f"P-{self.key.key_size}", "kty": "EC", "x": b64(numbers.x.to_bytes(size, "big")),
                "y": b64(numbers.y.to_bytes(size, "big"))}

    def thumbprint(self) -> str:
        return b64(hashlib.sha256(compact(self.jwk())).digest())  # the order of its members is that of RFC 7638

    def signature(self, text: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        digest, size = {256: hashes.SHA256(), 384: hashes.SHA384()}[self.key.key_size], self.key.key_size // 8
        r, s = utils.decode_dss_signature(self.key.sign(text, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def jws(self, url: str, payload, nonce: str, bare_key: bool) -> bytes:
        algorithm = "RS256" if isinstance(self.key, rsa.RSAPrivateKey) else f"ES{self.key.key_size}"
        who = {"jwk": self.jwk()} if bare_key or not self.kid else {"kid": self.kid}
        head = b64(compact({"alg": algorithm} | who | {"nonce": nonce, "url": url}))
        body = "" if payload is None else b64(compact(payload))
        return compact({"protected": head, "payload": body, "signature": b64(self.signature(f"{head}.{body}".encode()))})

    def post(self, url: str, payload, bare_key: bool = False, nonce: str = "") -> Reply:
        return self.send("POST", url, self.jws(url, payload, nonce or self.nonce(), bare_key))

    def read(self, url: str) -> Reply:
        return self.post(url, None)

    def binding(self, kid: str, key: str) -> dict:
        head = b64(compact({"alg": "HS256", "kid": kid, "url": self.dir["newAccount"]}))
        body = b64(compact(self.jwk()))
        mac = hmac.new(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)), f"{head}.{body}".encode(), hashlib.sha256)
        return {"protected": head, "payload": body, "signature": b64(mac.digest())}

    def register(self, eab: dict) -> Reply:
        reply = self.post(self.dir["newAccount"], {"contact": ["mailto:ops@app.test"],
                                                   "externalAccountBinding": self.binding(eab["key_id"], eab["mac_key"])}, True)
        reply.require_status(201)
        self.kid = reply.header("Location")
        return reply

    def wait(self, url: str, *last: str) -> Reply:
        """WaitAuthorization and WaitOrder. Without Retry-After they come again after a second; here sooner, to lose no time. An
        order that is being worked on says when."""
        for _ in range(POLLS_MAX):
            reply = self.read(url).require_status(200)
            if reply.json["status"] in last:
                return reply
            said = reply.retry_after() if "Retry-After" in reply.headers or reply.json["status"] == "processing" else 0
            time.sleep(min(said or 0.1, 5))
        raise AssertionError(f"still {reply.json['status']} after {POLLS_MAX} looks")

    def order(self, identifiers: list[dict], **more) -> Reply:
        reply = self.post(self.dir["newOrder"], {"identifiers": identifiers} | more).require_status(201)
        require(reply.header("Location"), "an order without a Location")
        return reply


def dns(*names: str) -> list[dict]:
    return [{"type": "dns", "value": name} for name in sorted(names)]


def check_order(order: dict, status: str, names: int) -> None:
    require(order["status"] == status, f"status {order['status']}, not {status}")
    require(go_time(order["expires"]) > datetime.datetime.now(datetime.timezone.utc), "expires is over")
    require(len(order["authorizations"]) == len(order["identifiers"]) == names, f"{order['authorizations']}")
    for member in ("notBefore", "notAfter"):  # absent, or a time: never ""
        require(member not in order or go_time(order[member]), member)
    require(order["finalize"].startswith("https://"), "no finalize")
    require(("certificate" in order) == (status == "valid"), "a certificate too early or too late")


class Replay:
    """The cases, in the order in which cert-manager comes to them; each stands on those before it."""

    def __init__(self, directory: str, root: str, eab: str, tokens: str):
        self.place, self.root, self.tokens = directory, root, pathlib.Path(tokens)
        self.eab = json.loads(pathlib.Path(eab).read_text())
        self.account = Account(directory, root, rsa.generate_private_key(public_exponent=65537, key_size=2048))
        self.leaf = ec.generate_private_key(ec.SECP256R1())

    def directory(self) -> None:
        found = self.account.dir
        for member in ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo"):
            require(found[member].startswith("https://"), f"no {member}")
        require(self.account.directory.header("Content-Type") == "application/json", "directory is no JSON")
        require(found["meta"]["externalAccountRequired"] is True, "no word of the binding")
        require("default" in found["meta"]["profiles"], "no profiles")

    def account_unknown(self) -> None:
        url = self.account.dir["newAccount"]
        self.account.post(url, {"onlyReturnExisting": True}, True).require_problem(400, "accountDoesNotExist")

    def account_without_binding(self) -> None:
        url = self.account.dir["newAccount"]
        self.account.post(url, {"contact": ["mailto:ops@app.test"]}, True).require_problem(403, "externalAccountRequired")

    def account_made(self) -> None:
        made = self.account.register(self.eab)
        require(made.json["status"] == "valid" and made.json["contact"] == ["mailto:ops@app.test"], f"{made.json}")
        require(made.json["orders"].startswith("https://"), "no orders")

    def account_found(self) -> None:
        url, kid = self.account.dir["newAccount"], self.account.kid
        for payload in ({"onlyReturnExisting": True}, {"contact": ["mailto:ops@app.test"]}):
            again = self.account.post(url, payload, True).require_status(200)
            require(again.header("Location") == kid, f"another account: {again.header('Location')}")

    def account_changed(self) -> None:
        changed = self.account.post(self.account.kid, {"contact": ["mailto:new@app.test"]}).require_status(200)
        require(changed.json["contact"] == ["mailto:new@app.test"], f"{changed.json}")

    def order_made(self) -> None:
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=12)
        made = self.account.order(dns("www.app.test", "app.test"), notAfter=until.strftime("%Y-%m-%dT%H:%M:%SZ"), profile="default")
        check_order(made.json, "pending", 2)
        require(go_time(made.json["notAfter"]) == until.replace(microsecond=0), "another notAfter")
        self.order_url, self.made = made.header("Location"), made.json
        again = self.account.read(self.order_url).require_status(200)
        check_order(again.json, "pending", 2)

    def authorizations_read(self) -> None:
        self.challenges = {}
        for url in self.made["authorizations"]:
            authorization = self.account.read(url).require_status(200).json
            require(authorization["status"] == "pending" and go_time(authorization["expires"]), f"{authorization}")
            require(authorization.get("wildcard", False) is False, "a wildcard")
            found = {challenge["type"]: challenge for challenge in authorization["challenges"]}
            require({"http-01", "dns-01"} <= set(found), f"{found}")
            require(all(found["http-01"][member] for member in ("url", "token", "status")), f"{found}")
            self.challenges[url] = found["http-01"]

    def challenge_read_is_not_begun(self) -> None:
        for url, challenge in self.challenges.items():
            for _ in range(3):
                seen = self.account.read(challenge["url"]).require_status(200)
                require(seen.json["status"] == "pending" and "error" not in seen.json, f"{seen.json}")
                require(seen.links("up") == [url], f"up is {seen.links('up')}")

    def challenges_accepted(self) -> None:
        for url, challenge in self.challenges.items():
            (self.tokens / challenge["token"]).write_text(f"{challenge['token']}.{self.account.thumbprint()}")
            accepted = self.account.post(challenge["url"], {}).require_status(200, 202)
            require(accepted.json["status"] in ("pending", "processing", "valid"), f"{accepted.json}")
            self.account.wait(url, "valid", "invalid")
            over = self.account.read(challenge["url"]).require_status(200).json
            require(over["status"] == "valid" and go_time(over["validated"]), f"{over}")

    def order_ready(self) -> None:
        check_order(self.account.read(self.order_url).require_status(200).json, "ready", 2)

    def csr(self, names: list) -> str:
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(
            x509.SubjectAlternativeName(names), critical=False)
        return b64(request.sign(self.leaf, hashes.SHA256()).public_bytes(serialization.Encoding.DER))

    def order_finalized(self) -> None:
        self.request = {"csr": self.csr([x509.DNSName("app.test"), x509.DNSName("www.app.test")])}
        done = self.account.post(self.made["finalize"], self.request).require_status(200)
        require(done.header("Location") == self.order_url, f"finalize leads to {done.header('Location')!r}")
        require(done.json["status"] in ("processing", "valid"), f"{done.json}")
        self.valid = self.account.wait(self.order_url, "valid", "invalid").json
        check_order(self.valid, "valid", 2)

    def certificate_read(self) -> None:
        reply = self.account.read(self.valid["certificate"]).require_status(200)
        require(reply.header("Content-Type").startswith("application/pem-certificate-chain"), "no PEM chain")
        blocks = re.findall(rb"-----BEGIN ([A-Z ]+)-----", reply.body)
        require(set(blocks) == {b"CERTIFICATE"} and 2 <= len(blocks) <= CHAIN_MAX, f"{blocks}")
        require(reply.links("alternate") == [], "an alternate that nobody set up")
        self.chain = [x509.load_pem_x509_certificate(block + b"-----END CERTIFICATE-----\n")
                      for block in reply.body.split(b"-----END CERTIFICATE-----\n") if block.strip()]
        names = self.chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        require(sorted(names.get_values_for_type(x509.DNSName)) == ["app.test", "www.app.test"], f"{names}")
        require(self.chain[0].public_key().public_numbers() == self.leaf.public_key().public_numbers(), "another key")

    def finalize_again(self) -> None:
        """After a lost answer it finalizes again: the same request has the same answer. Another one is refused, and it takes
        403 for done, and reads order and certificate."""
        again = self.account.post(self.made["finalize"], self.request).require_status(200)
        require(again.json["certificate"] == self.valid["certificate"], "another certificate")
        require(again.header("Location") == self.order_url, "no Location")
        self.account.post(self.made["finalize"], {"csr": self.csr([x509.DNSName("app.test")])}).require_problem(
            403, "orderNotReady")
        check_order(self.account.read(self.order_url).require_status(200).json, "valid", 2)
        self.account.read(self.valid["certificate"]).require_status(200)

    def renewal_info(self) -> None:
        key_id = self.chain[0].extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        serial = self.chain[0].serial_number
        name = f"{b64(key_id)}.{b64(serial.to_bytes(serial.bit_length() // 8 + 1, 'big'))}"
        reply = self.account.send("GET", f"{self.account.dir['renewalInfo'].rstrip('/')}/{name}").require_status(200)
        window = reply.json["suggestedWindow"]
        require(go_time(window["start"]) < go_time(window["end"]), f"{window}")
        require(reply.retry_after() > 0, "nothing says when to ask again")

    def nonce_used_twice(self) -> None:
        used = self.account.nonce()
        self.account.post(self.order_url, None, nonce=used).require_status(200)
        self.account.post(self.order_url, None, nonce=used).require_problem(400, "badNonce")
        self.account.nonces = self.account.nonces[-1:]  # it forgets the others, and takes the one of the error
        self.account.read(self.order_url).require_status(200)

    def order_for_an_address(self) -> None:
        made = self.account.order([{"type": "ip", "value": "127.0.0.1"}])
        authorization = self.account.read(made.json["authorizations"][0]).require_status(200).json
        require(authorization["identifier"] == {"type": "ip", "value": "127.0.0.1"}, f"{authorization}")
        require("dns-01" not in {challenge["type"] for challenge in authorization["challenges"]}, "dns-01 for an address")

    def order_for_no_name(self) -> None:
        refused = self.account.post(self.account.dir["newOrder"], {"identifiers": dns("not_a_name..test")})
        refused.require_problem(400, "malformed", "rejectedIdentifier")

    def order_without_proof(self) -> None:
        made = self.account.order(dns("silent.test"))
        url = made.json["authorizations"][0]
        challenge = next(c for c in self.account.read(url).json["challenges"] if c["type"] == "http-01")
        self.account.post(challenge["url"], {}).require_status(200, 202)
        self.account.wait(url, "valid", "invalid")
        failed = self.account.read(challenge["url"]).require_status(200).json
        require(failed["status"] == "invalid" and failed["error"]["type"].startswith(URN) and failed["error"]["detail"],
                f"{failed}")
        require(self.account.read(made.header("Location")).require_status(200).json["status"] == "invalid", "the order goes on")

    def revocation(self) -> None:
        certificate = b64(self.chain[0].public_bytes(serialization.Encoding.DER))
        owner = Account(self.place, self.root, self.leaf)  # the library knows both ways; this is the certificate's own key
        owner.post(owner.dir["revokeCert"], {"certificate": certificate, "reason": 4}, True).require_status(200)
        self.account.post(self.account.dir["revokeCert"], {"certificate": certificate, "reason": 4}).require_problem(
            400, "alreadyRevoked")

    def elliptic_accounts(self) -> None:
        for curve in (ec.SECP256R1(), ec.SECP384R1()):
            account = Account(self.place, self.root, ec.generate_private_key(curve))
            account.register(self.eab)
            check_order(account.order(dns("app.test")).json, "pending", 1)

    def binding_used_up(self) -> None:
        account = Account(self.place, self.root, ec.generate_private_key(ec.SECP256R1()))
        body = {"externalAccountBinding": account.binding(self.eab["key_id"], self.eab["mac_key"])}
        account.post(account.dir["newAccount"], body, True).require_problem(403, "unauthorized")

    def one_connection(self) -> None:
        before = self.account.connection.sock
        self.account.read(self.order_url).require_status(200)
        require(before is not None and self.account.connection.sock is before, "the connection was closed")


CASES = ("directory", "account_unknown", "account_without_binding", "account_made", "account_found", "account_changed", "order_made",
         "authorizations_read", "challenge_read_is_not_begun", "challenges_accepted", "order_ready", "order_finalized",
         "certificate_read", "finalize_again", "renewal_info", "nonce_used_twice", "order_for_an_address", "order_for_no_name",
         "order_without_proof", "revocation", "elliptic_accounts", "binding_used_up", "one_connection")


def main() -> int:
    replay, failed = Replay(*sys.argv[1:5]), 0
    for case in CASES:
        name = f"cert-manager: {case.replace('_', ' ')}"
        try:
            getattr(replay, case)()
            print(f"ok {name}", flush=True)
        except (AssertionError, AttributeError, KeyError, OSError, ValueError) as error:
            failed += 1
            print(f"not ok {name}: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
