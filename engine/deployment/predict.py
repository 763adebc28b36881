"""Asks an exported file: pictures, rows of a table or text in, answers with scores out. onnxruntime alone, never torch.

An input that cannot be used gets a problem in words, and the others are answered.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from engine.data.pictures import SUFFIXES as PICTURE_SUFFIXES
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.reading import read_input
from engine.data.sounds import SUFFIXES as SOUND_SUFFIXES
from engine.data.tokens import tokens_of
from engine.deployment.description import NOISE, Description, OutputDescription, read_metadata
from engine.deployment.noise import first_numbers, noise_of
from engine.deployment.notes import notes_of
from engine.deployment.session import as_input, groups_of, open_session
from engine.deployment.writing import Manner, write_texts
from engine.document.data_spec import Field, FieldKind
from engine.errors import Cancelled, DataError
from engine.protocol.messages.deployment import Answer, Prediction, PredictionMade
from engine.protocol.messages.writing import WrittenToken

_Told = Callable[[str, int, WrittenToken], None] | None
_BATCH = 64
_USUAL = Manner()
_SHOWN = 80
_MOST_MADE = 10_000
_MOMENTS = 24
"""Moments of a series that are named in the answer's words."""
_MASK_CLASSES = 4
"""Classes of a mask that are named in the answer's words."""
_NUMBERS = 1000
"""How many numbers of an array are told."""
_TABLES = frozenset((".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".parquet", ".arrow", ".feather", ".jsonl"))


@dataclass(frozen=True, slots=True)
class _Question:
    """One input: what a person calls it, and a value for each field, or why it cannot be used."""

    name: str
    values: Mapping[str, object]
    problem: str = ""


class Predictor:
    """An exported file, loaded. Safe to use from several threads.

    Raises DataError when the file is missing, damaged or was not written by Netwright.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._session = _opened(self.path)
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.description, self._fields = read_metadata(metadata, str(self.path))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of the data that an input has a value for; a text that is written begins empty if it has none.

        There are none where a network makes something of noise alone.
        """
        fields = tuple(self._fields[item.field] for item in self.description.inputs if item.kind != NOISE)
        told = tuple(field for field in fields if field.name not in self._written)
        return told or fields

    @property
    def _written(self) -> dict[str, OutputDescription]:
        """What answers with the next token of a text, by the text's field."""
        return {item.so_far: item for item in self.description.outputs if item.so_far}

    def predict(
        self,
        inputs: Sequence[object],
        *,
        manner: Manner = _USUAL,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
        told: _Told = None,
    ) -> PredictionMade:
        """Answers in the order of the inputs.

        An input is {field: value}, or text: the path of a picture, of a folder of pictures or of a table (each row is
        an input), text itself where the network reads text (a .txt file gives a line an input), or a JSON object. A
        picture is a path or {"pixels", "height", "width", "channels"}. Where a network makes something of noise alone,
        text says how many are to be made. Noise that is not given is drawn, the same for the same seed and place.
        `milliseconds` is onnxruntime's time a sample. `manner` is how texts are written, and the seed; `told` hears of
        each token: the field, the place of the input, and what was written.
        """
        predictions: list[Prediction] = []
        seconds, answered = 0.0, 0
        waiting = self._questions(inputs)
        while chunk := list(islice(waiting, _BATCH)):
            if cancelled():
                raise Cancelled
            found, spent, count = self._answered(chunk, manner, cancelled, len(predictions), told)
            predictions += found
            seconds += spent
            answered += count
            progress(-1.0, f"{len(predictions):,} answered")
        milliseconds = 1000 * seconds / max(1, answered)
        return PredictionMade(run=self.description.run, predictions=predictions, milliseconds=milliseconds)

    def _answered(
        self, questions: list[_Question], manner: Manner, cancelled: IsCancelled, first: int, told: _Told
    ) -> tuple[list[Prediction], float, int]:
        """Answers for a chunk, of which `first` is the place, the seconds onnxruntime took and how many it answered."""
        results = [Prediction(input=question.name, problem=question.problem) for question in questions]
        raw: dict[int, dict[str, Any]] = {}
        for place, question in enumerate(questions):
            if question.problem:
                continue
            try:
                raw[place] = self._read(question.values) | self._noise(question.values, manner.seed, first + place)
            except DataError as error:
                results[place] = Prediction(input=question.name, problem=_worded(error))
        places = list(raw)
        signatures = [tuple(np.shape(value) for value in raw[place].values()) for place in places]
        seconds = 0.0
        for group in groups_of(signatures, _BATCH):
            chosen = [places[number] for number in group]
            arrays = {
                item.name: as_input([raw[place][item.field] for place in chosen], item.kind)
                for item in self.description.inputs
            }
            start = time.perf_counter()
            try:
                values = self._session.run(None, arrays)
                texts = self._texts([raw[place] for place in chosen], manner, cancelled, chosen, first, told)
            except Cancelled:
                raise
            except Exception as error:  # noqa: BLE001 - onnxruntime raises its own kinds; told as the inputs' problem
                for place in chosen:
                    results[place] = Prediction(
                        input=questions[place].name, problem=f"onnxruntime cannot use it: {str(error)[:200]}"
                    )
                continue
            seconds += time.perf_counter() - start
            outputs = dict(zip((output.name for output in self._session.get_outputs()), values, strict=True))
            for row, place in enumerate(chosen):
                answers = _answers(self.description, outputs, row, self._fields)
                answers |= {
                    name: Answer(value=found[row], written=steps[row]) for name, (found, steps) in texts.items()
                }
                results[place] = Prediction(
                    input=questions[place].name,
                    outputs=answers,
                    notes=self._notes(raw[place]),
                    drawn=self._drawn(raw[place]),
                )
        return results, seconds, len(places)

    def _notes(self, raw: Mapping[str, Any]) -> list[str]:
        """What is unusual about an input, in sentences."""
        given = {item.field for item in self.description.inputs if item.kind != NOISE}
        return [
            note
            for name, value in raw.items()
            if name in given
            for note in notes_of(self._fields[name], value, written=name in self._written)
        ]

    def _drawn(self, raw: Mapping[str, Any]) -> dict[str, list[float]]:
        """The first numbers of the noise that was put in."""
        return {item.name: first_numbers(raw[item.field]) for item in self.description.inputs if item.kind == NOISE}

    def _texts(
        self,
        raw: Sequence[dict[str, Any]],
        manner: Manner,
        cancelled: IsCancelled,
        places: Sequence[int],
        first: int,
        told: _Told,
    ) -> dict[str, tuple[list[str], list[list[WrittenToken]]]]:
        """The texts that the network writes for these raw values, by field, and their tokens. Raises Cancelled."""
        found: dict[str, tuple[list[str], list[list[WrittenToken]]]] = {}
        for name, item in self._written.items():
            tokens = tokens_of(self._fields[name])
            if tokens is None:
                continue

            def ask(values: Mapping[str, Sequence[Any]], scores: str = item.scores) -> Any:
                arrays = {given.name: as_input(values[given.field], given.kind) for given in self.description.inputs}
                return self._session.run([scores], arrays)[0]

            steps: list[list[WrittenToken]] = [[] for _ in raw]

            def hear(place: int, token: WrittenToken, item: OutputDescription = item, steps: Any = steps) -> None:
                steps[place].append(token)
                if told is not None:
                    told(item.field, first + places[place], token)

            columns = {field: [values[field] for values in raw] for field in raw[0]}
            found[item.field] = write_texts(ask, columns, name, tokens, manner, cancelled, hear), steps
        return found

    def _read(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Raw values of every input field. Raises DataError naming the field."""
        raw: dict[str, Any] = {name: str(values.get(name, "")) for name in self._written}  # blanks at its end count
        for field in self.fields:
            if field.name in raw and field.name in values:
                continue
            if field.name not in values:
                raise DataError(
                    f"There is no value for '{field.name}'.",
                    where=field.name,
                    expected=", ".join(item.name for item in self.fields),
                    found=", ".join(str(name)[:40] for name in values) or "nothing",
                )
            raw[field.name] = read_input(field, values[field.name])
        return raw

    def _noise(self, values: Mapping[str, object], seed: int, place: int) -> dict[str, Any]:
        """Noise as it was given, else drawn. Raises DataError naming the input."""
        found: dict[str, Any] = {}
        for number, item in enumerate(self.description.inputs):
            if item.kind != NOISE:
                continue
            found[item.field] = noise_of(item, values.get(item.name), [seed, place, number])
        return found

    # What a person may call an input

    def _questions(self, inputs: Iterable[object]) -> Iterator[_Question]:
        for number, item in enumerate(inputs, 1):
            if isinstance(item, Mapping):
                values = {str(name): value for name, value in item.items()}
                yield _Question(self._name_of(values, number), values)
                continue
            text = str(item)
            try:
                yield from self._from_text(text)
            except DataError as error:
                yield _Question(_shortened(text), {}, _worded(error))

    def _name_of(self, values: Mapping[str, object], number: int) -> str:
        """The path of a picture, the text itself, else the number of the input."""
        first = values.get(self.fields[0].name) if len(self.fields) == 1 else None
        return _shortened(first) if isinstance(first, str) and first else f"input {number}"

    def _from_text(self, text: str) -> Iterator[_Question]:
        path = Path(text).expanduser()
        if not self.fields and not text.lstrip().startswith("{"):
            yield from self._new_ones(text)
        elif self._only(FieldKind.SERIES) and path.suffix and _is_file(path):
            from engine.data.series_input import series_of_file  # needs polars

            for name, series in series_of_file(self.fields[0], _bytes_of(path), path.name):
                yield _Question(name, {self.fields[0].name: series})
        elif path.suffix.lower() in _TABLES and (path.is_file() or len(self.fields) > 1 or self._only_files):
            yield from self._rows(path)
        elif text.lstrip().startswith("{"):
            yield _Question(_shortened(text), _from_json(text))
        elif self._only_files and path.is_dir():
            yield from self._files(path)
        elif len(self.fields) != 1:
            names = ", ".join(field.name for field in self.fields)
            raise DataError(
                f"{_shortened(text)} does not say what the network needs.",
                where=_shortened(text),
                expected=f"a CSV file with the columns {names}, or a JSON object",
                found=_shortened(text),
            )
        elif self._only(FieldKind.TEXT) and path.suffix.lower() == ".txt" and path.is_file():
            yield from self._lines(path)
        else:
            self._refuse_foreign(path)
            yield _Question(_shortened(text), {self.fields[0].name: text})

    def _new_ones(self, text: str) -> Iterator[_Question]:
        """So many questions without a value, as noise is drawn."""
        count = int(text) if text.strip().isascii() and text.strip().isdecimal() and len(text) < 8 else 0
        if not 1 <= count <= _MOST_MADE:
            raise DataError(
                "This network makes something new of random numbers, and takes nothing else.",
                where=_shortened(text),
                expected=f"how many it is to make, 1 to {_MOST_MADE:,}",
                found=_shortened(text),
            )
        for number in range(1, count + 1):
            yield _Question(f"made {number}", {})

    def _only(self, kind: FieldKind) -> bool:
        return len(self.fields) == 1 and self.fields[0].kind is kind

    @property
    def _only_files(self) -> bool:
        """Whether the network takes a picture, or a recording, and nothing else."""
        return self._only(FieldKind.IMAGE) or self._only(FieldKind.AUDIO)

    def _refuse_foreign(self, path: Path) -> None:
        """A file is not text, even though its name is."""
        kind = self.fields[0].kind
        if kind not in (FieldKind.IMAGE, FieldKind.AUDIO) and path.suffix and _is_file(path):
            words = {FieldKind.TEXT: "text", FieldKind.NUMBER: "a number", FieldKind.CATEGORY: "a category"}
            raise DataError(
                f"'{path.name}' is a file, and this network takes {words.get(kind, kind.value)}.",
                where=str(path),
                expected=f"{words.get(kind, kind.value)}, or a CSV file with the column {self.fields[0].name}",
                found=f"a {path.suffix} file",
            )

    def _files(self, folder: Path) -> Iterator[_Question]:
        """Every picture, or every recording, in a folder, by name."""
        sound = self._only(FieldKind.AUDIO)
        suffixes = SOUND_SUFFIXES if sound else PICTURE_SUFFIXES
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)
        if not paths:
            what = "recording" if sound else "picture"
            raise DataError(
                f"There is no {what} in '{folder.name}'.", where=str(folder), expected=f"a folder of {what}s"
            )
        for path in paths:
            yield _Question(str(path), {self.fields[0].name: str(path)})

    def _lines(self, path: Path) -> Iterator[_Question]:
        for number, line in enumerate(_bytes_of(path).decode("utf-8-sig", errors="replace").splitlines(), 1):
            if line.strip():
                yield _Question(f"{path.name}, line {number}", {self.fields[0].name: line.strip()})

    def _rows(self, path: Path) -> Iterator[_Question]:
        """Every row of a table; the columns are found by name, others are passed over."""
        from engine.data.readers.columns import numeric_text  # these need polars
        from engine.data.readers.table_files import parse_any

        table = parse_any(_bytes_of(path), path.name)
        columns: dict[str, list[Any]] = {}
        for field in self.fields:
            if field.name not in table.columns:
                raise DataError(
                    f"'{path.name}' has no column '{field.name}'.",
                    where=path.name,
                    expected=", ".join(item.name for item in self.fields),
                    found=", ".join(list(table.columns)[:20]),
                )
            column = table.texts(field.name)
            if field.kind is FieldKind.NUMBER:
                column = numeric_text(column, table.dialect.decimal)
            columns[field.name] = ["" if cell in table.marks else cell for cell in column.to_list()]
            if field.kind in (FieldKind.IMAGE, FieldKind.AUDIO):  # a path in a table is meant from the table's folder
                columns[field.name] = [str(path.parent / cell) if cell else "" for cell in columns[field.name]]
        for row in range(len(table.lines)):
            yield _Question(table.place(row), {name: cells[row] for name, cells in columns.items()})
        for item in table.left_out.items:
            yield _Question(item.where, {}, item.reason)


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise DataError(f"There is no file '{path.name}'.", where=str(path), expected="an ONNX file")
    try:
        return open_session(str(path), threads=max(1, (os.cpu_count() or 2) // 2))
    except Exception as error:  # noqa: BLE001 - onnxruntime raises its own kinds; the user is told through DataError
        raise DataError(
            f"'{path.name}' cannot be opened as an ONNX file.",
            where=str(path),
            expected="an ONNX file that was exported by Netwright",
            found=str(error).rpartition("failed:")[2][:200],  # what stands before names classes of onnxruntime
            hint="Export the network again.",
        ) from None


def _answers(
    description: Description, outputs: Mapping[str, Any], row: int, fields: Mapping[str, Field]
) -> dict[str, Answer]:
    """What the file answered in one row of a batch, by field, or by title where several answer one field; the scores
    best first."""
    found: dict[str, Answer] = {}
    for item in description.outputs:
        if item.so_far:
            continue  # written step by step
        name = item.title or item.field
        tokens = tokens_of(fields[item.field]) if item.kind == FieldKind.TEXT.value and item.value else None
        if tokens is not None and np.ndim(outputs[item.value]) == 3:
            found[name] = Answer(value=tokens.text(np.argmax(outputs[item.value][row], axis=0).tolist()))
        elif item.label and item.kind == FieldKind.LABELS.value:
            scores = outputs[item.scores][row]
            order = np.argsort(-scores, kind="stable")
            named = {item.classes[number]: float(scores[number]) for number in order}
            chosen = ", ".join(str(label) for label in outputs[item.label][row] if label)
            found[name] = Answer(value=chosen or "none", scores=named)
        elif item.label:
            scores = outputs[item.scores][row]
            order = np.argsort(-scores, kind="stable")
            named = {item.classes[number]: float(scores[number]) for number in order}
            found[name] = Answer(value=str(outputs[item.label][row]), scores=named)
        elif item.scores:
            found[name] = _mask_answer(item.classes, np.asarray(outputs[item.value][row]))
        else:
            value = np.asarray(outputs[item.value][row])
            if item.kind == FieldKind.SERIES.value and value.ndim == 2:
                found[name] = _series_answer(value, fields[item.field])
                continue
            if item.mean and value.ndim == 3:
                found[name] = _picture_answer(value, item)
                continue
            if value.ndim == 0:
                found[name] = Answer(value=float(value))
                continue
            numbers = [float(f"{number:.7g}") for number in value.reshape(-1)[:_NUMBERS].tolist()]
            found[name] = Answer(value=" × ".join(map(str, value.shape)) + " numbers", numbers=numbers)
    return found


def _picture_answer(value: Any, item: OutputDescription) -> Answer:
    """A picture that was made, as bytes."""
    levels = value * np.array(item.std, np.float32)[:, None, None] + np.array(item.mean, np.float32)[:, None, None]
    pixels = np.rint(np.clip(levels, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    height, width, channels = pixels.shape
    words = f"a picture, {height} × {width}"
    return Answer(value=words, pixels=pixels.tobytes(), height=height, width=width, channels=channels)


def _series_answer(values: Any, field: Field) -> Answer:
    """The values of each moment to come; the first ones in words."""
    rows = [[float(f"{number:.7g}") for number in row] for row in values.tolist()]
    words = [" / ".join(f"{number:.6g}" for number in row) for row in rows[:_MOMENTS]]
    columns = field.options.get("columns")
    names = [str(name) for name in columns] if isinstance(columns, list) else []
    return Answer(value=", ".join(words) + (" …" if len(rows) > _MOMENTS else ""), series=rows, names=names)


def _mask_answer(classes: Sequence[str], mask: Any) -> Answer:
    """How much of the picture each class covers, largest first, and the mask itself."""
    shares = np.bincount(mask.reshape(-1), minlength=len(classes)) / max(1, mask.size)
    order = [number for number in np.argsort(-shares, kind="stable").tolist() if shares[number] > 0]
    named = {classes[number]: float(shares[number]) for number in order}
    words = ", ".join(f"{share:.1%} {name}" for name, share in list(named.items())[:_MASK_CLASSES])
    height, width = mask.shape
    return Answer(value=words, scores=named, mask=mask.astype(np.uint8).tobytes(), height=height, width=width)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that is too long, or has a zero in it, is no path
        return False


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"'{path.name}' cannot be read: {error.strerror or error}.", where=str(path)) from None


def _from_json(text: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(text.encode(), type=dict[str, object])
    except msgspec.MsgspecError as error:
        raise DataError(f"This is no JSON object: {error}.", where=_shortened(text)) from None


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _worded(error: DataError) -> str:
    """The error in one line: message, what was expected, what to do."""
    parts = [error.message]
    if error.expected:
        parts.append(f"Expected {error.expected.rstrip('.')}.")
    if error.hint:
        parts.append(error.hint)
    return " ".join(parts)
