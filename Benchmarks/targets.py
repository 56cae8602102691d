#!/usr/bin/env python3
"""How many lists of targets a second the proxy answers, how long they take, and what each costs.

    Benchmarks/targets.py [--seconds 4] [--clients 1,8,32] [BINARY]

Serves, on loopback, 10 JSON files with 100 targets each, and a Python generator of as many, and asks for them with wrk
(of the Debian package) on one thread.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GENERATOR = """
def generate_targets(**parameters):
    return [{"targets": [f"10.{file}.{group}.{i}:9100" for i in range(10)],
             "labels": {"dc": "nyc", "rack": f"r{group}", "job": "node"}} for file in range(10) for group in range(10)]
"""


def make_tree(folder):
    space = {}
    exec(GENERATOR, space)
    groups = space["generate_targets"]()
    os.makedirs(os.path.join(folder, "static"))
    os.makedirs(os.path.join(folder, "python"))
    for file in range(10):
        with open(os.path.join(folder, "static", f"{file}.json"), "w") as out:
            json.dump(groups[file * 10 : file * 10 + 10], out)
    with open(os.path.join(folder, "python", "all.py"), "w") as out:
        out.write(GENERATOR)


def start(binary, folder):
    settings = {
        "exporter.scrape_expose_endpoint": "127.0.0.1:0", "receiver.receive_on_unix_socket": "false",
        "receiver.receive_on_tcp_socket": "false",
    }
    arguments = [text for key, value in settings.items() for text in ("--set", f"{key}={value}")]
    process = subprocess.Popen(
        [binary, "serve", "--targets", folder, *arguments], stderr=subprocess.PIPE, text=True, cwd=folder)
    for line in process.stderr:
        if "msg=serving" in line:
            return process, int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])
    sys.exit("the proxy did not start")


def processor_seconds(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process):
    with open(f"/proc/{process.pid}/status") as file:
        return dict(re.findall(r"(VmRSS|RssAnon):\s+(\d+)", file.read()))


def measure(process, url, clients, seconds):
    before = processor_seconds(process)
    report = subprocess.run(
        ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", url], capture_output=True, text=True, check=True
    ).stdout
    used = processor_seconds(process) - before
    requests = int(re.search(r"(\d+) requests in", report)[1])
    rate = float(re.search(r"Requests/sec:\s+(\S+)", report)[1])
    slowest = re.search(r"99%\s+(\S+)", report)[1]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    if failed:
        sys.exit(f"{failed[1]} requests failed")
    return rate, slowest, used / requests * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--clients", default="1,8,32")
    parser.add_argument("binary", nargs="?", default=os.path.join(ROOT, ".build-release/release/exporter-proxy"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_tree(folder)
        process, port = start(options.binary, folder)
        try:
            for path in ("static", "python"):
                url = f"http://127.0.0.1:{port}/targets/{path}"
                size = len(urllib.request.urlopen(url, timeout=60).read())
                for clients in options.clients.split(","):
                    rate, slowest, cost = measure(process, url, int(clients), options.seconds)
                    print(f"{path}, {size} bytes, {clients} clients: {rate:.0f}/s, p99 {slowest}, {cost:.1f} us of CPU")
            print("memory in KB:", memory(process))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
