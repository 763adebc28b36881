"""Text as numbers and back: characters, words, byte pairs, word pieces. Neither torch nor onnx, so that an exported
file can use it.

Number 0 fills texts up, 1 is what the train split did not hold; where a step marks ends, 2 begins a text and 3 ends it;
then the vocabulary follows.
"""

from engine.catalog.preparation_text import BytePairs, Characters, TextStep, WordPiece, Words, text_step
from engine.data.tokens.byte_pairs import BytePairTokens
from engine.data.tokens.characters import CharacterTokens
from engine.data.tokens.tokens import Tokens
from engine.data.tokens.word_pieces import WordPieceTokens
from engine.data.tokens.words import WordTokens
from engine.document.data_spec import Field, Statistics

__all__ = ["Tokens", "tokens_of", "tokens_of_step"]

_KINDS: dict[type[TextStep], type[Tokens]] = {
    Characters: CharacterTokens,
    Words: WordTokens,
    BytePairs: BytePairTokens,
    WordPiece: WordPieceTokens,
}


def tokens_of_step(step: TextStep, statistics: Statistics) -> Tokens:
    """How a step cuts text, with the vocabulary that was measured for it."""
    return _KINDS[type(step)](step, statistics)


def tokens_of(field: Field) -> Tokens | None:
    """How a field's text is cut; None where its preparation has no such step."""
    step = text_step(field)
    return None if step is None else tokens_of_step(step, field.statistics)
