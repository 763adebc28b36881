"""project.json: reads well, is strict, names the place of the damage, and the last good version comes back."""

import copy
import json
import random

import pytest

from engine.document import files, history, migrations, project_json
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Statistics, Step
from engine.document.edits import SetAttributes, apply
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project, View
from engine.document.recipe import EarlyStop, Phase, Player, Recipe
from engine.errors import ProjectError


def garments():
    return Project(
        name="garments",
        data=DataSpec(
            sources=(Source(kind=SourceKind.IDX, path="resource:data/fashion_mnist", options={"b": 1, "a": "x"}),),
            fields=(
                Field(
                    name="pixels",
                    kind=FieldKind.IMAGE,
                    preparation=(Step(type="Resize", attributes={"width": 28, "height": 28}), Step(type="Scale")),
                    statistics=Statistics(mean=(72.9,), std=(90.0,), shape=(28, 28, 1)),
                ),
                Field(name="label", kind=FieldKind.CATEGORY, role=Role.TARGET),
            ),
        ),
        graph=Graph(
            [
                Node(id="pixels", type="Input", attributes={"fields": ["pixels"]}, x=40, y=80),
                Node(
                    id="conv10", type="Conv2d", attributes={"padding": 1, "out_channels": 32, "kernel_size": 3}, x=280
                ),
                Node(id="conv2", type="Conv2d", x=520.5, frozen=True),
            ],
            [Edge(source="pixels", target="conv10"), Edge(source="conv10", target="conv2")],
        ),
        recipe=Recipe(phases=(Phase(epochs=3, players=(Player(optimizer=Step(type="SGD", attributes={"lr": 0.1})),)),)),
        view=View(zoom=1.5, center=(1, 2)),
    )


def test_one_thing_a_line():
    text = files.to_bytes(garments()).decode()
    lines = [line.strip().rstrip(",") for line in text.splitlines()]
    assert '{"id": "conv2", "type": "Conv2d", "x": 520.5, "frozen": true}' in lines
    assert (
        '{"id": "conv10", "type": "Conv2d", '
        '"attributes": {"kernel_size": 3, "out_channels": 32, "padding": 1}, "x": 280.0}'
    ) in lines
    assert lines.index('{"source": "conv10", "target": "conv2"}') < lines.index(
        '{"source": "pixels", "target": "conv10"}'
    )
    assert '{"type": "Resize", "attributes": {"height": 28, "width": 28}}' in lines
    assert '{"name": "label", "kind": "category", "role": "target"}' in lines
    assert text.endswith("}\n")
    document = json.loads(text)
    assert list(document) == ["format", "version", "name", "data", "graph", "recipe", "view"]
    assert document["version"] == 1
    assert files.from_bytes(text.encode(), "x") == garments()


def test_changing_one_attribute_changes_one_line():
    project = garments()
    before = files.to_bytes(project).splitlines()
    inverse = apply(project, SetAttributes(id="conv2", attributes={"bias": False}))
    after = files.to_bytes(project).splitlines()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    apply(project, inverse)
    assert files.to_bytes(project).splitlines() == before


def test_bytes_do_not_depend_on_how_a_value_came_about():
    one, two = garments(), garments()
    two.graph = Graph(reversed(list(one.graph.nodes.values())), reversed(list(one.graph.edges)))
    moved = Node(id="pixels", type="Input", attributes={"fields": ["pixels"]}, x=float("40"), y=80.0)
    two.graph.replace(moved)
    two.graph.replace(Node(id="conv2", type="Conv2d", x=520.5, y=float("-0.0"), frozen=True, attributes={}))
    assert one == two
    assert files.to_bytes(one) == files.to_bytes(two)


@pytest.mark.parametrize(
    "name", ["lone \ud800", "\udfff\x00\x1b[31m", "a\u202eb", "<img src=x>", "\u2028", "R&D", "\ufeff", "é" * 3000, ""]
)
def test_saving_never_fails_on_a_name(tmp_path, name):
    project = garments()
    project.name = name
    project.graph.replace(Node(id="conv2", type="Conv2d", title=name, attributes={"note": name, "\ud83d": [name]}))
    files.create(tmp_path / "p", project)
    assert files.load(tmp_path / "p") == project
    assert not any(ord(char) < 32 and char != "\n" for char in (tmp_path / "p" / "project.json").read_text())


def bad(old, new, *, count=1):
    text = files.to_bytes(garments()).decode()
    assert old in text
    return text.replace(old, new, count).encode()


@pytest.mark.parametrize(
    ("data", "message", "where"),
    [
        (b"", "is empty", "project.json"),
        (b"\0" * 4096, "nothing but empty bytes", "project.json"),
        (b"[1, 2]", "not a Netwright project", "project.json"),
        (b"<html><body>404", "is damaged: a value is missing", "line 1, column 1"),
        (bad('"x": 520.5,', '"x": 520.5'), "is damaged: a comma is missing", "line 24, column "),
        (bad('"conv2",', '"conv\x00",'), "a character stands in it that text cannot hold", "line 24, column "),
        (bad('"conv2",', '"conv\\q",'), "a backslash is followed by something", "line 24, column "),
        (bad('"conv2",', '"conv2,'), "is damaged", "line 24"),
        (files.to_bytes(garments()) + b"x", "something follows after its end", "line "),
        (bad('"graph": {', '"graph": {{'), "is damaged", "line 22, column "),
        (files.to_bytes(garments())[:-200], "is damaged", "line "),
        (files.to_bytes(garments()).replace(b"garments", b"garm\xff"), "bytes that are no text", "line 4, column 16"),
        (bad('"x": 520.5', '"x": "far"'), "x of node 'conv2' should be a number, and is text", "graph.nodes[0].x"),
        (bad('"x": 520.5', '"x": NaN'), "NaN is not a number", "line "),
        (bad('"x": 520.5', '"x": 1e999'), "1e999 is too large", "line "),
        (bad('"padding": 1', '"padding": ' + "9" * 5000), "is too large", "line "),
        (bad('"frozen": true', '"frozen": true, "frozen": false'), '"frozen" stands twice', "line "),
        (bad('"frozen": true', '"frozne": true'), "'frozne', which this version does not know", "graph.nodes[0]"),
        (bad('"epochs": 3', '"epochs": 0'), "epochs should be a whole number >= 1", "recipe.phases[0].epochs"),
        (bad('"kind": "image"', '"kind": "picture"'), "cannot be 'picture'", "data.fields[0].kind"),
        (bad('"id": "conv2"', '"id": "conv10"'), "two nodes 'conv10'", "graph.nodes[1]"),
        (bad('"id": "conv2"', '"id": "Conv 2"'), "'Conv 2' cannot be a node's id", "graph.nodes[0]"),
        (bad('"target": "conv2"', '"target": "conv3"'), "node 'conv3', which does not exist", "graph.edges[0]"),
        (bad('"target": "conv2"', '"target": "conv10"'), "cannot feed itself", "graph.edges[0]"),
        (
            bad('{"source": "conv10", "target": "conv2"}', '{"source": "conv2", "target": "conv10"}'),
            "Two links end at 'input' of 'conv10', from 'conv2' and 'pixels'",
            "graph.edges[1]",
        ),
        (bad('"name": "label"', '"name": "pixels"'), "Two fields of the data are called 'pixels'", "data.fields[1]"),
        (bad('"type": "Conv2d", "x": 520.5', '"x": 520.5'), "has no 'type'", "graph.nodes[0]"),
        (bad('"kind": "image"', r'"kind": "\ud800"'), "", "project.json"),
        (bad('"version": 1', '"version": 2'), "saved by a newer Netwright", "version"),
        (bad('"version": 1', '"version": true'), "which version", "version"),
        (b'{"format":"netwright","version":1,"name":' + b"[" * 200_000, "nested", "project.json"),
        (b"[" * 400 + b"]" * 400, "not a Netwright project", "project.json"),
        (b'{"format":"netwright","version":1,"name":"x","data":' + b'{"a":' * 300 + b"1" + b"}" * 301, "", ""),
        (b" " * (files.MAX_BYTES + 1), "too large", "project.json"),
    ],
)
def test_damage_is_named_with_its_place(data, message, where):
    with pytest.raises(ProjectError) as caught:
        files.from_bytes(data, "project.json")
    assert message in caught.value.message
    assert where in caught.value.where
    assert caught.value.where.startswith("project.json")
    assert len(caught.value.message) < 300 and "\n" not in caught.value.message


def test_the_line_named_is_the_line_to_mend():
    data = bad('"x": 520.5', '"x": "far"')
    with pytest.raises(ProjectError) as caught:
        files.from_bytes(data, "project.json")
    line = int(caught.value.where.split("line ")[1].split(":")[0])
    assert b'"far"' in data.splitlines()[line - 1]


def test_too_many_nodes_are_refused_with_the_limit():
    nodes = ",".join(f'{{"id":"n{i}","type":"ReLU"}}' for i in range(project_json.MAX_NODES + 1))
    with pytest.raises(ProjectError, match="20,001 nodes") as caught:
        files.from_bytes(
            f'{{"format":"netwright","version":1,"name":"x","graph":{{"nodes":[{nodes}]}}}}'.encode(), "project.json"
        )
    assert caught.value.expected == "20,000 at most"


def test_a_chain_of_5000_nodes_opens():
    graph = Graph(
        [Node(id=f"n{i}", type="ReLU") for i in range(5000)],
        [Edge(source=f"n{i}", target=f"n{i + 1}") for i in range(4999)],
    )
    project = Project(name="long", graph=graph)
    assert files.from_bytes(files.to_bytes(project), "x") == project


def test_nan_in_an_attribute_is_refused_when_saving_and_names_the_node_list():
    project = garments()
    project.graph.replace(Node(id="conv2", type="Dropout", attributes={"p": float("nan")}))
    with pytest.raises(ProjectError, match=r"graph\.nodes\[0\]\.attributes\.p cannot be saved: nan is not a number"):
        files.to_bytes(project)


def test_a_recipe_that_could_not_be_read_back_is_refused_when_saving():
    project = garments()
    project.recipe = Recipe(early_stop=EarlyStop(patience=0))
    with pytest.raises(ProjectError, match=r"recipe\.early_stop.* cannot be saved"):
        files.to_bytes(project)


def test_the_folder_or_its_file_names_a_project(tmp_path, monkeypatch):
    files.create(tmp_path / "p", garments())
    monkeypatch.chdir(tmp_path)
    for name in ("p", "p/project.json", str(tmp_path / "p"), tmp_path / "p"):
        assert files.project_folder(name) == tmp_path / "p"
    (tmp_path / "empty").mkdir()
    for name, message in [("empty", "holds no project.json"), ("gone", "no folder"), ("p/project.json/x", "no folder")]:
        with pytest.raises(ProjectError, match=message):
            files.project_folder(name)
    with pytest.raises(ProjectError):
        files.project_folder("a\0b")
    with pytest.raises(ProjectError):
        files.project_folder("n" * 5000)


def test_a_project_is_never_made_over_another(tmp_path):
    files.create(tmp_path / "p", garments())
    with pytest.raises(ProjectError, match="already is a project"):
        files.create(tmp_path / "p", Project(name="other"))
    assert files.load(tmp_path / "p").name == "garments"
    (tmp_path / "file").write_text("x")
    with pytest.raises(ProjectError, match="is a file"):
        files.create(tmp_path / "file", Project(name="other"))
    with pytest.raises(ProjectError, match="cannot be made"):
        files.create(tmp_path / "file" / "below", Project(name="other"))


def test_the_last_good_version_is_offered_and_comes_back(tmp_path):
    folder = tmp_path / "p"
    project = garments()
    files.create(folder, project)
    project.name = "second"
    files.save(folder, project)
    # The newest entry is torn too, as after a power cut.
    newest = history.versions(folder)[0]
    newest.write_bytes(newest.read_bytes()[:50])
    damage = files.to_bytes(project)[:-30]
    (folder / "project.json").write_bytes(damage)
    with pytest.raises(ProjectError) as caught:
        files.load(folder)
    assert "line" in caught.value.where
    assert str(files.last_good(folder)) in caught.value.hint
    assert files.restore_last_good(folder) == garments()
    assert files.load(folder) == garments()
    assert (folder / "project.damaged-1.json").read_bytes() == damage
    (folder / "project.json").write_bytes(b"")
    files.restore_last_good(folder)
    assert (folder / "project.damaged-2.json").read_bytes() == b""


def test_what_was_there_before_the_first_save_is_kept(tmp_path):
    (tmp_path / "project.json").write_bytes(files.to_bytes(garments()))
    files.save(tmp_path, Project(name="mine"))
    assert [files.from_bytes(path.read_bytes(), "x").name for path in history.versions(tmp_path)] == [
        "mine",
        "garments",
    ]


def test_without_history_the_damage_is_told_and_nothing_offered(tmp_path):
    (tmp_path / "project.json").write_text("{")
    assert files.last_good(tmp_path) is None
    with pytest.raises(ProjectError) as caught:
        files.load(tmp_path)
    assert caught.value.hint == "Restore an earlier version of the project."
    with pytest.raises(ProjectError, match="No earlier version"):
        files.restore_last_good(tmp_path)


def test_history_keeps_fifty_that_reach_back(tmp_path):
    for number in range(80):
        assert history.record(tmp_path, b"%d" % number)
        assert history.record(tmp_path, b"%d" % number) is None, "the same again is not kept twice"
    kept = [int(path.read_bytes()) for path in history.versions(tmp_path)]
    assert len(kept) == history.KEPT
    assert kept[:10] == list(range(79, 69, -1))
    assert kept[-1] == 0
    assert kept == sorted(kept, reverse=True)


def test_a_change_on_disk_by_another_program_is_never_overwritten(tmp_path):
    project = garments()
    files.create(tmp_path / "p", project)
    opened = files.read_bytes(tmp_path / "p")
    theirs = garments()
    theirs.name = "pulled by git"
    files.save(tmp_path / "p", theirs)
    project.name = "mine"
    with pytest.raises(files.ChangedOnDisk, match="changed by another program"):
        files.save(tmp_path / "p", project, replacing=opened)
    assert files.load(tmp_path / "p").name == "pulled by git"
    written = files.save(tmp_path / "p", project, replacing=files.read_bytes(tmp_path / "p"))
    assert written == files.read_bytes(tmp_path / "p")


# -- versions -------------------------------------------------------------------------------------------------


def rename_title(document):
    document = dict(document)
    document["name"] = document.pop("title")
    return document


def test_an_older_version_is_brought_up_step_by_step(monkeypatch, tmp_path):
    def to_three(document):
        return {**document, "name": document["name"].upper()}

    document = {"format": "netwright", "version": 1, "title": "old"}
    steps = {1: rename_title, 2: to_three}
    assert migrations.migrate(document, "x", steps=steps, current=3) == {
        "format": "netwright",
        "version": 3,
        "name": "OLD",
    }
    assert document["version"] == 1, "the one given is left alone"

    monkeypatch.setattr(migrations, "STEPS", {1: rename_title})
    monkeypatch.setattr(migrations, "CURRENT_VERSION", 2)
    monkeypatch.setattr(files, "CURRENT_VERSION", 2)
    monkeypatch.setattr(project_json, "CURRENT_VERSION", 2)
    old = b'{"format": "netwright", "version": 1, "title": "old"}'
    (tmp_path / "project.json").write_bytes(old)
    project = files.load(tmp_path)
    assert project.name == "old"
    files.save(tmp_path, project)
    assert json.loads((tmp_path / "project.json").read_bytes())["version"] == 2
    assert (tmp_path / "project.version-1.json").read_bytes() == old


def test_an_old_file_that_does_not_hold_what_it_should_is_refused():
    with pytest.raises(ProjectError, match="version 1 and could not be brought to version 2"):
        migrations.migrate({"version": 1}, "x", steps={1: rename_title}, current=2)


def test_every_version_up_to_now_has_its_step():
    assert set(migrations.STEPS) == set(range(1, migrations.CURRENT_VERSION))


# -- mangled files --------------------------------------------------------------------------------------------


def mutants(count, seed):
    """Half bytes, half structure; the same for the same seed."""
    random_ = random.Random(seed)
    original = files.to_bytes(garments())
    junk = [None, True, -1, 0, 1e308, 2**63 - 1, "", "\ud800", "x" * 300, [], {}, [[1]], {"a": {"b": []}}, "conv2", "²"]
    for _ in range(count // 2):
        data = bytearray(original)
        for _ in range(random_.randint(1, 4)):
            place = random_.randrange(len(data))
            match random_.randrange(5):
                case 0:
                    data[place] ^= 1 << random_.randrange(8)
                case 1:
                    del data[place : place + random_.randint(1, 40)]
                case 2:
                    data[place:place] = bytes(random_.randrange(256) for _ in range(random_.randint(1, 4)))
                case 3:
                    other = random_.randrange(len(data))
                    data[place:place] = data[other : other + random_.randint(1, 60)]
                case 4:
                    data[place:place] = random_.choice([b'"', b"{", b"]", b",", b"\\u0000", b"null", b"1e5", b"-"])
            data = data or bytearray(b" ")
        yield bytes(data)
    for _ in range(count // 2):
        document = json.loads(original)
        for _ in range(random_.randint(1, 3)):
            place = document
            while True:
                keys = list(place) if isinstance(place, dict) else list(range(len(place)))
                if not keys:
                    break
                key = random_.choice(keys)
                inner = place[key]
                if isinstance(inner, dict | list) and inner and random_.random() < 0.8:
                    place = inner
                    continue
                match random_.randrange(3):
                    case 0:
                        place[key] = copy.deepcopy(random_.choice(junk))
                    case 1:
                        del place[key]
                    case 2 if isinstance(place, dict):
                        place[random_.choice(["id", "type", "x", "extra", "²", "\udc00"])] = copy.deepcopy(
                            random_.choice(junk)
                        )
                    case _:
                        place[key] = copy.deepcopy(place[random_.choice(keys)])
                break
        yield json.dumps(document, ensure_ascii=random_.random() < 0.9).encode(errors="surrogatepass")


def test_mangled_files_open_or_are_refused_in_words():
    opened = refused = 0
    for data in mutants(10_000, seed=11):
        try:
            project = files.from_bytes(data, "project.json")
        except ProjectError as error:
            refused += 1
            assert error.where.startswith("project.json")
            assert error.message and len(error.message) < 400
        else:
            opened += 1
            assert files.from_bytes(files.to_bytes(project), "again") == project
    assert opened > 50 and refused > 5000
