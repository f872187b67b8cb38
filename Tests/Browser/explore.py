#!/usr/bin/env python3
"""Tries `vamen explore` in a real browser and with hostile requests.

    Tests/Browser/explore.py VAMEN MODEL [--data DATASET] [--picture FILE.png]

Ends with 0 if everything held, 1 if not, 77 if there is no browser.
"""

import argparse
import glob
import hashlib
import json
import math
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from chromium import Chromium, find_chromium  # noqa: E402
from damaged import damaged  # noqa: E402
from hostile import hostile, talk  # noqa: E402
from meanwhile import early, gathered  # noqa: E402

failures = []
checks = 0


def check(name, holds, seen=""):
    global checks
    checks += 1
    print(f"  {'ok ' if holds else 'NOT'} {name}{'' if holds else f': {seen}'}", flush=True)
    if not holds:
        failures.append(name)


def start(arguments, files=None):
    """A server and its address; one that may have only so many files open."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    command = [arguments.vamen, "explore", arguments.model, "--port", "0", "--json", "--device",
               "cpu"]
    if arguments.data and not files:
        command += ["--data", arguments.data]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                              preexec_fn=limit if files else None)
    line = server.stdout.readline()
    if not line:
        sys.exit(f"vamen explore ended with status {server.wait()}")
    return server, json.loads(line)["address"]


def crowded(arguments):
    """More connections than a server may have open files."""
    # Which of its threads takes the last file is a matter of chance.
    for files in (13, 20, 45) * 2:
        server, address = start(arguments, files)
        port = int(address.rsplit(":", 1)[1].strip("/"))
        time.sleep(0.5)
        crowd = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(200)]
        time.sleep(1)
        check(f"200 connections do not end a server of {files} files", server.poll() is None,
              server.returncode)
        for connection in crowd:
            connection.close()
        if server.poll() is None:
            seen = talk(port, (f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                               "Connection: close\r\n\r\n").encode())
            check("and when they have gone it answers", seen == ([200], True), seen)
            server.kill()
        server.wait()


def wave_facts(data):
    """Rate, samples and comment of a WAV file, read chunk by chunk."""
    facts, at = {}, 12
    while at + 8 <= len(data):
        tag, size = data[at:at + 4], struct.unpack("<I", data[at + 4:at + 8])[0]
        body = data[at + 8:at + 8 + size]
        if tag == b"fmt ":
            facts["rate"] = struct.unpack("<I", body[4:8])[0]
        if tag == b"data":
            facts["samples"] = struct.unpack(f"<{size // 2}h", body)
        if tag in (b"smpl", b"acid"):
            facts[tag.decode()] = body
        if tag == b"LIST":
            facts["comment"] = json.loads(body[12:].rstrip(b"\0"))
        at += 8 + size + size % 2
    facts["whole"] = struct.unpack("<I", data[4:8])[0] == len(data) - 8
    return facts


def recipes(port, key, arguments):
    """Files tell how their loops were made: which model, which data, which numbers."""
    def get(path):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                                f"X-VAmEn-Key: {key}\r\nConnection: close\r\n\r\n").encode())
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer.partition(b"\r\n\r\n")[2]

    def recipe(query):
        return wave_facts(get("/api/loop?iterations=0&" + query))["comment"]

    file = arguments.model
    if os.path.isdir(file):
        file = os.path.join(file, "checkpoints", "last.safetensors")
    with open(file, "rb") as bytes_of_model:
        digest = hashlib.sha256(bytes_of_model.read()).hexdigest()
    seed, moved = recipe("seed=7"), recipe("seed=7&offsets=1:0.5&bpm=150")
    check("a recipe has the digest of the model's file", seed.get("modelDigest") == digest, seed)
    version = subprocess.run([arguments.vamen, "--version"], capture_output=True, text=True).stdout
    check("and the program's version", f"vamen {seed.get('version')}\n" in version, version)
    check("and the latents", len(seed["latents"]) > 1
          and all(math.isfinite(number) for number in seed["latents"])
          and len(moved["latents"]) == len(seed["latents"])
          and moved["latents"] != seed["latents"], (seed, moved))
    check("and what was asked for", (moved["from"], moved["bpm"], moved["iterations"])
          == ({"seed": 7, "offsets": {"1": 0.5}}, 150, 0), moved)
    check("and the model's name", moved["model"] == seed["model"] != "", moved)
    check("a seed needs no data", "dataDigest" not in seed, seed)
    if arguments.data:
        report = subprocess.run([arguments.vamen, "inspect", arguments.data, "--json"],
                                capture_output=True, text=True).stdout
        name = json.loads(get("/api/model"))["items"][2]["name"]
        item, mix = recipe("item=2"), recipe("item=2&toSeed=7&morph=0.25")
        check("an item's has the digest of the data set",
              item.get("dataDigest") == json.loads(report)["digest"] == mix.get("dataDigest"), item)
        check("and the item's number there", name == f"item {item['from'].get('dataItem')}"
              and item["from"]["item"] == 2, (name, item))
        check("a morph's latents are the mix", all(
            abs(a + 0.25 * (b - a) - c) < 1e-4
            for a, b, c in zip(item["latents"], seed["latents"], mix["latents"])), mix)


# A player of its own renders loops of one value each. Four changes come before the first bar line,
# one so shortly before it that the fourth is heard, and two in the bar after; those that are
# replaced have other tempos and are far too loud. Two bars, since in a loop of one bar nothing could
# begin early.
CHANGES = """(async () => {
  const rate = 48000, bar = 0.5, bars = 2, own = model.bars;
  model.bars = bars;
  const loop = (value, share) => (
    { samples: new Float32Array(Math.round(share * bars * bar * rate)).fill(value), rate });
  const context = new OfflineAudioContext(1, 2.5 * rate, rate);
  const gain = context.createGain();
  gain.connect(context.destination);
  const other = Object.assign(Object.create(player), { context, gain, source: null, before: null });
  other.begin(loop(0.1, 1), 0, 0);
  const late = bar + 0.8 * bar; // the bar after that of the loop that is heard at 0.5
  const changes = [
    [0.1, 9, 0.5], [0.2, 9, 2], [0.3, 9, 1], [0.4, 0.2, 0.8], [0.49, 9, 1], [0.6, 9, 0.7],
    [0.7, 0.4, 1],
  ];
  const waits = [];
  for (const [time, value, share] of changes) {
    context.suspend(time).then(() => {
      const now = context.currentTime;
      waits.push(now + other.change(loop(value, share)) / 1000);
      context.resume();
    });
  }
  const sound = (await context.startRendering()).getChannelData(0);
  model.bars = own;
  const at = (time) => Math.round(100 * sound[Math.round(time * rate)]) / 100;
  return {
    peak: sound.reduce((peak, sample) => Math.max(peak, sample), 0),
    before: [0.01, 0.25, bar - 0.001].map(at),
    between: [bar + 0.005, late - 0.001].map(at),
    after: [late + 0.005, 2, 2.4].map(at),
    waits: waits.map((time) => Math.round(1000 * time)), late: Math.round(1000 * late),
  };
})()"""

# Where an item is on the screen that a double-click can hit: the nearest to the middle of the map.
ITEM = """(() => {
  const canvas = $('map'), box = canvas.getBoundingClientRect();
  const far = ({ position }) => Math.hypot(position[0], position[1]);
  const item = model.items.reduce((best, item) => (far(item) < far(best) ? item : best));
  const [x, y] = toPixels(canvas, item.position[0], item.position[1]);
  return [box.left + x * box.width / canvas.width, box.top + y * box.height / canvas.height];
})()"""


def controls(page, has_items):
    """Sliders, the pad, keys and training items; the page plays."""
    sound = "current.samples.reduce((sum, sample) => sum + Math.abs(sample), 0)"
    old, loud = page.evaluate("current.query"), page.evaluate(sound)
    page.evaluate("""(() => {
      const slider = $('directions').querySelector('input');
      slider.value = current.position[0] > 0 ? -1.5 : 1.5;
      slider.dispatchEvent(new Event('input'));
    })()""")
    page.wait(f"current.query !== {json.dumps(old)} && !isAsking", 60)
    seen = page.evaluate("current.position[0]")
    check("a slider moves along its direction", abs(abs(seen) - 1.5) < 0.05, seen)
    check("and changes the loop", page.evaluate(sound) != loud)

    old = page.evaluate("current.query")
    x, y = page.middle("#pad")
    page.press(x + 40, y - 25)
    page.wait(f"current.query !== {json.dumps(old)} && !isAsking", 60)
    seen, wanted = page.evaluate(f"""(() => {{
      const axes = [Number($('padX').value), Number($('padY').value)];
      return [axes.map((axis) => current.position[axis]),
              toPlace($('pad'), {{clientX: {x + 40}, clientY: {y - 25}}})];
    }})()""")
    check("a press on the pad goes there",
          all(abs(a - b) < 0.05 for a, b in zip(seen, wanted)), f"{seen} for {wanted}")

    page.evaluate("document.activeElement.blur()")
    page.key(" ", "Space", 32, " ")
    page.wait("!player.isPlaying")
    page.wait("player.peak === 0", 10)
    check("Space stops the sound", page.evaluate("$('play').textContent") == "Play")
    page.key(" ", "Space", 32, " ")
    page.wait("player.isPlaying && player.peak > 0.001", 15)
    check("and starts it", page.evaluate("$('play').textContent") == "Stop")

    moved = page.evaluate("current.query.includes('offsets')")
    page.key("0", "Digit0", 48, "0")
    page.wait("!current.query.includes('offsets') && !isAsking", 60)
    check("0 clears the steps", moved and page.evaluate("offsetText(state.point.offsets)") == "")

    old = page.evaluate("current.query")
    page.key("[", "BracketLeft", 219, "[")
    page.wait(f"current.query !== {json.dumps(old)} && !isAsking", 60)
    latency = page.evaluate("$('latency').textContent")
    check("a remembered loop is called so", latency.startswith("remembered, "), latency)

    if has_items:
        check("training items are projected", page.evaluate(
            "model.items.length > 0 && model.items.every((item) => item.name "
            "&& item.position.length === model.directions.length "
            "&& item.position.every(Number.isFinite))"))
        alt = 1
        for name, clicks, modifiers in [("a double-click", (1, 2), 0), ("a click with Alt", (1,), alt)]:
            page.evaluate("setSeed(1)")
            page.wait("current.query === 'seed=1' && !isAsking", 60)
            page.click("#setA")
            page.middle("#map")
            x, y = page.evaluate(ITEM)
            for count in clicks:
                for kind in ("mousePressed", "mouseReleased"):
                    page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left",
                              clickCount=count, modifiers=modifiers)
            try:
                page.wait("current.query.startsWith('item=') && !isAsking", 20)
            except TimeoutError:
                pass
            seen = page.evaluate("current.query")
            check(f"{name} takes a training item", re.fullmatch(r"item=\d+", seen), seen)
            page.click("#setB")
            page.wait("current.query.includes('morph=1') && !isAsking", 60)
            check("and a morph leads to it", re.fullmatch(
                r"seed=1&toItem=\d+&morph=1", page.evaluate("current.query")))

    seen = page.evaluate(CHANGES)
    steady = (seen["before"], seen["between"], seen["after"]) == ([0.1] * 3, [0.2] * 2, [0.4] * 3)
    check("changes within a bar: the last is heard, at the bar line", steady, seen)
    check("the replaced ones make no sound", seen["peak"] < 0.401, seen)
    check("all of a bar wait for the same line",
          all(abs(a - b) <= 1 for a, b in zip(seen["waits"], 4 * [500] + 3 * [seen["late"]])), seen)


# What a point and the loop on screen are: how far the loop is from the places of the given
# directions, and from the point's own along the others.
DISTANCE = """((seed, wanted) => {
  const at = current.position.map((at, index) => wanted[index] ?? places.get(seed)[index]);
  return [state.point.seed, at.reduce(
    (most, at, index) => Math.max(most, Math.abs(at - current.position[index])), 0)];
})"""


def moves(page):
    """Moves out of a morph between the seeds 11 and 12, and before a seed was drawn; then back."""
    def settled(name, seed, wanted):
        page.wait("!isAsking && !isStale", 60)
        seen = page.evaluate(f"{DISTANCE}('{seed}', {json.dumps(wanted)})")
        check(name, seen[0] == str(seed) and seen[1] < 0.03
              and page.evaluate("!state.a && !state.b && !state.point.wanted"), seen)

    morph = page.evaluate("JSON.stringify(state)")
    back = f"state = {morph}; refresh()"
    apart = page.evaluate(
        "Math.hypot(...places.get('11').map((at, index) => at - places.get('12')[index]))")
    check("the ends are apart", apart > 0.5, apart)
    for share, seed in [(0.3, 11), (0.5, 12), (0.9, 12)]:
        page.evaluate(f"{back}; state.morph = {share}; refresh()")
        page.wait(f"current.query.includes('morph={share}') && !isAsking", 60)
        x, y = page.middle("#map")
        page.press(x + 55, y + 35)
        place = page.evaluate(f"toPlace($('map'), {{clientX: {x + 55}, clientY: {y + 35}}})")
        settled(f"a click during a morph at {share} goes there, from the nearer end", seed,
                {0: place[0], 1: place[1]})
    page.evaluate(back)
    page.wait("current.query.includes('morph=0.5') && !isAsking", 60)
    page.evaluate("""(() => {
      const slider = $('directions').querySelector('input');
      slider.value = 1;
      slider.dispatchEvent(new Event('input'));
    })()""")
    settled("a slider during a morph, too", 12, {0: 1})
    page.evaluate("places.clear(); " + back + "; moveTo({0: 0.4}); moveBy({0: 0.2, 1: 0.3})")
    lies = page.evaluate("new Promise((done) => { const wait = () => (isAsking ? "
                         "setTimeout(wait, 20) : done(places.get('12'))); wait(); })")
    settled("one whose ends are not known yet, too", 12, {0: 0.6, 1: lies[1] + 0.3})

    seen = page.evaluate("setSeed(21); moveTo({0: 2}); moveTo({0: 1.25, 1: -0.75});"
                         "position().slice(0, 2)")
    check("a move before the seed is drawn shows at once", seen == [1.25, -0.75], seen)
    settled("and arrives", 21, {0: 1.25, 1: -0.75})
    page.evaluate("setSeed(22); moveTo({0: 1}); setSeed(23)")
    settled("the next seed forgets it", 23, {})
    page.evaluate("document.activeElement.blur(); $('map').focus(); setSeed(24);"
                  "$('map').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowUp'}))")
    page.wait("!isAsking", 60)
    seen = page.evaluate("current.query")
    check("an arrow before the seed is drawn is a step from it", seen == "seed=24&offsets=2%3A0.1",
          seen)
    page.evaluate(back)
    page.wait("current.query.includes('morph=0.5') && !isAsking", 60)


def saved(downloads):
    """The WAV files that the browser has saved, once there are any."""
    deadline = time.monotonic() + 20
    files = []
    while time.monotonic() < deadline and not files:
        files = glob.glob(os.path.join(downloads, "*.wav"))
        time.sleep(0.1)
    return files


def buttons(page, address, downloads):
    """Links, files, history and volume, by keys and by the mouse; then back to the same point."""
    page.call("Browser.grantPermissions", origin=address.rstrip("/"),
              permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    page.evaluate("document.activeElement.blur()")
    clipboard = "navigator.clipboard.readText()"
    for name, copy in [("Copy link", lambda: page.click("#link")),
                       ("L", lambda: page.key("l", "KeyL", 76, "l"))]:
        page.evaluate("$('status').textContent = ''; navigator.clipboard.writeText('nothing')")
        copy()
        page.wait("$('status').textContent !== ''", 10)
        seen = page.evaluate(clipboard)
        check(f"{name} copies a link to this point",
              seen == page.evaluate("location.origin + '/#' + link()")
              and page.evaluate("$('status').textContent") == "Link copied.", seen)
        check("and it has the whole state", page.evaluate(
            f"JSON.stringify(stateOf(new URL({json.dumps(seen)}).hash)) === JSON.stringify(state)"))
    page.evaluate("$('status').textContent = '';"
                  "navigator.clipboard.writeText = () => Promise.reject()")
    page.key("l", "KeyL", 76, "l")
    page.wait("$('status').textContent !== ''", 10)
    check("without a clipboard the link is shown", page.evaluate(
        "$('status').textContent === location.origin + '/#' + link()"))
    page.evaluate("delete navigator.clipboard.writeText")

    for file in glob.glob(os.path.join(downloads, "*.wav")):
        os.remove(file)  # the browser would write over it
    page.key("s", "KeyS", 83, "s")
    check("S saves a WAV", len(saved(downloads)) == 1)

    now, count = page.evaluate("JSON.stringify(state)"), page.evaluate("history.length")
    page.click("#back")
    page.wait("!isAsking && place === history.length - 2", 60)
    check("Back goes back", page.evaluate("JSON.stringify(state)") != now
          and page.evaluate("JSON.stringify(state) === JSON.stringify(history[place])"))
    page.click("#forward")
    page.wait("!isAsking && place === history.length - 1", 60)
    check("Forward goes forward", page.evaluate("JSON.stringify(state)") == now
          and page.evaluate("$('forward').disabled && !$('back').disabled"))
    number = page.evaluate("$('history').querySelectorAll('button')[1].textContent")
    page.click("#history li:nth-child(2) button")
    page.wait(f"!isAsking && place === {number} - 1", 60)
    check("a number goes to its point", page.evaluate(
        "JSON.stringify(state) === JSON.stringify(history[place])"
        " && $('history').querySelector('[aria-current]').textContent") == number)
    page.click("#history li:last-child button")
    page.wait("!isAsking && place === history.length - 1", 60)
    check("and looking back adds none", page.evaluate("history.length") == count
          and page.evaluate("JSON.stringify(state)") == now)

    def volume(value):
        page.evaluate(f"$('volume').value = {value}; $('volume').dispatchEvent(new Event('input'))")

    page.wait("player.isPlaying && player.peak > 0.001", 15)
    volume(0)
    page.wait("player.peak === 0", 10)
    check("the volume goes down to silence", page.evaluate("player.isPlaying"))
    volume(0.8)
    page.wait("player.peak > 0.001", 15)
    check("and up again", abs(page.evaluate("player.gain.gain.value") - 0.8) < 1e-6)

    page.evaluate("$('seedNumber').value = 'x'; $('seedNumber').dispatchEvent(new Event('change'))")
    check("a seed that is none is named", page.evaluate("$('status').textContent")
          == "A seed is a whole number." and page.evaluate("JSON.stringify(state)") == now)


def in_the_browser(address, program, downloads, picture, has_items):
    page = Chromium(program, downloads)
    try:
        page.open(address)
        page.wait("document.body?.dataset.ready === 'true'", 60)
        check("the page names the model", page.evaluate("$('name').textContent.length > 0"))
        check("a spectrogram is shown",
              page.evaluate("$('picture').decode().then(() => $('picture').naturalWidth > 0)"))

        page.click("#play")
        page.wait("player.isPlaying")
        page.wait("player.context.state === 'running'", 10)
        page.wait("player.peak > 0.001", 15)
        check("it plays: the context runs and the sound is not silent", True)
        before = page.evaluate("player.share")
        page.wait(f"Math.abs(player.share - {before}) > 0.01", 10)
        check("the playhead moves", True)

        old = page.evaluate("current.query")
        x, y = page.middle("#map")
        page.press(x + 60, y - 40)
        page.wait(f"current.query !== {json.dumps(old)} && !isAsking", 60)
        seen = page.evaluate("current.position.slice(0, 2)")
        wanted = page.evaluate(
            f"(() => toPlace($('map'), {{clientX: {x + 60}, clientY: {y - 40}}}))()")
        check("a click on the map goes there",
              all(abs(a - b) < 0.05 for a, b in zip(seen, wanted)), f"{seen} for {wanted}")
        check("it still plays", page.evaluate("player.isPlaying"))
        latency = page.evaluate("$('latency').textContent")
        check("the latency is shown", re.search(r"heard \d+ ms after the move", latency), latency)
        wait = float(re.search(r"heard (\d+) ms", latency).group(1))
        bar = page.evaluate("1000 * player.length / Math.max(1, Math.round(model.bars))")
        drawn = float(re.search(r"here after (\d+) ms", latency).group(1))
        check("the next bar picks up the new loop", wait <= drawn + bar + 60, latency)

        old = page.evaluate("current.query")
        page.evaluate("document.querySelector('#map').focus()")
        at = page.evaluate("current.position[0]")
        page.key("ArrowRight", "ArrowRight", 39)
        page.wait(f"current.query !== {json.dumps(old)} && !isAsking", 60)
        seen = page.evaluate("current.position[0]")
        check("arrow keys move by a tenth", abs(seen - at - 0.1) < 0.02, (seen, at))
        page.evaluate("document.querySelector('#map').focus()")
        at = page.evaluate("current.position.slice(0, 2)")
        for name, number, wanted in [("ArrowRight", 39, [0.5, 0]), ("ArrowDown", 40, [0.5, -0.5])]:
            old = page.evaluate("current.query")
            page.key(name, name, number, modifiers=8)
            page.wait(f"current.query !== {json.dumps(old)} && !isAsking", 60)
            seen = page.evaluate("current.position.slice(0, 2)")
            check(f"Shift and {name} move by half",
                  all(abs(a - b - c) < 0.02 for a, b, c in zip(seen, at, wanted)), (seen, at))

        controls(page, has_items)
        gathered(page, check)

        old = page.evaluate("current.query")
        page.evaluate("document.activeElement.blur()")
        page.key("n", "KeyN", 78, "n")
        page.wait(f"current.query !== {json.dumps(old)} && !isAsking", 60)
        check("N draws a new seed", page.evaluate("current.query.startsWith('seed=')"))

        # A morph by hand: the first end waits while another point is looked for.
        first = page.evaluate("state.point.seed")
        page.key("a", "KeyA", 65, "a")
        page.key("n", "KeyN", 78, "n")
        page.wait(f"current.query !== 'seed={first}' && !isAsking", 60)
        second = page.evaluate("state.point.seed")
        page.key("b", "KeyB", 66, "b")
        page.wait("current.query.includes('morph=1') && !isAsking", 60)
        check("A, N, B: a morph between two seeds",
              page.evaluate("[state.a?.seed, state.b?.seed]") == [first, second]
              and not page.evaluate("$('morph').disabled"), page.evaluate("current.query"))
        page.key("n", "KeyN", 78, "n")
        page.wait("!current.query.includes('morph') && !isAsking", 60)
        check("another N ends it", page.evaluate("!state.a && !state.b && $('morph').disabled"))

        for seed, key in [(11, "a"), (12, "b")]:
            page.evaluate(f"$('seedNumber').value = {seed};"
                          "$('seedNumber').dispatchEvent(new Event('change'))")
            page.wait(f"current.query === 'seed={seed}' && !isAsking", 60)
            page.click(f"#set{key.upper()}")
        page.wait("!isAsking && !$('morph').disabled", 60)
        page.evaluate("$('morph').value = 0.5; $('morph').dispatchEvent(new Event('input'))")
        page.wait("current.query.includes('morph=0.5') && !isAsking", 60)
        check("A/B morphs", page.evaluate(
            "current.query.includes('seed=11') && current.query.includes('toSeed=12')"))
        page.wait("ends().every((end) => end.place) && !isAsking", 60)
        painted = page.evaluate("""ends().map(({ place }) => {
          const [x, y] = toPixels($('map'), place[0], place[1]);
          const pen = $('map').getContext('2d');
          const [red, green, blue, alpha] = pen.getImageData(x - 8, y, 1, 1).data;
          return alpha === 255 && blue > red;
        })""")
        check("A and B stand on the map", painted == [True, True], str(painted))
        moves(page)
        page.evaluate("places.clear(); refresh()")
        page.wait("ends().every((end) => end.place) && !isAsking", 60)
        check("after a link the page asks where they stand",
              page.evaluate("[...places.keys()].sort().join()") == "11,12")

        slow = page.evaluate("current.samples.length")
        page.evaluate("$('tempo').value = Math.round(model.bpm * 1.25);"
                      "$('tempo').dispatchEvent(new Event('change'))")
        page.wait("current.query.includes('bpm=') && !isAsking", 90)
        fast = page.evaluate("current.samples.length")
        check("a faster tempo makes a shorter loop", fast < slow, f"{fast} and {slow}")

        page.evaluate("$('save').click()")
        files = saved(downloads)
        check("a WAV is saved", bool(files))
        if files:
            with open(files[0], "rb") as file:
                facts = wave_facts(file.read())
            check("the file is whole, loops and has a tempo",
                  facts["whole"] and "smpl" in facts and "acid" in facts, list(facts))
            check("it is the loop that plays", len(facts["samples"]) == fast)
            name = os.path.basename(files[0])
            tempo = page.evaluate("ask('/api/loop?' + current.query)"
                                  ".then((answer) => Number(answer.headers.get('X-VAmEn-BPM')))")
            check("its name tells the tempo it has", name.endswith(f"-{tempo:.2f}bpm.wav"),
                  f"{name} for {tempo}")
            check("its recipe is in it", facts["comment"].get("to", {}).get("seed") == 12
                  and facts["comment"]["from"]["seed"] == 11, facts.get("comment"))

        buttons(page, address, downloads)
        count = page.evaluate("history.length")
        now = page.evaluate("current.query")
        page.key("[", "BracketLeft", 219, "[")
        page.wait(f"current.query !== {json.dumps(now)} && !isAsking", 60)
        page.key("]", "BracketRight", 221, "]")
        page.wait(f"current.query === {json.dumps(now)} && !isAsking", 60)
        check("history goes back and forward", count > 3, count)
        if picture:
            page.evaluate("window.scrollTo(0, 0)")
            time.sleep(0.3)
            page.picture(picture)

        link = page.evaluate("location.origin + '/#' + link()")
        errors = page.errors
        early(page, link, check)
        page.open("about:blank")
        page.open(link)
        page.wait("document.body?.dataset.ready === 'true'", 60)
        check("a link brings the same point back", page.evaluate("current.query") == now)
        damaged(page, address, check)
        check("no console errors", not errors, errors)
    finally:
        page.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vamen")
    parser.add_argument("model")
    parser.add_argument("--data")
    parser.add_argument("--picture")
    arguments = parser.parse_args()
    server, address = start(arguments)
    try:
        port = int(address.rsplit(":", 1)[1].strip("/"))
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(
                f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            text = b""
            while chunk := connection.recv(65536):
                text += chunk
        key = re.search(r'name="key" content="([^"]+)"', text.decode()).group(1)
        print("hostile requests")
        check("no page may frame this one", b"frame-ancestors 'none'" in text)
        hostile(port, key, check)
        crowded(arguments)
        recipes(port, key, arguments)
        other = subprocess.run(
            [arguments.vamen, "explore", arguments.model, "--port", str(port), "--device", "cpu"],
            capture_output=True, text=True, timeout=60)
        check("a port in use is an error", other.returncode == 1 and "--port" in other.stderr,
              f"{other.returncode}: {other.stderr}")
        program = find_chromium()
        if not program:
            print(f"{checks} checks, {len(failures)} failed; no browser")
            return 1 if failures else 77
        print("in the browser")
        with tempfile.TemporaryDirectory() as downloads:
            in_the_browser(address, program, downloads, arguments.picture, bool(arguments.data))
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            check("a polite kill ends the server", False)
    print(f"{checks} checks, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
