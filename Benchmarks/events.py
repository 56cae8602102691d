#!/usr/bin/env python3
"""Counts what is lost of events that come at a steady pace, and what each costs.

    Benchmarks/events.py [--seconds 2] [--rates 20000,100000,400000] [--loadgen FILE] [BINARY]

Starts the proxy on loopback, with ports that the kernel chose and nothing on disk, and sends one event in a datagram.
Python by itself sends about 150 000 a second; with the driver of the harness (`loadgen`, built by Benchmarks/run) a
rate is kept that needs a core of its own. Exit status 1 where an event was lost that the kernel had taken.
"""

import argparse
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LABELS = 100
PACKETS = [
    b'{"metric_name":"sample_counter","payload":{"labels":{"label_1":"x%d"}}}' % number
    for number in range(LABELS, 2 * LABELS)  # All of one length, so that the kernel can cut them out of one buffer.
]


class Proxy:
    def __init__(self, binary, folder):
        settings = {
            "exporter.scrape_expose_endpoint": "127.0.0.1:0", "receiver.receive_on_unix_socket": "false",
            "receiver.receive_on_tcp_socket": "false", "events.listen": "127.0.0.1:0",
            "events.counter": '[{name = "sample_counter", labels = ["label_1"]}]',
        }
        config = os.path.join(folder, "config.toml")
        open(config, "w").close()
        arguments = [text for key, value in settings.items() for text in ("--set", f"{key}={value}")]
        self.process = subprocess.Popen(
            [binary, "--config", config, *arguments], stderr=subprocess.PIPE, text=True)
        self.port = self.http = None
        self.buffer = "?"
        for line in self.process.stderr:
            if 'msg="receiving events"' in line:
                self.port = int(re.search(r"on=127\.0\.0\.1:(\d+)", line)[1])
                self.buffer = re.search(r"buffer=(\d+)", line)[1]
            if "msg=serving" in line:
                self.http = int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])
                return
        sys.exit("the proxy did not start")

    def page(self, path):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=10).read().decode()

    def counted(self):
        return sum(float(value) for value in re.findall(r"(?m)^sample_counter\{.*\} (\S+)$", self.page("/metrics")))

    def dropped(self):
        return int(float(re.search(r"(?m)^exporter_proxy_events_kernel_drops_total (\S+)", self.page("/-/metrics"))[1]))

    def seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.terminate()
        self.process.wait(10)


def send_by_python(port, count, rate):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect(("127.0.0.1", port))
    began = time.monotonic()
    for number in range(count):
        if number % 16 == 0:
            wait = began + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        sender.send(PACKETS[number % LABELS])
    return count / (time.monotonic() - began)


def send_by_loadgen(loadgen, pack, port, count, rate):
    cut = ["--gso", "16"] if rate > 200_000 else []
    command = [loadgen, "udp", "--port", str(port), "--pack", pack, "--events", str(count), "--rate", str(rate)] + cut
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["per_s"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", nargs="?", default=os.path.join(ROOT, ".build-release/release/exporter-proxy"))
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rates", default=None)
    parser.add_argument("--loadgen", default=os.path.join(ROOT, ".build-bench/loadgen"))
    arguments = parser.parse_args()
    loadgen = arguments.loadgen if os.access(arguments.loadgen, os.X_OK) else None
    rates = arguments.rates or ("20000,100000,400000" if loadgen else "20000,50000,100000")
    is_lost = False
    with tempfile.TemporaryDirectory() as folder:
        pack = os.path.join(folder, "events.pack")
        with open(pack, "wb") as file:
            for packet in PACKETS:
                file.write(struct.pack("<I", 1) + b"x" + struct.pack("<I", len(packet)) + packet)
        proxy = Proxy(arguments.binary, folder)
        print(f"receive buffer {proxy.buffer} bytes, sent by {'loadgen' if loadgen else 'Python'}")
        try:
            for rate in map(int, rates.split(",")):
                count = int(rate * arguments.seconds)
                before, dropped, cpu = proxy.counted(), proxy.dropped(), proxy.seconds()
                sent = send_by_loadgen(loadgen, pack, proxy.port, count, rate) if loadgen \
                    else send_by_python(proxy.port, count, rate)
                time.sleep(0.3)
                cpu, counted, dropped = proxy.seconds() - cpu, proxy.counted() - before, proxy.dropped() - dropped
                lost = count - int(counted)
                is_lost = is_lost or lost > 0
                print(f"{rate:>8}/s: sent {count} at {sent:.0f}/s, lost {lost} (kernel {dropped}), "
                      f"{cpu / max(counted, 1) * 1e6:.2f} us each")
        finally:
            proxy.end()
    sys.exit(1 if is_lost else 0)


if __name__ == "__main__":
    main()
