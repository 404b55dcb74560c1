#!/usr/bin/env python3
"""Shows on port 443, to acme-tls/1 alone, the certificate FOLDER/NAME.crt.pem of the name that is asked for."""

import pathlib
import socket
import ssl
import sys

folder = pathlib.Path(sys.argv[1])


def context(name=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_alpn_protocols(["acme-tls/1"])
    if name:
        made.load_cert_chain(folder / f"{name}.crt.pem", folder / f"{name}.key.pem")
    return made


def choose(connection, name, _):
    connection.context = context(name)


first = context()
first.sni_callback = choose
with socket.create_server(("127.0.0.1", 443)) as listener:
    while True:
        peer, _ = listener.accept()
        peer.settimeout(10)
        try:
            with first.wrap_socket(peer, server_side=True) as connection:
                connection.recv(1)
        except (OSError, ValueError) as error:
            print(error, flush=True)
