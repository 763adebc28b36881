"""A server for the network in model.onnx: POST /predict answers JSON and files, GET /health says whether it runs.

    uvicorn server:app --host 127.0.0.1 --port 8000

What goes in and comes out is described at /docs. Pictures and sound come as files of a form, or in JSON as
{"base64": "..."}.
"""

import asyncio
import base64
import json
import math
import time
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import numpy as np
from fastapi import FastAPI, HTTPException, Request
from fastapi.openapi.utils import get_openapi
from model import InputError, Model
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from starlette.datastructures import UploadFile

LARGEST_BYTES = 64 << 20
model = Model(Path(__file__).resolve().parent)
contract = model.contract
started = time.time()
FILES = [item["name"] for item in model.asked if item["kind"] in ("image", "mask", "audio")]


class FileInJson(BaseModel):
    """A picture or a recording inside JSON."""

    model_config = ConfigDict(extra="forbid")
    base64: str = Field(description="The bytes of the file, in base64.")


def value_type(item: dict[str, Any]) -> Any:
    """The type of an input in JSON, and its default."""
    kind = item["kind"]
    if kind in ("image", "mask", "audio"):
        return (FileInJson, ...)
    if kind == "number":
        return (Optional[float], ...)
    if kind == "date":
        return (Optional[Union[str, float]], ...)
    if kind == "category":
        return (Optional[str], ...)
    if kind == "labels":
        return (Union[list[str], str], ...)
    if kind == "text":
        return (str, "" if item.get("written") else ...)
    return (list[Any], ...)


# The fields have names of their own, and those of the network as aliases: these may be any text.
Inputs = create_model(
    "Inputs",
    __config__=ConfigDict(extra="forbid", populate_by_name=False),
    **{
        f"input_{place}": (
            value_type(item)[0],
            Field(value_type(item)[1], alias=item["name"], title=item["field"], description=item["meaning"]),
        )
        for place, item in enumerate(model.asked)
    },
)


class Question(BaseModel):
    """One sample. The same `seed` draws the same, where the network draws; `temperature` is how boldly it writes."""

    model_config = ConfigDict(extra="forbid")
    inputs: Inputs
    seed: Optional[int] = Field(None, ge=0)
    temperature: Optional[Annotated[float, Field(ge=0, le=100)]] = None


class LabelAnswer(BaseModel):
    kind: Literal["label"] = "label"
    label: str
    scores: dict[str, float]


class LabelsAnswer(BaseModel):
    kind: Literal["labels"] = "labels"
    labels: list[str]
    scores: dict[str, float]


class NumberAnswer(BaseModel):
    kind: Literal["number"] = "number"
    value: Optional[float]


class TextAnswer(BaseModel):
    kind: Literal["text"] = "text"
    text: str


class MaskAnswer(BaseModel):
    kind: Literal["mask"] = "mask"
    height: int
    width: int
    shares: dict[str, float]
    png: str = Field(description="Class numbers as a grey PNG, in base64.")


class PictureAnswer(BaseModel):
    kind: Literal["picture"] = "picture"
    height: int
    width: int
    png: str = Field(description="The picture as PNG, in base64.")


class NumbersAnswer(BaseModel):
    kind: Literal["numbers"] = "numbers"
    shape: list[int]
    values: list[Any]


Answer = Annotated[
    Union[LabelAnswer, LabelsAnswer, NumberAnswer, TextAnswer, MaskAnswer, PictureAnswer, NumbersAnswer],
    Field(discriminator="kind"),
]


class Prediction(BaseModel):
    """The answers by output, and how long they took."""

    outputs: dict[str, Answer]
    milliseconds: float


class Health(BaseModel):
    """Says that the server runs, and what it runs."""

    status: Literal["ok"] = "ok"
    name: str
    run: int
    uptime_s: float
    inputs: list[str]
    outputs: list[str]


app = FastAPI(title=contract["name"] or "Network", version="1.0.0", description=contract["made_with"])
FORM = {
    "type": "object",
    "properties": {
        item["name"]: {"type": "string", "format": "binary"} if item["name"] in FILES else {"type": "string"}
        for item in model.asked
    },
}


def described() -> dict[str, Any]:
    """The description at /openapi.json; it also holds what /predict takes as JSON."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        question = Question.model_json_schema(ref_template="#/components/schemas/{model}")
        found["components"]["schemas"].update({**question.pop("$defs"), "Question": question})
        app.openapi_schema = found
    return app.openapi_schema


app.openapi = described


@app.get("/health")
def health() -> Health:
    """Whether the server runs."""
    return Health(
        name=contract["name"],
        run=contract["run"],
        uptime_s=round(time.time() - started, 3),
        inputs=[item["name"] for item in model.asked],
        outputs=[item["field"] for item in contract["outputs"]],
    )


@app.post(
    "/predict",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Question"}},
                "multipart/form-data": {"schema": FORM},
            },
        }
    },
)
async def predict(request: Request) -> Prediction:
    """Answer for one sample, given as JSON {"inputs": {...}} or as a form with files."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise HTTPException(411, "Say how long it is: content-length is missing.")
    if int(length) > LARGEST_BYTES:
        raise HTTPException(413, f"That is more than {LARGEST_BYTES >> 20} MB.")
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        values, seed, temperature = await from_form(request)
    else:
        values, seed, temperature = await from_json(request)
    begun = time.perf_counter()
    try:
        # In a thread, so that /health answers meanwhile.
        answers = await asyncio.to_thread(model.predict, values, seed=seed, temperature=temperature)
    except InputError as error:
        raise HTTPException(422, str(error)) from None
    spent = 1000 * (time.perf_counter() - begun)
    return Prediction(outputs={name: plain(answer) for name, answer in answers.items()}, milliseconds=round(spent, 3))


async def from_json(request: Request) -> tuple[dict[str, Any], Optional[int], Optional[float]]:
    try:
        question = Question.model_validate_json(await request.body())
    except ValidationError as error:
        raise HTTPException(422, json.loads(error.json(include_url=False, include_input=False))) from None
    values = {}
    for place, item in enumerate(model.asked):
        value = getattr(question.inputs, f"input_{place}")
        if isinstance(value, FileInJson):
            try:
                value = base64.b64decode(value.base64, validate=True)
            except ValueError:
                raise HTTPException(422, f"'{item['field']}' is no base64.") from None
        values[item["name"]] = value
    return values, question.seed, question.temperature


async def from_form(request: Request) -> tuple[dict[str, Any], Optional[int], Optional[float]]:
    form = await request.form()
    values: dict[str, Any] = {}
    for item in model.asked:
        given = form.get(item["name"])
        if given is None and item.get("written"):
            continue
        if given is None:
            raise HTTPException(422, f"There is no value for '{item['name']}'.")
        if item["name"] in FILES:
            if not isinstance(given, UploadFile):
                raise HTTPException(422, f"'{item['name']}' is to be a file.")
            values[item["name"]] = await given.read()
        else:
            values[item["name"]] = given if isinstance(given, str) else (await given.read()).decode("utf-8", "replace")
    unknown = [name for name in form if name not in values and name not in ("seed", "temperature")]
    if unknown:
        raise HTTPException(422, f"There is no input '{unknown[0]}'.")
    seed, temperature = form.get("seed"), form.get("temperature")
    try:
        return (
            values,
            int(seed) if isinstance(seed, str) else None,
            float(temperature) if isinstance(temperature, str) else None,
        )
    except ValueError:
        raise HTTPException(422, "seed and temperature are numbers.") from None


def plain(answer: Any) -> Any:
    """An answer in the form that the schema says."""
    if isinstance(answer, dict) and "mask" in answer:
        height, width = answer["mask"].shape
        return MaskAnswer(height=height, width=width, shares=answer["shares"], png=png(answer["mask"]))
    if isinstance(answer, dict) and "labels" in answer:
        return LabelsAnswer(labels=answer["labels"], scores=answer["scores"])
    if isinstance(answer, dict):
        return LabelAnswer(label=answer["label"], scores=answer["scores"])
    if isinstance(answer, str):
        return TextAnswer(text=answer)
    if isinstance(answer, float):
        return NumberAnswer(value=answer if math.isfinite(answer) else None)
    if answer.dtype == np.uint8 and answer.ndim == 3:
        return PictureAnswer(height=answer.shape[0], width=answer.shape[1], png=png(answer))
    return NumbersAnswer(shape=list(answer.shape), values=np.where(np.isfinite(answer), answer, None).tolist())


def png(pixels: np.ndarray) -> str:
    import io

    from PIL import Image

    memory = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels).save(memory, "PNG")
    return base64.b64encode(memory.getvalue()).decode("ascii")
