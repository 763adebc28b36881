"use strict";
// Runs an exported network in this page. What the network takes and gives stands in the JSON block "contract"; names
// found there are shown as text and never read as code.

const byId = (id) => document.getElementById(id);
const contract = JSON.parse(byId("contract").textContent);
const golden = JSON.parse(byId("golden").textContent);

/** An element with properties, children and listeners. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

// ---- The network ----------------------------------------------------------------------------------------------

/** The bytes of a block: base64 of gzip. The block is dropped, since it is large. */
async function bytesOf(id) {
  const block = byId(id);
  const bytes = fromBase64(block.textContent.trim());
  block.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const blobAddress = (bytes, type) => URL.createObjectURL(new Blob([bytes], { type }));

function loadScript(address) {
  return new Promise((done, failed) => {
    document.head.append(make("script", { src: address, onload: done, onerror: () => failed(new Error("The runtime cannot be loaded.")) }));
  });
}

let session = null;

async function load() {
  if (typeof DecompressionStream === "undefined" || typeof WebAssembly === "undefined")
    throw new Error("This browser is too old for this page: it needs one of 2023 or later.");
  const [runtime, module, wasm, model] = await Promise.all(["runtime", "module", "wasm", "model"].map(bytesOf));
  await loadScript(blobAddress(runtime, "text/javascript"));
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = wasm.buffer;
  ort.env.wasm.wasmPaths = { mjs: blobAddress(module, "text/javascript") };
  ort.env.logLevel = "error";
  session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
}

let running = Promise.resolve();

/** Outputs by name; one question at a time, since the runtime takes no two at once. */
function run(feeds, fetches) {
  const next = running.then(() => (fetches ? session.run(feeds, fetches) : session.run(feeds)));
  running = next.catch(() => undefined);
  return next;
}

// ---- From what a person gives to tensors ----------------------------------------------------------------------

/** The tensor of an input from {blob}, {pixels}, {samples, rate} or {value}. Throws an Error in words. */
async function tensorOf(input, given) {
  switch (input.kind) {
    case "image":
      return pictureTensor(input, given.pixels ?? (await pixelsOf(given.blob)));
    case "audio": {
      const samples = given.samples ? await resampled(given.samples, given.rate, input.rate) : await soundOf(given.blob, input.rate);
      return new ort.Tensor("float32", samples, [1, samples.length]);
    }
    case "number":
      return new ort.Tensor("float32", Float32Array.of(numberOf(input, given.value)), [1]);
    case "date":
      return new ort.Tensor("float64", Float64Array.of(secondsOf(input, given.value)), [1]);
    case "category":
    case "text":
    case "labels":
      return new ort.Tensor("string", [given.value === null || given.value === undefined ? "" : String(given.value).toWellFormed?.() ?? String(given.value ?? "")], [1]);
    default: {
      const sizes = input.shape.slice(1);
      const numbers = given.value.flat(Infinity).map((value) => (value === null ? NaN : value));
      const expected = sizes.reduce((product, size) => product * size, 1);
      if (sizes.every(Number.isInteger) && numbers.length !== expected)
        throw new Error(`${input.field}: expected ${sizes.join(" × ")} numbers, found ${numbers.length}.`);
      return new ort.Tensor("float32", Float32Array.from(numbers), [1, ...sizes]);
    }
  }
}

function numberOf(input, value) {
  if (value === null || value === undefined || String(value).trim() === "") return NaN;
  const number = Number(String(value).trim().replace(/^([+-]?\d+),(\d+)$/, "$1.$2"));
  if (!Number.isFinite(number)) throw new Error(`${input.field}: “${value}” is not a number.`);
  return number;
}

function secondsOf(input, value) {
  if (value === null || value === undefined || String(value).trim() === "") return NaN;
  const text = String(value).trim().replace(" ", "T");
  const zone = /T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? "" : "Z";
  const moment = Date.parse(text + zone);
  if (Number.isNaN(moment)) throw new Error(`${input.field}: “${value}” is not a date such as 2021-03-04 or 2021-03-04 15:30.`);
  return moment / 1000;
}

/** RGBA pixels of a picture file, turned as it says. */
async function pixelsOf(blob) {
  let picture;
  try {
    picture = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    throw new Error("This browser cannot read that file as a picture.");
  }
  return drawnPixels(picture, picture.width, picture.height);
}

function drawnPixels(picture, width, height) {
  const canvas = make("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** uint8 1 × height × width × channels: grey where red, green and blue are equal, alpha where something shows through. */
function pictureTensor(input, pixels) {
  const { data, width, height } = pixels;
  let grey = true, solid = true;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) grey = false;
    if (data[i + 3] !== 255) solid = false;
  }
  const channels = solid ? (grey ? 1 : 3) : 4;
  const [, rows, columns] = input.shape;
  if ((Number.isInteger(rows) && rows !== height) || (Number.isInteger(columns) && columns !== width))
    throw new Error(`${input.field}: the network takes pictures of ${columns} × ${rows} points, this one has ${width} × ${height}.`);
  const bytes = new Uint8Array(width * height * channels);
  for (let i = 0, at = 0; i < data.length; i += 4)
    for (let channel = 0; channel < channels; channel++) bytes[at++] = data[i + channel];
  return new ort.Tensor("uint8", bytes, [1, height, width, channels]);
}

/** One channel of sound at a rate. WAV is read here, so that no digit changes; the browser decodes the rest. */
async function soundOf(blob, rate) {
  const buffer = await blob.arrayBuffer();
  const wav = readWav(new DataView(buffer));
  if (wav) return resampled(wav.samples, wav.rate, rate);
  const context = new AudioContext();
  try {
    const decoded = await context.decodeAudioData(buffer);
    const mono = new Float32Array(decoded.length);
    for (let channel = 0; channel < decoded.numberOfChannels; channel++) {
      const part = decoded.getChannelData(channel);
      for (let i = 0; i < mono.length; i++) mono[i] += part[i] / decoded.numberOfChannels;
    }
    return await resampled(mono, decoded.sampleRate, rate);
  } catch {
    throw new Error("This browser cannot read that file as sound.");
  } finally {
    context.close();
  }
}

async function resampled(samples, from, to) {
  if (from === to || !to) return samples;
  const length = Math.max(1, Math.round((samples.length * to) / from));
  const context = new OfflineAudioContext(1, length, to);
  const buffer = context.createBuffer(1, samples.length, from);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  source.start();
  return (await context.startRendering()).getChannelData(0).slice();
}

/** {samples, rate} of a WAV with whole numbers or floats; null for anything else. */
function readWav(view) {
  const word = (at) => (at + 4 <= view.byteLength ? String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i))) : "");
  if (word(0) !== "RIFF" || word(8) !== "WAVE") return null;
  let form = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const size = Math.min(view.getUint32(at + 4, true), view.byteLength - at - 8), start = at + 8;
    if (word(at) === "fmt ") {
      let kind = view.getUint16(start, true);
      if (kind === 0xfffe && size >= 26) kind = view.getUint16(start + 24, true);
      form = { kind, channels: view.getUint16(start + 2, true), rate: view.getUint32(start + 4, true), bits: view.getUint16(start + 14, true) };
    }
    if (word(at) === "data" && form) {
      const read = {
        "1/8": (i) => (view.getUint8(i) - 128) / 128,
        "1/16": (i) => view.getInt16(i, true) / 32768,
        "1/24": (i) => ((view.getInt8(i + 2) << 16) | view.getUint16(i, true)) / 8388608,
        "1/32": (i) => view.getInt32(i, true) / 2147483648,
        "3/32": (i) => view.getFloat32(i, true),
      }[`${form.kind}/${form.bits}`];
      if (!read) return null;
      const step = form.bits / 8, count = Math.floor(size / step / form.channels);
      const samples = new Float32Array(count);
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let channel = 0; channel < form.channels; channel++) sum += read(start + (i * form.channels + channel) * step);
        samples[i] = sum / form.channels;
      }
      return { samples, rate: form.rate };
    }
    at = start + size + (size & 1);
  }
  return null;
}

/** Numbers (time × columns) that were pasted: one row a line; a first line with names puts columns in order. */
function parseSeries(input, text) {
  const [, moments, channels] = input.shape;
  const lines = text.trim().split(/\r?\n/).filter((line) => line.trim());
  if (!lines.length) return null;
  const mark = lines.some((line) => line.includes(";")) ? ";" : lines.some((line) => line.includes("\t")) ? "\t" : /,\s|\d,\d+,|[^\d\s],|,[^\d]/.test(lines.join("\n")) || lines.length > 1 && lines[0].includes(",") ? "," : /[\s,]+/;
  let rows = lines.map((line) => line.trim().split(mark).map((cell) => cell.trim()));
  const isNumber = (cell) => cell === "" || cell === "?" || cell === "NA" || cell === "nan" || Number.isFinite(Number(cell));
  if (!rows[0].every(isNumber)) {
    const names = rows.shift();
    const places = (input.columns ?? []).map((name) => names.indexOf(name));
    if (places.length && places.every((place) => place >= 0)) rows = rows.map((row) => places.map((place) => row[place] ?? ""));
  }
  const numbers = rows.map((row) => row.map((cell) => {
    if (!isNumber(cell)) throw new Error(`${input.field}: “${cell}” is not a number.`);
    return cell === "" || cell === "?" || cell === "NA" || cell === "nan" ? NaN : Number(cell);
  }));
  const flat = numbers.flat();
  if (channels && rows.every((row) => row.length === channels) && rows.length > moments) return numbers.slice(-moments).flat();
  return flat;
}

// ---- What a person gives --------------------------------------------------------------------------------------

let counter = 0;
const freshId = () => `field-${++counter}`;
const asked = contract.inputs.filter((input) => input.kind !== "noise" && !(input.written && contract.inputs.length > 1));
const noises = contract.inputs.filter((input) => input.kind === "noise");
const widgets = new Map();

/** A widget: {element, given(): what `tensorOf` takes or null, show(given)}. */
function widgetFor(input) {
  switch (input.kind) {
    case "image": return pictureWidget(input);
    case "audio": return soundWidget(input);
    case "category": return choiceWidget(input);
    case "labels": return labelsWidget(input);
    case "text": return textWidget(input);
    case "number": return lineWidget(input, { inputMode: "decimal", placeholder: input.minimum === undefined ? "" : `${short(input.minimum)} to ${short(input.maximum)}` });
    case "date": return lineWidget(input, { placeholder: "2021-03-04 or 2021-03-04 15:30" });
    default: return seriesWidget(input);
  }
}

const short = (number) => Number(number.toPrecision(4)).toString();

function captioned(input, control, wide = false) {
  control.id ||= freshId();
  return make("div", { className: wide ? "field wide" : "field" }, make("label", { for: control.id }, input.field), control);
}

function lineWidget(input, properties) {
  const control = make("input", { type: "text", autocomplete: "off", oninput: () => ask(150), ...properties });
  return {
    element: captioned(input, control),
    given: () => ({ value: control.value }),
    show: (given) => (control.value = given.value ?? ""),
  };
}

function choiceWidget(input) {
  const control = make("select", { onchange: () => ask(0) }, make("option", { value: "" }, "(not known)"));
  for (const name of input.classes) control.append(make("option", { value: name }, name));
  return {
    element: captioned(input, control),
    given: () => ({ value: control.value }),
    show: (given) => (control.value = given.value ?? ""),
  };
}

function labelsWidget(input) {
  const boxes = input.classes.map((name) => make("input", { type: "checkbox", value: name, onchange: () => ask(0) }));
  const group = make("div", { className: "row", role: "group", "aria-label": input.field });
  boxes.forEach((box) => group.append(make("label", { className: "row" }, box, box.value)));
  return {
    element: make("div", { className: "field wide" }, make("span", { className: "caption" }, input.field), group),
    given: () => ({ value: boxes.filter((box) => box.checked).map((box) => box.value).join(input.separator) || input.separator }),
    show: (given) => {
      const chosen = String(given.value ?? "").split(input.separator);
      boxes.forEach((box) => (box.checked = chosen.includes(box.value)));
    },
  };
}

function textWidget(input) {
  const control = make("textarea", { spellcheck: false, oninput: () => ask(input.written ? 0 : 200), placeholder: input.written ? "How the text is to begin" : "Type or paste a text" });
  return {
    element: captioned(input, control, true),
    given: () => (control.value || input.written || asked.length > 1 ? { value: control.value } : null),
    show: (given) => (control.value = given.value ?? ""),
  };
}

function seriesWidget(input) {
  const sizes = input.shape.slice(1);
  const control = make("textarea", { spellcheck: false, oninput: () => ask(250), placeholder: `${sizes.join(" × ")} numbers${input.columns?.length ? ": " + input.columns.join(", ") : ""}, a row for each moment, the oldest first` });
  return {
    element: captioned(input, control, true),
    given: () => {
      const numbers = input.kind === "series" ? parseSeries(input, control.value) : parseSeries({ ...input, shape: [] }, control.value);
      return numbers === null ? null : { value: numbers };
    },
    show: (given) => (control.value = given.value.map((row) => (Array.isArray(row) ? row.flat(Infinity).map((cell) => cell ?? "NA").join(", ") : row ?? "NA")).join("\n")),
  };
}

/** A place for a file: dropped or chosen. */
function dropArea(input, words, accept, taken) {
  const chooser = make("input", { type: "file", accept, id: freshId(), onchange: () => { if (chooser.files.length) taken(chooser.files[0]); chooser.value = ""; } });
  chooser.setAttribute("aria-label", `${input.field}: choose a file`);
  const hint = make("p", { className: "dim" }, words);
  const area = make("div", {
    className: "drop",
    ondragover: (event) => { event.preventDefault(); area.classList.add("over"); },
    ondragleave: () => area.classList.remove("over"),
    ondrop: (event) => { event.preventDefault(); area.classList.remove("over"); if (event.dataTransfer.files.length) taken(event.dataTransfer.files[0]); },
  }, hint, chooser);
  return { area, hint, chooser, choose: make("button", { type: "button", onclick: () => chooser.click() }, "Choose…") };
}

function pictureWidget(input) {
  let pixels = null, camera = null, timer = 0;
  const view = make("canvas", { hidden: true });
  view.setAttribute("role", "img");
  view.setAttribute("aria-label", `${input.field}: the picture`);
  const video = make("video", { hidden: true, muted: true, playsInline: true });
  const pad = make("canvas", { width: 280, height: 280, className: "pad", hidden: true, tabIndex: 0 });
  pad.setAttribute("aria-label", `${input.field}: draw here with the mouse or a finger; Delete clears it`);
  const drop = dropArea(input, "Drop or paste a picture here", "image/*", (file) => takeFile(file));
  drop.area.append(view, video, pad);
  const draw = make("button", { type: "button", "aria-pressed": "false", onclick: () => (pad.hidden ? startDrawing() : stopAll()) }, "Draw");
  const film = make("button", { type: "button", "aria-pressed": "false", onclick: () => (camera ? stopAll() : startCamera()) }, "Camera");
  const clear = make("button", { type: "button", hidden: true, onclick: () => wipe() }, "Clear");
  if (!navigator.mediaDevices?.getUserMedia) film.hidden = true;
  if (!input.ink) draw.hidden = true;

  function display(found) {
    pixels = found;
    view.width = found.width;
    view.height = found.height;
    view.getContext("2d").putImageData(found, 0, 0);
    const scale = Math.max(1, Math.floor(240 / Math.max(found.width, found.height)));
    view.style.width = scale > 1 ? `${found.width * scale}px` : "";
    view.classList.toggle("pixelated", scale > 1);
    view.hidden = false;
    drop.hint.hidden = true;
    ask(0);
  }
  function stopAll() {
    clearInterval(timer);
    camera?.getTracks().forEach((track) => track.stop());
    camera = null;
    video.hidden = pad.hidden = clear.hidden = true;
    draw.setAttribute("aria-pressed", "false");
    film.setAttribute("aria-pressed", "false");
    drop.hint.hidden = !view.hidden;
  }
  async function takeFile(file) {
    stopAll();
    try { display(await pixelsOf(file)); } catch (error) { fail(error); }
  }
  function ground() {
    const context = pad.getContext("2d", { willReadFrequently: true });
    context.fillStyle = input.ink === "dark" ? "#fff" : "#000";
    context.fillRect(0, 0, 280, 280);
    return context;
  }
  function wipe() { ground(); pixels = null; clearAnswer(); }
  function startDrawing() {
    stopAll();
    view.hidden = drop.hint.hidden = true;
    pad.hidden = clear.hidden = false;
    draw.setAttribute("aria-pressed", "true");
    wipe();
    pad.focus();
  }
  let last = null;
  const place = (event) => { const box = pad.getBoundingClientRect(); return [((event.clientX - box.left) / box.width) * 280, ((event.clientY - box.top) / box.height) * 280]; };
  function stroke(to) {
    const context = pad.getContext("2d", { willReadFrequently: true });
    context.strokeStyle = input.ink === "dark" ? "#000" : "#fff";
    context.lineWidth = 20;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(...to);
    context.stroke();
    last = to;
    pixels = context.getImageData(0, 0, 280, 280);
    ask(60);
  }
  pad.addEventListener("pointerdown", (event) => { pad.setPointerCapture(event.pointerId); last = place(event); stroke(last.map((part) => part + 0.1)); });
  pad.addEventListener("pointermove", (event) => { if (last) stroke(place(event)); });
  pad.addEventListener("pointerup", () => (last = null));
  pad.addEventListener("keydown", (event) => { if (event.key === "Delete" || event.key === "Backspace") wipe(); });
  async function startCamera() {
    stopAll();
    try {
      camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      fail(new Error("The camera cannot be used: there is none, or the browser was not allowed to."));
      return;
    }
    view.hidden = drop.hint.hidden = true;
    video.hidden = false;
    film.setAttribute("aria-pressed", "true");
    video.srcObject = camera;
    await video.play();
    timer = setInterval(() => {
      if (video.videoWidth && !busy) { pixels = drawnPixels(video, video.videoWidth, video.videoHeight); ask(0); }
    }, 250);
  }
  const element = make("div", { className: "field wide" },
    asked.length > 1 ? make("span", { className: "caption" }, input.field) : "",
    drop.area, make("div", { className: "row tools" }, drop.choose, draw, film, clear));
  return {
    element,
    given: () => (pixels ? { pixels } : null),
    show: async (given) => { stopAll(); display(given.pixels ?? (await pixelsOf(given.blob))); },
    takeFile,
  };
}

function soundWidget(input) {
  let samples = null, rate = 0, recorder = null;
  const player = make("audio", { controls: true, hidden: true });
  const wave = make("canvas", { width: 640, height: 120, hidden: true });
  wave.setAttribute("role", "img");
  wave.setAttribute("aria-label", `${input.field}: the recording`);
  wave.style.width = "100%";
  const drop = dropArea(input, "Drop a recording here", "audio/*,.wav,.flac,.mp3,.ogg", (file) => takeFile(file));
  drop.area.style.minHeight = "150px";
  drop.area.append(wave, player);
  const record = make("button", { type: "button", "aria-pressed": "false", onclick: () => (recorder ? recorder.stop() : startRecording()) }, "Record");
  if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") record.hidden = true;

  async function takeFile(file) {
    try {
      samples = await soundOf(file, input.rate);
      rate = input.rate;
      player.src = URL.createObjectURL(file);
      player.hidden = wave.hidden = false;
      drop.hint.hidden = true;
      paint();
      ask(0);
    } catch (error) { fail(error); }
  }
  function paint() {
    const context = wave.getContext("2d");
    context.clearRect(0, 0, 640, 120);
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
    const step = samples.length / 640;
    for (let x = 0; x < 640; x++) {
      let peak = 0;
      for (let i = Math.floor(x * step); i < Math.max(Math.floor(x * step) + 1, (x + 1) * step) && i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]));
      context.fillRect(x, 60 - 58 * peak, 1, Math.max(1, 116 * peak));
    }
  }
  async function startRecording() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      fail(new Error("The microphone cannot be used: there is none, or the browser was not allowed to."));
      return;
    }
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      const type = recorder.mimeType;
      recorder = null;
      record.textContent = "Record";
      record.setAttribute("aria-pressed", "false");
      takeFile(new Blob(parts, { type }));
    };
    recorder.start();
    record.textContent = "Stop";
    record.setAttribute("aria-pressed", "true");
  }
  return {
    element: make("div", { className: "field wide" }, asked.length > 1 ? make("span", { className: "caption" }, input.field) : "", drop.area, make("div", { className: "row tools" }, drop.choose, record)),
    given: () => (samples ? { samples, rate } : null),
    show: (given) => takeFile(given.blob),
    takeFile,
  };
}

// Noise: the same for the same seed, and sliders for its first numbers.

const noise = { seed: 1, moved: new Map() };

/** Random numbers as the network wants them, the same for the same seed (mulberry32, Box–Muller). */
function drawn(input, place) {
  let state = (noise.seed * 2654435761 + place * 40503) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const count = input.shape.slice(1).reduce((product, size) => product * size, 1);
  const wide = Math.sqrt(3) * input.std;
  const values = Float32Array.from({ length: count }, () =>
    input.distribution === "uniform" ? (2 * next() - 1) * wide : Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()) * input.std);
  for (const [index, value] of noise.moved.get(input.name) ?? []) values[index] = value;
  return values;
}

function noiseControls() {
  const seed = make("input", { type: "number", min: 0, step: 1, value: noise.seed, oninput: () => { noise.seed = Math.max(0, Math.floor(Number(seed.value) || 0)); forget(); ask(50); } });
  const another = make("button", { type: "button", onclick: () => { noise.seed = Math.floor(Math.random() * 1e6); seed.value = noise.seed; forget(); ask(0); } }, "Another");
  const sliders = make("div", { className: "form" });
  const rows = [];
  function forget() { noise.moved.clear(); rows.forEach((row) => row()); }
  noises.forEach((input, place) => {
    const count = Math.min(16, input.shape.slice(1).reduce((product, size) => product * size, 1));
    for (let index = 0; index < count; index++) {
      const slider = make("input", { type: "range", min: -3 * input.std, max: 3 * input.std, step: input.std / 50, oninput: () => {
        if (!noise.moved.has(input.name)) noise.moved.set(input.name, new Map());
        noise.moved.get(input.name).set(index, Number(slider.value));
        ask(30);
      } });
      rows.push(() => (slider.value = drawn(input, place)[index]));
      sliders.append(captioned({ field: `${input.field} ${index + 1}` }, slider));
    }
  });
  rows.forEach((row) => row());
  return make("div", {}, captioned({ field: "Seed" }, seed), make("div", { className: "row tools" }, another), make("details", {}, make("summary", { className: "dim" }, "Move its first numbers"), sliders));
}

// ---- Asking -----------------------------------------------------------------------------------------------------

let busy = false, again = false, waiting = 0, writing = null;

/** Answer for what is given now, once `delay` milliseconds bring nothing newer. */
function ask(delay) {
  clearTimeout(waiting);
  waiting = setTimeout(answerNow, delay);
}

async function answerNow() {
  if (!session) return;
  if (busy) { again = true; return; }
  busy = true;
  try {
    const feeds = await feedsNow();
    if (feeds === null) clearAnswer();
    else {
      if (Object.values(feeds).some((tensor) => tensor.size > 4e6)) {
        byId("time").textContent = "Answering…";
        await new Promise((done) => setTimeout(done, 30)); // the page stands still while a large picture is answered
      }
      await answer(feeds);
    }
  } catch (error) {
    fail(error);
  } finally {
    busy = false;
    if (again) { again = false; ask(0); }
  }
}

async function feedsNow() {
  const feeds = {};
  for (const input of asked) {
    const given = widgets.get(input.name).given();
    if (given === null) return null;
    feeds[input.name] = await tensorOf(input, given);
  }
  for (const input of contract.inputs) if (input.written && !(input.name in feeds)) feeds[input.name] = new ort.Tensor("string", [""], [1]);
  noises.forEach((input, place) => (feeds[input.name] = new ort.Tensor("float32", drawn(input, place), [1, ...input.shape.slice(1)])));
  return feeds;
}

async function answer(feeds) {
  writing?.stop();
  const started = performance.now();
  const found = await run(feeds);
  const spent = performance.now() - started;
  byId("problem").hidden = true;
  const place = byId("answer");
  place.replaceChildren();
  for (const output of contract.outputs) {
    const part = make("div", { className: "output" });
    if (contract.outputs.length > 1 || output.kind === "number") part.append(make("h3", {}, output.field));
    place.append(part);
    showOutput(part, output, found, feeds);
  }
  byId("time").textContent = `${spent < 10 ? spent.toFixed(1) : Math.round(spent)} ms in onnxruntime, in this browser`;
}

function fail(error) {
  byId("answer").replaceChildren();
  byId("time").textContent = "";
  byId("problem").textContent = error.message || String(error);
  byId("problem").hidden = false;
}

function clearAnswer() {
  writing?.stop();
  byId("answer").replaceChildren(make("p", { className: "dim" }, "The answer shows here."));
  byId("problem").hidden = true;
  byId("time").textContent = "";
}

// ---- Showing ------------------------------------------------------------------------------------------------------

function showOutput(part, output, found, feeds) {
  if (output.writes?.input) return showWriting(part, output, feeds);
  if (output.label) return showBars(part, output, found);
  if (output.scores) return showMask(part, output, found[output.value], found[output.scores]);
  const tensor = found[output.value];
  if (output.spellings) return part.append(make("p", { className: "written" }, wholeText(output, tensor)));
  if (output.kind === "number" && tensor.data.length === 1) return part.append(make("p", { className: "number" }, Number(tensor.data[0].toPrecision(6)).toLocaleString("en", { maximumSignificantDigits: 6 })));
  if (output.kind === "series" && tensor.dims.length === 3) return showSeries(part, output, tensor);
  if (output.mean && tensor.dims.length === 4) return showPicture(part, output, tensor);
  part.append(make("p", {}, `${tensor.dims.slice(1).join(" × ")} numbers: ${Array.from(tensor.data.slice(0, 8), (value) => short(Number(value))).join(", ")}${tensor.data.length > 8 ? ", …" : ""}`));
}

function showBars(part, output, found) {
  const scores = Array.from(found[output.scores].data);
  const order = scores.map((_, index) => index).sort((a, b) => scores[b] - scores[a] || a - b);
  const several = output.threshold !== undefined;
  const labels = several ? new Set(Array.from(found[output.label].data).filter(Boolean)) : new Set([found[output.label].data[0]]);
  const bar = (index) => {
    const name = output.classes[index], best = labels.has(name), share = Math.max(0, Math.min(1, scores[index]));
    const fill = make("div", { className: "fill" });
    fill.style.width = `${100 * share}%`;
    return make("div", { className: best ? "bar best" : "bar", role: "listitem" },
      make("div", { className: "names" }, make("span", { className: "name" }, best ? `✓ ${name}` : name), make("span", { className: "share" }, `${(100 * scores[index]).toFixed(1)} %`)),
      make("div", { className: "track", "aria-hidden": "true" }, fill));
  };
  const list = make("div", { role: "list" });
  list.append(...order.slice(0, 5).map(bar));
  part.append(list);
  if (order.length > 5) {
    const more = make("button", { type: "button", className: "quiet", onclick: () => { list.append(...order.slice(5, 200).map(bar)); more.remove(); } }, `All ${order.length}`);
    part.append(more);
  }
}

const PALETTE = [[0, 0, 0, 0], [91, 140, 255, 220], [62, 207, 142, 220], [245, 176, 66, 220], [230, 103, 194, 220], [63, 179, 230, 220], [169, 123, 255, 220], [255, 107, 107, 220], [155, 191, 60, 220]];
const colorOf = (index) => PALETTE[index === 0 ? 0 : 1 + ((index - 1) % (PALETTE.length - 1))];

function showMask(part, output, mask) {
  const [, height, width] = mask.dims;
  const canvas = make("canvas", { width, height, className: "picture pixelated" });
  canvas.setAttribute("role", "img");
  const image = new ImageData(width, height);
  const counts = new Array(output.classes.length).fill(0);
  mask.data.forEach((value, index) => { counts[value]++; image.data.set(colorOf(value), 4 * index); });
  canvas.getContext("2d").putImageData(image, 0, 0);
  const legend = make("div", { className: "legend" });
  const words = [];
  counts.forEach((count, index) => {
    if (!count) return;
    const swatch = make("span", { className: "swatch" });
    swatch.style.background = `rgba(${colorOf(index).slice(0, 3).join(",")},${colorOf(index)[3] / 255})`;
    const text = `${output.classes[index]} ${((100 * count) / mask.data.length).toFixed(1)} %`;
    words.push(text);
    legend.append(make("span", {}, swatch, text));
  });
  canvas.setAttribute("aria-label", words.join(", "));
  part.append(canvas, legend);
}

function showPicture(part, output, tensor) {
  const [, channels, height, width] = tensor.dims;
  const canvas = make("canvas", { width, height, className: "picture pixelated" });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `A picture, ${width} × ${height}`);
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const from = channels === 1 ? 0 : channel;
      image.data[4 * i + channel] = Math.round(255 * Math.min(1, Math.max(0, tensor.data[from * width * height + i] * output.std[from] + output.mean[from])));
    }
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  part.append(canvas);
}

function showSeries(part, output, tensor) {
  const [, moments, channels] = tensor.dims;
  const names = output.columns?.length === channels ? output.columns : Array.from({ length: channels }, (_, i) => `value ${i + 1}`);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 400 120");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "The values to come; the table below holds them.");
  svg.style.width = "100%";
  for (let channel = 0; channel < channels; channel++) {
    const values = Array.from({ length: moments }, (_, t) => tensor.data[t * channels + channel]);
    const low = Math.min(...values), span = Math.max(...values) - low || 1;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    line.setAttribute("points", values.map((value, t) => `${4 + (392 * t) / Math.max(1, moments - 1)},${112 - (104 * (value - low)) / span}`).join(" "));
    line.setAttribute("fill", "none");
    line.setAttribute("stroke", `rgb(${colorOf(channel + 1).slice(0, 3).join(",")})`);
    line.setAttribute("stroke-width", "2");
    svg.append(line);
  }
  const table = make("table", {}, make("tr", {}, make("th", {}, "moment"), ...names.map((name) => make("th", {}, name))));
  for (let t = 0; t < moments; t++) table.append(make("tr", {}, make("td", {}, `+${t + 1}`), ...names.map((_, channel) => make("td", {}, short(tensor.data[t * channels + channel])))));
  part.append(svg, make("div", { className: "scroll", tabIndex: 0 }, table));
}

// ---- Writing texts ------------------------------------------------------------------------------------------------

/** The end of a text, no longer than the network looks back. */
function seenEnd(text, writes) {
  if (writes.unit === "character") return Array.from(text).slice(-writes.room).join("");
  const parts = [...text.matchAll(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu)];
  return parts.length > writes.room ? text.slice(parts[parts.length - writes.room].index) : text;
}

function joinPiece(text, piece, writes) {
  if (writes.unit === "word" && text && !writes.closing.includes(piece) && !(writes.opening && writes.opening.includes(text.slice(-1)))) return `${text} ${piece}`;
  return text + piece;
}

/** The number of the next token: the likeliest, or one drawn; -1 at the end of the text. */
function chooseToken(scores, writes, temperature) {
  const allowed = [];
  for (let i = 0; i < scores.length; i++) if (i >= writes.first || i === writes.end) allowed.push(i);
  let chosen = allowed.reduce((best, i) => (scores[i] > scores[best] ? i : best), allowed[0]);
  if (temperature > 0) {
    const top = Math.log(Math.max(1e-30, scores[chosen])) / temperature;
    const weights = allowed.map((i) => Math.exp(Math.log(Math.max(1e-30, scores[i])) / temperature - top));
    let left = Math.random() * weights.reduce((sum, weight) => sum + weight, 0);
    chosen = allowed[weights.findIndex((weight) => (left -= weight) <= 0)] ?? chosen;
  }
  return chosen === writes.end ? -1 : chosen;
}

async function writeOn(output, feeds, begin, temperature, told, stopped) {
  const writes = output.writes;
  let text = begin;
  for (let step = 0; step < writes.most && !stopped(); step++) {
    const found = await run({ ...feeds, [writes.input]: new ort.Tensor("string", [seenEnd(text, writes)], [1]) }, [output.scores]);
    const token = chooseToken(found[output.scores].data, writes, temperature);
    if (token < 0) break;
    text = joinPiece(text, output.classes[token], writes);
    told(text);
    await new Promise((done) => setTimeout(done));
  }
  return text;
}

function showWriting(part, output, feeds) {
  const begin = feeds[output.writes.input].data[0];
  const given = make("span", { className: "given" }, begin), added = make("span");
  const box = make("p", { className: "written", "aria-live": "off" }, given, added);
  part.append(box);
  let stop = false;
  writing = { stop: () => (stop = true) };
  const begin_writing = async (temperature) => {
    added.textContent = "";
    stop = false;
    await writeOn(output, feeds, begin, temperature, (text) => (added.textContent = text.slice(begin.length)), () => stop);
  };
  if (output.writes.goes_on) {
    const heat = make("input", { type: "range", min: 0, max: 1.5, step: 0.05, value: 0.8 });
    part.append(captioned({ field: "Boldness" }, heat), make("div", { className: "row" },
      make("button", { type: "button", className: "primary", onclick: () => begin_writing(Number(heat.value)).catch(fail) }, "Write on"),
      make("button", { type: "button", onclick: () => (stop = true) }, "Stop")));
  } else begin_writing(0).catch(fail);
}

function wholeText(output, tensor) {
  const [, tokens, length] = tensor.dims;
  let text = "";
  for (let at = 0; at < length; at++) {
    let best = 0;
    for (let token = 1; token < tokens; token++) if (tensor.data[token * length + at] > tensor.data[best * length + at]) best = token;
    if (best === output.writes.end) break;
    if (best >= output.writes.first) text = joinPiece(text, output.spellings[best], output.writes);
  }
  return text;
}

// ---- Golden samples -------------------------------------------------------------------------------------------------

const goldenGiven = (item) => ("base64" in item ? { blob: new Blob([fromBase64(item.base64)]) } : { value: item.value });

/** Ask for every golden sample and compare with what the file answered when the page was made. */
async function check() {
  let same = 0, largest = 0;
  const wrong = [];
  for (const sample of golden.samples) {
    const feeds = {};
    for (const input of contract.inputs)
      feeds[input.name] = input.kind === "noise"
        ? new ort.Tensor("float32", Float32Array.from(sample.inputs[input.name].value.flat(Infinity)), [1, ...input.shape.slice(1)])
        : await tensorOf(input, goldenGiven(sample.inputs[input.name]));
    const found = await run(feeds);
    let good = true;
    for (const [name, expected] of Object.entries(sample.outputs)) {
      const data = found[name].data;
      if (expected.strings) good &&= expected.strings.every((text, index) => text === data[index]);
      else {
        const scale = Math.max(1, ...expected.numbers.map(Math.abs));
        const off = expected.numbers.map((number, index) => Math.abs(number - Number(data[index])) / scale);
        const whole = found[name].type === "uint8";
        if (whole) good &&= off.filter((value) => value > 0).length <= 0.001 * off.length;
        else {
          largest = Math.max(largest, ...off);
          good &&= off.every((value) => value <= golden.tolerance);
        }
      }
    }
    if (good) same++;
    else wrong.push(sample.name);
  }
  return { samples: golden.samples.length, same, largest, wrong };
}

// ---- The page -------------------------------------------------------------------------------------------------------

function build() {
  byId("title").textContent = contract.name;
  const metrics = Object.entries(contract.metrics).filter(([name]) => !/^loss\b/.test(name)).slice(0, 3).map(([name, value]) => `${name.replaceAll("_", " ")} ${short(value)}`);
  byId("about").textContent = [`Made with ${contract.made_with.trim()}`, ...metrics].join(" · ");
  const place = make("div", { className: "form" });
  for (const input of asked) {
    const widget = widgetFor(input);
    widgets.set(input.name, widget);
    place.append(widget.element);
  }
  byId("inputs").append(place);
  if (noises.length) byId("inputs").append(noiseControls());
  if (golden.samples.length && asked.length) {
    const row = make("div", { className: "row" }, make("span", { className: "dim" }, "Try"));
    golden.samples.forEach((sample, index) => row.append(make("button", { type: "button", className: "quiet", onclick: () => showSample(index).catch(fail) }, sample.name)));
    byId("samples").append(row);
  }
  document.addEventListener("paste", (event) => {
    const file = Array.from(event.clipboardData?.files ?? [])[0];
    const first = asked.find((input) => input.kind === (file?.type.startsWith("audio/") ? "audio" : "image"));
    if (file && first) { event.preventDefault(); widgets.get(first.name).takeFile(file); }
  });
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  byId("check").addEventListener("click", async () => {
    byId("checked").textContent = "Asking…";
    const found = await check().catch((error) => ({ error }));
    byId("checked").textContent = found.error ? `It could not be checked: ${found.error.message}`
      : found.same === found.samples ? `✓ ${found.same} of ${found.samples} golden samples answered as in training, largest difference ${found.largest.toExponential(1)}`
      : `✗ ${found.same} of ${found.samples} golden samples answered as in training`;
  });
}

async function showSample(index) {
  for (const input of asked) await widgets.get(input.name).show(goldenGiven(golden.samples[index].inputs[input.name]));
  ask(0);
}

function paintTheme(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").textContent = name === "light" ? "Dark" : "Light";
}
const prefersLight = matchMedia("(prefers-color-scheme: light)");
paintTheme(prefersLight.matches ? "light" : "dark");
prefersLight.addEventListener("change", (event) => paintTheme(event.matches ? "light" : "dark"));
byId("theme").addEventListener("click", () => paintTheme(document.documentElement.dataset.theme === "light" ? "dark" : "light"));

build();
clearAnswer();
byId("check").disabled = true;
const ready = load().then(() => {
  byId("loading").hidden = true;
  byId("check").disabled = false;
  if (noises.length && !asked.length || contract.inputs.every((input) => input.written)) ask(0);
  else answerNow();
}, (error) => {
  byId("loading").hidden = true;
  fail(error);
  throw error;
});
ready.catch(() => undefined);
window.netwright = { ready, check, showSample, contract };
