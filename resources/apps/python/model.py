"""Runs the network in model.onnx: pictures, numbers, text, sound or series in, answers out.

Needs numpy and onnxruntime, and Pillow for pictures. What goes in and comes out stands in model.json beside this file.
"""

import json
import math
import re
import struct
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent
MISSING = ("", "?", "NA")


class InputError(ValueError):
    """Something that was given cannot be used; the text says what and why."""


class Model:
    """A loaded network. Safe to use from several threads."""

    def __init__(self, folder=HERE, threads=0):
        self.folder = Path(folder)
        self.contract = json.loads((self.folder / "model.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        path = str(self.folder / "model.onnx")
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.inputs = self.contract["inputs"]
        self.outputs = self.contract["outputs"]
        writing = [item for item in self.inputs if item.get("written")]
        self.asked = [
            item for item in self.inputs if item["kind"] != "noise" and (item not in writing or len(self.inputs) == 1)
        ]
        """The inputs a person gives a value for."""

    def predict(self, *values, seed=None, temperature=None, **named):
        """Answers for one sample, by output: {"label", "scores"}, a number, {"mask", "shares"}, an array, or text.

        Give the values in the order of the inputs, by name, or one dict by name (for names that are no Python names).
        Picture: a path, bytes, a PIL image or a uint8 array; sound: a path, bytes, or float samples at the network's
        rate; number: a number, or None where it is missing; date: text such as 2021-03-04 15:30, or a datetime;
        category and text: text; labels: a list; series: rows of numbers. Raises InputError.
        """
        return self.answers(self.feeds(self._named(values, named), seed=seed), temperature=temperature, seed=seed)

    def feeds(self, values, seed=None):
        """The arrays that onnxruntime takes, for values by name."""
        names = [item["name"] for item in self.inputs]
        unknown = [name for name in values if name not in names]
        if unknown:
            raise InputError(f"There is no input '{unknown[0]}'. Expected: {', '.join(names)}.")
        found = {}
        random = np.random.default_rng(seed)
        for item in self.inputs:
            name = item["name"]
            if item["kind"] == "noise" and name not in values:
                sizes, wide = item["shape"][1:], math.sqrt(3) * item["std"]
                uniform = item["distribution"] == "uniform"
                drawn = random.uniform(-wide, wide, sizes) if uniform else random.standard_normal(sizes) * item["std"]
                found[name] = drawn.astype(np.float32)[None]
            elif name not in values and item.get("written"):
                found[name] = np.array([""], object)
            elif name not in values:
                expected = ", ".join(item["name"] for item in self.asked)
                raise InputError(f"There is no value for '{name}'. Expected: {expected}.")
            else:
                found[name] = read(item, values[name])
        return found

    def run(self, feeds):
        """The raw outputs by name, for one sample and without a batch axis."""
        names = [output.name for output in self.session.get_outputs()]
        return {name: value[0] for name, value in zip(names, self.session.run(names, feeds))}

    def answers(self, feeds, temperature=None, seed=None):
        """What the network answers, as `predict` says."""
        found = self.run(feeds)
        answers = {}
        for item in self.outputs:
            if item.get("writes", {}).get("input"):
                answers[item["field"]] = self.write(item, feeds, temperature, seed)
            else:
                answers[item["field"]] = shown(item, found)
        return answers

    def write(self, item, feeds, temperature=None, seed=None):
        """A text, token by token: temperature 0 takes the likeliest, 1 draws as the network scores them."""
        writes = item["writes"]
        heat = temperature if temperature is not None else (0.8 if writes["goes_on"] else 0.0)
        random = np.random.default_rng(seed)
        text = str(feeds[writes["input"]][0])
        for _ in range(writes["most"]):
            feeds = {**feeds, writes["input"]: np.array([seen_end(text, writes)], object)}
            scores = np.asarray(self.run(feeds)[item["scores"]], np.float64)
            allowed = [number for number in range(len(scores)) if number >= writes["first"] or number == writes["end"]]
            chances = np.maximum(scores[allowed], 1e-30)
            if heat > 0:
                powers = np.log(chances) / heat
                powers = np.exp(powers - powers.max())
                place = random.choice(len(allowed), p=powers / powers.sum())
            else:
                place = int(chances.argmax())
            if allowed[place] == writes["end"]:
                break
            text = join_piece(text, item["classes"][allowed[place]], writes)
        return text

    def check(self):
        """Ask for every golden sample in expected.json; returns (right, all, largest difference)."""
        expected = json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))
        right, largest = 0, 0.0
        for sample in expected["samples"]:
            values = {
                name: str(self.folder / item["file"]) if "file" in item else item["value"]
                for name, item in sample["inputs"].items()
            }
            found = self.run(self.feeds(values))
            good = True
            for name, wanted in sample["outputs"].items():
                if "strings" in wanted:
                    good &= [str(text) for text in np.asarray(found[name]).reshape(-1)] == wanted["strings"]
                    continue
                numbers = np.array(wanted["numbers"], np.float64)
                got = np.asarray(found[name], np.float64).reshape(-1)[: len(numbers)]
                off = np.abs(got - numbers) / max(1.0, np.abs(numbers).max(initial=0.0))
                if np.asarray(found[name]).dtype == np.uint8:  # a mask: a few points on a border may differ
                    good &= bool((off > 0).mean() <= 0.001)
                else:
                    largest = max(largest, float(off.max(initial=0.0)))
                    good &= bool((off <= expected["tolerance"]).all())
            right += bool(good)
        return right, len(expected["samples"]), largest

    def _named(self, values, named):
        if len(values) == 1 and isinstance(values[0], dict) and not named:
            return values[0]
        if len(values) > len(self.asked):
            raise InputError(f"There are {len(values)} values for {len(self.asked)} inputs.")
        return {**{item["name"]: value for item, value in zip(self.asked, values)}, **named}


# What a person gives -> an array with a batch axis


def read(item, value):
    """The array of one input. Raises InputError."""
    kind, name = item["kind"], item["field"]
    if kind in ("image", "mask"):
        pixels = read_picture(value, name)
        for size, wanted in zip(pixels.shape, item["shape"][1:3]):
            if isinstance(wanted, int) and wanted != size:
                raise InputError(f"'{name}' takes pictures of {item['shape'][1]} x {item['shape'][2]} points.")
        return (pixels[..., 0] if kind == "mask" else pixels)[None]
    if kind == "audio":
        return read_sound(value, item["rate"], name)[None]
    if kind == "number":
        return np.array([read_number(value, name)], np.float32)
    if kind == "date":
        return np.array([read_date(value, name)], np.float64)
    if kind == "labels" and not isinstance(value, str):
        return np.array([item["separator"].join(map(str, value)) or item["separator"]], object)
    if kind in ("category", "text", "labels"):
        if value is not None and not isinstance(value, (str, int, float)):
            raise InputError(f"'{name}' takes text, not {type(value).__name__}.")
        return np.array(["" if value is None else str(value)], object)
    return read_numbers(value, item["shape"][1:], name)[None]


def read_picture(value, name="picture"):
    """uint8 height x width x channels: grey, RGB, or with transparency RGBA; turned as the file says."""
    if isinstance(value, np.ndarray):
        pixels = value[..., None] if value.ndim == 2 else value
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or not 1 <= pixels.shape[2] <= 4:
            raise InputError(f"'{name}' takes uint8 pictures of height x width x channels.")
        return np.ascontiguousarray(pixels)
    import io

    from PIL import Image, ImageOps

    try:
        if isinstance(value, (bytes, bytearray)):
            image = Image.open(io.BytesIO(value))
        elif isinstance(value, Image.Image):
            image = value
        else:
            image = Image.open(value)
        image = ImageOps.exif_transpose(image)
        if image.mode in ("1", "L", "I;16", "I", "F"):
            image = image.convert("L")
        elif "A" in image.mode or "transparency" in image.info:
            image = image.convert("RGBA")
        else:
            image = image.convert("RGB")
    except (OSError, ValueError, TypeError, AttributeError, Image.DecompressionBombError) as error:
        raise InputError(f"'{name}' cannot be read as a picture: {error}") from None
    pixels = np.asarray(image, np.uint8)
    return np.ascontiguousarray(pixels[..., None] if pixels.ndim == 2 else pixels)


def read_sound(value, rate, name="sound"):
    """float32 samples of one channel at a rate; files are WAV."""
    if isinstance(value, np.ndarray):
        samples = value.astype(np.float32)
        return samples.mean(1) if samples.ndim == 2 else samples
    try:
        data = bytes(value) if isinstance(value, (bytes, bytearray)) else Path(value).read_bytes()
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"'{name}' cannot be read: {error}") from None
    samples, own = read_wav(data, name)
    return samples if own == rate or not rate else resample(samples, own, rate)


def read_wav(data, name="sound"):
    """(float32 samples of one channel, samples a second) of a WAV with whole numbers or floats."""
    form, place = None, 12
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        while place + 8 <= len(data):
            word, size = data[place : place + 4], struct.unpack_from("<I", data, place + 4)[0]
            body = data[place + 8 : place + 8 + size]
            if word == b"fmt " and len(body) >= 16:
                form = list(struct.unpack_from("<HHIIHH", body))
                if form[0] == 0xFFFE and len(body) >= 26:
                    form[0] = struct.unpack_from("<H", body, 24)[0]
            if word == b"data" and form is not None:
                kind, channels, rate, bits = form[0], form[1], form[2], form[5]
                body = body[: len(body) // (channels * bits // 8) * (channels * bits // 8)]
                if (kind, bits) == (1, 8):
                    values = (np.frombuffer(body, np.uint8).astype(np.float32) - 128) / 128
                elif (kind, bits) == (1, 16):
                    values = np.frombuffer(body, "<i2").astype(np.float32) / 32768
                elif (kind, bits) == (1, 24):
                    parts = np.frombuffer(body, np.uint8).reshape(-1, 3).astype(np.int32)
                    whole = parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16
                    values = ((whole ^ 0x800000) - 0x800000).astype(np.float32) / 8388608
                elif (kind, bits) == (1, 32):
                    values = (np.frombuffer(body, "<i4") / 2147483648).astype(np.float32)
                elif (kind, bits) == (3, 32):
                    values = np.frombuffer(body, "<f4").astype(np.float32)
                else:
                    break
                return values.reshape(-1, channels).mean(1).astype(np.float32), rate
            place += 8 + size + (size & 1)
    raise InputError(f"'{name}' is no WAV with whole numbers or floats. Save it as WAV first.")


def resample(samples, rate, wanted):
    """Sound at another rate, by windowed sinc of 32 zero crossings on either side."""
    count = max(1, round(len(samples) * wanted / rate))
    cut = min(1.0, wanted / rate)
    reach = math.ceil(32 / cut)
    result = np.zeros(count, np.float32)
    padded = np.pad(samples.astype(np.float64), reach)
    steps = np.arange(-reach + 1, reach + 1)
    for start in range(0, count, 4096):
        times = np.arange(start, min(start + 4096, count)) * (rate / wanted)
        first = np.floor(times).astype(int)
        distance = (first[:, None] + steps) - times[:, None]
        window = np.cos(np.clip(distance / reach, -1, 1) * (np.pi / 2)) ** 2
        kernel = np.sinc(distance * cut) * cut * window
        places = np.clip(first[:, None] + steps + reach, 0, len(padded) - 1)
        result[start : start + len(times)] = (padded[places] * kernel).sum(1)
    return result


def read_number(value, name="number"):
    """A float; not-a-number where it is missing."""
    if value is None or (isinstance(value, str) and value.strip() in MISSING):
        return math.nan
    try:
        if isinstance(value, str) and re.fullmatch(r"[+-]?\d+,\d+", value.strip()):
            value = value.replace(",", ".")
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"'{value}' is not a number for '{name}'.") from None


def read_date(value, name="date"):
    """Seconds since 1970 in UTC; not-a-number where it is missing."""
    if value is None or (isinstance(value, str) and value.strip() in MISSING):
        return math.nan
    if isinstance(value, (int, float)):
        return float(value)
    try:
        moment = (
            value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
        )
    except ValueError:
        raise InputError(f"'{value}' is not a date for '{name}'; write it as 2021-03-04 or 2021-03-04 15:30.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def read_numbers(value, sizes, name="numbers"):
    """float32 numbers of a shape; text is split at blanks, commas and semicolons."""
    if isinstance(value, str):
        parts = [part for part in re.split(r"[;,\s]+", value.strip().strip("[]")) if part]
        value = [None if part in ("?", "NA", "nan") else part for part in parts]
    try:
        array = np.array(_without_none(value), np.float32)
        return (
            array
            if array.shape == tuple(sizes)
            else array.reshape([size if isinstance(size, int) else -1 for size in sizes])
        )
    except (TypeError, ValueError):
        raise InputError(f"'{name}' takes {' x '.join(map(str, sizes))} numbers.") from None


def _without_none(value):
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return math.nan if value is None else value


# Raw outputs -> what a person reads


def shown(item, found):
    """The answer of one output."""
    if item["label"] and item["kind"] == "labels":
        labels = [str(label) for label in found[item["label"]] if label]
        return {"labels": labels, "scores": _scores(item, found)}
    if item["label"]:
        return {"label": str(found[item["label"]]), "scores": _scores(item, found)}
    value = found[item["value"]]
    if item["scores"]:
        mask = np.asarray(value)
        shares = np.bincount(mask.reshape(-1), minlength=len(item["classes"])) / max(1, mask.size)
        return {"mask": mask, "shares": dict(zip(item["classes"], map(float, shares)))}
    if item.get("spellings"):
        return _whole_text(item, value)
    if item["kind"] == "number" and np.ndim(value) == 0:
        return float(value)
    if item.get("mean") and np.ndim(value) == 3:
        mean, std = (np.array(item[name], np.float32)[:, None, None] for name in ("mean", "std"))
        return np.rint(np.clip(value * std + mean, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    return np.asarray(value)


def _scores(item, found):
    """Scores by class, the best first."""
    scores = np.asarray(found[item["scores"]])
    return {item["classes"][number]: float(scores[number]) for number in np.argsort(-scores, kind="stable")}


def _whole_text(item, value):
    writes, text = item["writes"], ""
    for number in np.argmax(value, axis=0):
        if number == writes["end"]:
            break
        if number >= writes["first"]:
            text = join_piece(text, item["spellings"][number], writes)
    return text


def seen_end(text, writes):
    """The end of a text, no longer than the network looks back."""
    if writes["unit"] == "character":
        return text[-writes["room"] :]
    parts = list(re.finditer(r"\w+|[^\w\s]", text))
    return text[parts[len(parts) - writes["room"]].start() :] if len(parts) > writes["room"] else text


def join_piece(text, piece, writes):
    """A token put behind a text."""
    if writes["unit"] == "word" and text and piece not in writes["closing"] and text[-1] not in writes["opening"]:
        return f"{text} {piece}"
    return text + piece
