"""The blocks and networks that come with the program, by name."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from engine.catalog.networks import pictures, sequences
from engine.document.block import DrawnBlock


class Shelf(StrEnum):
    """Where a drawn thing stands in the palette."""

    BLOCK = "Blocks"
    NETWORK = "Networks"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShippedBlock:
    """A block that is drawn already. `blocks` are the definitions it needs, its own last."""

    shelf: Shelf
    blocks: tuple[DrawnBlock, ...]
    help: str
    """What it is, for whom, and who published it."""
    synonyms: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The name of its definition."""
        return self.blocks[-1].id

    @property
    def title(self) -> str:
        """What it is called."""
        return self.blocks[-1].title


_DRAWN: tuple[tuple[Shelf, Callable[[], tuple[DrawnBlock, ...]], tuple[str, ...]], ...] = (
    (Shelf.BLOCK, pictures.residual, ("resnet", "skip", "shortcut")),
    (Shelf.BLOCK, pictures.residual_down, ("resnet", "skip", "stride")),
    (Shelf.BLOCK, pictures.bottleneck, ("resnet",)),
    (Shelf.BLOCK, pictures.bottleneck_down, ("resnet", "stride")),
    (Shelf.BLOCK, pictures.squeeze_excite, ("se", "channel attention")),
    (Shelf.BLOCK, pictures.squeeze_excite_residual, ("se", "resnet")),
    (Shelf.BLOCK, pictures.inverted_residual, ("mobilenet", "depthwise", "mbconv")),
    (Shelf.BLOCK, pictures.inverted_step, ("mobilenet", "depthwise", "stride")),
    (Shelf.BLOCK, pictures.dense_layer, ("densenet", "concatenate")),
    (Shelf.BLOCK, pictures.dense_transition, ("densenet",)),
    (Shelf.BLOCK, pictures.inception, ("googlenet", "branches")),
    (Shelf.BLOCK, sequences.convnext, ("depthwise", "modern")),
    (Shelf.BLOCK, pictures.unet_stage, ("segmentation", "decoder", "skip")),
    (Shelf.BLOCK, sequences.transformer_encoder, ("attention", "bert")),
    (Shelf.BLOCK, sequences.transformer_encoder_norm_first, ("attention", "vit", "pre-norm")),
    (Shelf.BLOCK, sequences.transformer_causal, ("attention", "gpt", "language model")),
    (Shelf.BLOCK, sequences.transformer_decoder, ("attention", "translation")),
    (Shelf.BLOCK, sequences.mlp_mixer, ("vision", "mlp")),
    (Shelf.BLOCK, sequences.tcn, ("temporal", "causal", "series", "dilated")),
    (Shelf.BLOCK, sequences.wavenet, ("gated", "causal", "audio", "dilated")),
    (Shelf.NETWORK, pictures.lenet5, ("digits", "cnn")),
    (Shelf.NETWORK, pictures.alexnet, ("imagenet", "cnn")),
    (Shelf.NETWORK, pictures.vgg16, ("imagenet", "cnn")),
    (Shelf.NETWORK, pictures.resnet18, ("imagenet", "cnn", "residual")),
    (Shelf.NETWORK, pictures.resnet50, ("imagenet", "cnn", "residual", "bottleneck")),
    (Shelf.NETWORK, pictures.mobilenet_v2, ("imagenet", "cnn", "small")),
    (Shelf.NETWORK, pictures.efficientnet_b0, ("imagenet", "cnn", "small")),
    (Shelf.NETWORK, pictures.densenet121, ("imagenet", "cnn")),
    (Shelf.NETWORK, pictures.unet, ("segmentation", "mask")),
    (Shelf.NETWORK, sequences.vit_b16, ("vision transformer", "imagenet", "patches")),
    (Shelf.NETWORK, sequences.gpt2_small, ("language model", "transformer")),
    (Shelf.NETWORK, sequences.bert_base, ("encoder", "transformer", "text")),
    (Shelf.NETWORK, sequences.seq2seq, ("translation", "attention", "encoder", "decoder")),
    (Shelf.NETWORK, pictures.dcgan_generator, ("gan", "noise")),
    (Shelf.NETWORK, pictures.dcgan_discriminator, ("gan", "critic")),
    (Shelf.NETWORK, sequences.vae, ("variational autoencoder", "latent")),
)


@functools.cache
def shipped() -> tuple[ShippedBlock, ...]:
    """All of them, blocks first, in the order of the palette."""
    return tuple(
        ShippedBlock(shelf=shelf, blocks=draw(), help=inspect.cleandoc(draw.__doc__ or ""), synonyms=synonyms)
        for shelf, draw, synonyms in _DRAWN
    )
