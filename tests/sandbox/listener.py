"""A program on this machine that waits for the answer to its sign-in, as azure-identity and az do."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit


class Listener:
    """Listens on a port of localhost; `heard` is what came in a query or a form, still encoded."""

    def __init__(self) -> None:
        self.heard = ""
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._hear(urlsplit(self.path).query)

            def do_POST(self) -> None:
                self._hear(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def _hear(self, told: str) -> None:
                listener.heard = listener.heard or told  # a browser may ask for an icon next
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write(b"Heard you.")

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def address(self) -> str:
        return f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
