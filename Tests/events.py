#!/usr/bin/env python3
"""Prints what the event files of a run hold: a line of step and tags for each summary, with a checksum of
each picture and sound. A file that ends within a record is an error.

    events.py RUN
"""
import glob
import struct
import sys
import zlib


def fields(message):
    """Numbers and contents of a protocol buffer's fields."""
    place = 0

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        length = {1: 8, 5: 4}.get(key & 7)
        if length is None:
            length = varint()
        yield key >> 3, message[place:place + length]
        place += length


for path in sorted(glob.glob(f"{sys.argv[1]}/tensorboard/events.out.tfevents.*")):
    data, place = open(path, "rb").read(), 0
    while place < len(data):
        length = struct.unpack_from("<Q", data, place)[0] if place + 12 <= len(data) else 0
        if place + length + 16 > len(data):
            sys.exit(f"{path} ends within a record")
        event = dict(fields(data[place + 12:place + 12 + length]))
        place += length + 16
        if 5 in event:
            values = [dict(fields(value)) for number, value in fields(event[5]) if number == 1]
            contents = [value.get(4) or value.get(6) for value in values]
            print(event.get(2, 0), *[value[1].decode() + (f"={zlib.crc32(content)}" if content else "")
                                     for value, content in zip(values, contents)])
