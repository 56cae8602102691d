"""Tests of events.py, in this folder: python3 -m unittest test_events

The bytes are those that python-hermes 0.0.4 sends with pydantic 1. Where EXPORTER_PROXY_CASES names the folder of the
conformance cases, the table of these tests is also held against theirs.
"""

import asyncio
import contextlib
import contextvars
import decimal
import enum
import inspect
import json
import math
import os
import pathlib
import socket
import tempfile
import threading
import unittest
from unittest import mock

import events

ONE = {"label_1": "demo label 1"}
TWO = {"label_1": "demo label 1", "label_2": "demo label 2"}
X = {"label_1": "x"}

COUNTER = '{"metric_name": "sample_counter", "payload": {"labels": {"label_1": %s}}}'
GAUGE = (
    '{"metric_name": "sample_gauge", "payload": {"operation": "%s", '
    '"labels": {"label_1": "demo label 1", "label_2": "demo label 2"}, "value": %s}}'
)
OBSERVATION = '{"metric_name": "sample_%s", "payload": {"labels": {"label_1": "x"}, "observation": %s}}'
COUNTED = COUNTER % '"x"'
INCREMENT, DECREMENT = GAUGE % ("increment", "null"), GAUGE % ("decrement", "null")


class Kind(str, enum.Enum):
    A = "a"


def count(label="x", **more):
    events.increment_counter("sample_counter", {"label_1": label}, **more)


def set_to(value):
    events.set_gauge("sample_gauge", value, TWO)


def fail():
    raise KeyError("of the caller")


# By the names of the conformance cases.
DATAGRAMS = {
    "increment_counter": (lambda: events.increment_counter("sample_counter", ONE), COUNTER % '"demo label 1"'),
    "increment_counter(label é☃)": (lambda: count("é☃"), COUNTER % r'"\u00e9\u2603"'),
    "set_gauge(65.4)": (lambda: set_to(65.4), GAUGE % ("set", "65.4")),
    "set_gauge(5)": (lambda: set_to(5), GAUGE % ("set", "5.0")),
    "set_gauge(nan)": (lambda: set_to(math.nan), GAUGE % ("set", "NaN")),
    "set_gauge(inf)": (lambda: set_to(math.inf), GAUGE % ("set", "Infinity")),
    "increment_gauge": (lambda: events.increment_gauge("sample_gauge", TWO), INCREMENT),
    "decrement_gauge": (lambda: events.decrement_gauge("sample_gauge", TWO), DECREMENT),
    "observe_histogram(6.54)": (
        lambda: events.observe_histogram("sample_histogram", X, 6.54),
        OBSERVATION % ("histogram", "6.54"),
    ),
    "observe_summary(20.84)": (
        lambda: events.observe_summary("sample_summary", X, 20.84),
        OBSERVATION % ("summary", "20.84"),
    ),
}

# The original sends these too.
FURTHER = {
    "minus infinity": (lambda: set_to(-math.inf), GAUGE % ("set", "-Infinity")),
    "small": (lambda: set_to(1e-7), GAUGE % ("set", "1e-07")),
    "large integer": (lambda: set_to(10**25), GAUGE % ("set", "1e+25")),
    "decimal": (lambda: set_to(decimal.Decimal("1.50")), GAUGE % ("set", "1.5")),
    "number in text": (lambda: set_to("5"), GAUGE % ("set", "5.0")),
    "integer as label": (lambda: count(5), COUNTER % '"5"'),
    "float as label": (lambda: count(2.5), COUNTER % '"2.5"'),
    "truth as label": (lambda: count(True), COUNTER % '"True"'),
    "bytes as label": (lambda: count(b"xy"), COUNTER % '"xy"'),
    "member as label": (lambda: count(Kind.A), COUNTER % '"a"'),
    "quote, line end, backslash": (lambda: count('"\n\\'), COUNTER % r'"\"\n\\"'),
    "half a character": (lambda: count("\ud800"), COUNTER % r'"\ud800"'),
    "number as name of a label": (
        lambda: events.increment_counter("sample_counter", {1: "x"}),
        COUNTED.replace("label_1", "1"),
    ),
    "no labels": (
        lambda: events.increment_counter("sample_counter", {}),
        '{"metric_name": "sample_counter", "payload": {"labels": {}}}',
    ),
    "observation that is no finite number": (
        lambda: events.observe_summary("sample_summary", X, math.nan),
        OBSERVATION % ("summary", "NaN"),
    ),
}

# The original has no such calls.
VALUES = {
    "counter": (lambda: count(value=3), COUNTED.replace("}}}", '}, "value": 3.0}}')),
    "counter by nothing": (lambda: count(value=0), COUNTED.replace("}}}", '}, "value": 0.0}}')),
    "counter without": (lambda: count(value=None), COUNTED),
    "increment": (lambda: events.increment_gauge("sample_gauge", TWO, value=2), GAUGE % ("increment", "2.0")),
    "decrement": (lambda: events.decrement_gauge("sample_gauge", TWO, value=0.5), GAUGE % ("decrement", "0.5")),
}

WRONG = {
    "no label value": lambda: count(None),
    "list as label": lambda: count(["x"]),
    "nothing as name of a label": lambda: events.increment_counter("sample_counter", {None: "x"}),
    "no labels": lambda: events.increment_counter("sample_counter", None),
    "list of labels": lambda: events.increment_counter("sample_counter", [("label_1", "x")]),
    "no name": lambda: events.increment_counter(None, X),
    "empty name": lambda: events.increment_counter("", X),
    "no value": lambda: set_to(None),
    "value in words": lambda: set_to("much"),
    "value above all floats": lambda: set_to(10**400),
    "no observation": lambda: events.observe_histogram("sample_histogram", X, None),
    "value of a counter in words": lambda: count(value="much"),
    "labels of a gauge": lambda: events.increment_gauge("sample_gauge", {"label_1": None}),
    "labels of a block": lambda: events.hermes_gauge("sample_gauge", {"label_1": None}).__enter__(),
}

ORIGINAL_ARGUMENTS = {
    "set_hermes_config": ["host='localhost'", "port=7789"],
    "increment_counter": ["metric_name", "labels"],
    "counter_wrapper": ["metric_name", "labels", "pre_execution=True"],
    "set_gauge": ["metric_name", "value", "labels"],
    "increment_gauge": ["metric_name", "labels"],
    "decrement_gauge": ["metric_name", "labels"],
    "hermes_gauge": ["metric_name", "labels"],
    "gauge_wrapper": ["metric_name", "labels"],
    "observe_histogram": ["metric_name", "labels", "observation"],
    "observe_summary": ["metric_name", "labels", "observation"],
}


class EventsTest(unittest.TestCase):
    """What a call sends over loopback has arrived when the call returns."""

    def setUp(self):
        self.receiver = self.bind(socket.AF_INET, ("127.0.0.1", 0))
        events.set_hermes_config("127.0.0.1", self.receiver.getsockname()[1])
        self.addCleanup(events.set_hermes_config)

    def bind(self, family, address):
        receiver = socket.socket(family, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        receiver.bind(address)
        receiver.setblocking(False)
        return receiver

    def arrived(self, receiver=None):
        datagrams = []
        while True:
            try:
                datagrams.append((receiver or self.receiver).recv(65536).decode())
            except BlockingIOError:
                return datagrams

    def expect_datagrams(self, table):
        for name, (call, datagram) in table.items():
            with self.subTest(name):
                self.assertIsNone(call())
                self.assertEqual(self.arrived(), [datagram])


class CallTests(EventsTest):
    def test_calls_send_the_bytes_of_the_original(self):
        self.expect_datagrams(DATAGRAMS)

    def test_calls_send_what_the_original_turns_arguments_into(self):
        self.expect_datagrams(FURTHER)

    def test_values_of_increments_stand_behind_the_labels(self):
        self.expect_datagrams(VALUES)

    def test_the_table_is_that_of_the_conformance_cases(self):
        folder = os.environ.get("EXPORTER_PROXY_CASES")
        if not folder:
            self.skipTest("EXPORTER_PROXY_CASES is not set")
        cases = json.loads(pathlib.Path(folder, "hermes", "client-datagrams.json").read_text("utf-8"))
        expected = cases["clients"]["python-hermes 0.0.4, pydantic 1.x"]
        self.assertEqual({name: datagram for name, (_, datagram) in DATAGRAMS.items()}, expected)

    def test_arguments_have_the_names_and_the_order_of_the_original(self):
        for name, expected in ORIGINAL_ARGUMENTS.items():
            parameters = inspect.signature(getattr(events, name)).parameters.values()
            found = [
                one.name if one.default is one.empty else f"{one.name}={one.default!r}"
                for one in parameters
                if one.kind is one.POSITIONAL_OR_KEYWORD
            ]
            self.assertEqual(found, expected, name)

    def test_wrong_arguments_raise_and_send_nothing(self):
        for name, call in WRONG.items():
            with self.subTest(name):
                with self.assertRaises(events.InvalidMetricException) as raised:
                    call()
                self.assertTrue(str(raised.exception))
                self.assertEqual(self.arrived(), [])

    def test_the_message_says_which_label_is_wrong(self):
        with self.assertRaisesRegex(events.InvalidMetricException, "label 'label_1' .* not NoneType"):
            count(None)


class BlockTests(EventsTest):
    def test_a_block_holds_the_gauge(self):
        with events.hermes_gauge("sample_gauge", TWO) as nothing:
            self.assertIsNone(nothing)
            self.assertEqual(self.arrived(), [INCREMENT])
        self.assertEqual(self.arrived(), [DECREMENT])

    def test_a_block_that_raises_gives_its_increment_back(self):
        with self.assertRaises(KeyError):
            with events.hermes_gauge("sample_gauge", TWO):
                fail()
        self.assertEqual(self.arrived(), [INCREMENT, DECREMENT])

    def test_a_block_that_changes_the_labels_gives_back_what_it_took(self):
        labels = dict(TWO)
        with events.hermes_gauge("sample_gauge", labels):
            labels["label_1"] = "other"
        self.assertEqual(self.arrived(), [INCREMENT, DECREMENT])

    def test_a_decorated_function_that_raises_gives_its_increment_back(self):
        with self.assertRaises(KeyError):
            events.gauge_wrapper("sample_gauge", TWO)(fail)()
        self.assertEqual(self.arrived(), [INCREMENT, DECREMENT])

    def test_decorators_keep_name_text_arguments_and_result(self):
        for name, decorate, datagrams in [
            ("gauge", events.gauge_wrapper("sample_gauge", TWO), [INCREMENT, DECREMENT]),
            ("counter", events.counter_wrapper("sample_counter", X), [COUNTED]),
            ("counter behind", events.counter_wrapper("sample_counter", X, pre_execution=False), [COUNTED]),
        ]:

            @decorate
            def divide(a, b=2):
                """Divides."""
                return a / b

            with self.subTest(name):
                self.assertEqual((divide.__name__, divide.__doc__), ("divide", "Divides."))
                for _ in range(2):
                    self.assertEqual(divide(6, b=3), 2)
                    self.assertEqual(self.arrived(), datagrams)

    def test_a_counter_counts_before_the_function_or_only_if_it_returns(self):
        seen = []

        def look(raises=False):
            seen.extend(self.arrived())
            if raises:
                fail()

        events.counter_wrapper("sample_counter", X)(look)()
        self.assertEqual((seen, self.arrived()), ([COUNTED], []))
        seen.clear()
        late = events.counter_wrapper("sample_counter", X, False)(look)
        late()
        self.assertEqual((seen, self.arrived()), ([], [COUNTED]))
        with self.assertRaises(KeyError):
            late(raises=True)
        self.assertEqual(self.arrived(), [])

    def test_an_async_function_holds_the_gauge_until_it_is_through(self):
        during = []

        @events.gauge_wrapper("sample_gauge", TWO)
        async def work():
            await asyncio.sleep(0)
            during.extend(self.arrived())
            return 7

        self.assertTrue(inspect.iscoroutinefunction(work))
        self.assertEqual(asyncio.run(work()), 7)
        self.assertEqual((during, self.arrived()), ([INCREMENT], [DECREMENT]))


class BatchTests(EventsTest):
    def test_events_of_a_batch_arrive_together_at_its_end(self):
        with events.batch():
            count()
            set_to(5)
            self.assertEqual(self.arrived(), [])
        count()
        self.assertEqual(self.arrived(), [COUNTED + "\n" + GAUGE % ("set", "5.0"), COUNTED])

    def test_a_batch_of_nothing_sends_nothing(self):
        with events.batch():
            pass
        self.assertEqual(self.arrived(), [])

    def test_a_datagram_of_a_batch_has_at_most_so_many_bytes(self):
        size = len(COUNTED)
        for max_bytes, expected in [(size * 3 + 2, [3, 3, 1]), (size * 3 + 1, [2, 2, 2, 1]), (1, [1] * 7)]:
            with events.batch(max_bytes):
                for _ in range(7):
                    count()
            datagrams = self.arrived()
            self.assertEqual([len(one.split("\n")) for one in datagrams], expected)
            self.assertEqual("\n".join(datagrams), "\n".join([COUNTED] * 7))

    def test_a_batch_that_raises_sends_what_it_has(self):
        with self.assertRaises(KeyError):
            with events.batch():
                count()
                fail()
        self.assertEqual(self.arrived(), [COUNTED])

    def test_a_batch_in_a_batch_ends_for_itself(self):
        with events.batch():
            count("outer")
            with events.batch():
                count("inner")
            self.assertEqual(self.arrived(), [COUNTER % '"inner"'])
            count("outer")
        self.assertEqual(self.arrived(), ["\n".join([COUNTER % '"outer"'] * 2)])

    def test_other_threads_do_not_wait_for_the_batch(self):
        with events.batch():
            thread = threading.Thread(target=contextvars.Context().run, args=(count,))
            thread.start()
            thread.join()
            self.assertEqual(self.arrived(), [COUNTED])

    def test_a_task_that_outlives_its_batch_sends_for_itself(self):
        with events.batch():
            context = contextvars.copy_context()
            context.run(count)
        self.assertEqual(self.arrived(), [COUNTED])
        context.run(count)
        self.assertEqual(self.arrived(), [COUNTED])

    def test_a_forked_process_sends_for_itself(self):
        block = events.batch()
        with block:
            count("parent")
            child = os.fork()
            if child == 0:
                try:
                    count("child")
                    block.__exit__(None, None, None)
                finally:
                    os._exit(0)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(self.arrived(), [COUNTER % '"child"'])
        self.assertEqual(self.arrived(), [COUNTER % '"parent"'])

    def test_sizes_that_are_none_are_refused(self):
        for size in (0, -1, "1400", None):
            with self.assertRaises(events.HermesConfigurationException):
                with events.batch(size):
                    pass


class AddressTests(EventsTest):
    def test_events_go_to_ipv6(self):
        try:
            receiver = self.bind(socket.AF_INET6, ("::1", 0))
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")
        events.set_hermes_config("::1", receiver.getsockname()[1])
        count()
        self.assertEqual(self.arrived(receiver), [COUNTED])

    def test_a_name_of_both_kinds_means_its_ipv4_address(self):
        port = self.receiver.getsockname()[1]
        both = [
            (socket.AF_INET6, socket.SOCK_DGRAM, 17, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", port)),
        ]
        with mock.patch("socket.getaddrinfo", return_value=both):
            events.set_hermes_config("both.example", port)
            count()
        self.assertEqual(self.arrived(), [COUNTED])

    def test_events_go_to_a_unix_socket_also_to_a_new_one_in_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "events.sock")
            events.connect(path=path)
            count("lost")
            for _ in range(2):
                receiver = self.bind(socket.AF_UNIX, str(path))
                count()
                self.assertEqual(self.arrived(receiver), [COUNTED])
                path.unlink()

    def test_a_full_unix_socket_holds_nobody_up(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "events.sock")
            receiver = self.bind(socket.AF_UNIX, path)
            events.connect(path)
            for _ in range(20_000):
                count()
            self.assertIn(len(self.arrived(receiver)), range(1, 20_000))

    def test_a_full_unix_socket_is_waited_for_if_asked(self):
        with tempfile.TemporaryDirectory() as folder:
            receiver = self.bind(socket.AF_UNIX, os.path.join(folder, "events.sock"))
            receiver.settimeout(20)
            events.connect(receiver.getsockname(), wait=20)
            sender = threading.Thread(target=lambda: [count() for _ in range(10_000)])
            sender.start()
            for _ in range(10_000):
                receiver.recv(65536)
            sender.join()

    def test_what_is_no_address_is_refused(self):
        for arguments in [("127.0.0.1", "7789"), (None, 7789), ("", 7789), ("h", 0), ("h", 65536), ("h", 1.0)]:
            with self.assertRaises(events.HermesConfigurationException):
                events.set_hermes_config(*arguments)
        for path in [None, 5, "", "x" * 108]:
            with self.assertRaises(events.HermesConfigurationException):
                events.connect(path)
        for wait in [-1, math.nan, math.inf, "long", None]:
            with self.assertRaises(events.HermesConfigurationException):
                events.connect("/run/events.sock", wait=wait)
        count()
        self.assertEqual(self.arrived(), [COUNTED], "the address before holds")


class FailureTests(EventsTest):
    def expect_nothing_raised(self):
        for _ in range(2):
            count()
        with events.hermes_gauge("sample_gauge", TWO), events.batch():
            set_to(5)
        self.assertEqual(events.gauge_wrapper("sample_gauge", TWO)(lambda: 7)(), 7)

    def test_the_network_raises_nothing(self):
        port = self.receiver.getsockname()[1]
        self.receiver.close()
        for name, configure in {
            "nobody listens": lambda: events.set_hermes_config("127.0.0.1", port),
            "not allowed": lambda: events.set_hermes_config("255.255.255.255", port),
            "no socket": lambda: events.connect("/nonexistent/events.sock"),
            "zero in the path": lambda: events.connect("/run/\0"),
        }.items():
            with self.subTest(name):
                configure()
                self.expect_nothing_raised()

    def test_neither_do_lookups_and_sockets(self):
        unknown = mock.patch("socket.getaddrinfo", side_effect=socket.gaierror(socket.EAI_NONAME, "not known"))
        no_more = mock.patch("socket.socket", side_effect=OSError(24, "Too many open files"))
        for name, host, failing in [
            ("unknown name", "some.example", unknown),
            ("name too long", "x" * 300 + ".invalid", contextlib.nullcontext()),
            ("zero in the name", "local\0host", contextlib.nullcontext()),
            ("too many files", "127.0.0.1", no_more),
        ]:
            with self.subTest(name), failing, self.assertLogs("events", "WARNING") as log:
                events.set_hermes_config(host, 7789)
                self.expect_nothing_raised()
            self.assertEqual(len(log.output), 1, "it is not tried again at once")

    def test_an_event_too_large_for_a_datagram_is_lost_and_the_next_one_is_not(self):
        with self.assertLogs("events", "DEBUG") as log:
            count("x" * 70_000)
        self.assertRegex(log.output[0], r"^DEBUG:events:70\d+ bytes are lost, 127.0.0.1 port")
        count()
        self.assertEqual(self.arrived(), [COUNTED])

    def test_a_name_is_looked_up_rarely(self):
        port = self.receiver.getsockname()[1]
        found = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_DGRAM)
        lookup = mock.patch("socket.getaddrinfo", side_effect=OSError("down"))
        clock = mock.patch("time.monotonic", return_value=1000.0)
        with lookup as lookup, clock as clock, self.assertLogs("events", "WARNING") as log:
            events.set_hermes_config("some.example", port)

            def expect(moment, arrivals, lookups):
                clock.return_value = moment
                count()
                self.assertEqual((len(self.arrived()), lookup.call_count), (arrivals, lookups), moment)

            expect(1000.0, 0, 1)
            expect(1004.9, 0, 1)
            lookup.side_effect, lookup.return_value = None, found
            expect(1005.0, 1, 2)
            expect(1064.9, 1, 2)
            lookup.side_effect = OSError("down")
            # What was found before still holds.
            expect(1065.0, 1, 3)
            expect(1069.9, 1, 3)
            expect(1070.0, 1, 4)
        self.assertEqual(len(log.output), 3)

    def test_threads_send_all_they_say_while_the_address_is_set(self):
        with tempfile.TemporaryDirectory() as folder:
            receiver = self.bind(socket.AF_UNIX, os.path.join(folder, "events.sock"))
            receiver.settimeout(20)
            # Whoever waits loses nothing.
            events.connect(receiver.getsockname(), wait=20)

            def configure():
                for _ in range(500):
                    events.connect(receiver.getsockname(), wait=20)

            def send(thread):
                for number in range(500):
                    count(f"{thread} {number}")

            threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
            threads.append(threading.Thread(target=configure))
            for thread in threads:
                thread.start()
            seen = [receiver.recv(65536).decode() for _ in range(8 * 500)]
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(seen), sorted(COUNTER % f'"{t} {n}"' for t in range(8) for n in range(500)))


if __name__ == "__main__":
    unittest.main()
