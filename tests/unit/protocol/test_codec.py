"""The codec: any split of the stream gives the same messages, damage is told apart, names of any kind get through."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.protocol.codec import MAX_MESSAGE_BYTES, ProtocolError, encode, event_decoder, request_decoder
from engine.protocol.messages.base import Cancel, EngineReady, Progress, RequestFailed
from engine.protocol.messages.data import DescribeData, GetSamples, LeftOut, SampleCard, SamplesRead
from engine.protocol.messages.deployment import Predict
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.training import StartTraining

ids = st.integers(0, 2**31)
text = st.text(max_size=20)
requests = st.one_of(
    st.builds(DescribeData, id=ids, project_dir=text),
    st.builds(GetSamples, id=ids, project_dir=text, indices=st.lists(st.integers(0, 10**6), max_size=5)),
    st.builds(StartTraining, id=ids, project_dir=text, name=text, epochs=st.integers(0, 100)),
    st.builds(Evaluate, id=ids, project_dir=text, split=st.sampled_from(["train", "val", "test"])),
    st.builds(Predict, id=ids, project_dir=text, inputs=st.lists(st.dictionaries(text, text, max_size=2), max_size=2)),
    st.builds(Cancel, id=ids, request=ids),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(requests, max_size=6), st.data())
def test_any_split_of_the_stream_gives_the_same_messages(messages, data):
    stream = b"".join(encode(message) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = request_decoder()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += decoder.feed(stream[start:end])
    assert found == messages
    assert decoder.waiting == 0


def test_byte_by_byte_with_binary_content():
    card = SampleCard(index=3, label="cat", width=2, height=1, rgb=bytes(range(6)))
    events = [EngineReady(version="0.1"), SamplesRead(request=4, cards=[card]), Progress(request=5, fraction=0.5)]
    decoder = event_decoder()
    found = [message for byte in b"".join(map(encode, events)) for message in decoder.feed(bytes([byte]))]
    assert found == events


def test_a_length_beyond_the_limit_ends_the_stream_and_holds_nothing_back():
    decoder = event_decoder()
    good = encode(Progress(request=1, fraction=0.1))
    with pytest.raises(ProtocolError) as caught:
        decoder.feed(good + b"Traceback (most recent call last)")
    assert caught.value.fatal
    assert caught.value.messages == [Progress(request=1, fraction=0.1)]
    assert decoder.waiting == 0
    with pytest.raises(ProtocolError):
        decoder.feed(good)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\x81\xa4type\xa7Unknown",
        msgspec.msgpack.encode({"type": "Progress"}),
        b"\x91" * 5000,
        b"\xff" * 9,
    ],
)
def test_a_damaged_message_is_told_and_the_next_one_read(body):
    decoder = event_decoder()
    good = encode(Progress(request=1, fraction=0.1))
    with pytest.raises(ProtocolError) as caught:
        decoder.feed(good + len(body).to_bytes(4, "big") + body + good)
    assert not caught.value.fatal
    assert caught.value.messages == [Progress(request=1, fraction=0.1)] * 2
    assert decoder.feed(good) == [Progress(request=1, fraction=0.1)]


def test_names_that_are_not_utf8_get_through_escaped():
    left_out = LeftOut(where="caf\udce9.png", reason="It is no picture.")
    failed = RequestFailed(request=2, error={"where": "\ud800"}, details=left_out.where)
    assert event_decoder().feed(encode(failed)) == [
        RequestFailed(request=2, error={"where": "\\ud800"}, details="caf\\udce9.png")
    ]
    card = SampleCard(index=0, name="caf\udce9.png", rgb=b"\x00\xff")
    (read,) = event_decoder().feed(encode(SamplesRead(request=1, cards=[card])))
    assert read.cards[0].name == "caf\\udce9.png"
    assert read.cards[0].rgb == b"\x00\xff"


def test_a_message_above_the_limit_is_not_sent():
    card = SampleCard(index=0, rgb=bytes(MAX_MESSAGE_BYTES))
    with pytest.raises(ProtocolError, match="SamplesRead"):
        encode(SamplesRead(request=1, cards=[card]))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_noise_raises_nothing_but_protocol_errors(noise):
    decoder = request_decoder()
    try:
        decoder.feed(noise)
        decoder.feed(noise)
    except ProtocolError:
        pass
