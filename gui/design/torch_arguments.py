"""The arguments of torch's layers by position, and what the catalog makes of their values."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from engine.catalog.entry import Attribute, AttributeKind
from engine.catalog.layer import NEVER_OFFERED, Layer
from engine.document.graph import Value
from engine.errors import NetwrightError

# Layers, then their arguments in torch's order; a test holds this to torch. The catalog's own order is not torch's.
_SIGNATURES: Final = """
AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d: output_size
AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d: output_size return_indices
AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout: p inplace
AvgPool1d: kernel_size stride padding ceil_mode count_include_pad
AvgPool2d AvgPool3d: kernel_size stride padding ceil_mode count_include_pad divisor_override
BCELoss MultiLabelSoftMarginLoss: weight size_average reduce reduction
BCEWithLogitsLoss: weight size_average reduce reduction pos_weight
BatchNorm1d BatchNorm2d BatchNorm3d InstanceNorm1d InstanceNorm2d InstanceNorm3d: num_features eps momentum affine
    track_running_stats
Bilinear: in1_features in2_features out_features bias
CELU ELU: alpha inplace
CTCLoss: blank reduction zero_infinity
ChannelShuffle: groups
CircularPad1d CircularPad2d CircularPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d
    ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d: padding
ConstantPad1d ConstantPad2d ConstantPad3d: padding value
Conv1d Conv2d Conv3d: in_channels out_channels kernel_size stride padding dilation groups bias padding_mode
ConvTranspose1d ConvTranspose2d ConvTranspose3d: in_channels out_channels kernel_size stride padding output_padding
    groups bias dilation padding_mode
CosineEmbeddingLoss HingeEmbeddingLoss MarginRankingLoss: margin size_average reduce reduction
CosineSimilarity: dim eps
CrossEntropyLoss: weight size_average ignore_index reduce reduction label_smoothing
CrossMapLRN2d LocalResponseNorm: size alpha beta k
Embedding: num_embeddings embedding_dim padding_idx max_norm norm_type scale_grad_by_freq sparse
EmbeddingBag: num_embeddings embedding_dim max_norm norm_type scale_grad_by_freq mode sparse
Flatten: start_dim end_dim
Fold: output_size kernel_size dilation padding stride
FractionalMaxPool2d FractionalMaxPool3d: kernel_size output_size output_ratio return_indices _random_samples
GELU: approximate
GLU LogSoftmax Softmax Softmin: dim
GRU: input_size hidden_size num_layers bias batch_first dropout bidirectional
GRUCell LSTMCell: input_size hidden_size bias
GroupNorm: num_groups num_channels eps affine
Hardshrink Softshrink: lambd
Hardsigmoid Hardswish Mish ReLU ReLU6 SELU SiLU: inplace
Hardtanh: min_val max_val inplace min_value max_value
HuberLoss: reduction delta
KLDivLoss: size_average reduce reduction log_target
L1Loss MSELoss MultiLabelMarginLoss SoftMarginLoss: size_average reduce reduction
LPPool1d LPPool2d LPPool3d: norm_type kernel_size stride ceil_mode
LSTM: input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size
LayerNorm: normalized_shape eps elementwise_affine bias
LeakyReLU: negative_slope inplace
Linear: in_features out_features bias
MaxPool1d MaxPool2d MaxPool3d: kernel_size stride padding dilation return_indices ceil_mode
MaxUnpool1d MaxUnpool2d MaxUnpool3d: kernel_size stride padding
MultiMarginLoss: p margin weight size_average reduce reduction
MultiheadAttention: embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first
NLLLoss: weight size_average ignore_index reduce reduction
PReLU: num_parameters init
PairwiseDistance: p eps keepdim
PixelShuffle: upscale_factor
PixelUnshuffle: downscale_factor
PoissonNLLLoss: log_input full size_average eps reduce reduction
RMSNorm: normalized_shape eps elementwise_affine
RNN: input_size hidden_size num_layers nonlinearity bias batch_first dropout bidirectional
RNNCell: input_size hidden_size bias nonlinearity
RReLU: lower upper inplace
SmoothL1Loss: size_average reduce reduction beta
Softplus: beta threshold
Threshold: threshold value inplace
TransformerDecoderLayer TransformerEncoderLayer: d_model nhead dim_feedforward dropout activation layer_norm_eps
    batch_first norm_first bias
TripletMarginLoss: margin p eps swap size_average reduce reduction
Unflatten: dim unflattened_size
Unfold: kernel_size dilation padding stride
Upsample: size scale_factor mode align_corners recompute_scale_factor
UpsamplingBilinear2d UpsamplingNearest2d: size scale_factor
"""
_COMPUTED: Final = frozenset(
    {
        *("in_channels", "in_features", "in1_features", "in2_features", "num_features", "num_channels", "input_size"),
        *("normalized_shape", "num_embeddings", "embed_dim", "d_model", "num_parameters", "kdim", "vdim"),
    }
)
"""What follows from the input here, and is passed over in silence."""
_OF_NO_MATTER: Final = frozenset({"batch_first", "return_indices", "size_average", "reduce"})
"""Told by the data or the catalog alone."""


@lru_cache(maxsize=1)
def signatures() -> dict[str, tuple[str, ...]]:
    """Names of positional arguments by layer."""
    found: dict[str, tuple[str, ...]] = {}
    for line in re.sub(r"\n +", " ", _SIGNATURES).strip().splitlines():
        layers, _colon, arguments = line.partition(":")
        found |= dict.fromkeys(layers.split(), tuple(arguments.split()))
    return found


def argument_names(kind: type[Layer]) -> tuple[str, ...]:
    """The names of a layer's arguments in torch's order; the catalog's own for layers that torch has not."""
    own = tuple(info.torch_name or info.name for info in kind.attributes())
    return signatures().get(kind.type_name(), own)


def converted(kind: type[Layer], values: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """(attributes that differ from the defaults, what could not be taken) for values under torch's names."""
    known = {info.torch_name or info.name: info for info in kind.attributes()}
    known |= {info.name: info for info in kind.attributes()}
    attributes: dict[str, Value] = {}
    refused: list[str] = []
    for name, value in _translated(kind, values).items():
        info = known.get(name)
        if info is None:
            of_matter = name not in _COMPUTED and name not in NEVER_OFFERED and name not in _OF_NO_MATTER
            if of_matter and value not in (None, False) and (name, value) != ("bias", True):
                refused.append(f"{name}={_shown(value)} is left out")
            continue
        fitted = _fitted(info, value)
        if fitted is None and not info.optional:
            continue  # Softmax(dim=None), MaxPool2d(2, stride=None): torch means its default
        try:
            kind.from_attributes({info.name: fitted})
        except NetwrightError as error:
            refused.append(f"{info.name}={_shown(value)} is left out, {_lower(error.message)}")
            continue
        if fitted != _default(info):
            attributes[info.name] = fitted
    try:
        kind.from_attributes(attributes)
    except NetwrightError as error:
        refused.append(f"its settings do not go together, {_lower(error.message)}")
        attributes = {}
    return attributes, refused


def _translated(kind: type[Layer], values: Mapping[str, Value]) -> dict[str, Value]:
    """What the catalog calls otherwise."""
    found = dict(values)
    name = kind.type_name()
    names = {info.name for info in kind.attributes()}
    shape = found.pop("normalized_shape", None)
    if "last_dimensions" in names and isinstance(shape, list):
        found["last_dimensions"] = len(shape)
    if name in ("RNN", "LSTM", "GRU") and "result" in names:
        found.setdefault("result", "sequence")  # as torch's, which give the whole sequence
    if name == "PReLU" and isinstance(found.get("num_parameters"), int) and "per_channel" in names:
        found["per_channel"] = found["num_parameters"] != 1
    if re.match(r"(Max|Avg|L[Pp])Pool\dd", name) and found.get("stride") is None:
        found.pop("stride", None)
        if "kernel_size" in found and "stride" in names:
            found["stride"] = found["kernel_size"]  # torch's own default
    return found


def _fitted(info: Attribute, value: Value) -> Value:
    """(3, 3) is 3, a whole number may stand for a number, one number for a list of one."""
    if isinstance(value, list):
        if info.kind in (AttributeKind.SIZE, AttributeKind.INTEGER) and value and all(v == value[0] for v in value):
            return value[0]
        return value
    if info.kind in (AttributeKind.INTEGERS, AttributeKind.NUMBERS) and isinstance(value, int | float):
        return [value]
    if info.kind is AttributeKind.INTEGER and isinstance(value, float) and value.is_integer():
        return int(value)  # Upsample(scale_factor=2.0), as it is printed
    if info.kind is AttributeKind.NUMBER and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _default(info: Attribute) -> Value:
    return list(info.default) if isinstance(info.default, tuple) else info.default


def _shown(value: Value) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 30 else text[:29] + "…"


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")
