"""Sends events to the proxy: counters, gauges, histograms and summaries, in datagrams that nobody answers.

The calls, their arguments and what they send are those of the PyPI package python-hermes 0.0.4, without its faults and
without other packages. Programs that use that one need another import:

    import events as hermes

    hermes.set_hermes_config("127.0.0.1", 7789)
    hermes.increment_counter("jobs_total", {"queue": "mail"})

The network raises nothing here and holds nobody up, but for the lookup of a host name: what cannot be sent at once is
lost, and the logger `events` says so. An argument of a wrong type raises `InvalidMetricException`; what the numbers
mean is for the proxy to judge, which counts what it refuses. All calls may come from any thread and any task.
"""

import contextlib
import contextvars
import functools
import inspect
import json
import logging
import math
import numbers
import os
import socket
import threading
import time
from collections.abc import Mapping

__all__ = [
    "HermesConfigurationException",
    "InvalidMetricException",
    "batch",
    "connect",
    "counter_wrapper",
    "decrement_gauge",
    "gauge_wrapper",
    "hermes_gauge",
    "increment_counter",
    "increment_gauge",
    "observe_histogram",
    "observe_summary",
    "set_gauge",
    "set_hermes_config",
]

LOGGER = logging.getLogger("events")

# A host name is looked up again after this time, or after the shorter one if nothing was found.
LOOKUP_SECONDS = 60
FAILED_LOOKUP_SECONDS = 5
# Passes any usual network in one piece.
BATCH_BYTES = 1400
# What a path in a Unix address has room for, on Linux.
PATH_BYTES_MAX = 107


class InvalidMetricException(Exception):
    """An event cannot be said with these arguments."""


class HermesConfigurationException(Exception):
    """This is no address, or no size."""


# Where events go


def set_hermes_config(host: str = "localhost", port: int = 7789):
    """Sends all that follows to a UDP port: of a name, an IPv4 or an IPv6 address. Until then it is localhost's 7789.

    Of a name with addresses of both kinds, IPv4 is taken, as the proxy's default is to listen there.
    """
    if not isinstance(host, str) or not host:
        raise HermesConfigurationException(f"host must be a string that is not empty, not {host!r}")
    if not isinstance(port, int) or not 0 < port < 65536:
        raise HermesConfigurationException(f"port must be an integer from 1 to 65535, not {port!r}")
    _go_to(_Destination(f"{host} port {port}", lambda: _look_up(host, port), LOOKUP_SECONDS))


def connect(path, *, wait: float = 0.0):
    """Sends all that follows to a Unix datagram socket, also if it appears only later, or is made anew.

    Where the proxy is behind and the socket is full, a call waits for so many seconds at most before its event is lost.
    """
    try:
        path, wait = os.fspath(path), float(wait)
        length = len(os.fsencode(path))
    except (TypeError, ValueError):
        raise HermesConfigurationException(f"no path and seconds: {path!r}, {wait!r}") from None
    if not 0 < length <= PATH_BYTES_MAX:
        raise HermesConfigurationException(f"a path has 1 to {PATH_BYTES_MAX} bytes, this one {length}")
    if not 0 <= wait < threading.TIMEOUT_MAX:
        raise HermesConfigurationException(f"wait must be a number of seconds, not {wait!r}")
    _go_to(_Destination(str(path), lambda: _Peer(socket.AF_UNIX, path, wait), math.inf))


def _go_to(destination):
    global _destination
    _destination = destination


def _look_up(host, port):
    found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return _Peer(family, address, wait=0)


class _Peer:
    """A socket and an address, which do not change: so threads need no lock, and the last one to let go closes it."""

    def __init__(self, family, address, wait):
        self._address = address
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.settimeout(wait)

    def send(self, datagram):
        self._socket.sendto(datagram, self._address)

    def __del__(self):
        if hasattr(self, "_socket"):
            self._socket.close()


class _Destination:
    """Opened when there is something to send. Threads that open it at once do so twice, and one peer is let go."""

    def __init__(self, name, open_peer, keep_seconds):
        self._name, self._open_peer, self._keep_seconds = name, open_peer, keep_seconds
        self._peer, self._due = None, -math.inf

    def send(self, datagram):
        peer = self._current_peer()
        if peer is None:
            return
        try:
            peer.send(datagram)
        except OSError as error:
            LOGGER.debug("%d bytes are lost, %s: %s", len(datagram), self._name, error)

    def _current_peer(self):
        if time.monotonic() >= self._due:
            try:
                self._peer = self._open_peer()
                self._due = time.monotonic() + self._keep_seconds
            # A value error is a name that is not even asked for.
            except (OSError, ValueError) as error:
                # The peer that worked so far stays.
                self._due = time.monotonic() + FAILED_LOOKUP_SECONDS
                LOGGER.warning("%s: %s; tried again in %d s", self._name, error, FAILED_LOOKUP_SECONDS)
        return self._peer


# Counters


def increment_counter(metric_name: str, labels: Mapping, *, value=None):
    """Adds one, or `value`."""
    payload = {"labels": _texts(labels)}
    if value is not None:
        payload["value"] = _number(value, "value")
    _send(metric_name, payload)


def counter_wrapper(metric_name: str, labels: Mapping, pre_execution: bool = True):
    """Decorates a function, also an `async` one: counts its calls, or those calls that return."""

    @contextlib.contextmanager
    def counted():
        if pre_execution:
            increment_counter(metric_name, labels)
        yield
        if not pre_execution:
            increment_counter(metric_name, labels)

    return lambda function: _within(counted, function)


# Gauges


def set_gauge(metric_name: str, value: float, labels: Mapping):
    """Sets it, also to NaN or an infinity."""
    _send_gauge(metric_name, "set", labels, _number(value, "value"))


def increment_gauge(metric_name: str, labels: Mapping, *, value=None):
    """Adds one, or `value`."""
    _send_gauge(metric_name, "increment", labels, None if value is None else _number(value, "value"))


def decrement_gauge(metric_name: str, labels: Mapping, *, value=None):
    """Takes away one, or `value`."""
    _send_gauge(metric_name, "decrement", labels, None if value is None else _number(value, "value"))


@contextlib.contextmanager
def hermes_gauge(metric_name: str, labels: Mapping):
    """The gauge is one higher while the block runs, however it ends."""
    # Labels that the block changes must not take the one away elsewhere.
    labels = _texts(labels)
    increment_gauge(metric_name, labels)
    try:
        yield
    finally:
        decrement_gauge(metric_name, labels)


def gauge_wrapper(metric_name: str, labels: Mapping):
    """Decorates a function, also an `async` one: the gauge is one higher while it runs, however it ends."""
    return lambda function: _within(lambda: hermes_gauge(metric_name, labels), function)


def _send_gauge(metric_name, operation, labels, value):
    _send(metric_name, {"operation": operation, "labels": _texts(labels), "value": value})


# Histograms and summaries


def observe_histogram(metric_name: str, labels: Mapping, observation: float):
    _send(metric_name, {"labels": _texts(labels), "observation": _number(observation, "observation")})


def observe_summary(metric_name: str, labels: Mapping, observation: float):
    _send(metric_name, {"labels": _texts(labels), "observation": _number(observation, "observation")})


# Several events in one datagram


@contextlib.contextmanager
def batch(max_bytes: int = BATCH_BYTES):
    """Sends the events of the block together, each in a line, in datagrams of at most `max_bytes`.

    They leave when the next one would not fit, and at the end of the block, however it ends; one that is larger goes
    alone. Events of other threads are not held. Hermes itself does not understand batches.
    """
    if not isinstance(max_bytes, int) or max_bytes < 1:
        raise HermesConfigurationException(f"max_bytes must be a positive integer, not {max_bytes!r}")
    outer, inner = _batch.get(), _Batch(max_bytes)
    _batch.set(inner)
    try:
        yield
    finally:
        _batch.set(outer)
        inner.close()


class _Batch:
    def __init__(self, max_bytes):
        self._max_bytes, self._process = max_bytes, os.getpid()
        # Tasks, and threads that run in a copied context, share the batch of the block that made them.
        self._lock = threading.Lock()
        self._is_open, self._lines, self._bytes = True, [], 0

    def take(self, line):
        """Whether it is taken: not behind the end of the block, nor by a forked process, which never gets there."""
        if os.getpid() != self._process:
            return False
        with self._lock:
            if not self._is_open:
                return False
            if self._bytes + len(line) > self._max_bytes:
                self._flush()
            self._lines.append(line)
            self._bytes += len(line) + 1
            return True

    def close(self):
        if os.getpid() != self._process:
            return
        with self._lock:
            self._is_open = False
            self._flush()

    def _flush(self):
        if self._lines:
            _destination.send(b"\n".join(self._lines))
        self._lines, self._bytes = [], 0


# Parts


def _send(metric_name, payload):
    if not isinstance(metric_name, str) or not metric_name:
        raise InvalidMetricException(f"metric_name must be a string that is not empty, not {metric_name!r}")
    event = json.dumps({"metric_name": metric_name, "payload": payload}).encode("ascii")
    collected = _batch.get()
    if collected is None or not collected.take(event):
        _destination.send(event)


def _texts(labels):
    if not isinstance(labels, Mapping):
        raise InvalidMetricException(f"labels must be a dictionary, not {type(labels).__name__}")
    return {_text(name, "the name of a label"): _text(value, f"label {name!r}") for name, value in labels.items()}


def _text(thing, what):
    if isinstance(thing, str):
        return thing
    if isinstance(thing, bytes):
        return thing.decode("utf-8", "replace")
    if isinstance(thing, numbers.Number):
        return str(thing)
    raise InvalidMetricException(f"{what} must be a string or a number, not {type(thing).__name__}")


def _number(thing, what):
    try:
        return float(thing)
    except (TypeError, ValueError, OverflowError):
        raise InvalidMetricException(f"{what} must be a number that a float can hold, not {thing!r}") from None


def _within(make_block, function):
    """The function, each call of which runs in a block of its own."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call(*args, **kwargs):
            with make_block():
                return await function(*args, **kwargs)

    else:

        @functools.wraps(function)
        def call(*args, **kwargs):
            with make_block():
                return function(*args, **kwargs)

    return call


_batch = contextvars.ContextVar("batch", default=None)
set_hermes_config()
