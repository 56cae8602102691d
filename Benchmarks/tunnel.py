#!/usr/bin/env python3
"""What a tunnel costs: a large scrape through it, and many idle clients on one bridge. Loopback only, ends by itself.

    tunnel.py PROGRAM [CLIENTS]
"""
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

SECRET, SEED = "5e" * 32, "b1" * 32
TICKS = os.sysconf("SC_CLK_TCK")


def start(program, folder, name, arguments):
    log = open(f"{folder}/{name}.log", "w")
    return subprocess.Popen([program] + arguments, stdout=log, stderr=log, cwd=folder)


def find(folder, name, pattern):
    for _ in range(400):
        found = re.search(pattern, open(f"{folder}/{name}.log").read())
        if found:
            return found.group(1)
        time.sleep(0.025)
    sys.exit(f"{name}: " + open(f"{folder}/{name}.log").read())


def configure(folder, name, text, pushes=False):
    receiver = '"127.0.0.1:0"' if pushes else '"127.0.0.1:0"\nreceive_on_tcp_socket = false'
    open(f"{folder}/{name}.toml", "w").write(
        f'[exporter]\nscrape_expose_endpoint = "127.0.0.1:0"\n[receiver]\nreceiver_tcp_socket = {receiver}\n'
        f'receive_on_unix_socket = false\nmessage_bytes_max = 16777216\n[store]\npath = ""\n'
        f'[exposition]\nbytes_max = 16777216\nseries_max = 1000000\n{text}')
    return ["--config", f"{name}.toml"]


def cpu(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(process):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{process.pid}/status").read()).group(1)) / 1024


UNCHECKED = ssl._create_unverified_context()


def get(port, path, scheme="http"):
    with urllib.request.urlopen(f"{scheme}://127.0.0.1:{port}{path}", timeout=30, context=UNCHECKED) as answer:
        return answer.read()


def times(port, path, scheme="http", count=20):
    taken = []
    for _ in range(count):
        begin = time.monotonic()
        size = len(get(port, path, scheme))
        taken.append((time.monotonic() - begin) * 1000)
    taken.sort()
    return size, taken[len(taken) // 2], taken[0], taken[-1]


def client(node, key, alias, way):
    return (f'[tunnel.client]\nscraper_public_key = "{key}"\nscraper_secret = "{SECRET}"\nalias = "{alias}"\n'
            f'host = "127.0.0.1"\nbootstrap = ["127.0.0.1:{node}"]\n{way}')


def main():
    program, clients = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    folder, processes = tempfile.mkdtemp(), []
    try:
        node = start(program, folder, "node", ["dht-node", "--host", "127.0.0.1", "--port", "0"])
        processes.append(node)
        node_port = find(folder, "node", r"on=127\.0\.0\.1:(\d+)")
        key = subprocess.check_output([program, "keygen", "--seed", SEED, "--public"], text=True).strip()
        bridge = start(program, folder, "bridge", configure(
            folder, "bridge", f'[tunnel.bridge]\nshared_secret = "{SECRET}"\nkey_pair_seed = "{SEED}"\nport = 0\n'
            f'host = "127.0.0.1"\nbootstrap = ["127.0.0.1:{node_port}"]\nis_open = true\n'))
        processes.append(bridge)
        port = find(folder, "bridge", r"msg=serving on=http://127\.0\.0\.1:(\d+)")
        find(folder, "bridge", r"(announced in the DHT)")
        scrape(program, folder, processes, node_port, key, port, bridge)
        if clients:
            idle(program, folder, processes, node_port, key, port, bridge, clients)
    finally:
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()


def scrape(program, folder, processes, node, key, port, bridge):
    ways = {"dht": "", "stream": f'bridge_url = "http://127.0.0.1:{port}"\n'}
    lines = "".join(f'filler{{number="{number}",name="some_label_value"}} {number}.5\n' for number in range(40_000))
    subprocess.check_call(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
         "/CN=localhost", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], stderr=subprocess.DEVNULL)
    for name, way in ways.items():
        way += f'[web.tls]\ncert_file = "{folder}/cert.pem"\nkey_file = "{folder}/key.pem"\n'
        process = start(program, folder, name, configure(folder, name, client(node, key, name, way), pushes=True))
        processes.append(process)
        push = find(folder, name, r"msg=receiving format=\S+ on=127\.0\.0\.1:(\d+)")
        own = find(folder, name, r"msg=serving on=https://127\.0\.0\.1:(\d+)")
        with socket.create_connection(("127.0.0.1", int(push))) as connection:
            connection.sendall(json.dumps({"app": lines}).encode())
        while b"filler" not in get(own, "/metrics", "https"):
            time.sleep(0.05)
        while True:
            try:
                get(port, f"/scrape/{name}/metrics")
                break
            except OSError:
                time.sleep(0.05)
        before = cpu(process) + cpu(bridge)
        size, median, least, most = times(port, f"/scrape/{name}/metrics")
        spent = (cpu(process) + cpu(bridge) - before) / 20 * 1000
        _, direct, low, high = times(own, "/metrics", "https")
        print(f"{name}: {size} bytes in {median:.1f} ms [{least:.1f}..{most:.1f}], {spent:.1f} ms of CPU at both ends; "
              f"the same over TLS, without a tunnel, {direct:.1f} ms [{low:.1f}..{high:.1f}]", flush=True)


def idle(program, folder, processes, node, key, port, bridge, clients):
    before = memory(bridge)
    for number in range(clients):
        name = f"c{number}"
        processes.append(start(program, folder, name, configure(folder, name, client(node, key, name, ""))))
        time.sleep(0.03)
    while f"exporter_proxy_tunnel_aliases{{tunnel=\"bridge\"}} {clients + 2}" not in get(port, "/-/metrics").decode():
        time.sleep(1)
    time.sleep(5)
    spent, begin = cpu(bridge), time.monotonic()
    time.sleep(20)
    share = (cpu(bridge) - spent) / (time.monotonic() - begin)
    print(f"{clients} idle clients: {memory(bridge) - before:.1f} MB more, {share * 100:.2f} % of a core", flush=True)


main()
