"""What the palette shows of a large family before all of it is asked for."""

from engine.catalog import registry
from engine.catalog.layer import Family
from gui.design.common_layers import COMMON, SMALL, shown_first


def test_every_common_layer_is_in_the_catalog() -> None:
    assert {kind.type_name() for kind in registry.layers()} >= COMMON


def test_all_of_a_family_is_shown_or_behind_more_in_its_order() -> None:
    for family in Family:
        kinds = [kind for kind in registry.layers() if kind.family is family]
        first, rest = shown_first(kinds, (), 10)
        assert sorted([*first, *rest], key=kinds.index) == kinds
        assert [kind for kind in kinds if kind in first] == first
        assert first and (len(kinds) <= SMALL) <= (not rest) and len(rest) not in (1, 2)


def test_what_a_project_uses_is_shown() -> None:
    kinds = [kind for kind in registry.layers() if kind.family is Family.POOLING]
    first, _ = shown_first(kinds, {"LPPool2d"}, 10)
    assert "LPPool2d" in {kind.type_name() for kind in first}
