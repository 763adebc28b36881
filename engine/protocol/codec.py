"""Messages as bytes on a pipe: four bytes of length (big-endian), then msgpack; read back piece by piece."""

import struct
from typing import Any, Generic, TypeVar

import msgspec

from engine.errors import NetwrightError
from engine.protocol.messages import AnyEvent, AnyRequest

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_LENGTH = struct.Struct(">I")

Message = TypeVar("Message")


class ProtocolError(NetwrightError):
    """What came in is no message.

    `messages` are the whole ones that came with it. After a `fatal` one nothing more can be read from this stream,
    since nobody knows where the next message begins; after any other the stream goes on.
    """

    kind = "protocol"
    exit_code = 3

    def __init__(self, message: str, *, fatal: bool, found: str = "", expected: str = "") -> None:
        super().__init__(message, found=found, expected=expected, hint="Restart the engine.")
        self.fatal = fatal
        self.messages: list[Any] = []


def encode(message: AnyRequest | AnyEvent) -> bytes:
    """One message with its length. Raises ProtocolError if it is above 64 MB.

    Lone surrogates, as in names of files that are not UTF-8, travel as the six characters \\udXXX.
    """
    try:
        data = msgspec.msgpack.encode(message)
    except UnicodeEncodeError:
        data = msgspec.msgpack.encode(_escaped(msgspec.to_builtins(message, builtin_types=(bytes,))))
    if len(data) > MAX_MESSAGE_BYTES:
        raise ProtocolError(
            f"A {type(message).__name__} message is too large.",
            fatal=False,
            expected=f"{MAX_MESSAGE_BYTES} bytes at most",
            found=f"{len(data)} bytes",
        )
    return _LENGTH.pack(len(data)) + data


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case dict():
            return {_escaped(key): _escaped(part) for key, part in value.items()}
        case list() | tuple():
            return [_escaped(part) for part in value]
        case _:
            return value


class Decoder(Generic[Message]):
    """Turns bytes, in whatever pieces they come, into messages of one union of types."""

    def __init__(self, union: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(union)
        self._buffer = bytearray()
        self._broken: ProtocolError | None = None

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are whole with these bytes. Raises ProtocolError; see there for what can still be used."""
        if self._broken is not None:
            raise self._broken
        self._buffer += data
        messages: list[Message] = []
        trouble: ProtocolError | None = None
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if length > MAX_MESSAGE_BYTES:
                trouble = self._broken = ProtocolError(
                    "The other side sent something that is no message.",
                    fatal=True,
                    expected=f"a message of {MAX_MESSAGE_BYTES} bytes at most",
                    found=f"a length of {length}",
                )
                start = len(self._buffer)
                break
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            try:
                with memoryview(self._buffer) as view:
                    messages.append(self._decoder.decode(view[start + _LENGTH.size : end]))
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                trouble = ProtocolError(
                    "The other side sent a message that is not understood.", fatal=False, found=str(error)[:200]
                )
            start = end
        del self._buffer[:start]
        if trouble is not None:
            trouble.messages = list(messages)
            raise trouble
        return messages

    @property
    def waiting(self) -> int:
        """Bytes of a message that is not whole yet."""
        return len(self._buffer)


def request_decoder() -> Decoder[AnyRequest]:
    """For the engine's side."""
    return Decoder(AnyRequest)


def event_decoder() -> Decoder[AnyEvent]:
    """For the window's side."""
    return Decoder(AnyEvent)
