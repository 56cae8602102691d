"""Pushes with prometheus_client as programs do, and says each call that returns: all of them should.

usage: push.py host:port [call ...]     without calls: all of them, but for "snappy" with --no-snappy
"""

import os
import sys

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary
from prometheus_client import delete_from_gateway, instance_ip_grouping_key, push_to_gateway, pushadd_to_gateway
from prometheus_client.exposition import basic_auth_handler


def everything():
    """One metric of each kind."""
    registry = CollectorRegistry()
    calls = Counter("py_client_calls", 'Calls \\ "so far".', ["code"], registry=registry)
    calls.labels("200").inc(3)
    calls.labels('say "no"\n').inc()
    Gauge("py_client_temperature", "Degrees.", registry=registry).set(-1.5)
    seconds = Histogram("py_client_seconds", "Time.", buckets=(0.1, 1), registry=registry)
    size = Summary("py_client_bytes", "Size.", registry=registry)
    for value in (0.05, 0.5, 5):
        seconds.observe(value)
        size.observe(value)
    Info("py_client_build", "Build.", registry=registry).info({"version": "1.2", "by": "é"})
    Enum("py_client_state", "State.", states=["idle", "busy"], registry=registry).state("busy")
    return registry


def one(value):
    registry = CollectorRegistry()
    Gauge("py_client_extra", "Added.", registry=registry).set(value)
    return registry


def authenticate(url, method, timeout, headers, data):
    return basic_auth_handler(url, method, timeout, headers, data, "user", "pass:word")


def calls(gateway):
    """The calls, in order, each with its name."""
    registry = everything()
    yield "push", lambda: push_to_gateway(gateway, "py", registry)
    yield "push again", lambda: push_to_gateway(gateway, "py", registry)
    yield "add", lambda: pushadd_to_gateway(gateway, "py", one(1))
    key = {"path": "/var/tmp", "city": "Zürich", "empty": "", "say": 'a "b"\n'}
    yield "groups", lambda: push_to_gateway(gateway, "py", one(2), grouping_key=key)
    yield "job with slash", lambda: pushadd_to_gateway(gateway, "py/slash job", one(3))
    yield "instance", lambda: push_to_gateway(gateway, "py_instance", one(4), instance_ip_grouping_key())
    yield "basic auth", lambda: push_to_gateway(gateway, "py_auth", one(5), handler=authenticate)
    yield "gzip", lambda: push_to_gateway(gateway, "py_gzip", everything(), compression="gzip")
    if "--no-snappy" not in sys.argv:
        yield "snappy", lambda: push_to_gateway(gateway, "py_snappy", everything(), compression="snappy")
    yield "empty registry", lambda: push_to_gateway(gateway, "py_empty", CollectorRegistry())
    yield "to be deleted", lambda: push_to_gateway(gateway, "py_gone", one(6), grouping_key=key)
    yield "delete", lambda: delete_from_gateway(gateway, "py_gone", grouping_key=key)


def main():
    # Loopback is not behind a proxy, whatever the environment says.
    os.environ["no_proxy"] = "*"
    gateway, *wanted = [word for word in sys.argv[1:] if not word.startswith("--")]
    for name, call in calls(gateway):
        if wanted and name not in wanted:
            continue
        try:
            call()
        except Exception as error:
            sys.exit(f"{name}: {error!r}")
        print(name)


if __name__ == "__main__":
    main()
