"""Changes to series. They act on what the preparation gives, and on inputs alone: what is to be learned stays."""

import dataclasses
from typing import ClassVar

from engine.catalog.augmentation.step import AugmentationStep
from engine.catalog.entry import attribute
from engine.document.data_spec import FieldKind


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _OfSeries(AugmentationStep):
    """Base of changes to series."""

    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.SERIES,)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Jitter(_OfSeries):
    """Adds a little noise to every value.

    Of a normal distribution; `strength` is in prepared units, where 1 is the usual spread.
    """

    formula: ClassVar[str] = "x + σ n"
    when: ClassVar[str] = "Use it for measurements, which are never exact."
    target: ClassVar[str] = "engine.data.augmentation.series.jitter"
    synonyms: ClassVar[tuple[str, ...]] = ("noise", "gaussian")
    strength: float = attribute(0.05, minimum=0, maximum=10, help="Spread of the noise.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SeriesScale(_OfSeries):
    """Makes the swings of each channel larger or smaller, each by its own factor.

    Around the channel's mean in the window, so the level stays.
    """

    formula: ClassVar[str] = "mean + a (x − mean),  a around 1"
    when: ClassVar[str] = "Use it to tell kinds of series apart when sensors differ; rarely for forecasts."
    caption: ClassVar[str] = "Scale the swings"
    target: ClassVar[str] = "engine.data.augmentation.series.scale"
    synonyms: ClassVar[tuple[str, ...]] = ("scaling", "amplitude")
    strength: float = attribute(0.1, minimum=0, maximum=1, help="Largest change of the factor.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MagnitudeWarp(_OfSeries):
    """Makes series larger here and smaller there, by a factor that changes smoothly.

    The factor is a curve through `knots` random points around 1.
    """

    formula: ClassVar[str] = "x[t] · s[t],  s smooth around 1"
    when: ClassVar[str] = "Use it for movements and other signals of the body."
    caption: ClassVar[str] = "Warp the height"
    target: ClassVar[str] = "engine.data.augmentation.series.magnitude_warp"
    synonyms: ClassVar[tuple[str, ...]] = ("magnitude warping", "amplitude")
    strength: float = attribute(0.2, minimum=0, maximum=1, help="Largest change of the factor.")
    knots: int = attribute(4, minimum=2, maximum=100, help="Points that the curve goes through.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TimeWarp(_OfSeries):
    """Makes time run faster here and slower there, smoothly.

    The series is read at other moments, with lines between values; its ends stay in place.
    """

    formula: ClassVar[str] = "x[τ(t)],  τ smooth and rising"
    when: ClassVar[str] = "Use it to tell kinds of series apart when speeds differ; not for forecasts."
    caption: ClassVar[str] = "Warp the time"
    target: ClassVar[str] = "engine.data.augmentation.series.time_warp"
    synonyms: ClassVar[tuple[str, ...]] = ("time warping", "dtw", "speed")
    strength: float = attribute(0.3, minimum=0, maximum=0.9, help="Largest change of the speed.")
    knots: int = attribute(4, minimum=2, maximum=100, help="Points between which the speed changes.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class WindowSlice(_OfSeries):
    """Cuts a part out of each series and stretches it to the full length.

    The part has between `smallest` and all of the length, at a random place.
    """

    formula: ClassVar[str] = "a part of x, stretched"
    when: ClassVar[str] = "Use it to tell kinds of series apart when they begin anywhere; not for forecasts."
    caption: ClassVar[str] = "Cut and stretch"
    target: ClassVar[str] = "engine.data.augmentation.series.window_slice"
    synonyms: ClassVar[tuple[str, ...]] = ("slice", "crop", "window slicing")
    smallest: float = attribute(0.8, minimum=0.1, maximum=1, help="Shortest part, 1 for the whole.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class BlankSpan(_OfSeries):
    """Blanks a stretch of time in some of the series, in all channels.

    The stretch is set to each channel's mean in the window.
    """

    formula: ClassVar[str] = "x[a to b] = mean"
    when: ClassVar[str] = "Use it when sensors drop out for a while."
    caption: ClassVar[str] = "Blank a stretch"
    target: ClassVar[str] = "engine.data.augmentation.series.blank_span"
    synonyms: ClassVar[tuple[str, ...]] = ("time mask", "cutout", "dropout")
    probability: float = attribute(0.5, minimum=0, maximum=1, help="Share of the series that is changed.")
    width: float = attribute(0.15, above=0, maximum=1, help="Longest stretch, as a part of the whole.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ChannelDropout(_OfSeries):
    """Blanks whole channels of some of the series, never all of them.

    A channel is set to its mean in the window, so that the network does not lean on one sensor.
    """

    formula: ClassVar[str] = "x[channel] = mean, with chance p"
    when: ClassVar[str] = "Use it for several sensors of which one may fail."
    caption: ClassVar[str] = "Blank channels"
    target: ClassVar[str] = "engine.data.augmentation.series.channel_dropout"
    synonyms: ClassVar[tuple[str, ...]] = ("sensor dropout", "mask")
    probability: float = attribute(0.1, minimum=0, maximum=1, help="Chance of each channel to be blanked.")


OF_SERIES: tuple[type[AugmentationStep], ...] = (
    Jitter,
    SeriesScale,
    MagnitudeWarp,
    TimeWarp,
    WindowSlice,
    BlankSpan,
    ChannelDropout,
)
