"""A proposed network taken into the open project, as one step."""

from engine.document.block_files import adopt, named_apart
from engine.document.edits import AddNode, Batch, Connect, Edit, RemoveNode, SetData, SetRecipe
from engine.document.project import Project


def network_edit(project: Project, proposal: Project, title: str) -> Edit:
    """The step that puts a proposal's network, its blocks, recipe and data spec into the place of what is drawn."""
    definitions, names = adopt(project, [block.drawn() for block in proposal.blocks.values()])
    edits: list[Edit] = [SetData(data=proposal.data), *definitions]
    edits += [RemoveNode(id=node_id) for node_id in project.graph.nodes]
    edits += [AddNode(node=node) for node in named_apart(proposal.graph.sorted_nodes(), names)]
    edits += [Connect(edge=edge) for edge in proposal.graph.sorted_edges()]
    edits.append(SetRecipe(recipe=proposal.recipe))
    return Batch(title=title, edits=tuple(edits))
