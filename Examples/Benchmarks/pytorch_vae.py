#!/usr/bin/env python3
"""VAmEn's model in PyTorch, as a peer to measure against: the same layers, batch, loss and optimizer.

    pip install torch
    pytorch_vae.py train  --preset small --batch 8 --threads 2
    pytorch_vae.py decode --preset full --batch 16 --device cuda

Prints one line of JSON: the best and the median seconds of a step (or of a decoding), after two
that are not counted, on random pictures in memory.
"""
import argparse
import json
import statistics
import time

import torch
from torch import nn

# Mel bands, frames, channels after each halving, latent numbers of a time column.
PRESETS = {
    "tiny": (64, 64, (16, 32, 64, 64), 8),
    "demo": (128, 256, (16, 32, 64, 128, 128), 16),
    "small": (256, 256, (32, 64, 128, 256, 256, 512), 32),
    "slim": (512, 512, (16, 32, 64, 128, 256, 512, 512), 32),
    "full": (512, 512, (32, 64, 128, 256, 256, 512, 512), 32),
}


def block(convolution, channels):
    return nn.Sequential(convolution, nn.GroupNorm(8, channels), nn.SiLU())


class VAE(nn.Module):
    def __init__(self, bands, frames, channels, latent):
        super().__init__()
        height = bands >> len(channels)
        rising = channels[::-1]
        self.latent_shape = (latent, 1, frames >> len(channels))
        self.encoder = nn.Sequential(
            *[block(nn.Conv2d(i, o, 4, 2, 1), o) for i, o in zip((1,) + channels, channels)],
            nn.Conv2d(channels[-1], 2 * latent, (height, 1)))
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(latent, channels[-1], (height, 1)), nn.SiLU(),
            *[block(nn.ConvTranspose2d(i, o, 4, 2, 1), o) for i, o in zip(rising, rising[1:])],
            nn.ConvTranspose2d(channels[0], 1, 4, 2, 1))

    def loss(self, pictures, noise, weight=10 / 4096):
        mean, log_variance = self.encoder(pictures).chunk(2, 1)
        log_variance = log_variance.clamp(-10, 10)
        decoded = self.decoder(mean + torch.exp(0.5 * log_variance) * noise)
        divergence = 0.5 * (mean ** 2 + log_variance.exp() - 1 - log_variance).sum((1, 2, 3)).mean()
        return 0.5 * torch.log(((decoded - pictures) ** 2).mean()) + 0.5 + weight * divergence


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=["train", "decode"])
    parser.add_argument("--preset", default="full", choices=PRESETS)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="fp32", choices=["fp32", "tf32"])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    is_cuda = options.device.startswith("cuda")
    torch.backends.cuda.matmul.allow_tf32 = options.dtype == "tf32"
    torch.backends.cudnn.allow_tf32 = options.dtype == "tf32"
    torch.backends.cudnn.benchmark = True

    bands, frames, channels, latent = PRESETS[options.preset]
    model = VAE(bands, frames, channels, latent).to(options.device)
    noise = torch.randn(options.batch, *model.latent_shape, device=options.device)
    if options.mode == "train":
        optimizer = torch.optim.AdamW(model.parameters(), 1e-3, fused=is_cuda)
        pictures = torch.rand(options.batch, 1, bands, frames, device=options.device)

        def step():
            optimizer.zero_grad(set_to_none=True)
            model.loss(pictures, noise).backward()
            optimizer.step()
    else:
        model.eval()

        def step():
            with torch.no_grad():
                model.decoder(noise)

    seconds = []
    for _ in range(options.runs + 2):
        start = time.perf_counter()
        step()
        if is_cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds[2:])
    print(json.dumps({
        "mode": options.mode, "preset": options.preset, "batch": options.batch,
        "device": options.device, "dtype": options.dtype, "torch": torch.__version__,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds_best": min(seconds[2:]), "seconds_median": median,
        "images_per_second": options.batch / median}))


if __name__ == "__main__":
    main()
