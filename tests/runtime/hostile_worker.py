"""A worker whose operations do what a parser that was taken over would: for `test_worker_process`."""

import socket
import subprocess
from collections.abc import Callable

import msgspec

from trueline.runtime.toolbox import Complaint
from trueline.runtime.worker_process import Refusal, serve


def read(path: str) -> str:
    with open(path) as file:  # noqa: PTH123 - the plainest way
        return file.read()


def write(path: str) -> str:
    with open(path, "w") as file:  # noqa: PTH123
        file.write("x")
    return "written"


def connect(address: str) -> str:
    host, port = address.split(":")
    socket.create_connection((host, int(port)), timeout=2).close()
    return "connected"


def send(path: str) -> str:
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", path)
    return "sent"


def run(program: str) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def allocate(size: str) -> str:
    return str(len(bytearray(int(size))))


def descend(depth: str) -> str:
    return descend(depth) + depth


def refuse(text: str) -> str:
    raise Refusal(Complaint(text=text, path="page.md", line=3))


def repeat(text: str) -> str:
    while text:
        pass
    return text


def echo(text: str) -> str:
    print(text)  # noqa: T201 - an engine that prints must not break the frames
    return text


OPERATIONS: list[Callable[[str], str]] = [
    read,
    write,
    connect,
    send,
    run,
    allocate,
    descend,
    refuse,
    repeat,
    echo,
]


def _on_json(operation: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda arguments: msgspec.json.encode(operation(msgspec.json.decode(arguments, type=str)))


def main() -> None:
    serve({one.__name__: _on_json(one) for one in OPERATIONS}, {"hostile": "1"})
