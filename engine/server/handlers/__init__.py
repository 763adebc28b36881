"""One file a request: how it is answered, over the same rooms as the command line. Imported when first needed."""

import importlib
from collections.abc import Callable, Mapping
from typing import cast

from engine.protocol.messages.answered_samples import FindNamed, GetAnswered, GetCorrections, MeasureLatency
from engine.protocol.messages.apps import ListApps, SaveApp
from engine.protocol.messages.base import Request
from engine.protocol.messages.code import CheckCode
from engine.protocol.messages.comparison import CompareRuns, MeasureRobustness, ScoreGroups
from engine.protocol.messages.data import (
    CheckData,
    DescribeData,
    FindSamples,
    GetDetail,
    GetNames,
    GetSamples,
    GetSound,
    ImportData,
    RefreshData,
)
from engine.protocol.messages.deployment import Export, Predict
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.explanation import Explain
from engine.protocol.messages.importing import ImportModel
from engine.protocol.messages.insides import GetAttention, GetInsides, GetNeurons, MapLatent
from engine.protocol.messages.live_look import LookNow
from engine.protocol.messages.oddness import ScoreOddness
from engine.protocol.messages.playing import PlayGame
from engine.protocol.messages.pretrained import GetPretrained
from engine.protocol.messages.report import WriteReport
from engine.protocol.messages.sample_input import ReadInput, ReadSample
from engine.protocol.messages.training import ArrangeQueue, EditRun, FindBatchSize, FindLearningRate, StartTraining
from engine.protocol.messages.variants import GetVariants, MeasureVariants
from engine.protocol.messages.worked_step import WorkStep
from engine.server.server import Handle, Handler


def _in(module: str) -> Callable[[], Handle]:
    """The function `handle` of a module here, imported on the first call; torch comes with most of them."""
    return lambda: cast(Handle, importlib.import_module(f"{__name__}.{module}").handle)


HANDLERS: Mapping[type[Request], Handler] = {
    ImportData: Handler(_in("import_data")),
    DescribeData: Handler(_in("describe_data")),
    GetSamples: Handler(_in("get_samples"), quick=True),
    GetDetail: Handler(_in("get_detail"), quick=True),
    GetSound: Handler(_in("get_sound"), quick=True),
    FindSamples: Handler(_in("find_samples"), quick=True),
    GetNames: Handler(_in("get_names"), quick=True),
    RefreshData: Handler(_in("refresh_data")),
    CheckData: Handler(_in("check_data")),
    StartTraining: Handler(_in("start_training"), quick=True),
    EditRun: Handler(_in("edit_run"), quick=True),
    ArrangeQueue: Handler(_in("arrange_queue"), quick=True),
    FindLearningRate: Handler(_in("find_learning_rate")),
    FindBatchSize: Handler(_in("find_batch_size")),
    Evaluate: Handler(_in("evaluate")),
    ScoreGroups: Handler(_in("score_groups")),
    LookNow: Handler(_in("look_now")),
    ScoreOddness: Handler(_in("score_oddness")),
    CompareRuns: Handler(_in("compare_runs")),
    MeasureRobustness: Handler(_in("measure_robustness")),
    WriteReport: Handler(_in("write_report")),
    GetAnswered: Handler(_in("get_answered"), quick=True),
    FindNamed: Handler(_in("find_named"), quick=True),
    GetCorrections: Handler(_in("get_corrections"), quick=True),
    MeasureLatency: Handler(_in("measure_latency")),
    Explain: Handler(_in("explain"), quick=True),
    GetInsides: Handler(_in("get_insides"), quick=True),
    GetAttention: Handler(_in("get_attention"), quick=True),
    GetNeurons: Handler(_in("get_neurons"), quick=True),
    MapLatent: Handler(_in("map_latent")),
    WorkStep: Handler(_in("work_step")),
    Predict: Handler(_in("predict"), quick=True),
    ReadSample: Handler(_in("read_sample"), quick=True),
    ReadInput: Handler(_in("read_input"), quick=True),
    ImportModel: Handler(_in("import_model")),
    Export: Handler(_in("export")),
    MeasureVariants: Handler(_in("measure_variants")),
    GetVariants: Handler(_in("get_variants"), quick=True),
    ListApps: Handler(_in("list_apps")),
    SaveApp: Handler(_in("save_app")),
    CheckCode: Handler(_in("check_code")),
    GetPretrained: Handler(_in("get_pretrained")),
    PlayGame: Handler(_in("play_game"), quick=True),
}
