#!/usr/bin/env python3
"""Writes the first inputs of each fuzzer into a folder of its own.

FuzzMessages gets one small message of each kind, each behind the byte that says how to cut it.
"""

import pathlib
import sys

MESSAGES = {
    "json_string": b'{"app": "m 1\\n\\u00e9\\ud83d\\ude80\\"\\\\ \xc3\xa9"}\n{"b":"c"}',
    "json_lines": b' {"app": ["m 1", "n{a=\\"b\\"} 2"], "other": []}',
    "capnp": bytes.fromhex(
        "000000000500000000000000000002000500000022000000050000002a00000061707000000000006d20310a00000000"),
    "capnp_double_far": bytes.fromhex(
        "020000000400000002000000010000000000000000000200060000000100000001000000320000006d20310a0a00000002"
        "0000000200000001000000220000006466720000000000"),
    "packed": bytes.fromhex("1005400211052211052a076170700f6d20310a"),
    "packed_twice": bytes.fromhex("1005400211052211052a076170700f6d20310a" * 2),
    "http": b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
}

TEXTS = {
    "histogram": '# HELP h A \\n b.\n# TYPE h histogram\nh_bucket{a="b",le="0.5"} 1\nh_bucket{a="b",le="+Inf"} 2\n'
                 'h_sum{a="b"} -1.5\nh_count{a="b"} 2\n',
    "summary": '# TYPE s summary\n# HELP s \ns{quantile="0.5"} 1e3\ns_sum 1\ns_count 2\n',
    "counter": '# TYPE a_total counter\na_total{b="\u00e9\\\\\\"\\n",} 1 1700000000000\na_total 2 5\na_total 3 6\n',
    "labels": 'a{ b = "c" ,\texported_a="\u20ac"} NaN\na{a="d"}+Inf\na -inf\n',
    "untyped": "a 1\nb 2\n# TYPE c gauge\nc .5 05\n",
    "odd": "\ufeff\r\n# c\n # TYPE a GAUGE\r\na 1 # {b=\"c\"} 1\n# HELP a \\q\n\tb{c=\"d\ne\"} 1\n{\"f.g\",\"h i\"=\"j\"} 2\n# EOF",
}

OPEN_METRICS = {
    "all": '# TYPE c counter\n# HELP c d\n# UNIT c_seconds seconds\nc_total{a="b"} 1 1.5 # {t="u"} 0.5 1.25\nc_created{a="b"} 0\n'
           '# TYPE i info\ni_info{v="1"} 1\n# TYPE s stateset\ns{s="on"} 1\ns{s="off"} 0\n# EOF\n',
    "histogram": '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 1.5\nh_count 2\nh_created 1e9\n'
                 '# TYPE g gaugehistogram\ng_bucket{le="+Inf"} 2\ng_gsum 1\ng_gcount 2\n# EOF\n',
    "summary": '# TYPE q summary\nq{quantile="0.5"} 1\nq_sum 1\nq_count 2\n# TYPE u unknown\nu NaN -1.5\n# EOF\n',
}

SETTINGS = {
    "set": b'log.level=debug\nreceiver.format = ["a", {b = 1}]\npoll_external.target=[{url="http://a:1/b?c#d", headers={a="b"}}]\n',
    "values": b'[a]\nb = [1, 2.5, inf, nan, 0x1F, 1979-05-27T07:32:00Z, "\\u00e9", \'\', """\n""", {c.d = true}]\n[[e]]\n[[e.f]]\n',
}


def write(folder, inputs):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in inputs.items():
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


folder = pathlib.Path(sys.argv[1])
write(folder / "FuzzMessages", {
    f"{name}-{cut}": bytes([cut]) + message for name, message in MESSAGES.items() for cut in (0, 6, 63)})
texts = {name: text.encode() for name, text in TEXTS.items()}
write(folder / "FuzzText", texts)
write(folder / "FuzzText", {f"{name}-edited": text + b"\xff\x00\x2f2\x01\x305" for name, text in texts.items()})
write(folder / "FuzzText", {f"{name}-twice": text + b"\xff" + text for name, text in texts.items()})
write(folder / "FuzzRepair", texts)
write(folder / "FuzzOpenMetrics", texts | OPEN_METRICS)
write(folder / "FuzzConfiguration", SETTINGS)
example = pathlib.Path(__file__).parent.parent / "config.toml"
write(folder / "FuzzConfiguration", {"example": example.read_bytes()})
