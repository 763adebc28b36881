"""The engine process with handlers that do strange things: it answers each request once, and lives on."""

import os
import signal

import pytest
from engine_process import TOY, EngineProcess

from engine.protocol.codec import encode
from engine.protocol.messages.base import (
    PROTOCOL_VERSION,
    Cancelled,
    EngineReady,
    Heartbeat,
    Progress,
    RequestFailed,
    Shutdown,
)
from engine.protocol.messages.data import (
    DataDescribed,
    DescribeData,
    GetSamples,
    ImportData,
    SampleCard,
    SamplesRead,
    SplitCounts,
)
from engine.protocol.messages.deployment import Export, Predict
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.training import StartTraining


@pytest.fixture
def engine():
    with EngineProcess(str(TOY)) as process:
        ready = process.next_event()
        assert ready == EngineReady(version="toy", protocol=PROTOCOL_VERSION)
        yield process


def test_prints_never_reach_the_protocol(engine):
    request = engine.send(DescribeData, project_dir="7")
    assert engine.answer(request).samples == 7
    engine.process.stdin.close()
    assert engine.next_event() is None
    assert "a stray print" in engine.stderr() and "a library in C" in engine.stderr()


def test_many_requests_at_once_are_each_answered_once(engine):
    requests = [engine.send(DescribeData, project_dir=str(number)) for number in range(50)]
    answers = [engine.next_event() for _ in requests]
    assert sorted(event.request for event in answers) == requests
    assert all(isinstance(event, DataDescribed) for event in answers)


def test_cancel_never_waits_behind_work(engine):
    busy = [engine.send(Evaluate, project_dir=""), engine.send(Export, project_dir="", to="")]
    waiting = engine.send(Evaluate, project_dir="")
    while not isinstance(engine.next_event(), Progress):
        pass
    for request in (waiting, *busy):
        cancel = engine.cancel(request)
        final = {}
        while len(final) < 2:
            event = engine.next_event()
            if not isinstance(event, Progress):
                final[event.request] = event
        assert final[cancel] == Cancelled(request=cancel)
        assert final[request].error["kind"] == "cancelled"
    cancel = engine.cancel(busy[0])
    assert engine.answer(cancel) == Cancelled(request=cancel), "one that was answered already is no trouble"
    assert isinstance(engine.answer(engine.send(DescribeData, project_dir="1")), DataDescribed)


def test_quick_requests_do_not_wait_behind_long_ones(engine):
    for _ in range(4):
        engine.send(Export, project_dir="", to="")
    request = engine.send(GetSamples, project_dir="", indices=[3, 1])
    assert engine.answer(request) == SamplesRead(request=request, cards=[SampleCard(index=3), SampleCard(index=1)])


def test_progress_is_throttled_and_estimates_the_time_left(engine):
    request = engine.send(Evaluate, project_dir="")
    seen = []
    while len(seen) < 14:
        event = engine.next_event()
        assert isinstance(event, Progress) and event.request == request
        seen.append(event)
    numbers = [int(event.message.split()[1]) for event in seen]
    assert numbers == sorted(numbers)
    assert numbers[-1] - numbers[0] > 2 * len(numbers), "most reports of a busy loop are not sent"
    assert seen[-1].left_s is not None and seen[-1].left_s > 0


def test_an_expected_error_is_told_as_it_is(engine):
    answer = engine.answer(engine.send(ImportData, path="expected"))
    assert isinstance(answer, RequestFailed)
    assert answer.error == {
        "kind": "data",
        "where": "pets.csv, row 3",
        "message": "Row 3 has no label.",
        "expected": "",
        "found": "",
        "hint": "Fill it in.",
    }
    assert answer.details == ""


@pytest.mark.parametrize("path", ["division", "exit", "recursion", "anything"])
def test_our_own_faults_are_told_once_with_the_trace_and_the_engine_lives_on(engine, path):
    answer = engine.answer(engine.send(ImportData, path=path))
    assert isinstance(answer, RequestFailed)
    assert answer.error["kind"] == "internal"
    assert "Traceback" not in answer.error["message"]
    assert "toy_engine.py" in answer.details
    request = engine.send(DescribeData, project_dir="1")
    assert engine.next_event() == DataDescribed(request=request, samples=1, counts=SplitCounts())


def test_no_memory_is_said_in_words(engine):
    answer = engine.answer(engine.send(ImportData, path="memory"))
    assert answer.error["kind"] == "memory"
    assert "smaller batch" in answer.error["hint"]


def test_an_answer_too_large_for_the_protocol_is_a_failure(engine):
    answer = engine.answer(engine.send(ImportData, path="too large"))
    assert isinstance(answer, RequestFailed) and answer.error["kind"] == "protocol"


def test_a_request_without_handler_and_one_twice(engine):
    answer = engine.answer(engine.send(StartTraining, project_dir=""))
    assert "cannot do StartTraining" in answer.error["message"]
    engine.write(encode(Export(id=900, project_dir="", to="")) * 2)
    assert "already" in engine.answer(900).error["message"]


def test_a_message_not_understood_is_told_and_the_next_one_answered(engine):
    engine.write(b"\0\0\0\3abc")
    answer = engine.next_event()
    assert isinstance(answer, RequestFailed) and answer.request == 0
    assert isinstance(engine.answer(engine.send(DescribeData, project_dir="1")), DataDescribed)


def test_a_stream_that_is_no_protocol_ends_the_engine_with_our_fault(engine):
    engine.write(b"GET / HTTP/1.1\r\n\r\n")
    assert isinstance(engine.next_event(), RequestFailed)
    assert engine.next_event() is None
    assert engine.process.wait(timeout=60) == 3


def test_a_sign_of_life_comes_while_working(engine):
    engine.send(Evaluate, project_dir="")
    for _ in range(3):
        while not isinstance(engine.next_event(beats=True), Heartbeat):
            pass
    assert engine.beats >= 3


@pytest.mark.parametrize("how", ["closed", "shutdown"])
def test_it_ends_when_the_window_does_even_in_the_midst_of_work(engine, how):
    engine.send(Evaluate, project_dir="")
    engine.send(Export, project_dir="", to="")
    while not isinstance(engine.next_event(), Progress):
        pass
    if how == "closed":
        engine.process.stdin.close()
    else:
        engine.send(Shutdown)
    assert engine.process.wait(timeout=60) == 0


def test_it_ends_when_nobody_reads_it_any_more(engine):
    engine.process.stdout.close()
    engine.process.stdout = open(os.devnull)  # noqa: SIM115 - closed by the fixture
    engine.send(Evaluate, project_dir="")
    engine.send(Evaluate, project_dir="")
    engine.process.stdin.close()
    assert engine.process.wait(timeout=60) == 0


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_crash_is_seen_as_what_it_was(engine):
    engine.send(Predict, project_dir="", inputs=[])
    assert engine.next_event() is None
    assert engine.process.wait(timeout=60) == -signal.SIGABRT
