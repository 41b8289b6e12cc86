"""Crops: boxes are written to crops.json as commands read it; drags are exact; undo restores bytes."""

from data_prep.images.crop_file import CROPS, ImageCrops, find_parts, read_crops


def address(client, name="pages"):
    entries = client.get("/api/crops").json()["entries"]
    return f"/api/crops/{next(entry['id'] for entry in entries if entry['name'] == name)}"


def put(client, path, crops, version):
    return client.put(path, json={"crops": crops}, headers={"if-match": version})


def test_the_file_is_the_one_that_commands_read(client, root):
    path = address(client)
    state = client.get(path).json()
    assert state["version"] == "absent"
    assert state["images"][0] | {"id": ""} == {"id": "", "name": "01.png", "width_px": 700, "height_px": 900}
    box = {"boxes_px": [[10, 20, 300, 400], [600, 0, 800, 50]]}
    first = put(client, path, {"01.png": box}, "absent").json()["version"]
    second = put(client, path, {"02.png": {"exclude": True}}, first).json()["version"]
    expected = {"01.png": ImageCrops(((10, 20, 300, 400), (600, 0, 700, 50))), "02.png": ImageCrops((), True)}
    assert read_crops(root / "pages" / CROPS) == expected  # clipped to the image
    assert [part.stem for part in find_parts(root / "pages", ["01.png", "02.png"])] == ["01_1", "01_2"]
    assert put(client, path, {"01.png": {}}, first).status_code == 412
    for bad in (
        {"03.png": {}},
        {"01.png": {"boxes_px": [[0, 0, 9]]}},
        {"01.png": {"boxes_px": [[700, 0, 701, 9]]}},
    ):
        assert put(client, path, bad, second).status_code == 400, bad
    assert client.get(f"{path}/command", params={"pad": True}).json()["command"] == (
        "inkloop data-prep photos pages --out pages-squares --size 256 --crop letterbox"
    )


def test_drags_draw_and_move_boxes_by_whole_px_and_undo_restores_bytes(open_page, served, root):
    file = root / "pages" / CROPS
    page = open_page(f"/s/crops?folder={served.studio.project.id_of(root / 'pages')}")
    page.wait_for_selector("canvas[data-image='01.png']")
    left, top, scale = page.evaluate(
        """() => {
            const view = document.querySelector(".stage > canvas").view;
            const { x, y } = view.toWindow({ x: 0, y: 0 });
            return [x, y, view.scale];
        }"""
    )

    def drag(x0, y0, x1, y1):
        page.mouse.move(left + x0 * scale, top + y0 * scale)
        page.mouse.down()
        page.mouse.move(left + x1 * scale, top + y1 * scale, steps=4)
        page.mouse.up()

    drag(100, 200, 300, 500)
    page.wait_for_selector("[aria-label=Undo]:not([disabled])")
    assert read_crops(file)["01.png"].boxes_px == ((100, 200, 300, 500),)
    before = file.read_bytes()
    drag(200, 300, 237, 288)
    page.get_by_text("at 137, 188").wait_for()
    page.keyboard.press("x")
    page.wait_for_selector(".strip [data-mark=out]")
    page.keyboard.press("PageDown")
    page.wait_for_selector("canvas[data-image='02.png']")
    for _ in range(2):
        page.keyboard.press("Control+z")
    page.wait_for_selector(".strip [data-mark=out]", state="detached")
    page.keyboard.press("PageUp")
    page.get_by_text("at 100, 200").wait_for()
    assert file.read_bytes() == before


def test_a_file_outside_of_root_is_neither_read_nor_replaced(client, root, tmp_path):
    path = address(client)
    put(client, path, {"01.png": {"exclude": True}}, "absent")
    (root / "pages" / CROPS).rename(tmp_path / CROPS)
    (root / "pages" / CROPS).symlink_to(tmp_path / CROPS)
    assert client.get(path).status_code == 404
    assert put(client, path, {}, "absent").status_code == 404
    assert (root / "pages" / CROPS).is_symlink()
