"""What the classes of an output are called."""

from gui.models.project import ProjectModel


def class_names(project: ProjectModel, field: str, count: int) -> list[str]:
    """Names by number, as the project has them; `class 7` where it has none, or another number of them."""
    names = next((one.statistics.classes for one in project.project.data.fields if one.name == field), ())
    if len(names) == count:
        return list(names)
    return [f"class {number}" for number in range(count)]
