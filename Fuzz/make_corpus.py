#!/usr/bin/env python3
"""Writes the first inputs of the fuzzer: one small message of each kind, each behind the byte that says how to cut it."""

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

folder = pathlib.Path(sys.argv[1])
for name, message in MESSAGES.items():
    for cut in (0, 6, 63):
        (folder / f"{name}-{cut}").write_bytes(bytes([cut]) + message)
