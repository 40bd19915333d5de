"""A child that misbehaves as its request says. Started by kb.sandbox.parent in test_sandbox."""

import os
import signal
import socket
import sys
import time

from kb.sandbox.child import Channel, confine, read_request


def main() -> None:
    request = read_request()
    confine(request["limits"])
    channel = Channel()
    channel.send({"started": os.getpid()})
    what = request["what"]
    if what == "sleep":
        time.sleep(60)
    elif what == "spin":
        while True:
            pass
    elif what == "swell":
        try:
            bytearray(2 << 30)
        except MemoryError:
            channel.send({"refused": "memory"})
    elif what == "connect":
        try:
            socket.create_connection(("127.0.0.1", request["port"]), timeout=2)
            channel.send({"connected": True})
        except OSError as error:
            channel.send({"connected": False, "error": type(error).__name__})
    elif what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif what == "flood":
        while True:
            channel.send({}, b"x" * 100_000)
    elif what == "complain":
        print("x" * 500_000, "the model does not fit", sep="\n", file=sys.stderr)
    elif what == "print":
        print("noise on standard output")
    channel.send({"done": True})
    channel.close()


if __name__ == "__main__":
    main()
