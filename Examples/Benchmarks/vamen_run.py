"""What a training run of VAmEn is made of, computed anew from the documented formats: the pictures
of a data set, the order they are seen in, the noise of every step, the initial weights, the
schedules. Everything is a pure function of the data set file and the run's config.json; nothing of
VAmEn's own code runs here. Needs numpy.

Formats: Docs/FileFormats.md. Random numbers: Philox 4x32-10 (Salmon et al. 2011), the counter being
(block, 0, stream, step) for noise and (block, 0, stream low, stream high) for streams.
"""
import json
import math
import struct

import numpy as np

MASK = np.uint64(0xFFFFFFFF)


def philox(counter, seed):
    """Blocks of four 32-bit numbers, [n, 4], of counters [n, 4] and a 64-bit seed."""
    x, y, z, w = (np.asarray(counter[..., i], np.uint64) for i in range(4))
    key_x, key_y = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    for round in range(10):
        if round:
            key_x = (key_x + np.uint64(0x9E3779B9)) & MASK
            key_y = (key_y + np.uint64(0xBB67AE85)) & MASK
        left, right = x * np.uint64(0xD2511F53), z * np.uint64(0xCD9E8D57)
        x, y, z, w = ((right >> np.uint64(32)) ^ y ^ key_x, right & MASK,
                      (left >> np.uint64(32)) ^ w ^ key_y, left & MASK)
    return np.stack([x, y, z, w], -1)


def stream(seed, number, count):
    """The first 32-bit numbers of one of a seed's streams."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    zero = np.zeros_like(blocks)
    counter = np.stack([blocks, zero, zero + np.uint64(number & 0xFFFFFFFF),
                        zero + np.uint64(number >> 32)], -1)
    return philox(counter, seed).reshape(-1)[:count]


def noise(seed, step, shape):
    """The standard normal numbers that a step's latents are drawn with."""
    count = math.prod(shape)
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    zero = np.zeros_like(blocks)
    words = philox(np.stack([blocks, zero, zero + np.uint64(0x6E6F69), zero + np.uint64(step)], -1),
                   seed) >> np.uint64(8)
    radius = np.sqrt(-2 * np.log((words[:, 0::2] + 1) / 2.0 ** 24))
    angle = 2 * np.pi * (words[:, 1::2] / 2.0 ** 24)
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)
    return pairs.reshape(-1)[:count].reshape(shape).astype(np.float32)


def initial_values(seed, path, shape, kind, size):
    """A fresh parameter: 'constant' size, 'uniform' within size of 0, or 'normal' of deviation size."""
    count = math.prod(shape)
    if kind == "constant":
        return np.full(shape, size, np.float32)
    number = 0xCBF29CE484222325
    for byte in path.encode():
        number = (number ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    uniform = stream(seed, number, count * (2 if kind == "normal" else 1)) / 2.0 ** 32
    if kind == "normal":
        uniform = np.sqrt(-2 * np.log(1 - uniform[0::2])) * np.cos(2 * np.pi * uniform[1::2])
        values = uniform.astype(np.float32)
    else:
        values = (2 * uniform - 1).astype(np.float32)
    return (np.float32(size) * values).reshape(shape)


def initial_parameters(model, seed):
    """All parameters of a configuration by name, in PyTorch's layouts."""
    channels, latent = model["channels"], model["latentSize"]
    height = model["spectrogram"]["bands"] >> len(channels)
    found = {}

    def layer(path, shape, fan_in, bias, weight_start=None, bias_start=None):
        start = ("uniform", np.float32(1) / np.sqrt(np.float32(fan_in)))
        found[path + ".weight"] = initial_values(
            seed, path + ".weight", shape, *(weight_start or start))
        found[path + ".bias"] = initial_values(seed, path + ".bias", (bias,), *(bias_start or start))

    def normalization(path, count):
        found[path + ".weight"] = np.ones(count, np.float32)
        found[path + ".bias"] = np.zeros(count, np.float32)

    for i, (a, b) in enumerate(zip([1] + channels, channels)):
        layer(f"encoder.{i}.convolution", (b, a, 4, 4), 16 * a, b)
        normalization(f"encoder.{i}.normalization", b)
    top = channels[-1]
    layer("moments", (2 * latent, top, height, 1), top * height, 2 * latent)
    layer("expand", (latent, top, height, 1), top * height, top)
    for i, (a, b) in enumerate(zip(channels[::-1], channels[-2::-1])):
        layer(f"decoder.{i}.convolution", (a, b, 4, 4), 16 * b, b)
        normalization(f"decoder.{i}.normalization", b)
    deviation = np.float32(0.3) * np.sqrt(np.float32(2) / np.float32(4 * channels[0]))
    layer("picture", (channels[0], 1, 4, 4), 16, 1, ("normal", deviation), ("constant", 0.43))
    return found


class Dataset:
    """The pictures of a .vamen file."""

    def __init__(self, path):
        self.bytes = np.memmap(path, np.uint8, "r")
        if bytes(self.bytes[:8]) != b"VAMEN\r\n\x1a":
            raise SystemExit(f"{path} is no data set of VAmEn")
        version, length = struct.unpack("<II", bytes(self.bytes[8:16]))
        if version != 2:
            raise SystemExit(f"{path} has format {version}, this script reads 2")
        self.pictures, self.table = struct.unpack("<QQ", bytes(self.bytes[16:32]))
        self.header = json.loads(bytes(self.bytes[64:64 + length]))
        settings = self.header["settings"]
        self.shape = settings["bands"], settings["frames"]
        entries = self.bytes[self.table:self.table + 24 * self.header["count"]].reshape(-1, 24)
        held_out = entries[:, 4] & 1
        self.training = np.flatnonzero(held_out == 0)
        self.held_out = np.flatnonzero(held_out)

    def pixels(self, items):
        """Pictures of items in 0...1, [items, 1, bands, frames]."""
        stride, count = self.header["pixelStride"], math.prod(self.shape)
        rows = [self.bytes[self.pictures + i * stride:][:count] for i in items]
        return (np.stack(rows).astype(np.float32) / np.float32(255)).reshape(-1, 1, *self.shape)


class Run:
    """A run's settings, and what they decide at each step, counted from 0."""

    def __init__(self, folder):
        with open(f"{folder}/config.json") as file:
            record = json.load(file)
        self.configuration = record
        self.settings, self.precision = record["settings"], record.get("precision", "float32")
        self.model = self.settings["model"]
        self.seed, self.steps = self.settings["seed"], self.settings["steps"]
        self.batch = self.settings["batchSize"]
        self.shuffles = {}

    def items(self, step, training):
        """The items of a step's batch: a new Fisher-Yates shuffle every epoch."""
        position, batch = step * self.batch, []
        while len(batch) < self.batch:
            epoch, first = divmod(position, len(training))
            if epoch not in self.shuffles:
                order = list(training)
                numbers = stream(self.seed, 0x6F72646572000000 + epoch, len(order))
                for number, index in zip(numbers, range(len(order) - 1, 0, -1)):
                    other = int(number) * (index + 1) >> 32
                    order[index], order[other] = order[other], order[index]
                self.shuffles[epoch] = order
            found = self.shuffles[epoch][first:first + self.batch - len(batch)]
            batch += found
            position += len(found)
        return batch

    def noise(self, step):
        columns = self.model["spectrogram"]["frames"] >> len(self.model["channels"])
        return noise(self.seed, step, (self.batch, self.model["latentSize"], 1, columns))

    def learning_rate(self, step):
        """Linear warm-up, then half a cosine down to a part of the highest."""
        floor = self.settings.get("learningRateFloor", 0.05)
        warm_up = min(self.settings["warmUpSteps"], max(1, self.steps // 10))
        rise = min(1, (step + 1) / max(warm_up, 1))
        progress = (step - warm_up) / max(self.steps - warm_up, 1)
        fall = 0.5 + 0.5 * math.cos(math.pi * min(max(progress, 0), 1))
        return self.settings["learningRate"] * rise * (floor + (1 - floor) * fall)

    def divergence_weight(self, step):
        rise = self.settings["divergenceWarmUp"] * self.steps
        return self.settings["divergenceWeight"] * (min(1, step / rise) if rise > 0 else 1)
