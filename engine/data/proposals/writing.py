"""Networks that write text: going on with it, translating it, telling of something else."""

from engine.catalog.preparation_text import Characters, text_step
from engine.data.proposals.drawing import Drawing
from engine.data.proposals.recipes import between
from engine.document.data_spec import DataSpec, Field, FieldKind, Step
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe

_FEATURES = 256


def writes(data: DataSpec) -> bool:
    """Whether text is learned from text alone: its own beginning, or another text."""
    inputs = data.inputs()
    texts = all(field.kind is FieldKind.TEXT for field in inputs)
    return data.targets()[0].kind is FieldKind.TEXT and len(inputs) <= 1 and texts


def writer(name: str, data: DataSpec, samples: int) -> Project:
    """A network that goes on with a text, or that translates the one text that is given. `samples`: 0 if unknown."""
    target = data.targets()[0]
    drawing = Drawing()
    samples = samples or 10_000
    if data.inputs():
        _translator(drawing, data.inputs()[0], target, 192 if samples < 100_000 else 256)
        recipe = _recipe(epochs=between(200_000 // samples, 6, 40), batch=32, rate=3e-3)
    else:
        step = text_step(target)
        length = step.token_length if step is not None else 64
        epochs = between(4_000_000 // (samples * length), 4, 20)
        batch = between(2048 // length, 16, 128)
        if isinstance(step, Characters):
            _recurrent(drawing, target)
            recipe = _recipe(epochs=epochs, batch=batch, rate=4e-3)
        else:
            _causal(drawing, target, length)
            recipe = _recipe(epochs=epochs, batch=batch, rate=1e-3)
    return Project(name=name, data=data, graph=drawing.graph, recipe=recipe)


def written_from(drawing: Drawing, end: str, target: Field) -> None:
    """A text that tells of one vector a sample, at the end of the chain: a picture's or a row's."""
    memory = drawing.put("memory", "Unsqueeze", end, dim=1)
    _decoder(drawing, memory, target, _FEATURES)


def _so_far(drawing: Drawing, target: Field) -> str:
    """The text moved right by one: what the network has written when it is to say what comes next."""
    return drawing.put("so_far", "Input", title=f"{target.name} so far", fields=[target.name], shift=1)


def _scores(drawing: Drawing, end: str, target: Field) -> None:
    """A score for each token at each place, and the loss, which leaves out what fills texts up."""
    step = text_step(target)
    tokens = step.index_count(target.statistics) if step is not None else 2
    end = drawing.put("scores", "Linear", end, out_features=tokens)
    end = drawing.put("by_token", "Permute", end, dims=[2, 1])
    drawing.finish(end, target, "CrossEntropyLoss", ignore_index=0)


def _recurrent(drawing: Drawing, target: Field) -> None:
    """An LSTM over characters."""
    end = _so_far(drawing, target)
    end = drawing.put("embedding", "Embedding", end, embedding_dim=64)
    end = drawing.put("lstm", "LSTM", end, hidden_size=_FEATURES, result="sequence")
    end = drawing.put("dropout", "Dropout", end, p=0.1)
    _scores(drawing, end, target)


def _causal(drawing: Drawing, target: Field, length: int) -> None:
    """A small GPT: two layers of attention to what comes before (Radford and others, 2019)."""
    wide = 128
    end = _so_far(drawing, target)
    end = drawing.put("embedding", "Embedding", end, embedding_dim=wide)
    end = drawing.put("positions", "PositionalEncoding", end, learned=True, max_length=length)
    for number in (1, 2):
        drawing.wrap()
        seen = drawing.put(f"norm{number}a", "LayerNorm", end)
        looked = drawing.put(f"attention{number}", "MultiheadAttention", seen, num_heads=4, causal=True)
        end = _sum(drawing, f"add{number}a", end, looked)
        seen = drawing.put(f"norm{number}b", "LayerNorm", end)
        inner = drawing.put(f"wide{number}", "Linear", seen, out_features=4 * wide)
        inner = drawing.put(f"gelu{number}", "GELU", inner)
        inner = drawing.put(f"narrow{number}", "Linear", inner, out_features=wide)
        end = _sum(drawing, f"add{number}b", end, inner)
    drawing.wrap()
    end = drawing.put("norm", "LayerNorm", end)
    _scores(drawing, end, target)


def _sum(drawing: Drawing, node_id: str, one: str, other: str) -> str:
    drawing.put(node_id, "Add")
    drawing.link(one, node_id, "a")
    drawing.link(other, node_id, "b")
    return node_id


def _translator(drawing: Drawing, source: Field, target: Field, features: int) -> None:
    """Read in both directions, written with a look back at each step (Bahdanau and others, 2014; Luong, 2015)."""
    end = drawing.put("text", "Input", title=source.name, fields=[source.name])
    end = drawing.put("read", "Embedding", end, embedding_dim=features // 2)
    end = drawing.put("dropout_in", "Dropout", end, p=0.1)
    memory = drawing.put("memory", "GRU", end, hidden_size=features // 2, bidirectional=True, result="sequence")
    _decoder(drawing, memory, target, features)


def _decoder(drawing: Drawing, memory: str, target: Field, features: int) -> None:
    drawing.wrap()
    end = _so_far(drawing, target)
    end = drawing.put("said", "Embedding", end, embedding_dim=features // 2)
    state = drawing.put("state", "GRU", end, hidden_size=features, result="sequence")
    drawing.put("look", "MultiheadAttention", num_heads=1)
    drawing.link(state, "look", "query")
    drawing.link(memory, "look", "key")
    drawing.link(memory, "look", "value")
    drawing.wrap()
    drawing.put("both", "Concatenate", dim=-1)
    drawing.link(state, "both", "a")
    drawing.link("look", "both", "b")
    end = drawing.put("hidden_both", "Linear", "both", out_features=features)
    end = drawing.put("tanh_both", "Tanh", end)
    end = drawing.put("dropout_both", "Dropout", end, p=0.1)
    _scores(drawing, end, target)


def _recipe(*, epochs: int, batch: int, rate: float) -> Recipe:
    player = Player(
        optimizer=Step(type="AdamW", attributes={"lr": rate, "weight_decay": 0.01}),
        schedule=Step(type="CosineAnnealing", attributes={"warm_up": 0.05}),
    )
    return Recipe(phases=(Phase(epochs=epochs, batch_size=batch, players=(player,)),))
