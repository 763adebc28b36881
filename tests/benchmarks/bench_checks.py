"""Times the check of one edit in drawn networks of 100, 1,000 and 10,000 nodes against the figures they must keep.

CPU time, so that busy neighbours do not count; medians.
"""

import statistics
import time

from engine.checks.inference import ShapeChecker
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.edits import AddNode, Batch, Connect, Edit, SetAttributes, apply, change
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project

LIMITS_MS = {100: 2.0, 1_000: 16.0}
ROUNDS = 41


def drawn(nodes: int) -> Project:
    """A residual network of about that many nodes: conv, norm, activation, and an Add over every six."""
    data = DataSpec(
        fields=(
            Field(
                name="pixels",
                kind=FieldKind.IMAGE,
                preparation=(Step(type="Scale"),),
                statistics=Statistics(shape=(32, 32, 3)),
            ),
            Field(
                name="label",
                kind=FieldKind.CATEGORY,
                role=Role.TARGET,
                preparation=(Step(type="ClassIndex"),),
                statistics=Statistics(classes=tuple("abcdefghij")),
            ),
        )
    )
    graph = Graph()
    last = ""

    def add(type_name: str, attributes: dict[str, object] | None = None, sources: tuple[str, ...] | None = None) -> str:
        nonlocal last
        name = f"n{len(graph.nodes)}"
        graph.add(Node(id=name, type=type_name, attributes=attributes or {}))  # type: ignore[arg-type]
        ports = {"Add": "ab", "CrossEntropyLoss": ("prediction", "target"), "Output": ("prediction",)}
        given = sources if sources is not None else (last,)
        for port, source in zip(ports.get(type_name, ("input",)), given, strict=False):
            graph.connect(Edge(source=source, target=name, input=port))
        last = name
        return name

    add("Input", {"fields": ["pixels"]}, ())
    skip = add("Conv2d", {"padding": "same"})
    while len(graph.nodes) < nodes - 5:
        for _ in range(2):
            add("Conv2d", {"padding": "same"})
            add("BatchNorm2d")
            add("ReLU")
        skip = add("Add", None, (last, skip))
    add("GlobalAveragePool2d")
    scores = add("Linear", {"out_features": 10})
    target = add("Input", {"fields": ["label"]}, ())
    add("CrossEntropyLoss", None, (scores, target))
    add("Output", {"field": "label"}, (scores,))
    return Project(name="bench", data=data, graph=graph)


def edit_ms(project: Project, checker: ShapeChecker, edit: Edit, *, problems: bool) -> float:
    """One edit as the window makes it: apply, check, and list all problems. Milliseconds of the check alone."""
    inverse = apply(project, edit)
    touched = change(edit, inverse)
    start = time.process_time()
    checker.update(touched)
    if problems:
        checker.problems()
        checker.total_cost()
    return (time.process_time() - start) * 1e3


def main() -> None:
    """Print medians; `all` includes listing every problem and the total cost."""
    print(f"{'nodes':>7} {'edit':<18} {'check ms':>9} {'all ms':>9} {'limit':>7}")
    for nodes in (100, 1_000, 10_000):
        project = drawn(nodes)
        start = time.process_time()
        checker = ShapeChecker(project)
        whole = (time.process_time() - start) * 1e3
        found = checker.problems()
        assert not found, found[:3]
        limit = LIMITS_MS.get(nodes)
        text = "" if limit is None else f"{limit:g}"
        print(f"{nodes:>7} {'from nothing':<18} {whole:>9.2f}")
        convolutions = [name for name in checker.order if project.graph.nodes[name].type == "Conv2d"]
        places = {"first node": convolutions[0], "middle node": convolutions[len(convolutions) // 2]}
        for name, node_id in places.items():
            times: list[float] = []
            everything: list[float] = []
            for number in range(2 * ROUNDS):
                into = everything if number % 2 else times
                value = 1 + number % 3
                kernel = SetAttributes(id=node_id, attributes={"kernel_size": 3, "padding": value})
                # All sizes behind it change with the padding; Add then fails at skips, which is the slow case.
                into.append(edit_ms(project, checker, kernel, problems=bool(number % 2)))
            apply(project, SetAttributes(id=node_id, attributes={"padding": "same"}, unset=("kernel_size",)))
            checker.refresh()
            middle, total = statistics.median(times), statistics.median(everything)
            verdict = "" if limit is None else "ok" if total < limit else "TOO SLOW"
            print(f"{nodes:>7} {name:<18} {middle:>9.3f} {total:>9.3f} {text:>7} {verdict}")
        target = places["middle node"]
        edge = project.graph.inputs_of(target)["input"]
        times = []
        for number in range(ROUNDS):
            insert = Batch(
                title="Insert",
                edits=(
                    AddNode(node=Node(id=f"extra{number}", type="ReLU")),
                    Connect(edge=Edge(source=edge.source, target=f"extra{number}")),
                    Connect(edge=Edge(source=f"extra{number}", target=target)),
                ),
            )
            times.append(edit_ms(project, checker, insert, problems=True))
        print(f"{nodes:>7} {'insert in middle':<18} {'':>9} {statistics.median(times):>9.3f} {text:>7}")


if __name__ == "__main__":
    main()
