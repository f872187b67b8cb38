#!/usr/bin/env python3
"""Trains the PyTorch model on what a run of VAmEn saw - the same initial weights, pictures, order and
noise - and compares the curves.

    curves.py train   RUN breaks.vamen --out torch.csv [--steps N] [--threads 2]
    curves.py compare RUN torch.csv
    curves.py export  RUN breaks.vamen --out stream.safetensors --steps 20

RUN is a folder of `vamen train`, finished or not. `export` writes pictures, noise, order and initial
weights for a program of your own. Needs numpy and, for `train` and `export`, torch and safetensors.
"""
import argparse
import csv
import json
import math
import os
import sys
import time

import numpy as np

from vamen_run import Dataset, Run, initial_parameters

COLUMNS = ["step", "loss", "squared_error", "kl", "seconds"]


def torch_name(name, blocks):
    """VAmEn's name of a parameter as that of pytorch_vae.py."""
    part, *rest = name.split(".")
    if part in ("encoder", "decoder"):
        index = int(rest[0]) + (0 if part == "encoder" else 2)
        return f"{part}.{index}.{['convolution', 'normalization'].index(rest[1])}.{rest[2]}"
    place = {"moments": f"encoder.{blocks}", "expand": "decoder.0", "picture": f"decoder.{blocks + 1}"}
    return f"{place[part]}.{rest[0]}"


def model_of(run):
    import torch
    from pytorch_vae import VAE
    settings = run.model["spectrogram"]
    channels = tuple(run.model["channels"])
    model = VAE(settings["bands"], settings["frames"], channels, run.model["latentSize"])
    initial = initial_parameters(run.model, run.seed)
    model.load_state_dict(
        {torch_name(name, len(channels)): torch.from_numpy(values) for name, values in initial.items()})
    return model


class Clipping:
    """Scales gradients to a limit of their norm, fixed or a multiple of its running mean."""

    def __init__(self, settings):
        self.limit = settings.get("gradientNormLimit") or math.inf
        self.spike = settings.get("gradientSpikeLimit")
        self.mean = None

    def apply(self, parameters):
        if math.isinf(self.limit) and not self.spike:
            return
        gradients = [p.grad for p in parameters]
        norm = sum(g.double().square().sum().item() for g in gradients) ** 0.5
        bound = min(self.limit, self.spike * self.mean if self.spike and self.mean else math.inf)
        scale = min(1, bound / (norm + 1e-6))
        if scale < 1:
            for gradient in gradients:
                gradient *= scale
        kept = min(norm, bound)
        self.mean = kept if self.mean is None else self.mean + (kept - self.mean) / 50


def begin(path, first, checkpoint):
    """A file of the header and the steps before `first`, so that a resumed run has each step once."""
    rows = []
    if first and os.path.exists(path):
        with open(path) as file:
            rows = [row for row in list(file)[1:] if row.count(",") == len(COLUMNS) - 1
                    and row.endswith("\n") and int(row.split(",")[0]) <= first]
    if len(rows) != first:
        sys.exit(f"{path} holds {len(rows)} of the {first} steps before {checkpoint}: restore it, or "
                 "remove the checkpoint to begin again")
    with open(f"{path}.part", "w") as file:
        file.writelines([",".join(COLUMNS) + "\n", *rows])
    os.replace(f"{path}.part", path)


def identity(run, options):
    """What decides a run's numbers, but how many of its steps are taken."""
    configuration = {key: value for key, value in run.configuration.items() if key != "cadence"}
    return json.dumps([configuration, options.perturb], sort_keys=True)


def save(path, run, step, model, optimizer, clipping):
    import torch
    torch.save({"run": run, "step": step, "model": model.state_dict(),
                "optimizer": optimizer.state_dict(), "norm": clipping.mean}, f"{path}.part")
    os.replace(f"{path}.part", path)


def load(path, run, model, optimizer, clipping):
    """How many steps were taken before the checkpoint; 0 where there is none yet."""
    import torch
    if not os.path.exists(path):
        return 0
    state = torch.load(path)
    if state.get("run") != run:
        sys.exit(f"{path} is the checkpoint of another run or --perturb: give another file")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    clipping.mean = state["norm"]
    return state["step"]


def train(options):
    import torch
    torch.set_num_threads(options.threads)
    run, data = Run(options.run), Dataset(options.data)
    if data.shape != tuple(run.model["spectrogram"][key] for key in ("bands", "frames")):
        sys.exit(f"{options.data} holds pictures of {data.shape}, not those of {options.run}")
    model = model_of(run)
    if options.perturb:
        torch.manual_seed(0)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter *= 1 + options.perturb * torch.randn_like(parameter)
    settings = run.settings
    free_nats = settings.get("freeNats", 0)
    # Biases and normalizations do not decay.
    groups = [
        {"params": [p for p in model.parameters() if (p.ndim > 1) == decays],
         "weight_decay": settings["weightDecay"] if decays else 0} for decays in (True, False)]
    optimizer = torch.optim.AdamW(
        groups, betas=(settings.get("firstDecay", 0.9), settings.get("secondDecay", 0.999)),
        eps=settings.get("epsilon", 1e-8))
    clipping = Clipping(settings)
    if run.precision != "float32":
        sys.exit(f"{options.run} was trained with mixed precision; this compares float32")
    known, first = identity(run, options), 0
    if options.checkpoint:
        first = load(options.checkpoint, known, model, optimizer, clipping)
    begin(options.out, first, options.checkpoint)
    with open(options.out, "a") as file:
        for step in range(first, min(options.steps or run.steps, run.steps)):
            start = time.perf_counter()
            for group in optimizer.param_groups:
                group["lr"] = run.learning_rate(step)
            optimizer.zero_grad(set_to_none=True)
            pictures = torch.from_numpy(data.pixels(run.items(step, data.training)))
            noise = torch.from_numpy(run.noise(step))
            # The loss in the file's words; `VAE.loss` gives their sum only.
            mean, log_variance = model.encoder(pictures).chunk(2, 1)
            log_variance = log_variance.clamp(-10, 10)
            decoded = model.decoder(mean + torch.exp(0.5 * log_variance) * noise)
            error = ((decoded - pictures) ** 2).mean()
            divergences = 0.5 * (mean ** 2 + log_variance.exp() - 1 - log_variance).mean(0)
            divergence = divergences.sum()
            priced = divergences.clamp(min=free_nats).sum() if free_nats else divergence
            loss = 0.5 * torch.log(error) + 0.5 + run.divergence_weight(step) * priced
            loss.backward()
            clipping.apply(model.parameters())
            optimizer.step()
            values = [loss.item(), error.item(), divergence.item(), time.perf_counter() - start]
            print(step + 1, *values, sep=",", file=file, flush=True)
            if options.checkpoint and (step + 1) % options.checkpoint_every == 0:
                save(options.checkpoint, known, step + 1, model, optimizer, clipping)


def read(path):
    with open(path) as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in rows]) for key in COLUMNS[:4]}


def smoothed(values, width):
    """Means of as many steps up to each."""
    sums = np.concatenate([[0], np.cumsum(values)])
    first = np.maximum(np.arange(1, len(values) + 1) - width, 0)
    last = np.arange(1, len(values) + 1)
    return (sums[last] - sums[first]) / (last - first)


def compare(options):
    ours, theirs = read(f"{options.run}/metrics.csv"), read(options.reference)
    steps = min(len(ours["step"]), len(theirs["step"]))
    if not steps:
        sys.exit("there are no steps to compare")
    if not (ours["step"][:steps] == theirs["step"][:steps]).all():
        sys.exit(f"{options.run} and {options.reference} do not hold the same steps: train with "
                 "--log-every 1")
    for curves in (ours, theirs):
        curves["nll"] = 0.5 * np.log(curves["squared_error"]) + 0.5
    early = min(300, steps)
    end = slice(max(0, steps - 50), steps)
    print(f"{steps} steps; reference: PyTorch. Relative differences |ours - theirs| / |theirs|.")
    print(f"| quantity | largest, every step to {early} | largest, means of 10 steps to {early} "
          "| mean of the last 50 steps: ours | theirs | difference |")
    print("|---|---|---|---|---|---|")
    passed = True
    for key, name in [("loss", "loss"), ("nll", "NLL per pixel"), ("squared_error", "MSE"), ("kl", "KL")]:
        a, b = ours[key][:steps], theirs[key][:steps]
        each = np.abs(a - b)[:early] / np.abs(b)[:early]
        mean_a, mean_b = smoothed(a, 10)[:early], smoothed(b, 10)[:early]
        means = np.abs(mean_a - mean_b) / np.abs(mean_b)
        last_a, last_b = a[end].mean(), b[end].mean()
        last = abs(last_a - last_b) / abs(last_b)
        print(f"| {name} | {each.max():.2%} | {means.max():.2%} | {last_a:.5g} | {last_b:.5g} | {last:.2%} |")
        if key in ("loss", "squared_error"):
            passed = passed and means.max() <= 0.03 and last <= 0.10
    for decimals in (5, 4, 3):
        same = np.round(ours["loss"][:steps], decimals) == np.round(theirs["loss"][:steps], decimals)
        print(f"the loss agrees to {decimals} decimals up to step {steps if same.all() else same.argmin()}")
    verdict = "within" if passed else "NOT within"
    print(f"loss and MSE, means of 10 steps: {verdict} 3 % to step {early} and 10 % at the end")
    sys.exit(0 if passed else 1)


def export(options):
    from safetensors.numpy import save_file
    run, data = Run(options.run), Dataset(options.data)
    steps = range(min(options.steps or run.steps, run.steps))
    items = np.array([run.items(step, data.training) for step in steps], np.int64)
    tensors = {f"initial.{name}": values for name, values in initial_parameters(run.model, run.seed).items()}
    seen = np.unique(items)
    tensors["items"] = items
    tensors["picture_items"] = seen
    tensors["pictures"] = data.pixels(seen)
    tensors["noise"] = np.stack([run.noise(step) for step in steps])
    tensors["learning_rate"] = np.array([run.learning_rate(step) for step in steps])
    tensors["divergence_weight"] = np.array([run.divergence_weight(step) for step in steps])
    save_file(tensors, options.out, {"settings": json.dumps(run.settings)})
    print(f"{options.out}: {len(steps)} steps, {len(seen)} pictures, {os.path.getsize(options.out) >> 20} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, body in [("train", train), ("export", export), ("compare", compare)]:
        command = commands.add_parser(name)
        command.set_defaults(body=body)
        command.add_argument("run")
        if name == "compare":
            command.add_argument("reference")
            continue
        command.add_argument("data")
        command.add_argument("--out", required=True)
        command.add_argument("--steps", type=int)
        command.add_argument("--threads", type=int, default=2)
        command.add_argument("--checkpoint", help="go on from this file, and write it as the run goes")
        command.add_argument("--checkpoint-every", type=int, default=100, metavar="STEPS")
        command.add_argument("--perturb", type=float, default=0,
                             help="change the initial weights by this part of themselves: how far "
                             "PyTorch is from itself")
    options = parser.parse_args()
    options.body(options)


if __name__ == "__main__":
    main()
