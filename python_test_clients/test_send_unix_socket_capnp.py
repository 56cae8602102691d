#!/usr/bin/env python3
"""Sends two apps over one connection to the proxy's Unix socket."""

import socket

import inbound_metrics

if __name__ == "__main__":
    inbound_metrics.run(
        app_names=["foo_bar_app0", "foo_bar_app1"],
        default_address="/var/run/exporter-proxy-receiver.sock",
        family=socket.AF_UNIX,
        parse_address=str,
        description=__doc__,
    )
