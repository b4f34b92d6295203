# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks: writes each request's path and body to a file, one line each.

Usage: receiver.py PORT-FILE REQUESTS-FILE [CERTIFICATE KEY]
/ok answers 200, /teapot 418, /busy 503 twice and then 200, /hang nothing.
"""

import http.server
import os
import ssl
import sys
import threading

port_file, requests_file, *identity = sys.argv[1:]
lock = threading.Lock()
busy = 0


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global busy
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        with lock, open(requests_file, "a", encoding="utf-8") as file:
            file.write(f"{self.path} {kind} {body.decode()}\n")
        name = self.path.split("?")[0].split("/")[1]
        if name == "hang":
            threading.Event().wait()
        status = {"teapot": 418}.get(name, 200)
        if name == "busy":
            with lock:
                busy += 1
                status = 503 if busy <= 2 else 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
if identity:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity)
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(port_file + ".new", "w", encoding="utf-8") as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
