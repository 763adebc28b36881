"""Loads the user's own layers: the one place where a file of a project runs, and only what its user trusts."""

import functools
import linecache
import traceback
from types import ModuleType

import torch
from torch import Tensor, nn

from engine.catalog.layers.own_code import PyTorch
from engine.catalog.rules import found_text
from engine.catalog.tensors import DType, TensorSpec
from engine.document.own_code import CodeFile, code_folder, read_code, trusted
from engine.errors import GraphError, ProjectError


def own_class(name: str, class_name: str) -> type[nn.Module]:
    """The class in that file of the project at hand. Raises GraphError, and runs nothing that is not trusted."""
    home = code_folder()
    if home is None:
        raise GraphError(f"The code of '{name[:80]}' is not at hand here.", where=name[:80])
    try:
        file = read_code(home, name)
    except ProjectError as error:
        raise GraphError(error.message, where=error.where, expected=error.expected, hint=error.hint) from None
    if file.digest not in trusted():
        raise GraphError(
            f"The code in {name} has not been trusted on this machine, so it was not run.",
            where=name,
            expected="code that you trust",
            found="code that is new or has changed",
            hint="Read it, then press Trust and check at its node, or run: netwright trust PROJECT",
        )
    found = getattr(_module(file), class_name, None) if class_name.isidentifier() else None
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise GraphError(
            f"There is no class '{class_name[:80]}' in {name}.",
            where=name,
            expected="a class that is a torch.nn.Module",
            found="nothing of that name" if found is None else type(found).__name__,
        )
    return found


@functools.lru_cache(maxsize=64)
def _module(file: CodeFile) -> ModuleType:
    """The file, run once for each content."""
    try:
        text = file.content.decode("utf-8")
        module = ModuleType(f"netwright_layers_{file.digest[:12]}")
        shown = f"{file.path} {file.digest[:8]}"
        linecache.cache[shown] = (len(text), None, text.splitlines(keepends=True), shown)
        # The user has said that this content may run; everything else is refused above.
        exec(compile(text, shown, "exec"), module.__dict__)  # noqa: S102
    except (Exception, SystemExit) as error:  # the user's own code may raise anything; they are told
        raise GraphError(
            f"The code in {file.path} cannot be run: {said(error)}",
            where=file.path,
            hint="Mend the file, then check it.",
        ) from error
    return module


def said(error: BaseException) -> str:
    """An error of the user's code in one line, with its place."""
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("layers/")]
    line = error.lineno if isinstance(error, SyntaxError) else places[-1].lineno if places else None
    text = f"{type(error).__name__}: {error}".split("\n")[0][:200]
    return f"{text} (line {line})" if line else text


def own_module(layer: PyTorch, *specs: TensorSpec) -> nn.Module:
    """A fresh module of the user's class, tried once on zeros. Raises GraphError with what went wrong."""
    made = own_class(layer.file, layer.class_name)
    try:
        module = made(**layer.arguments(*specs))
        training = module.training
        with torch.no_grad():
            answer = module.eval()(*examples(specs, 2))
        module.train(training)
    except Exception as error:  # as above
        raise GraphError(
            f"{layer.class_name} of {layer.file}: {said(error)}", hint="Mend the file, then check it."
        ) from error
    (expected,) = layer.output_specs(*specs)
    if not isinstance(answer, Tensor):
        raise GraphError(
            f"{layer.class_name} of {layer.file} does not give one tensor.",
            expected="a tensor",
            found=type(answer).__name__,
        )
    fits = answer.dim() == expected.rank and all(
        wanted is None or wanted == got for wanted, got in zip(expected.shape[1:], answer.shape[1:], strict=False)
    )
    if not fits or answer.shape[0] != 2:
        raise GraphError(
            f"{layer.class_name} of {layer.file} gives another shape than the drawing says.",
            expected=found_text(expected.shape),
            found=found_text((None, *answer.shape[1:])),
            hint="Press Check at the node, which measures it.",
        )
    return module


def examples(specs: tuple[TensorSpec, ...], count: int, *, length: int = 7) -> list[Tensor]:
    """Tensors as they arrive at a layer: numbers between -1 and 1, whole numbers of 0; free sizes are `length`."""
    made = []
    for spec in specs:
        shape = (count, *(length if size is None else size for size in spec.shape[1:]))
        made.append(torch.zeros(shape, dtype=torch.long) if spec.dtype is DType.INT else torch.rand(shape) * 2 - 1)
    return made
