"""The measure of all: a bare Flask route on waitress, four threads. `python -m tests.bench.bare PORT` serves it."""

from __future__ import annotations

import sys

from flask import Flask
from waitress import serve

app = Flask(__name__)


@app.get("/")
def nothing() -> str:
    return "nothing"


if __name__ == "__main__":
    serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=4)
