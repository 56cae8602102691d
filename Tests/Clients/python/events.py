"""Sends events as programs do, to the metrics of Hermes' sample configuration, and says each call that returns.

usage: events.py host:port [call ...]            with python_test_clients/events.py: all calls should return
       events.py PATH [call ...]                 the same to a Unix socket
       events.py --hermes host:port [call ...]   with python-hermes, which has to be installed: of a call that raises,
                                                 the name of the exception stands behind a colon

Without calls: all of them, in order. Each has series of its own, so that what is served says which one failed.
"""

import logging
import pathlib
import sys
import threading

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "python_test_clients"


def load(is_original):
    if is_original:
        import hermes

        # It logs a trace of each call that raises.
        logging.disable(logging.CRITICAL)
        return hermes
    # Before the folder of this file, which has the same name.
    sys.path.insert(0, str(FOLDER))
    import events

    return events


def configure(library, address):
    if "/" in address:
        # A test counts what arrives: so nothing may be lost because the proxy is busy.
        return library.connect(path=address, wait=20)
    host, _, port = address.rpartition(":")
    library.set_hermes_config(host.strip("[]"), int(port))


def one(label):
    return {"label_1": label}


def two(label):
    return {"label_1": label, "label_2": "python"}


def calls_of_both(library):
    """The calls, in order, each with its name."""
    count, name = library.increment_counter, "sample_counter"
    yield "counter", lambda: count(name, one("once"))
    yield "counter again", lambda: [count(name, one("thrice")) for _ in range(3)]
    yield "odd label", lambda: count(name, one('é☃ "b"\n\\'))
    yield "counter by name", lambda: count(labels=one("by name"), metric_name=name)
    yield "counter wrapper", lambda: library.counter_wrapper(name, one("wrapper"))(int)()
    yield "counter wrapper behind", lambda: library.counter_wrapper(name, one("behind"), pre_execution=False)(int)()

    gauge = "sample_gauge"
    yield "set gauge", lambda: library.set_gauge(gauge, 65.4, two("set"))
    yield "set gauge to NaN", lambda: library.set_gauge(gauge, float("nan"), two("NaN"))
    yield "set gauge to infinity", lambda: library.set_gauge(gauge, float("-inf"), two("infinity"))
    yield "increment gauge", lambda: [library.increment_gauge(gauge, two("steps")) for _ in range(3)]
    yield "decrement gauge", lambda: library.decrement_gauge(gauge, two("steps"))
    yield "gauge block", lambda: hold(library.hermes_gauge(gauge, two("block")))
    yield "gauge wrapper", lambda: library.gauge_wrapper(gauge, two("wrapper"))(int)()
    yield "gauge wrapper that raises", lambda: expect_failure(library.gauge_wrapper(gauge, two("raises"))(fail))

    yield "histogram", lambda: [library.observe_histogram("sample_histogram", one("x"), at) for at in (0.01, 6.54, 20)]
    yield "summary", lambda: [library.observe_summary("sample_summary", one("x"), at) for at in (20.84, 3)]


def calls_of_ours(library):
    name, gauge = "sample_counter", "sample_gauge"
    yield "counter by value", lambda: library.increment_counter(name, one("by value"), value=2.5)
    yield "increment gauge by value", lambda: library.increment_gauge(gauge, two("by value"), value=5)
    yield "decrement gauge by value", lambda: library.decrement_gauge(gauge, two("by value"), value=0.5)
    yield "number as label", lambda: library.increment_counter(name, one(5))
    yield "batch", lambda: send_batch(library)
    yield "threads", lambda: send_in_threads(lambda: library.increment_counter(name, one("threads")))


def send_batch(library):
    """More than one datagram holds."""
    with library.batch():
        for _ in range(100):
            library.increment_counter("sample_counter", one("batch"))
        library.set_gauge("sample_gauge", 7, two("batch"))
        library.observe_summary("sample_summary", one("batch"), 0.5)


def send_in_threads(send):
    threads = [threading.Thread(target=lambda: [send() for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def hold(block):
    with block:
        pass


class Failure(Exception):
    pass


def fail():
    raise Failure


def expect_failure(function):
    try:
        function()
    except Failure:
        pass


def main():
    is_original = "--hermes" in sys.argv
    address, *wanted = [word for word in sys.argv[1:] if not word.startswith("--")]
    library = load(is_original)
    configure(library, address)
    calls = list(calls_of_both(library)) + ([] if is_original else list(calls_of_ours(library)))
    for name, call in calls:
        if wanted and name not in wanted:
            continue
        try:
            call()
        except Exception as error:
            if not is_original:
                sys.exit(f"{name}: {error!r}")
            name = f"{name}: {type(error).__name__}"
        print(name)


if __name__ == "__main__":
    main()
