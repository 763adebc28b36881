"""Trains the network further, or anew, on data of the same form.

    python train.py table.csv        columns named as the inputs and answers; pictures and sound as paths beside it
    python train.py folder/          a folder for each class, of pictures or WAV; or a text file for each, a text a line

A tenth is kept for validation. The weights of the best epoch are written to trained.safetensors; then
`python predict.py --weights trained.safetensors VALUE...` answers with them.
"""

import argparse
import csv
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from model import InputError
from safetensors.torch import save_file
from torch import nn
from torch_model import TorchModel

LOSSES = {
    kind.__name__: kind
    for kind in (nn.CrossEntropyLoss, nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.BCEWithLogitsLoss)
}
OPTIMIZERS = {
    kind.__name__: kind
    for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad)
}


def samples_of(path, model, targets):
    """Values by name for each sample: what goes in, and what is to be learned."""
    if path.is_file():
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                for item in model.asked:
                    if item["kind"] in ("image", "mask", "audio"):
                        row[item["name"]] = str(path.parent / row[item["name"]])
                yield row
        return
    if len(model.asked) != 1 or len(targets) != 1 or targets[0]["kind"] != "category":
        raise SystemExit("A folder does for one input and one category; write a table otherwise.")
    name, target = model.asked[0]["name"], targets[0]["field"]
    for place in sorted(path.iterdir()):
        if place.is_dir():
            for file in sorted(place.iterdir()):
                yield {name: str(file), target: place.name}
        elif place.suffix == ".txt":
            for line in place.read_text(encoding="utf-8-sig").splitlines():
                if line.strip():
                    yield {name: line.strip(), target: place.stem}


def target_of(item, value):
    """What the network is to answer, as a number or a row of numbers. Raises InputError."""
    if item["kind"] == "category":
        if value not in item["classes"]:
            raise InputError(f"'{value}' is none of the classes of '{item['field']}'.")
        return item["classes"].index(value)
    if item["kind"] == "labels":
        chosen = {part.strip() for part in value.split(item["separator"])}
        return [float(name in chosen) for name in item["classes"]]
    return (float(value) - item["offset"]) / item["scale"]


def read(path, model, targets):
    """Prepared tensors of each input, and targets of each answer. What cannot be used is told and left out."""
    inputs, wanted, left_out = [], [], 0
    names = {item["name"] for item in model.inputs}
    for row in samples_of(path, model, targets):
        try:
            feeds = model.feeds({name: value for name, value in row.items() if name in names})
            known = [target_of(item, row[item["field"]]) for item in targets]
            inputs.append(model.prepared(feeds))
            wanted.append(known)
        except (InputError, KeyError, ValueError, TypeError) as error:
            left_out += 1
            if left_out <= 5:
                print(f"Left out: {error}", file=sys.stderr)
    if len(inputs) < 2:
        raise SystemExit("There are not two samples that can be used.")
    tensors = [torch.cat(column) for column in zip(*inputs)]
    answers = [
        torch.tensor(np.array(column), dtype=torch.long if item["kind"] == "category" else torch.float32)
        for item, column in zip(targets, zip(*wanted))
    ]
    return tensors, answers


def loss_of(losses, predictions, answers):
    """The sum of the losses of all answers."""
    total = 0.0
    for loss, prediction, answer in zip(losses, predictions, answers):
        if not isinstance(loss, nn.CrossEntropyLoss):
            answer = answer.float().reshape(prediction.shape)
        total = total + loss(prediction, answer)
    return total


def main():
    recipe = json.loads((Path(__file__).resolve().parent / "recipe.json").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=recipe["epochs"])
    parser.add_argument("--batch-size", type=int, default=recipe["batch_size"])
    parser.add_argument("--fresh", action="store_true", help="begin with new weights instead of the trained ones")
    parser.add_argument("--to", type=Path, default=Path("trained.safetensors"))
    parser.add_argument("--seed", type=int, default=recipe["seed"])
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    model = TorchModel()
    targets = recipe["targets"]
    tensors, answers = read(options.data, model, targets)
    network = type(model.network)() if options.fresh else model.network
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    losses = [LOSSES[item["loss"]["class"]](**item["loss"]["arguments"]) for item in targets]
    optimizer = OPTIMIZERS[recipe["optimizer"]["class"]](network.parameters(), **recipe["optimizer"]["arguments"])
    order = torch.randperm(len(answers[0]))
    held = max(1, len(order) // 10)
    val, train = order[:held], order[held:]
    best = float("inf")

    def ask(chosen):
        found = network(*(tensor[chosen].to(device) for tensor in tensors))
        predictions = found if isinstance(found, tuple) else (found,)
        return loss_of(losses, predictions, [answer[chosen].to(device) for answer in answers])

    for epoch in range(1, options.epochs + 1):
        begun, total = time.time(), 0.0
        network.train()
        shuffled = train[torch.randperm(len(train))]
        # A batch of one sample cannot be normalized over the batch; it goes with the one before.
        batches = list(shuffled.split(options.batch_size))
        if len(batches) > 1 and len(batches[-1]) == 1:
            batches[-2:] = [torch.cat(batches[-2:])]
        for chosen in batches:
            optimizer.zero_grad()
            loss = ask(chosen)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chosen)
        network.eval()
        with torch.inference_mode():
            val_loss = sum(ask(part).item() * len(part) for part in val.split(options.batch_size)) / len(val)
        seconds = round(time.time() - begun, 3)
        print(
            json.dumps({"epoch": epoch, "loss": total / len(train), "val_loss": val_loss, "seconds": seconds}),
            flush=True,
        )
        if val_loss < best:
            best = val_loss
            save_file({name: value.cpu().contiguous() for name, value in network.state_dict().items()}, options.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
