#!/usr/bin/env python3
"""8-bit log-mel pictures back to sound: VAmEn beside librosa, on the same clips and settings.

Prepares randomized loops of the three breaks that `make install` installs, turns them back with
`vamen resynthesize` and with librosa (NNLS, then griffinlim, W = 512, random start, momentum 0.99),
and prints a table. All figures of quality are computed here, for both alike:

  SC   spectral convergence, 20 log10(|| |X'| - |X| || / || |X| ||), W = 512; circular frames, for
       librosa its own centred ones, which it can do better on
  ONc  Pearson's correlation of onset envelopes: mean over bands of max(0, picture difference)
  seam jump from last to first sample over the 99.9th percentile of the jumps inside, the largest

Time is per loop: `vamen` in one batch of --batch loops, librosa loop by loop as it has to be. Both
run in turn, --rounds times; the median counts. Needs numpy, soundfile and librosa 0.11.

  Examples/Benchmarks/sound.py --seed 101 --count 12
  nice -n -15 Examples/Benchmarks/sound.py --batch 64 --rounds 3
"""
import argparse
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import librosa
import numpy as np
import soundfile

SAMPLES = Path("/usr/share/sonic-pi/samples")
BREAKS = [SAMPLES / f"loop_{name}.flac" for name in ("amen", "amen_full", "breakbeat")]
RATE, FFT, WINDOW, FRAMES, BANDS, RANGE = 10_000, 1024, 512, 512, 512, 80.0


def slaney_wide():
    """Triangles at least a bin wide to each side, rows that sum to 1."""
    f = librosa.mel_frequencies(n_mels=BANDS + 2, fmin=0, fmax=RATE / 2)
    bins, d = np.arange(FFT // 2 + 1) * RATE / FFT, RATE / FFT
    rise = 1 - (f[1:-1, None] - bins) / np.maximum(f[1:-1] - f[:-2], d)[:, None]
    fall = 1 - (bins - f[1:-1, None]) / np.maximum(f[2:] - f[1:-1], d)[:, None]
    bank = np.maximum(0, np.minimum(rise, fall))
    return bank / bank.sum(axis=1, keepdims=True)


BANK = slaney_wide()


def spectrum(loop, hop):
    """|X|, [bins, frames], frame m centred on sample m * hop of a loop."""
    window = np.hanning(WINDOW + 1)[:-1]
    places = np.arange(FRAMES)[:, None] * hop + np.arange(WINDOW) - WINDOW // 2
    return np.abs(np.fft.rfft(loop[places % len(loop)] * window, FFT)).T


def centred(loop, hop):
    """librosa's frames."""
    return np.abs(librosa.stft(loop, n_fft=FFT, hop_length=hop, win_length=WINDOW))


def picture(magnitudes, reference):
    level = 10 * np.log10(np.maximum(BANK @ magnitudes**2, 1e-30))
    return np.clip(1 + (level - reference) / RANGE, 0, 1)


def onsets(magnitudes, reference):
    image = picture(magnitudes, reference)
    return np.maximum(0, image - np.roll(image, 1, axis=1)).mean(axis=0)


class Figures:
    """How near results come to their originals."""

    def __init__(self, hop, reference, transform=spectrum):
        self.hop, self.reference, self.transform, self.rows = hop, reference, transform, []

    def add(self, original, result):
        x, y = spectrum(original, self.hop), spectrum(result[: len(original)], self.hop)
        a, b = (self.transform(loop[: len(original)], self.hop) for loop in (original, result))
        convergence = 20 * np.log10(np.linalg.norm(b - a) / np.linalg.norm(a))
        rhythm = np.corrcoef(onsets(x, self.reference), onsets(y, self.reference))[0, 1]
        strength = [librosa.onset.onset_strength(y=s, sr=RATE, hop_length=self.hop)
                    for s in (original, result[: len(original)])]
        seam = abs(result[0] - result[-1]) / np.percentile(np.abs(np.diff(result)), 99.9)
        self.rows.append((convergence, rhythm, np.corrcoef(*strength)[0, 1], seam))

    def line(self):
        c, r, s, seam = np.array(self.rows).T
        return f"{c.mean():7.2f} {c.max():7.2f} | {r.mean():.4f} {s.mean():.4f} | {seam.max():5.2f}"


def from_librosa(original, hop, reference, iterations, seed, own_bank):
    """librosa's way back from its own framing of the same picture, and the seconds it takes."""
    bank = librosa.filters.mel(sr=RATE, n_fft=FFT, n_mels=BANDS) if own_bank else BANK
    power = bank @ centred(original, hop) ** 2
    if own_bank:
        reference = 10 * np.log10(power.max())
    level = np.clip(1 + (10 * np.log10(np.maximum(power, 1e-30)) - reference) / RANGE, 0, 1)
    level = np.round(level * 255) / 255
    start = time.perf_counter()
    mel = 10 ** ((reference + (level - 1) * RANGE) / 10)
    magnitudes = np.sqrt(librosa.util.nnls(bank.astype(np.float32), mel.astype(np.float32)))
    middle = time.perf_counter()
    audio = {}
    for count in iterations:
        begin = time.perf_counter()
        y = librosa.griffinlim(magnitudes, n_iter=count, hop_length=hop, win_length=WINDOW,
                               n_fft=FFT, momentum=0.99, init="random", random_state=seed,
                               length=len(original))
        audio[count] = (y, time.perf_counter() - begin)
    return audio, middle - start


def resynthesize(vamen, data, out, count, *options):
    text = subprocess.run(
        [vamen, "resynthesize", data, "--out", out, "--count", str(count), "--wav-format",
         "float32", *options], check=True, text=True, capture_output=True).stdout
    return float(re.search(r"mean of .* ([\d.]+) ms per loop", text)[1])


def prepare(vamen, folder, bars, count, seed):
    data = str(folder / f"{bars}-bars-{seed}.vamen")
    text = subprocess.run(
        [vamen, "prepare", *map(str, BREAKS), "--preset", "full", "--bars", str(bars), "--count",
         str(count), "--seed", str(seed), "--out", data], check=True, text=True,
        capture_output=True)
    return data, float(re.search(r"reference level ([-\d.]+)", text.stdout + text.stderr)[1])


def quality(arguments, folder, bars):
    hop = 32 * bars
    data, reference = prepare(arguments.vamen, folder, bars, arguments.count, arguments.seed)
    print(f"\n{bars} bars, hop {hop}, {arguments.count} clips, seed {arguments.seed}")
    print("                                    SC mean   worst | ONc    librosa's | seam")
    for name, *options in (
        ("vamen, 0 iterations", "--iterations", "0"), ("vamen, 8", "--iterations", "8"),
        ("vamen, 16", "--iterations", "16"), ("vamen, 32",),
        ("vamen, 64", "--iterations", "64"),
        ("vamen, 32, exact projection", "--consistency", "exact"),
        ("vamen, 32, random start", "--start", "random", "--seed", "1"),
        ("vamen, 32, random, fast", "--start", "random", "--seed", "1", "--method", "fast"),
        ("vamen, 32, random, plain", "--start", "random", "--seed", "1", "--method", "plain"),
    ):
        out = folder / "vamen"
        resynthesize(arguments.vamen, data, str(out), arguments.count, *options)
        figures = Figures(hop, reference)
        for index in range(arguments.count):
            original, result = (soundfile.read(out / f"item-{index}{end}.wav", dtype="float32")[0]
                                for end in ("", "-resynthesized"))
            figures.add(original, result)
        print(f"{name:34} {figures.line()}", flush=True)
    for own_bank in (False, True):
        counts = (32,) if own_bank else (32, 100)
        figures = {count: Figures(hop, reference, centred) for count in counts}
        for index in range(arguments.count):
            original = soundfile.read(folder / f"vamen/item-{index}.wav", dtype="float32")[0]
            audio, _ = from_librosa(original, hop, reference, counts, index, own_bank)
            for count, (y, _) in audio.items():
                figures[count].add(original, y)
        for count in counts:
            bank = ", its own bank" if own_bank else ""
            print(f"{f'librosa, {count}{bank}':34} {figures[count].line()}", flush=True)


def speed(arguments, folder, bars):
    hop = 32 * bars
    data, reference = prepare(arguments.vamen, folder, bars, arguments.batch, arguments.seed)
    ours, inversion, phases = [], [], []
    out = folder / "speed"
    for _ in range(arguments.rounds):
        ours.append(resynthesize(
            arguments.vamen, data, str(out), arguments.batch, "--device", arguments.device))
        for index in range(min(arguments.batch, 4)):
            original = soundfile.read(out / f"item-{index}.wav", dtype="float32")[0]
            audio, seconds = from_librosa(original, hop, reference, (32,), index, False)
            inversion.append(1000 * seconds)
            phases.append(1000 * audio[32][1])
    mine, nnls, griffin = map(statistics.median, (ours, inversion, phases))
    print(f"\n{bars} bars, 32 iterations, ms per loop: vamen (batch of {arguments.batch}) "
          f"{mine:.1f}, librosa {nnls + griffin:.0f} (nnls {nnls:.0f}, griffinlim {griffin:.0f})\n"
          f"  ratio {mine / (nnls + griffin):.3f}; to griffinlim alone {mine / griffin:.3f}; "
          f"vamen's rounds {', '.join(f'{t:.1f}' for t in ours)}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vamen", default=".build/release/vamen")
    parser.add_argument("--bars", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--count", type=int, default=12, help="clips for quality; 0 for none")
    parser.add_argument("--batch", type=int, default=0, help="loops for speed; 0 for none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for bars in arguments.bars:
            if arguments.count:
                quality(arguments, Path(folder), bars)
            if arguments.batch:
                speed(arguments, Path(folder), bars)


main()
