"""A service that behaves as it is told; see harness/service.py.

    service_stand_in.py {good|stranger|mute|garbage|dies|shared|stays} [PORT]
"""

import json
import os
import signal
import socket
import sys
import time


def listen(port: int) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server


def main() -> None:
    behaviour = sys.argv[1]
    if behaviour == "mute":
        time.sleep(600)
    if behaviour == "garbage":
        print("ready!", flush=True)
        time.sleep(600)
    if behaviour == "dies":
        sys.exit("there is no port left")
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if behaviour != "stranger":
        server = listen(port)
        port = server.getsockname()[1]
    print(json.dumps({"address": f"127.0.0.1:{port}", "token": "t"}), flush=True)
    sys.stdin.read()
    if behaviour == "stays":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            os.setsid()
        time.sleep(600)


main()
