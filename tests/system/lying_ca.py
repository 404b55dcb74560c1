#!/usr/bin/env python3
"""lying_ca.py PORT CERT KEY: an HTTPS server whose every answer is what no CA says; the path chooses which."""

import http.server
import ssl
import sys

PIECE = b"x" * 65536


class Liar(http.server.BaseHTTPRequestHandler):
    def answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        lie = self.path.strip("/")
        if lie == "html":
            self.answer("text/html", b"<title>Log in to \x1b[31mCorpNet</title>")
        elif lie == "deep":
            self.answer("application/json", b"[" * 100_000)
        elif lie == "empty":
            self.answer("application/json", b"")
        elif lie == "plain_http":
            self.answer("application/json", b'{"newNonce":"http://a/n","newAccount":"http://a/a","newOrder":"http://a/o"}')
        elif lie == "endless":  # 10 MB and on, for as long as somebody reads
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(PIECE)
            except OSError:
                pass
        else:
            self.send_error(404)

    def log_message(self, *_) -> None:
        pass


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Liar)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
