"""The parent's side: encoded once, named by content, found again, and what is wrong with an image is a finding."""

import random
import re
from urllib.parse import quote

import pytest
from PIL import Image

from tests.render.site_image.photo import animation, png_bomb, saved, scene
from tests.render.site_image.rig import FAST, CallingWorker, MemoryCache, Rig, requests, tree
from trueline.model.digest import digest_bytes
from trueline.render.site.image.markup import ROOT_MARK
from trueline.render.site.image.operation import ENCODE, VERSIONS
from trueline.render.site.image.setting import DEFAULT_SETTINGS
from trueline.render.site.image.stage import SHARED_FROM_BYTES, ImageRequest, PictureResult

TURNED = {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"}
"""A camera that was held sideways."""


def noise(width: int, height: int) -> Image.Image:
    """What no format makes small."""
    return Image.frombytes("RGB", (width, height), random.Random(width).randbytes(3 * width * height))


def photo(number: int = 0) -> bytes:
    return saved(scene(400 + number, 200), "JPEG")


async def build(rig: Rig, files: dict[str, bytes], images_max: int = 2) -> tuple[PictureResult, ...]:
    return await rig.stage(images_max=images_max).pictures(requests(files), tree(files).read)


def codes(result: PictureResult) -> list[str]:
    return [one.code for one in result.findings]


async def test_the_files_are_blobs_under_names_of_their_content() -> None:
    rig = Rig()
    [result] = await build(rig, {"docs/My photo é.jpg": photo()})
    assert [file.media for file in result.files[::2]] == ["image/avif", "image/webp", "image/jpeg"]
    for file in result.files:
        data = rig.blobs.kept[digest_bytes(rig.blobs.kept[file.blob])]  # type: ignore[index]
        assert re.fullmatch(rf"assets/img/my-photo-e\.{file.blob[:12]}-(320|400)\.(avif|webp|jpg)", file.path)
        assert (file.size_bytes, file.is_immutable) == (len(data), True)
        assert f"{ROOT_MARK}{file.path}" in result.html
        assert quote(file.path) == file.path
    assert result.findings == ()


async def test_a_second_build_encodes_nothing_reads_nothing_and_says_the_same() -> None:
    rig, files = Rig(), {"a.jpg": photo(1), "b.jpg": photo(2)}
    first = await build(rig, files)
    assert rig.encodes == 2
    stage = rig.stage()
    assert await stage.pictures(requests(files), tree({}).read) == first
    assert (rig.encodes, stage.encodes, stage.reads) == (2, 0, 0)
    assert rig.worker.asked[VERSIONS] == 1, "no worker is started to be asked what it is"


async def test_one_changed_image_is_the_only_one_that_is_encoded() -> None:
    rig, files = Rig(), {f"{number}.jpg": photo(number) for number in range(5)}
    before = await build(rig, files)
    files["3.jpg"] = photo(30)
    after = await build(rig, files)
    assert rig.encodes == 6
    assert [number for number in range(5) if before[number] != after[number]] == [3]


async def test_equal_images_are_encoded_once_and_share_their_blobs() -> None:
    """Of two pages, two names, two sites; at the same time and later, whatever the source calls them by."""
    rig, files = Rig(), {"a/hill.jpg": photo(), "b/mountain.jpg": photo()}
    asked = [ImageRequest(path=path, identity=f"the identity of {path}") for path in files]
    first, second = await rig.stage(images_max=8).pictures(asked, tree(files).read)
    assert rig.encodes == 1
    assert [one.blob for one in first.files] == [one.blob for one in second.files]
    assert "hill" in first.files[0].path
    assert "mountain" in second.files[0].path
    other = ImageRequest(path="c.jpg", identity="another tree's identity")
    await rig.stage().picture(other, tree({"c.jpg": photo()}).read)
    assert rig.encodes == 1


async def test_other_settings_or_encoders_make_other_files() -> None:
    rig, files = Rig(), {"a.jpg": photo()}
    await build(rig, files)
    await rig.stage(settings=DEFAULT_SETTINGS).pictures(requests(files), tree(files).read)
    assert rig.encodes == 2
    rig.cache.kept = {
        key.replace("versions/13", "versions/14"): value.replace(b'"13.', b'"14.')
        for key, value in rig.cache.kept.items()
    }
    await rig.stage(pillow="14").pictures(requests(files), tree(files).read)
    assert rig.encodes == 3


async def test_a_lost_blob_or_cache_costs_an_encoding_and_nothing_else() -> None:
    rig, files = Rig(), {"a.jpg": photo()}
    [first] = await build(rig, files)
    del rig.blobs.kept[first.files[2].blob]  # type: ignore[arg-type]
    assert await build(rig, files) == (first,)
    rig.cache = MemoryCache()
    assert await build(rig, files) == (first,)
    assert rig.encodes == 3


async def test_a_file_without_an_identity_is_read_each_time() -> None:
    rig = Rig()
    for data in (photo(1), photo(2), photo(2)):
        request = ImageRequest(path="a.jpg", identity="")
        result = await rig.stage().picture(request, tree({"a.jpg": data}).read)
        assert f'width="{401 if data == photo(1) else 402}"' in result.html
    assert rig.encodes == 2


async def test_no_more_images_are_held_than_there_are_workers() -> None:
    rig = Rig()
    await build(rig, {f"{number}.jpg": photo(number) for number in range(7)}, images_max=3)
    assert rig.worker.running_max == 3
    assert rig.encodes == 7


async def test_progress_counts_what_is_encoded() -> None:
    rig, files = Rig(), {f"{number}.jpg": photo(number) for number in range(3)}
    await build(rig, files, images_max=1)
    assert rig.progress[-1] == (3, 3)
    assert [done for done, _ in rig.progress] == sorted(done for done, _ in rig.progress)
    assert all(done <= total for done, total in rig.progress)
    seen = len(rig.progress)
    await build(rig, files)
    assert len(rig.progress) == seen, "nothing to do, nothing to say"


@pytest.mark.parametrize(
    ("path", "data", "code"),
    [
        ("a.png", png_bomb(60_000, 60_000), "TL1551"),
        ("a.jpg", photo()[:2000], "TL1553"),
        ("a.jpg", b"not a picture", "TL1554"),
        ("a.svg", b"<svg", "TL1555"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "TL1556"),
    ],
)
async def test_what_is_refused_is_a_finding_with_its_line_and_no_file(path: str, data: bytes, code: str) -> None:
    rig = Rig()
    [bad, good] = await build(rig, {path: data, "good.jpg": photo()})
    assert codes(bad) == [code]
    assert bad.findings[0].line == 7
    assert bad.findings[0].detail.startswith(f"{path}: ")
    assert (bad.files, "a picture" in bad.html, "<img" in bad.html) == ((), True, False)
    assert good.files, "one bad image never stops the others"
    assert await build(rig, {path: data, "good.jpg": photo()}) == (bad, good)
    assert rig.encodes == 2, "what was refused is not asked again"


async def test_a_file_over_the_limit_is_not_sent() -> None:
    rig, files = Rig(), {"a.jpg": bytes(40 << 20)}
    [result] = await build(rig, files)
    assert (codes(result), rig.encodes) == (["TL1550"], 0)


async def test_an_absent_file_is_a_finding() -> None:
    [result] = await Rig().stage().pictures(requests({"gone.jpg": b""}), tree({}).read)
    assert codes(result) == ["TL1560"]


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.svg", "a.txt", "a"])
async def test_a_wrong_name_is_a_finding_and_the_image_is_published(name: str) -> None:
    [result] = await build(Rig(), {name: photo()})
    assert codes(result) == ["TL1552"]
    assert len(result.files) == 6


@pytest.mark.parametrize("name", ["a.jpg", "A.JPEG", "a.jpe"])
async def test_every_usual_name_is_right(name: str) -> None:
    [result] = await build(Rig(), {name: photo()})
    assert codes(result) == []


async def test_a_drawing_and_an_animation_are_one_file_each() -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    one, two = await build(Rig(), {"a.svg": drawing, "b.gif": animation("GIF")})
    assert codes(one) == ["TL1559"]
    assert [file.path.rpartition(".")[2] for file in (*one.files, *two.files)] == ["svg", "gif"]
    assert 'width="600" height="300"' in two.html
    assert "width" not in one.html


@pytest.mark.parametrize("form", ["JPEG", "PNG", "palette"])
async def test_an_image_behind_which_nobody_waits_is_shared_and_becomes_the_same_files(form: str) -> None:
    image = noise(900, 700)
    data = saved(image.quantize(200) if form == "palette" else image, "PNG" if form == "palette" else form, **TURNED)
    files = {"a.image": data, "b.image": data + b"\0"}
    assert len(data) > SHARED_FROM_BYTES
    alone, together = Rig(), Rig()
    [shared] = await build(alone, {"a.image": data}, images_max=3)
    assert (alone.encodes, alone.worker.running_max) == (3, 3)
    first, last = await build(together, files, images_max=1)
    assert together.encodes == 2, "one worker has nobody to share with"
    assert (first.files, first.html) == (shared.files, shared.html)
    assert len(last.files) == len(first.files)


async def test_while_others_wait_an_image_has_one_worker() -> None:
    """Decoding twice is worth it only for workers that would have nothing to do."""
    rig = Rig()
    stage = rig.stage()
    files = {f"{number}.png": saved(noise(400 + number, 600), "PNG") for number in range(5)}
    results = await stage.pictures(requests(files), tree(files).read)
    assert all(result.files for result in results)
    assert (stage.encodes, rig.encodes) == (5, 6), "only the last one was shared"
    assert rig.worker.running_max <= 3


async def test_a_share_that_fails_fails_the_image_and_the_next_build_has_all_of_it() -> None:
    rig = Rig(worker=CallingWorker(failures=4))
    files = {"a.png": saved(noise(500, 600), "PNG")}
    [result] = await build(rig, files)
    assert (codes(result), result.files, rig.blobs.kept) == (["TL1558"], (), {})
    [better] = await build(rig, files)
    assert (codes(better), len(better.files)) == ([], 6)


async def test_a_worker_that_ends_is_asked_again_once() -> None:
    rig = Rig(worker=CallingWorker(failures=1))
    [result] = await build(rig, {"a.jpg": photo()})
    assert (codes(result), rig.encodes) == ([], 2)


async def test_a_worker_that_ends_again_is_a_finding_that_is_not_kept() -> None:
    rig = Rig(worker=CallingWorker(failures=2))
    [result] = await build(rig, {"a.jpg": photo()})
    assert codes(result) == ["TL1558"]
    assert "signal 9" in result.findings[0].detail
    [better] = await build(rig, {"a.jpg": photo()})
    assert (codes(better), rig.worker.asked[ENCODE]) == ([], 3)


async def test_an_answer_that_is_cut_off_is_our_bug_and_not_kept() -> None:
    class Cutting(CallingWorker):
        async def ask(self, operation, arguments, files=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            answer = await super().ask(operation, arguments)
            return answer[:-1] if operation == ENCODE else answer

    rig = Rig(worker=Cutting())
    with pytest.raises(ValueError, match="length"):
        await build(rig, {"a.jpg": photo(), "b.jpg": photo(1)})
    assert not rig.blobs.kept


def test_the_fast_settings_of_these_tests_differ_from_the_real_ones() -> None:
    assert FAST != DEFAULT_SETTINGS
