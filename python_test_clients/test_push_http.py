#!/usr/bin/env python3
"""Pushes over HTTP: one group that is replaced, and a counter that goes on from where it was."""

import argparse
import sys
import urllib.request

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway


def replace(address):
    """As batch jobs do with Pushgateway: each push replaces what the job has said before."""
    registry = CollectorRegistry()
    Gauge("foo_bar_http_last_success_unixtime", "When the job ended last.", registry=registry).set_to_current_time()
    push_to_gateway(address, job="foo_bar_http", registry=registry)
    print("replaced the group of job foo_bar_http")


def add(address):
    """As functions do with an aggregating gateway: counters add up."""
    text = "# TYPE foo_bar_http_calls_total counter\nfoo_bar_http_calls_total 1\n"
    request = urllib.request.Request(f"http://{address}/metrics", text.encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10):
        print("added 1 to foo_bar_http_calls_total")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="127.0.0.1:6555", help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        replace(arguments.address)
        add(arguments.address)
    except OSError as error:
        sys.exit(f"test_push_http.py: {arguments.address}: {error}")
