"""Requests to the engine (imperative) and events from it (past tense), each one frozen value.

The first event is EngineReady with the protocol version. Every event but Heartbeat names the request it answers; every
request ends in exactly one final event, its result or RequestFailed.
Progress may come before. New fields have defaults.

A module a subject; here are only the unions of all.
"""

from typing import Union

from engine.protocol.messages.answered_samples import (
    AnsweredRead,
    CorrectionsFound,
    FindNamed,
    GetAnswered,
    GetCorrections,
    LatencyMeasured,
    MeasureLatency,
)
from engine.protocol.messages.apps import AppSaved, AppsListed, ListApps, SaveApp
from engine.protocol.messages.base import Cancel, Cancelled, EngineReady, Heartbeat, Progress, RequestFailed, Shutdown
from engine.protocol.messages.code import CheckCode, CodeChecked
from engine.protocol.messages.comparison import (
    CompareRuns,
    GroupsScored,
    MeasureRobustness,
    RobustnessMeasured,
    RunsCompared,
    ScoreGroups,
)
from engine.protocol.messages.data import (
    CheckData,
    DataChecked,
    DataDescribed,
    DataImported,
    DataRefreshed,
    DescribeData,
    FindSamples,
    GetDetail,
    GetNames,
    GetSamples,
    GetSound,
    ImportData,
    NamesRead,
    RefreshData,
    SampleDetail,
    SamplesFound,
    SamplesRead,
    SoundRead,
)
from engine.protocol.messages.deployment import Export, ModelExported, Predict, PredictionMade
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished
from engine.protocol.messages.explanation import Explain, Explained
from engine.protocol.messages.importing import ImportModel, ModelImported
from engine.protocol.messages.insides import (
    AttentionRead,
    GetAttention,
    GetInsides,
    GetNeurons,
    InsidesRead,
    LatentMapped,
    MapLatent,
    NeuronsRead,
)
from engine.protocol.messages.live_look import LookedNow, LookNow
from engine.protocol.messages.oddness import OddnessScored, ScoreOddness
from engine.protocol.messages.playing import GamePlayed, PlayGame
from engine.protocol.messages.pretrained import GetPretrained, PretrainedReady
from engine.protocol.messages.report import ReportWritten, WriteReport
from engine.protocol.messages.sample_input import InputRead, ReadInput, ReadSample, SampleRead
from engine.protocol.messages.training import (
    ArrangeQueue,
    BatchSizeFound,
    EditRun,
    FindBatchSize,
    FindLearningRate,
    LearningRateFound,
    QueueArranged,
    RunEdited,
    StartTraining,
    TrainingStarted,
)
from engine.protocol.messages.variants import GetVariants, MeasureVariants, VariantsMeasured
from engine.protocol.messages.worked_step import StepWorked, WorkStep
from engine.protocol.messages.writing import TextWritten

AnyRequest = Union[
    LookNow,
    GetInsides,
    GetAttention,
    GetNeurons,
    MapLatent,
    WorkStep,
    ImportData,
    DescribeData,
    GetSamples,
    GetDetail,
    GetSound,
    FindSamples,
    GetNames,
    RefreshData,
    CheckData,
    StartTraining,
    EditRun,
    ArrangeQueue,
    FindLearningRate,
    FindBatchSize,
    Evaluate,
    ScoreGroups,
    ScoreOddness,
    CompareRuns,
    MeasureRobustness,
    WriteReport,
    GetAnswered,
    FindNamed,
    GetCorrections,
    MeasureLatency,
    Explain,
    Predict,
    ReadSample,
    ReadInput,
    Export,
    MeasureVariants,
    GetVariants,
    ListApps,
    SaveApp,
    CheckCode,
    ImportModel,
    GetPretrained,
    PlayGame,
    Cancel,
    Shutdown,
]

AnyEvent = Union[
    LookedNow,
    InsidesRead,
    AttentionRead,
    NeuronsRead,
    LatentMapped,
    StepWorked,
    EngineReady,
    Heartbeat,
    Progress,
    DataImported,
    DataDescribed,
    SamplesRead,
    SampleDetail,
    SoundRead,
    SamplesFound,
    NamesRead,
    DataRefreshed,
    DataChecked,
    TrainingStarted,
    RunEdited,
    QueueArranged,
    LearningRateFound,
    BatchSizeFound,
    EvaluationFinished,
    GroupsScored,
    OddnessScored,
    RunsCompared,
    RobustnessMeasured,
    ReportWritten,
    AnsweredRead,
    CorrectionsFound,
    LatencyMeasured,
    CodeChecked,
    Explained,
    PredictionMade,
    SampleRead,
    InputRead,
    TextWritten,
    ModelExported,
    VariantsMeasured,
    AppsListed,
    AppSaved,
    ModelImported,
    PretrainedReady,
    GamePlayed,
    Cancelled,
    RequestFailed,
]
