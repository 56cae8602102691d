#!/usr/bin/env python3
"""Sends two apps over one TCP connection to the proxy's receiver."""

import socket

import inbound_metrics


def parse_address(address):
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"expected host:port, found '{address}'")
    return host, int(port)


if __name__ == "__main__":
    inbound_metrics.run(
        app_names=["foo_bar_tcp_app0", "foo_bar_tcp_app1"],
        default_address="127.0.0.1:6554",
        family=socket.AF_INET,
        parse_address=parse_address,
        description=__doc__,
    )
