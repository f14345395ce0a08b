"""fanout/urls against a server of somebody else's: nginx, with a location that delays.

`python3 ci/nginx.py NGINX` starts that nginx on loopback with a configuration and a folder of its
own, lets the harness measure fanout/urls with `--server`, and exits 1, saying why, unless every run
was right and nginx answered every fetch. What delays is the repository's delay server behind it.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
DELAY_SERVER = TOP / "build" / "release" / "suites" / "delay_server"
URLS = 100
START_LIMIT_S = 10.0
HARNESS_LIMIT_S = 300.0
PORT_TRIES = 5

# The folders are nginx's own, which it makes at start whether or not it needs them.
CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location ~ ^/delay/(?<delay_ms>[0-9]+)$ {{
            proxy_pass http://{address}/delay/$delay_ms?token={token};
            proxy_hide_header Delay-Server-Token;
            add_header Delay-Server-Token $arg_token;
        }}
    }}
}}
"""


class Unusable(Exception):
    """What kept the test from being made, or what it found, in words."""


@contextmanager
def delay_server() -> Iterator[tuple[str, str]]:
    """Its address and token."""
    if not DELAY_SERVER.exists():
        raise Unusable(f"{DELAY_SERVER} is not there: run the step release first")
    with subprocess.Popen(
        [DELAY_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        introduction = json.loads(process.stdout.readline())
        try:
            yield introduction["address"], introduction["token"]
        finally:
            process.stdin.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def await_listener(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the server came up; False when it ended instead, its port having been taken."""
    deadline = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process.poll() is None
        except ConnectionRefusedError:
            time.sleep(0.01)
    return False


@contextmanager
def nginx(program: str, folder: Path, address: str, token: str) -> Iterator[int]:
    """The port of an nginx that delays."""
    for _ in range(PORT_TRIES):
        port = free_port()
        configuration = folder / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(folder=folder, port=port, address=address, token=token)
        )
        errors = folder / "error.log"
        command = [program, "-p", str(folder), "-e", str(errors), "-c", str(configuration)]
        with subprocess.Popen(command) as process:
            try:
                if await_listener(process, port):
                    yield port
                    return
            finally:
                process.terminate()
    raise Unusable(f"nginx did not start: {errors.read_text()[-2000:]}")


def measure(port: int, out: Path) -> list[dict[str, object]]:
    """The runs that the harness recorded."""
    subprocess.run(
        [
            *(sys.executable, "-P", "-m", "harness", "run", "--quick", "--suite", "fanout"),
            *("--filter", "^fanout/urls/.*mode=(all_at_once|pool)", "--rounds", "1", "--seed", "1"),
            *("--server", f"http://127.0.0.1:{port}", "--no-report", "--out", out),
        ],
        cwd=TOP,
        env={"PYTHONPATH": str(TOP), "PATH": "/usr/bin:/bin"},
        check=True,
        timeout=HARNESS_LIMIT_S,
    )
    lines = (out / "raw" / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def check(runs: list[dict[str, object]], port: int, fetches: int) -> None:
    if not runs:
        raise Unusable("nothing was run")
    for run in runs:
        command = run["command"]
        assert isinstance(command, list)
        if run["status"] != "ok" or f"127.0.0.1:{port}" not in command:
            raise Unusable(f"{' '.join(command)}: {run['status']}: {run['reason']}")
    if fetches < URLS * len(runs):
        raise Unusable(f"nginx answered {fetches} fetches of at least {URLS * len(runs)}")


def main(program: str) -> int:
    try:
        with tempfile.TemporaryDirectory() as scratch, delay_server() as (address, token):
            with nginx(program, Path(scratch), address, token) as port:
                runs = measure(port, Path(scratch, "run"))
            log = Path(scratch, "access.log").read_text(encoding="utf-8")
            check(runs, port, log.count('" 200 '))
    except (Unusable, OSError, subprocess.SubprocessError) as error:
        print(f"nginx: {error}", file=sys.stderr)
        return 1
    print(f"{len(runs)} runs of fanout/urls against nginx were right")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
