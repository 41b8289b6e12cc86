"""Grid: plans as the command makes them, offsets in adjustments.json, exact drags and undo."""

import json

import pytest

from data_prep.pages.adjustments import read_adjustments
from data_prep.pages.grid import fit_grid, inside_page, tile_centers
from tests.slow_cases import slow

DPI, TILE = 100, 128
SETTINGS = {"dpi": DPI, "tile_px": TILE}


@pytest.fixture
def folder(studio):
    (entry,) = studio.project.entries("pages")
    return entry.id


@pytest.fixture
def pages(client, folder):
    return client.get(f"/api/grid/{folder}").json()["pages"]


def offsets(root):
    found = read_adjustments(root / "pages" / "adjustments.json", ["01.png", "02.png"])
    return [found[name].offset_cell for name in ("01.png", "02.png")]


def test_plan_is_that_of_the_command(client, folder, pages):
    value = client.get(f"/api/grid/{folder}/page/{pages[0]['id']}", params=SETTINGS | {"steps": 3}).json()
    grid = fit_grid(900, 700, dpi=DPI, offset_cell=(0.25, 0.5))
    centers = tile_centers(grid, TILE, 3)
    kept = inside_page(centers, 900, 700, TILE)
    listed = [(x, y) for y in value["ys"] for x in value["xs"]]
    assert listed == [tuple(center) for center in centers.tolist()]
    masks = [a and b for b in value["y_kept"] for a in value["x_kept"]]
    assert masks == kept.tolist()
    assert (value["count"], value["leaving"]) == (kept.sum(), (~kept).sum())
    assert (value["cell_px"], value["rows"], value["cols"]) == (85, grid.rows, grid.cols)


def test_plan_at_another_offset_is_not_written(client, folder, pages, root):
    before = (root / "pages" / "adjustments.json").read_bytes()
    path = f"/api/grid/{folder}/page/{pages[0]['id']}"
    value = client.get(path, params=SETTINGS | {"x": 1, "y": -0.5}).json()
    assert value["box_px"][:2] == [85, -42.5]
    assert (root / "pages" / "adjustments.json").read_bytes() == before


def test_total_names_the_command_and_overlap(client, folder):
    value = client.get(f"/api/grid/{folder}/total", params=SETTINGS | {"steps": 9, "rows": 4}).json()
    expected = "inkloop data-prep blob pages --out pages-tiles --dpi 100 --rows 4 --tile-px 128 --steps 9"
    assert value["command"] == expected
    assert any("spin" in warning for warning in value["warnings"])
    assert value["bytes"] == value["count"] * TILE * TILE


@pytest.mark.parametrize(
    "settings",
    [{"dpi": "x"}, {"dpi": "nan"}, {"dpi": 1}, {"rows": 0}, {"rows": "1.5"}, {"tile_px": 1}, {"steps": 0}],
)
def test_invalid_settings_are_a_sentence(client, folder, settings):
    response = client.get(f"/api/grid/{folder}/total", params=settings)
    assert response.status_code == 400
    assert next(iter(settings)) in response.json()["error"]


def test_settings_that_fit_no_tile_are_explained(client, folder, pages):
    for path in (f"/api/grid/{folder}/total", f"/api/grid/{folder}/page/{pages[0]['id']}"):
        assert "tile" in client.get(path, params={"dpi": 100, "tile_px": 4000}).json()["error"]


def test_offsets_are_written_with_the_version(client, folder, pages, root):
    version = client.get(f"/api/grid/{folder}").json()["version"]
    path = f"/api/adjustments/{folder}/grid"
    body = {"offset_cell": [0.5, -0.25], "pages": [pages[1]["id"]]}
    assert client.put(path, json=body).status_code == 400  # no If-Match
    assert client.put(path, json=body, headers={"if-match": '"absent"'}).status_code == 412
    new = client.put(path, json=body, headers={"if-match": f'"{version}"'}).json()["version"]
    assert offsets(root) == [(0.25, 0.5), (0.5, -0.25)]
    assert client.put(path, json=body, headers={"if-match": f'"{version}"'}).status_code == 412
    restored = client.post(
        f"/api/adjustments/{folder}/restore", json={"version": version, "if_match": new}
    ).json()
    assert restored["version"] == version
    assert offsets(root) == [(0.25, 0.5), (0.0, 0.0)]


@pytest.mark.parametrize("offset", [None, [1], [1, "a"], [1, 1e9], {"x": 1}, [True, 1], [1, None]])
def test_offsets_are_two_numbers(client, folder, pages, offset):
    version = client.get(f"/api/grid/{folder}").json()["version"]
    body = {"offset_cell": offset, "pages": [pages[1]["id"]]}
    response = client.put(f"/api/adjustments/{folder}/grid", json=body, headers={"if-match": version})
    assert response.status_code == 400


def test_pages_of_other_folders_are_refused(client, folder, studio):
    body = {"offset_cell": [0, 0], "pages": [folder]}
    version = client.get(f"/api/grid/{folder}").json()["version"]
    headers = {"if-match": version}
    assert client.put(f"/api/adjustments/{folder}/grid", json=body, headers=headers).status_code == 400


def fact(page, name):
    """The value next to a name in the panel."""
    return page.locator(f".facts dt:text-is('{name}') + dd")


def expect(locator):
    from playwright.sync_api import expect

    return expect(locator)


def open_grid(open_page, folder, **options):
    page = open_page(f"/s/grid?folder={folder}&dpi={DPI}&tile_px={TILE}", **options)
    fact(page, "Cells").wait_for()
    return page


def drag(page, dx, dy, *, modifiers=()):
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2 + 7, box["y"] + box["height"] / 2 + 3
    page.mouse.move(x, y)
    for key in modifiers:
        page.keyboard.down(key)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    with page.expect_response(lambda response: response.request.method == "PUT"):
        page.mouse.up()
    for key in modifiers:
        page.keyboard.up(key)


@pytest.mark.parametrize("scale", [1.5, *slow(1, 2)])
def test_dragging_moves_the_offset_by_exactly_as_much_and_undo_restores_the_bytes(
    open_page, folder, root, scale
):
    file = root / "pages" / "adjustments.json"
    value = json.loads(file.read_text())
    file.write_text(json.dumps(value, indent=7))  # not as the program writes it
    before = file.read_bytes()
    page = open_grid(open_page, folder, scale=scale)
    page.keyboard.press("1")  # one page px per device px
    drag(page, 37 / scale, -12 / scale)
    assert offsets(root) == [(0.25 + 37 / 85, 0.5 - 12 / 85), (0.0, 0.0)]
    after = file.read_bytes()
    with page.expect_response(lambda response: "restore" in response.url):
        page.keyboard.press("Control+z")
    assert file.read_bytes() == before
    with page.expect_response(lambda response: "restore" in response.url):
        page.keyboard.press("Control+Shift+z")
    assert file.read_bytes() == after


@pytest.mark.slow
def test_shift_snaps_and_arrows_nudge(open_page, folder, root):
    page = open_grid(open_page, folder)
    page.keyboard.press("1")
    drag(page, 37, -12, modifiers=["Shift"])
    (x, y), _ = offsets(root)
    assert (x, y) == (round((0.25 + 37 / 85) * 8) / 8, round((0.5 - 12 / 85) * 8) / 8)
    for key, dx, dy in [("ArrowLeft", -1, 0), ("ArrowDown", 0, 1), ("Shift+ArrowRight", 10, 0)]:
        with page.expect_response(lambda response: response.request.method == "PUT"):
            page.keyboard.press(key)
        x, y = x + dx / 85, y + dy / 85
        assert offsets(root)[0] == pytest.approx((x, y), abs=1e-12)


@pytest.mark.slow
def test_edges_change_rows_and_columns(open_page, folder):
    page = open_grid(open_page, folder)
    page.keyboard.press("1")
    box = page.locator("canvas").bounding_box()
    expect(fact(page, "Cells")).to_have_text("7 x 10")
    # the right edge lies at (0.25 + 7) cells; the page is centred at 100 %
    left = box["x"] + box["width"] / 2 - 350 + 85 * 0.25
    page.mouse.move(left + 7 * 85, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(left + 5.1 * 85, box["y"] + box["height"] / 2)
    page.mouse.up()
    command = page.locator(".command code")
    expect(command).to_contain_text("--cols 5")
    assert "cols=5" in page.url
    expect(fact(page, "Cells")).to_have_text("5 x 10")
    page.keyboard.press("Control+z")
    expect(command).not_to_contain_text("--cols")


@pytest.mark.slow
def test_pages_and_following_pages(open_page, folder, root):
    page = open_grid(open_page, folder)
    with page.expect_response(lambda response: response.request.method == "PUT"):
        page.keyboard.press("f")
    assert offsets(root) == [(0.25, 0.5), (0.25, 0.5)]
    page.keyboard.press("PageDown")
    expect(page.locator(".position")).to_contain_text("2 of 2")
    assert page.locator(".field:has-text('Across') input").input_value() == "0.25"
    page.reload()
    expect(page.locator(".position")).to_contain_text("2 of 2")


@pytest.mark.slow
def test_an_offset_that_was_not_saved_is_not_shown(open_page, folder, root):
    page = open_grid(open_page, folder)
    with page.expect_response(lambda response: response.request.method == "PUT"):
        page.keyboard.press("ArrowLeft")
    across = page.locator(".field:has-text('Across') input")
    before, data = across.input_value(), (root / "pages" / "adjustments.json").read_bytes()
    broken = {"status": 400, "json": {"error": "the disk is full"}}
    page.route(
        "**/api/adjustments/*/grid",
        lambda route: route.fulfill(**broken) if route.request.method == "PUT" else route.fallback(),
    )
    for key in ("ArrowRight", "f"):
        with page.expect_response(lambda response: response.url.endswith(f"/api/grid/{folder}")):
            page.keyboard.press(key)
        expect(across).to_have_value(before)
    page.keyboard.press("Control+z")  # nothing is left to undo
    page.keyboard.press("PageDown")
    expect(page.locator(".position")).to_contain_text("2 of 2")
    expect(across).to_have_value("0")
    assert page.locator(".toast", has_text="Offset applied").count() == 0
    assert (root / "pages" / "adjustments.json").read_bytes() == data


@pytest.mark.slow
def test_a_change_elsewhere_is_shown_and_not_overwritten(open_page, folder, root):
    page = open_grid(open_page, folder)
    file = root / "pages" / "adjustments.json"
    file.write_text(file.read_text().replace("0.25", "0.75"))
    with page.expect_response(lambda response: response.request.method == "PUT"):
        page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".toast.error")
    assert "changed elsewhere" in page.locator(".toast.error").inner_text()
    assert offsets(root)[0] == (0.75, 0.5)
    expect(page.locator(".field:has-text('Across') input")).to_have_value("0.75")
