"""Which files an image becomes: widths, formats, and where one is enough."""

from hypothesis import given, strategies

from trueline.render.site.image.info import ImageInfo
from trueline.render.site.image.kind import Kind
from trueline.render.site.image.plan import plan, share, worthwhile
from trueline.render.site.image.setting import ImageSettings


def planned(kind: Kind, width: int, height: int = 400, size_bytes: int = 500_000, frames: int = 1) -> list[str]:
    info = ImageInfo(kind=kind, width=width, height=height, size_bytes=size_bytes, frames=frames)
    return [f"{one.kind.value}-{one.width}" + "!" * one.is_copy for one in plan(info, ImageSettings())]


def test_each_format_has_each_width_up_to_the_source() -> None:
    assert planned(Kind.JPEG, 1000) == [
        *("avif-320", "avif-640", "avif-960", "avif-1000"),
        *("webp-320", "webp-640", "webp-960", "webp-1000"),
        *("jpg-320", "jpg-640", "jpg-960", "jpg-1000"),
    ]
    assert planned(Kind.PNG, 6000)[-5:] == ["png-320", "png-640", "png-960", "png-1280", "png-1920"]
    assert planned(Kind.PNG, 1920)[-2:] == ["png-1280", "png-1920"]


def test_a_modern_source_falls_back_to_webp_and_a_gif_to_png() -> None:
    assert [planned(kind, 400)[-1] for kind in (Kind.WEBP, Kind.AVIF, Kind.GIF)] == ["webp-400", "webp-400", "png-400"]
    assert len(planned(Kind.AVIF, 400)) == 4


def test_what_is_small_moves_or_is_drawn_is_one_file() -> None:
    assert planned(Kind.PNG, 320) == ["png-320!"]
    assert planned(Kind.PNG, 321) != ["png-321!"]
    assert planned(Kind.JPEG, 2000, size_bytes=9_999) == ["jpg-2000!"]
    assert planned(Kind.GIF, 2000, frames=2) == ["gif-2000!"]
    assert planned(Kind.SVG, 0, 0) == ["svg-0!"]


def test_what_webp_cannot_hold_stays_in_its_own_format() -> None:
    assert planned(Kind.PNG, 400, height=16_384) == ["png-320", "png-400"]
    assert "webp-400" in planned(Kind.PNG, 400, height=16_383)


def test_a_narrower_file_that_is_not_smaller_is_not_worth_it() -> None:
    info = ImageInfo(kind=Kind.PNG, width=900, height=400, size_bytes=1 << 20)
    variants = plan(info, ImageSettings())
    assert [(one.kind.value, one.width) for one in variants[:3]] == [("avif", 320), ("avif", 640), ("avif", 900)]
    sizes_bytes = (10, 20, 30, 40, 30, 30, 35, 60, 50)
    assert worthwhile(variants, sizes_bytes) == (True, True, True, False, False, True, True, False, True)


@given(
    strategies.integers(1, 70_000),
    strategies.integers(1, 70_000),
    strategies.sampled_from([Kind.JPEG, Kind.PNG, Kind.WEBP, Kind.GIF, Kind.AVIF]),
)
def test_nothing_is_larger_than_the_source_nor_twice_the_same(width: int, height: int, kind: Kind) -> None:
    info = ImageInfo(kind=kind, width=width, height=height, size_bytes=1 << 20)
    variants = plan(info, ImageSettings())
    assert variants
    assert all(0 < one.width <= width and 0 < one.height <= height for one in variants)
    assert len({(one.kind, one.width) for one in variants}) == len(variants)
    assert max(one.width for one in variants) == min(width, 1920 if width > 320 else width)


@given(strategies.integers(321, 5000), strategies.sampled_from(tuple(Kind)), strategies.integers(1, 5))
def test_shares_are_all_of_it_and_each_file_once(width: int, kind: Kind, of: int) -> None:
    info = ImageInfo(kind=kind, width=width, height=400, size_bytes=500_000)
    variants = plan(info, ImageSettings())
    shares = [share(variants, number, of) for number in range(of)]
    assert sorted(variants.index(one) for some in shares for one in some) == list(range(len(variants)))


def test_two_shares_of_a_photograph_cost_about_the_same() -> None:
    info = ImageInfo(kind=Kind.JPEG, width=4000, height=3000, size_bytes=5_000_000)
    first, second = (share(plan(info, ImageSettings()), number, 2) for number in (0, 1))
    assert [one.width for one in first if one.kind is Kind.AVIF] == [320, 640, 1920]
    assert [one.width for one in second if one.kind is Kind.AVIF] == [960, 1280]
