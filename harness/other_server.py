"""A server that somebody else started: `--server URL` puts it in the delay server's place.

It has to answer as the delay server does (baselines/README.md), with whatever token it is asked: an
answer is then one to this very run. It is asked once before anything is measured, so that a server
that does not wait, or is none, is found at once and in words.
"""

from __future__ import annotations

import http.client
import ipaddress
import secrets
import time
from urllib.parse import urlsplit

from harness.errors import InputError
from harness.service import Endpoint

REPLACES = "delay_server"
PROBE_DELAY_MS = 50
PROBE_LIMIT_S = 10.0


def parse(url: str) -> tuple[str, int]:
    """Host and port of a URL on loopback. Raises InputError."""
    try:
        parts = urlsplit(url)
        port = 80 if parts.port is None else parts.port
    except ValueError as error:
        raise InputError(f"--server {url}: {error}") from error
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    if parts.scheme != "http" or not parts.hostname or not bare or port == 0:
        raise InputError(f"--server {url}: must look like http://127.0.0.1:8080")
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    try:
        loopback = ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InputError(f"--server {url}: the suite talks to 127.0.0.0/8 and to nobody else")
    return host, port


def find(url: str) -> Endpoint:
    """What runs are handed. Raises InputError when the server does not do what it has to."""
    host, port = parse(url)
    token = secrets.token_hex(16)
    connection = http.client.HTTPConnection(host, port, timeout=PROBE_LIMIT_S)
    began = time.monotonic()
    try:
        connection.request("GET", f"/delay/{PROBE_DELAY_MS}?token={token}")
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise InputError(f"--server {url}: gives no answer: {error}") from error
    finally:
        connection.close()
    took_s = time.monotonic() - began
    if problem := _problem(answer, body, took_s, token):
        raise InputError(f"--server {url}: GET /delay/{PROBE_DELAY_MS}?token=...: {problem}")
    return Endpoint(f"{host}:{port}", token)


def _problem(answer: http.client.HTTPResponse, body: str, took_s: float, token: str) -> str | None:
    if answer.status != 200:
        return f"has status {answer.status}, not 200"
    if answer.headers["Delay-Server-Token"] != token:
        return "has no header Delay-Server-Token with the token of the request"
    if body != f"waited {PROBE_DELAY_MS} ms\n":
        return f"has the body {body[:80]!r}, not 'waited {PROBE_DELAY_MS} ms' and a newline"
    if took_s < PROBE_DELAY_MS * 1e-3:
        return f"came after {took_s * 1e3:.0f} ms: the server does not wait"
    return None


def warning(url: str) -> str:
    """What a reader of the figures has to know."""
    return f"fanout/urls talked to {url}, which the harness did not start: its delays are its word"
