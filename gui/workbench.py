"""Everything one window works with: settings, engine, the open project and the models of its tabs, made once."""

from typing import Any

from gui.models.apps import AppsModel
from gui.models.data import DataModel
from gui.models.data_checks import DataChecksModel
from gui.models.evaluation import EvaluationModel
from gui.models.importing import ImportingModel
from gui.models.measuring import MeasuringModel
from gui.models.plane_look import PlaneLook
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.selection import Selection
from gui.models.settings import Settings
from gui.models.shelf import Shelf
from gui.models.use import UseModel
from gui.models.variants import VariantsModel
from gui.models.worked_step import WorkedStepModel


class Workbench:
    """`engine` is an EngineClient, or in tests something with its interface."""

    def __init__(self, settings: Settings, engine: Any) -> None:
        self.settings = settings
        self.engine = engine
        self.project = ProjectModel()
        self.selection = Selection(self.project)
        self.runs = RunsModel(self.project, engine)
        self.worked = WorkedStepModel(self.project, engine, self.runs)
        self.look = PlaneLook(self.project, engine, self.runs)
        self.data = DataModel(self.project, engine)
        self.measuring = MeasuringModel(self.project, engine)
        self.data_checks = DataChecksModel(self.project, engine)
        self.evaluation = EvaluationModel(self.project, engine)
        self.use = UseModel(self.project, engine)
        self.variants = VariantsModel(self.project, engine)
        self.apps = AppsModel(self.project, engine, settings)
        self.shelf = Shelf(settings, self.project, self.data)
        self.importing = ImportingModel(self.project, self.shelf, engine)

    def shut_down(self) -> None:
        """Save what is not saved, end the engine and every thread. Runs go on."""
        self.project.shut_down()
        self.runs.close()
        self.shelf.close()
        self.data.close()
        self.engine.stop()
        self.settings.close()
