#!/usr/bin/env python3
"""VAmEn's models in PyTorch, and PyTorch's in VAmEn.

    pytorch_interchange.py compare MODEL.safetensors NUMBERS.safetensors
    pytorch_interchange.py make    LIKE.safetensors OUT.safetensors [--seed 1]

`compare` runs the model in PyTorch on the pictures and latents of a file that
`vamen inspect MODEL --numbers NUMBERS.safetensors` wrote, and compares the results. `make` writes a
fresh PyTorch model of the configuration of another model's file, for `vamen` to load.
Needs torch, safetensors, numpy.
"""
import argparse
import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn


class Block(nn.Module):
    def __init__(self, convolution, channels, groups):
        super().__init__()
        self.convolution, self.normalization = convolution, nn.GroupNorm(groups, channels)

    def forward(self, x):
        return nn.functional.silu(self.normalization(self.convolution(x)))


class VAE(nn.Module):
    """The model of a file's configuration, its parameters named as in the file."""

    def __init__(self, configuration):
        super().__init__()
        channels, size = configuration["channels"], configuration["latentSize"]
        groups, height = configuration["groups"], configuration["spectrogram"]["bands"] >> len(channels)
        rising = channels[::-1]
        self.encoder = nn.ModuleList(
            Block(nn.Conv2d(a, b, 4, 2, 1), b, groups) for a, b in zip([1] + channels, channels))
        self.moments = nn.Conv2d(channels[-1], 2 * size, (height, 1))
        self.expand = nn.ConvTranspose2d(size, channels[-1], (height, 1))
        self.decoder = nn.ModuleList(
            Block(nn.ConvTranspose2d(a, b, 4, 2, 1), b, groups) for a, b in zip(rising, rising[1:]))
        self.picture = nn.ConvTranspose2d(channels[0], 1, 4, 2, 1)

    def encode(self, pictures):
        for block in self.encoder:
            pictures = block(pictures)
        mean, log_variance = self.moments(pictures).chunk(2, 1)
        return mean, log_variance.clamp(-10, 10)

    def decode(self, latents):
        x = nn.functional.silu(self.expand(latents))
        for block in self.decoder:
            x = block(x)
        return self.picture(x)


def load(path):
    """A model file as a PyTorch model."""
    with safe_open(path, "pt") as file:
        model = VAE(json.loads(file.metadata()["vamen.configuration"]))
    model.load_state_dict(
        {name: values for name, values in load_file(path).items() if not name.startswith("latents.")})
    return model.eval()


def save(model, configuration, path):
    """A PyTorch model as a model file."""
    metadata = {"vamen.format": "1", "vamen.configuration": json.dumps(configuration)}
    save_file({name: values.contiguous() for name, values in model.state_dict().items()}, path, metadata)


def compare(options):
    model, numbers = load(options.model), load_file(options.other)
    with torch.no_grad():
        mean, log_variance = model.encode(numbers["pictures"])
        decoded = model.decode(numbers["latents"])
    worst = 0
    for name, ours in [("mean", mean), ("logVariance", log_variance), ("decoded", decoded)]:
        theirs = numbers[name]
        error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
        worst = max(worst, error if error == error else float("inf"))
        print(f"{name:12} {tuple(theirs.shape)}  largest difference {error:.2e} of the largest value")
    if not worst < 1e-4:
        sys.exit("the results differ by more than 1e-4 of the largest value")


def make(options):
    torch.manual_seed(options.seed)
    with safe_open(options.model, "pt") as file:
        configuration = json.loads(file.metadata()["vamen.configuration"])
    save(VAE(configuration), configuration, options.other)
    print(f"{options.other}: a fresh PyTorch model")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, body in [("compare", compare), ("make", make)]:
        command = commands.add_parser(name)
        command.set_defaults(body=body)
        command.add_argument("model")
        command.add_argument("other")
        command.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.body(options)


if __name__ == "__main__":
    main()
