#!/usr/bin/env python3
"""Writes the first inputs of each fuzzer into a folder of its own.

FuzzMessages gets one small message of each kind, each behind the byte that says how to cut it.
"""

import gzip
import pathlib
import sys
import zlib

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

PROTOBUF = {
    "all": bytes.fromhex(
        "5f0a07635f746f74616c120861202262220a5c631800223b0a0a0a01611205c3a9220a5c0a050a016212001a2609000000000000"
        "f83f12150a060a017412017511000000000000e03f1a0208011a0408051007220b1a0909000000000000f07f400a016718012212"
        "120909000000000000008030fbd095ffbc31221e0a060a0178120179120909000000000000f87f30ffffffffffffffffff012a05"
        "6279746573450a01731802223e223c08ffffffffffffffffff011100000000000004401a1209000000000000e03f110000000000"
        "00f03f1a1209000000000000f03f11000000000000f87f120a01751803220b2a090900000000000008406c0a0168120018042247"
        "0a060a017a1201313a3d08031100000000000011401a160801117b14ae47e17a743f1a0911000000000000f03f1a0b0802110000"
        "00000000f03f1a0b0802110000000080842e41221a3a18080211000000000000f03f1a0b080211000000000000f07f2f0a016618"
        "0522283a2611000000000000f03f1a121100000000006af84021000000000000e03f210000000000000440580a016e180422513a"
        "4f0807110000000000002240280631fca9f1d24d62503f38014a0408011002520202016204080010036a03020405721000000000"
        "0000f83f00000000000004407a020809820109110000000000000040"),
    "two": bytes.fromhex("1c0a0b736f6d655f6d6574726963180322" "0b2a09095839b4c876bef33f") * 2,
}

BODY = b'# TYPE a counter\na{b="c"} 1\n' * 3

# By the first byte: gzip, deflate, snappy, zstd, and then two of them at once.
COMPRESSED = {
    "gzip": b"\0" + gzip.compress(BODY, mtime=0) + gzip.compress(b"", mtime=0),
    "zlib": b"\1" + zlib.compress(BODY),
    "raw": b"\1" + zlib.compress(BODY)[2:-4],
    "snappy_frames": b"\2" + bytes.fromhex(
        "ff060000734e61507059" "00490000" "23176a31688823205459504520687474705f72657175657374735f746f74616c20636f"
        "756e7465720a4a1c003c7b636f64653d22323030227d2031320a6623001c343034227d20330a"),
    "snappy_block": b"\2" + bytes.fromhex(
        "688823205459504520687474705f72657175657374735f746f74616c20636f756e7465720a4a1c003c7b636f64653d2232303022"
        "7d2031320a6623001c343034227d20330a"),
    "zstd": b"\3" + bytes.fromhex(
        "28b52ffd2468250200a40323205459504520687474705f72657175657374735f746f74616c20636f756e7465720a7b636f64653d"
        "22323030227d203132343034227d20330a02004685759f4c32e0be2556"),
    "zstd_run": b"\3" + bytes.fromhex("28b52ffd0068" "02001000" "02001000" "010000"),
    "bomb": b"\x08" + gzip.compress(bytes(100_000), mtime=0),
}

SETTINGS = {
    "set": b'log.level=debug\nreceiver.format = ["a", {b = 1}]\npoll_external.target=[{url="http://a:1/b?c#d", headers={a="b"}}]\n',
    "values": b'[a]\nb = [1, 2.5, inf, nan, 0x1F, 1979-05-27T07:32:00Z, "\\u00e9", \'\', """\n""", {c.d = true}]\n[[e]]\n[[e.f]]\n',
    "events": b'[events]\nlisten="[::1]:7789"\nunix_socket_mode="0600"\n[[events.counter]]\nname="c"\nlabels=["a"]\n'
              b'[[events.histogram]]\nname="h"\nbuckets=[0.5,1]\n[[events.summary]]\nname="s"\nobjectives=[0.5]\nmax_age="1m"\n',
    "hermes": b'# \nHERMES_CONFIG_PATH=a\nLISTEN_ADDRESS=::1\nLISTEN_PORT=1\nPROMETHEUS_LISTEN_PORT=2\nMAX_BUFFER_SIZE=99\n'
              b'LOG_LEVEL=WARN\nEXPORTER_PROXY_EVENTS__LISTEN=:1\n',
    "hermes_in_file": b'CONFIG_FILE_PATH="a"\nLISTEN_PORT="b"\nLOG_LEVEL="ERROR"\nevents.listen=""\nlog.level="info"\n',
}

# By the first byte: a definition file, a saved part, a stream with its longest line that is cut at bytes 0xFE, or
# datagrams between them.
EVENTS = {
    "counter": b'\0{"metric_name": "c", "payload": {"labels": {"a": "b\\u00e9\\ud83d\\ude80\\n"}, "value": 2}}',
    "gauges": b'\0{"metric_name":"g","payload":{"operation":"set","labels":{"b":"","a":null},"value":-1.5e-7}}\xfe'
              b'[{"metric_name":"g","payload":{"operation":"decrement","labels":{"b":"x","a":"\xc3\xa9\xff"}}},{}]\xfe',
    "observations": b'\0{"METRIC_NAME":"h","payload":{"observation":1.5}}\n{"metric_name":"s","payload":{"observation":NaN}}\n'
                    b'{"metric_name":"s","payload":{"observation":1e3}}',
    "flat": b'\0{"type":"histogram","name":"x","help":"h","method":"observe","value":2,"labels":{"a":"b"},"buckets":[1,2]}\xfe'
            b'{"type":"counter","name":"y","method":"inc"}\xfe{"type":"gauge","name":"z","method":"sub","value":2}',
    "file": b'\1{"service_name":"s","counters":[{"metric_name":"a","metric_description":"b","labels":["c"]}],"gauges":null,'
            b'"histograms":[{"metric_name":"d"}],"summaries":[{"Metric_Name":"e","x":{"y":[true,1.5]}}],"listen_port":7789}',
    "lines": b'\3\3{"metric_name":"p"}\n{"metric\xfe_name":\n"p"}\r\xfe\n\n[{"metric_name":"p"},\xfe{}]\xfe\n{"metric_name":"p"}',
    "long_lines": b'\3\1{"metric_name":"p"}\n{"metric_name":\xfe        "p"        }\xfe{}\n{}\n{"metric_\xfename":"p"}\n',
    "saved": b"\2" + bytes.fromhex(
        "01" "00" "0163" "00" "010161" "00" "00" "0000008bb2c97000" "00" "01" "0101" "78" "18ea1c3a9d4b2c01"
        "4008000000000000" "00" "00" "00"),
    "saved_summary": b"\2" + bytes.fromhex(
        "01" "03" "0173" "00" "00" "00" "013fe0000000000000" "0000008bb2c97000" "00" "01" "00" "18ea1c3a9d4b2c01"
        "4008000000000000" "02" "00" "01" "18ea1c3a9d4b2c01" "0000000000000005" "0102" "0000000000000000" "00" "01"),
}

# By the first byte: JSON, a path, or YAML.
TARGETS = {
    "json": b'\0[{"targets":["a:1","[::1]:9100"],"labels":{"b":"c\\u00e9\\n","__scheme__":"https","d":null}},{"Targets":[]}]',
    "json_single": b'\0{"targets":["http://a:1/m","b"],"labels":{"a":5,"b-c":["d"]},"x":{"y":NaN}}',
    "json_twice": b'\0[{"targets":["a:1"],"targets":[""],"labels":{"a":"b","a":"c"}},null,"a:1"]',
    "yaml": b"\2---\n- targets:\n    - 'a:1'\n    - b:2\n  labels: {job: node, on: off, date: 2024-01-01, f: 1.5e+3}\n",
    "yaml_aliases": b"\2- &a\n  targets: [a:1]\n  labels: &l {j: x}\n- <<: *a\n  labels: {<<: [*l, {k: y}], z: |\n    text\n  }\n",
    "path": b"\1a/b%20c//%C3%A9.json",
    "path_out": b"\1a/..%2f%2e%2e/_b/.c%00%c0%ae",
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
write(folder / "FuzzProtobuf", PROTOBUF)
write(folder / "FuzzContentDecoding", COMPRESSED)
write(folder / "FuzzEvents", EVENTS)
write(folder / "FuzzConfiguration", SETTINGS)
write(folder / "FuzzTargets", TARGETS)
example = pathlib.Path(__file__).parent.parent / "config.toml"
write(folder / "FuzzConfiguration", {"example": example.read_bytes()})

# The first byte says who reads the rest; portions of it begin with their length.
TUNNEL = {
    "request": bytes([0]) + bytes.fromhex("0304010200000000000002"),
    "response": bytes([0]) + bytes.fromhex("13050102") + bytes(6) + bytes(32) + bytes([1]) + bytes(6),
    "alias": bytes([0, 1, 1]) + bytes(32) + b"\x04web1" + bytes(32) + b"\x04host\x04shop",
    "find_node": bytes([1, 44]) + bytes.fromhex("030c0102") + bytes(6) + bytes([2]) + bytes(33),
    "handshake": bytes([1, 84]) + bytes.fromhex("03180102") + bytes(6) + bytes([0]) + bytes(32) + b"\x28\x00\x00\x25" + bytes(37),
    "data": bytes([2, 24]) + bytes.fromhex("ff01010001000000ffff00000000000000000000") + b"text",
    "ranges": bytes([2, 28]) + bytes.fromhex("ff010400010000000000010000000000000000000100000003000000"),
    "noise": bytes([3, 103, 100, 0, 0]) + bytes(100),
    "open": bytes([4, 24, 0, 1, 1, 14]) + b"register-alias" + bytes(6),
    "batch": bytes([4, 8, 0, 0, 1, 4, 0, 1, 2, 3]),
}
write(folder / "FuzzTunnel", TUNNEL)
