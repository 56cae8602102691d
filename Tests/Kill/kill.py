#!/usr/bin/env python3
"""Kills a proxy again and again under a load of pushes, and looks after each restart whether anything that was
acknowledged is lost, or anything was counted twice.

Prints a line of figures, and ends with 1 where something is wrong.
usage: kill.py [--kills 200] [--seconds 300] [--seed N] path/to/exporter-proxy
"""

import argparse
import http.client
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

# What a restart may take before it counts as failed.
START_SECONDS = 20
SERIES_OF_A_GROUP = 20
PADDING = "x" * 200
ADDED = b'# TYPE kill_total counter\nkill_total{clearmode="sum"} 1\n'


class Failure(Exception):
    pass


class Proxy:
    """One folder of state, and the process that has it at the moment."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = pathlib.Path(folder)
        self.process = None
        self.port = None
        self.store = self.folder / "store"
        self.log = self.folder / "log"
        self.file = self.folder / "config.toml"
        self.file.write_text(
            '[exporter]\nscrape_expose_endpoint = "127.0.0.1:0"\n'
            "[receiver]\nreceive_on_tcp_socket = false\nreceive_on_unix_socket = false\n"
            f'[store]\npath = "{self.store}"\n'
        )

    def begin(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EXPORTER_PROXY_")}
        environment["SWIFT_BACKTRACE"] = "enable=no"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.binary, "--config", str(self.file)], stderr=log, env=environment, cwd=self.folder)

    def wait_until_it_serves(self):
        """The seconds that it took."""
        start = time.monotonic()
        while time.monotonic() - start < START_SECONDS:
            found = re.search(r"msg=serving on=http://127\.0\.0\.1:(\d+)", self.log.read_text())
            if found:
                self.port = int(found.group(1))
                return time.monotonic() - start
            if self.process.poll() is not None:
                raise Failure(f"it ended with {self.process.returncode}:\n{self.log.read_text()}")
            time.sleep(0.002)
        raise Failure(f"it does not serve after {START_SECONDS} s:\n{self.log.read_text()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def scrape(self):
        """Values by series, of those that the workers push."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise Failure(f"GET /metrics: {answer.status} {text}")
        samples = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("kill_"))
        return {series: float(value) for series, value in samples}


class Worker:
    """A client that pushes as fast as it is answered, and knows what its series may be."""

    def __init__(self, number):
        self.job = f"{type(self).__name__.lower()}{number}"
        self.answers = 0
        # What the series may be at most, and at least.
        self.sent = 0
        self.acknowledged = 0

    def push_while(self, going, port, failures):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        try:
            while going.is_set():
                connection.request(*self.next())
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 200:
                    self.answers += 1
                    self.answered()
                else:
                    failures.append(f"{self.job}: {answer.status} {text}")
                    return
        except (OSError, http.client.HTTPException):
            pass  # The proxy was killed.
        finally:
            connection.close()

    def check(self, samples):
        for series in self.series():
            value = samples.get(series, 0)
            if not self.acknowledged <= value <= self.sent:
                raise Failure(f"{series} is {value}: acknowledged {self.acknowledged}, sent {self.sent}")


class Adding(Worker):
    """Adds one again and again. What was sent and not answered may count or not."""

    def next(self):
        self.sent += 1
        return "POST", f"/metrics/job/{self.job}", ADDED

    def answered(self):
        self.acknowledged += 1

    def series(self):
        return [f'kill_total{{instance="",job="{self.job}"}}']


class Repeating(Adding):
    """Adds one, and says so again with the same key until that is answered: each one counts once."""

    def next(self):
        if self.sent == self.acknowledged:
            self.sent += 1
        return "POST", f"/metrics/job/{self.job}", ADDED, {"Idempotency-Key": f"{self.job}-{self.sent}"}


class Replacing(Worker):
    """Replaces a group by the next number: all of it or nothing."""

    def next(self):
        self.sent += 1
        lines = "".join(f'kill_value{{n="{n}",pad="{PADDING}"}} {self.sent}\n' for n in range(SERIES_OF_A_GROUP))
        return "PUT", f"/metrics/job/{self.job}", lines.encode()

    def answered(self):
        self.acknowledged = self.sent

    def series(self):
        return [
            f'kill_value{{instance="",job="{self.job}",n="{n}",pad="{PADDING}"}}' for n in range(SERIES_OF_A_GROUP)]

    def check(self, samples):
        super().check(samples)
        values = {samples.get(series, 0) for series in self.series()}
        if len(values) > 1:
            raise Failure(f"{self.job} holds parts of several pushes: {sorted(values)}")


class Run:
    def __init__(self, proxy, chance):
        self.proxy = proxy
        self.chance = chance
        self.workers = [kind(n) for kind in (Adding, Repeating, Replacing) for n in range(3)]
        self.kills = 0
        self.slowest = 0.0

    def restart(self):
        """Begins it, perhaps in several attempts, and checks what it has kept."""
        while True:
            self.proxy.begin()
            if self.kills == 0 or self.chance.random() > 0.15:
                break
            time.sleep(self.chance.uniform(0, 0.05))
            self.kill()
        self.slowest = max(self.slowest, self.proxy.wait_until_it_serves())
        samples = self.proxy.scrape()
        for worker in self.workers:
            worker.check(samples)

    def kill(self):
        self.proxy.kill()
        self.kills += 1

    def push_for(self, seconds, then):
        """Has all workers push, and does `then` while they still do."""
        going, failures = threading.Event(), []
        going.set()
        threads = [
            threading.Thread(target=worker.push_while, args=(going, self.proxy.port, failures))
            for worker in self.workers]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        then()
        going.clear()
        for thread in threads:
            thread.join()
        if failures:
            raise Failure(failures[0])

    def finish(self):
        """Says again what is open, and ends it orderly: then everything is as it was."""
        self.restart()
        self.push_for(0.2, then=lambda: None)
        before = self.proxy.scrape()
        self.proxy.process.terminate()
        if self.proxy.process.wait(timeout=START_SECONDS) != 0:
            raise Failure(f"it ended with {self.proxy.process.returncode}")
        self.restart()
        if self.proxy.scrape() != before:
            raise Failure("an orderly end has changed something")
        self.proxy.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=300, help="after which no further kill is begun")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="exporter-proxy-kill-")
    proxy = Proxy(os.path.abspath(arguments.binary), folder)
    run = Run(proxy, random.Random(arguments.seed))
    start = time.monotonic()
    try:
        while run.kills < arguments.kills and time.monotonic() - start < arguments.seconds:
            run.restart()
            run.push_for(run.chance.uniform(0.01, 1.2), then=run.kill)
        run.finish()
    except Failure as failure:
        sys.exit(f"kill: after {run.kills} kills, with --seed {arguments.seed}: {failure}")
    finally:
        if proxy.process is not None and proxy.process.poll() is None:
            proxy.kill()
        shutil.rmtree(folder)
    acknowledged = sum(worker.answers for worker in run.workers)
    print(
        f"kill: {run.kills} kills in {time.monotonic() - start:.0f} s, {acknowledged} pushes acknowledged,"
        f" 0 lost, 0 counted twice, slowest start {run.slowest * 1000:.0f} ms")
    if acknowledged == 0:
        sys.exit("kill: nothing was pushed")


if __name__ == "__main__":
    main()
