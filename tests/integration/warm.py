"""A process that has imported every command and forks a child for each call: what a user meets, without the start.

A line of JSON in (arguments, folder, environment, limit of a file's size), a line of JSON out
(exit code, what went to stdout and stderr).
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import tempfile
import traceback
from typing import IO, Any, NoReturn

from hiphinge.apps import cli


def child(call: dict[str, Any], out: IO[bytes], err: IO[bytes]) -> NoReturn:
    """The command, as its console script runs it; ends this process."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    os.chdir(call["folder"])
    os.environ.update(call["environment"])
    if call["largest_file"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (call["largest_file"], call["largest_file"]))
    code: Any = 0
    try:
        cli.main(call["arguments"])
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  as the interpreter would: the test looks for the word Traceback
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def main() -> None:
    """Until stdin ends."""
    for place, _ in cli.COMMANDS.values():
        importlib.import_module(place.partition(":")[0])
    for line in sys.stdin:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            number = os.fork()
            if number == 0:
                child(json.loads(line), out, err)
            code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
            for stream in (out, err):
                stream.seek(0)
            print(json.dumps([code, out.read().decode(), err.read().decode()]), flush=True)


if __name__ == "__main__":
    main()
