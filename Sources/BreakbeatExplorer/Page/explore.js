"use strict";
// The page of `vamen explore`. A state is a point of the latent space (a seed or a training item,
// and steps along directions), perhaps two ends of a morph, and a tempo; everything shown and heard
// follows from it. Where a seed lies is known once it has been drawn. A point that is moved before
// keeps the places that it should have as `wanted`.

const $ = (id) => document.getElementById(id);
const key = document.querySelector("meta[name=key]").content;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const round = (value) => Math.round(value * 100) / 100;

let model = null;
let state = { point: { seed: "1", offsets: {} }, a: null, b: null, morph: 0, bpm: null };
let history = [];
let place = -1;
let current = null; // the loop on screen: { samples, rate, position, wave, bpm, name }
const places = new Map(); // where seeds lie along the directions

// --- The server -------------------------------------------------------------------------------

const offsetText = (offsets) =>
  Object.entries(offsets).filter(([, step]) => step).map(([k, step]) => `${k}:${step}`).join(",");

function parameters(state) {
  const query = new URLSearchParams();
  const morphing = state.a && state.b;
  const add = (point, prefix) => {
    const name = (word) => (prefix ? "to" + word[0].toUpperCase() + word.slice(1) : word);
    if (point.item != null) query.set(name("item"), point.item);
    else query.set(name("seed"), point.seed);
    const offsets = offsetText(point.offsets);
    if (offsets) query.set(name("offsets"), offsets);
  };
  add(morphing ? state.a : state.point, false);
  if (morphing) {
    add(state.b, true);
    query.set("morph", state.morph);
  }
  if (state.bpm) query.set("bpm", state.bpm);
  return query;
}

async function ask(path) {
  const answer = await fetch(path, { headers: { "X-VAmEn-Key": key } });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer;
}

const positionOf = (answer) => answer.headers.get("X-VAmEn-Position").split(",").map(Number);

/** Asks where A and B lie, unless that is known: after a link it is not. */
async function locateEnds() {
  for (const { point, place } of ends()) {
    if (place) continue;
    const alone = { point, a: null, b: null, morph: 0, bpm: null };
    learn(point, positionOf(await ask("/api/loop?" + parameters(alone))));
  }
}

/** The samples of a mono 16-bit WAV file. */
function samplesOf(buffer) {
  const view = new DataView(buffer);
  let rate = 0;
  for (let at = 12; at + 8 <= view.byteLength;) {
    const tag = String.fromCharCode(...new Uint8Array(buffer, at, 4));
    const size = view.getUint32(at + 4, true);
    if (tag === "fmt ") rate = view.getUint32(at + 12, true);
    if (tag === "data") {
      const samples = new Float32Array(size / 2);
      for (let i = 0; i < samples.length; i++) {
        samples[i] = view.getInt16(at + 8 + 2 * i, true) / 32768;
      }
      return { samples, rate };
    }
    at += 8 + size + (size & 1);
  }
  throw new Error("The server sent no samples.");
}

let isAsking = false;
let isStale = false;
let isNew = false; // a move that history lacks is among those that the next loop shown gathers
let isDamaged = false; // the address holds a link without a state, which stays there until a move

/** Draws the loop of the state; one request at a time, the latest wins. */
async function refresh({ remember = true, damaged = false } = {}) {
  isNew ||= remember;
  isDamaged = damaged;
  show({ isMove: true });
  if (isAsking) {
    isStale = true;
    return;
  }
  isAsking = true;
  do {
    isStale = false;
    try {
      await draw();
      if (!isStale && isNew) {
        isNew = false;
        record();
      }
    } catch (error) { // a move that came meanwhile is drawn all the same
      $("status").textContent = String(error.message || error);
    }
  } while (isStale);
  isAsking = false;
  document.body.dataset.ready = "true";
}

/** Asks for the loop of the state, hands it to the player and shows it. */
async function draw() {
  const moved = performance.now();
  const query = parameters(state);
  const asked = title(); // while the answer is awaited the state may move on
  const point = state.a && state.b ? null : structuredClone(state.point);
  const answer = await ask("/api/loop?" + query);
  const wave = await answer.arrayBuffer();
  const { samples, rate } = samplesOf(wave);
  const bpm = Number(answer.headers.get("X-VAmEn-BPM"));
  current = {
    samples, rate, wave, bpm, query: String(query), name: fileName(asked, bpm),
    position: positionOf(answer),
  };
  if (point) learn(point, current.position);
  const spent = Number(answer.headers.get("X-VAmEn-Milliseconds"));
  const drawn = spent ? `drawn in ${spent} ms` : "remembered";
  const heard = player.change(current);
  const decoded = performance.now() - moved;
  $("latency").textContent = heard == null
    ? `${drawn}, here after ${decoded.toFixed(0)} ms`
    : `${drawn}, here after ${decoded.toFixed(0)} ms, `
      + `heard ${(decoded + heard).toFixed(0)} ms after the move (at the next bar)`;
  $("status").textContent = isDamaged ? damage : "";
  const picture = await (await ask("/api/picture?" + query)).blob();
  const image = $("picture");
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(picture);
  await locateEnds();
  if (settleAll()) isStale = true;
  show();
}

// --- Moving ---------------------------------------------------------------------------------------

/** Remembers where the seed of a point lies, from where the point does. */
function learn(point, position) {
  if (point.item != null) return;
  places.set(String(point.seed), position.map((at, index) => at - (point.offsets[index + 1] || 0)));
}

/** Where a point lies, or null until its seed has been drawn. A step is along one direction only. */
function placeOf(point) {
  const base = point.item != null
    ? model.items[point.item]?.position : places.get(String(point.seed));
  return base?.map((at, index) => at + (point.offsets[index + 1] || 0)) ?? null;
}

/** Where the state lies, as far as that is known; else where the loop on screen does. */
function position() {
  const shown = current ? current.position : model.directions.map(() => 0);
  if (state.a && state.b) {
    const [a, b] = [placeOf(state.a), placeOf(state.b)];
    return a && b ? a.map((at, index) => at + state.morph * (b[index] - at)) : shown;
  }
  const { wanted } = state.point;
  return (placeOf(state.point) ?? shown).map((at, index) => wanted?.[index] ?? at);
}

/** Turns the places that a point should have into steps, once it is known where it lies. */
function settle(point) {
  const here = point?.wanted && placeOf(point);
  if (!here) return false;
  for (const [direction, value] of Object.entries(point.wanted)) {
    step(point, direction, value - here[direction]);
  }
  delete point.wanted;
  return true;
}

const settleAll = () => [state.point, state.a, state.b].map(settle).some(Boolean);

function step(point, direction, by) {
  const number = Number(direction) + 1;
  point.offsets[number] = round(clamp((point.offsets[number] || 0) + by, -20, 20));
}

/** Leaves the morph: its present mix cannot be moved, so moving starts from the nearer end. */
function free() {
  if (state.a && state.b) {
    const end = state.morph < 0.5 ? state.a : state.b;
    state.point = structuredClone(end);
    state.a = state.b = null;
    state.morph = 0;
  }
}

/** Moves so that the point lies at given places along directions (numbers from 0). */
function moveTo(wanted) {
  free();
  state.point.wanted = { ...state.point.wanted, ...wanted };
  settle(state.point);
  refresh();
}

/** Moves by given steps along directions (numbers from 0). */
function moveBy(steps) {
  free();
  const { wanted } = state.point;
  for (const [direction, by] of Object.entries(steps)) {
    if (wanted?.[direction] == null) step(state.point, direction, by);
    else wanted[direction] = round(wanted[direction] + by);
  }
  refresh();
}

/** Takes another point. A morph ends with it; an end that is set alone waits for the other one. */
function take(point) {
  free();
  state.point = point;
  refresh();
}

function setSeed(seed) {
  take({ seed: String(seed), offsets: {} });
}

function newSeed() {
  setSeed(crypto.getRandomValues(new Uint32Array(1))[0]);
}

function setEnd(end) {
  const other = end === "a" ? "b" : "a";
  const point = structuredClone(
    state.a && state.b ? (state.morph < 0.5 ? state.a : state.b) : state.point);
  if (state.a && state.b) state.point = point;
  state[end] = point;
  if (state[other]) state.morph = end === "a" ? 0 : 1;
  refresh();
}

/** The ends of the morph that are set: letter, point, and where it lies once that is known. */
const ends = () => ["a", "b"].filter((end) => state[end]).map((end) => ({
  letter: end.toUpperCase(), point: state[end], place: placeOf(state[end]),
}));

const describe = (point) =>
  (point.item != null ? model.items[point.item]?.name ?? "item" : `seed ${point.seed}`)
  + (offsetText(point.offsets) ? ` ${offsetText(point.offsets)}` : "");

function title() {
  return state.a && state.b
    ? `${describe(state.a)} → ${describe(state.b)} ${state.morph}` : describe(state.point);
}

const fileName = (title, bpm) =>
  `${model.name}-${title}`.replace(/[^A-Za-z0-9.+-]+/g, "-").slice(0, 100)
  + `-${bpm.toFixed(2)}bpm.wav`;

// --- History and links ------------------------------------------------------------------------------

const damage = "This link is damaged; copy it again.";

function record() {
  if (!isDamaged) window.history.replaceState(null, "", "#" + link());
  const text = JSON.stringify(state);
  if (place >= 0 && JSON.stringify(history[place]) === text) return;
  history = history.slice(0, place + 1).concat(structuredClone(state)).slice(-100);
  place = history.length - 1;
  show();
}

function go(step) {
  const next = place + step;
  if (next < 0 || next >= history.length) return;
  place = next;
  state = structuredClone(history[place]);
  window.history.replaceState(null, "", "#" + link());
  refresh({ remember: false });
}

const link = () => encodeURIComponent(JSON.stringify(state));

/** The state of a link, or null if it is none. */
function stateOf(hash) {
  const isSteps = (steps) => typeof steps === "object" && steps !== null
    && Object.entries(steps).every(([k, v]) => /^\d+$/.test(k) && Number.isFinite(v));
  const isPoint = (point) => point && isSteps(point.offsets) && isSteps(point.wanted ?? {})
    && (/^\d{1,20}$/.test(point.seed) || Number.isInteger(point.item));
  try {
    const read = JSON.parse(decodeURIComponent(hash.replace(/^#/, "")));
    const ends = [read.a, read.b].every((end) => end === null || isPoint(end));
    if (!isPoint(read.point) || !ends || !Number.isFinite(read.morph)) return null;
    if (read.bpm !== null && !Number.isFinite(read.bpm)) return null;
    return { point: read.point, a: read.a, b: read.b, morph: read.morph, bpm: read.bpm };
  } catch {
    return null;
  }
}

async function copyLink() {
  const address = location.origin + "/#" + link();
  try {
    await navigator.clipboard.writeText(address);
    $("status").textContent = "Link copied.";
  } catch {
    $("status").textContent = address;
  }
}

function save() {
  if (!current) return;
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([current.wave], { type: "audio/wav" }));
  anchor.download = current.name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
  $("status").textContent = `Saved ${current.name}; its recipe is in the file.`;
}

// --- Drawing ----------------------------------------------------------------------------------------

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const reach = 3.6; // standard deviations from the middle to an edge

function toPixels(canvas, across, up) {
  const scale = canvas.width / (2 * reach);
  return [canvas.width / 2 + across * scale, canvas.height / 2 - up * scale];
}

function toPlace(canvas, event) {
  const box = canvas.getBoundingClientRect();
  const across = ((event.clientX - box.left) / box.width) * 2 * reach - reach;
  const up = reach - ((event.clientY - box.top) / box.height) * 2 * reach;
  return [round(clamp(across, -reach, reach)), round(clamp(up, -reach, reach))];
}

function drawSpace(canvas, across, up, points) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.strokeStyle = color("--line");
  for (const radius of [1, 2, 3]) {
    pen.beginPath();
    pen.arc(canvas.width / 2, canvas.height / 2, (radius * canvas.width) / (2 * reach), 0, 7);
    pen.stroke();
  }
  const dot = (place, size, style) => {
    const [x, y] = toPixels(canvas, place[across] ?? 0, place[up] ?? 0);
    pen.fillStyle = style;
    pen.beginPath();
    pen.arc(x, y, size, 0, 7);
    pen.fill();
  };
  pen.globalAlpha = 0.35;
  for (const place of points) dot(place, 2.5, color("--cold"));
  pen.globalAlpha = 1;
  drawEnds(pen, (place) => toPixels(canvas, place[across] ?? 0, place[up] ?? 0));
  dot(position(), 7, color("--hot"));
}

/** Discs with the letters A and B, and the line that the morph follows. */
function drawEnds(pen, pixels) {
  const known = ends().filter((end) => end.place);
  if (known.length === 2) {
    pen.strokeStyle = color("--cold");
    pen.beginPath();
    for (const { place } of known) pen.lineTo(...pixels(place));
    pen.stroke();
  }
  pen.font = "bold 13px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const { letter, place } of known) {
    const [x, y] = pixels(place);
    pen.fillStyle = color("--cold");
    pen.beginPath();
    pen.arc(x, y, 11, 0, 7);
    pen.fill();
    pen.fillStyle = color("--paper");
    pen.fillText(letter, x, y);
  }
}

/** Shows state and loop. A field in use keeps what is typed or held there, except after a move. */
function show({ isMove = false } = {}) {
  if (!model) return;
  const isUsed = (field) => !isMove && document.activeElement === field;
  const has = model.items.length > 0;
  drawSpace($("map"), 0, 1, has ? model.items.map((item) => item.position) : model.draws);
  drawSpace($("pad"), Number($("padX").value), Number($("padY").value), []);
  const here = position();
  for (const [index, row] of [...$("directions").querySelectorAll("label")].entries()) {
    const slider = row.querySelector("input");
    if (document.activeElement !== slider) slider.value = here[index];
    row.querySelector("output").textContent = here[index].toFixed(2);
  }
  const morphing = Boolean(state.a && state.b);
  $("morph").disabled = !morphing;
  $("morph").value = state.morph;
  $("morphText").textContent = ["a", "b"]
    .map((end) => `${end.toUpperCase()}: ${state[end] ? describe(state[end]) : "not set"}`)
    .join("   ");
  if (!isUsed($("seedNumber"))) {
    $("seedNumber").value = state.point.item != null ? "" : state.point.seed;
  }
  if (!isUsed($("tempo"))) $("tempo").value = state.bpm || model.bpm;
  $("tempoText").textContent = `${(current?.bpm || model.bpm).toFixed(2)} bpm`;
  $("play").textContent = player.isPlaying ? "Stop" : player.isWanted ? "Starting…" : "Play";
  $("play").setAttribute("aria-pressed", player.isWanted);
  $("back").disabled = place <= 0;
  $("forward").disabled = place >= history.length - 1;
  $("history").replaceChildren(...history.map((old, index) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.textContent = index + 1;
    button.title = JSON.stringify(old);
    if (index === place) button.setAttribute("aria-current", "true");
    button.onclick = () => go(index - place);
    item.append(button);
    return item;
  }).slice(-24));
}

function animate() {
  $("playhead").style.left = `${player.share * 100}%`;
  requestAnimationFrame(animate);
}

// --- Controls -----------------------------------------------------------------------------------------

function surface(canvas, axes, click) {
  let isHeld = false;
  const move = (event) => {
    const [across, up] = toPlace(canvas, event);
    const [x, y] = axes();
    if (x === y) moveTo({ [x]: across });
    else moveTo({ [x]: across, [y]: up });
  };
  canvas.onpointerdown = (event) => {
    if (click && click(event)) return;
    isHeld = true;
    canvas.setPointerCapture(event.pointerId);
    move(event);
  };
  canvas.onpointermove = (event) => { if (isHeld) move(event); };
  canvas.onpointerup = canvas.onpointercancel = () => { isHeld = false; };
  canvas.onkeydown = (event) => {
    const step = event.shiftKey ? 0.5 : 0.1;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const by = moves[event.key];
    if (!by) return;
    event.preventDefault();
    const [x, y] = axes();
    moveBy(x === y ? { [x]: by[0] * step } : { [x]: by[0] * step, [y]: by[1] * step });
  };
}

/** Takes a training item that was hit exactly as the new base. */
function hitItem(event) {
  const [across, up] = toPlace($("map"), event);
  let best = null;
  for (const [index, item] of model.items.entries()) {
    const distance = Math.hypot(item.position[0] - across, item.position[1] - up);
    if (!best || distance < best.distance) best = { index, distance };
  }
  if (!best || best.distance > 0.15) return false;
  take({ item: best.index, offsets: {} });
  return true;
}

function connect() {
  const last = model.directions.length - 1;
  for (const [id, chosen] of [["padX", Math.min(2, last)], ["padY", Math.min(3, last)]]) {
    $(id).replaceChildren(...model.directions.map((direction, index) => {
      const option = new Option(direction.name, index);
      option.selected = index === chosen;
      return option;
    }));
    $(id).onchange = show;
  }
  for (const [index, direction] of model.directions.entries()) {
    const row = document.createElement("label");
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: -4, max: 4, step: 0.1, value: 0 });
    slider.oninput = () => moveTo({ [index]: Number(slider.value) });
    row.append(direction.name, slider, document.createElement("output"));
    $("directions").append(row);
  }
  surface($("map"), () => [0, Math.min(1, last)], (event) => event.altKey && hitItem(event));
  $("map").ondblclick = hitItem; // pointer events count no clicks
  surface($("pad"), () => [Number($("padX").value), Number($("padY").value)]);
  $("play").onclick = () => (player.isWanted ? player.stop() : player.play());
  $("seed").onclick = newSeed;
  $("seedNumber").onchange = (event) => {
    if (/^\d{1,20}$/.test(event.target.value)) setSeed(event.target.value);
    else $("status").textContent = "A seed is a whole number.";
  };
  $("setA").onclick = () => setEnd("a");
  $("setB").onclick = () => setEnd("b");
  $("morph").oninput = (event) => {
    state.morph = Number(event.target.value);
    refresh();
  };
  Object.assign($("tempo"), { min: model.lowestBPM, max: model.highestBPM });
  $("tempo").onchange = (event) => {
    const tempo = Number(event.target.value);
    state.bpm = Math.abs(tempo - model.bpm) < 0.5 ? null : tempo;
    refresh();
  };
  $("volume").oninput = (event) => {
    if (player.gain) player.gain.gain.value = Number(event.target.value);
  };
  $("back").onclick = () => go(-1);
  $("forward").onclick = () => go(1);
  $("save").onclick = save;
  $("link").onclick = copyLink;
  const keys = {
    " ": () => $("play").click(), n: newSeed, a: () => setEnd("a"), b: () => setEnd("b"),
    "[": () => go(-1), "]": () => go(1), s: save, l: copyLink,
    0: () => {
      free();
      state.point.offsets = {};
      delete state.point.wanted;
      refresh();
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isField = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (isField && event.target.type !== "range") return;
    if (event.key === " " && event.target.tagName === "BUTTON") return;
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : ""];
    if (!action) return;
    event.preventDefault();
    action();
  });
  window.addEventListener("hashchange", () => {
    const linked = stateOf(location.hash);
    isDamaged = !linked && location.hash !== "";
    if (isDamaged) $("status").textContent = damage;
    if (linked) {
      state = linked;
      refresh();
    }
  });
}

async function begin() {
  try {
    model = await (await ask("/api/model")).json();
  } catch (error) {
    $("status").textContent = String(error.message || error);
    return;
  }
  document.title = `${model.name} – VAmEn explorer`;
  $("name").textContent = model.name;
  $("device").textContent = model.device;
  $("mapCaption").textContent =
    `${model.directions[0]?.name} across, ${model.directions[1]?.name ?? "nothing"} up; `
    + (model.items.length
      ? `${model.items.length} training items (double-click takes one)` : "300 draws of the model");
  connect();
  const linked = stateOf(location.hash);
  if (linked) state = linked;
  animate();
  await refresh({ damaged: !linked && location.hash !== "" });
}

begin();
