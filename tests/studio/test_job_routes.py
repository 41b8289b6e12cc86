"""Routes of jobs, and the cards of Home."""

import pytest

from studio.jobs.progress import Progress


class FakeProcess:
    """Runs until it is stopped."""

    pid = 2**30  # above those of the system

    def __init__(self, words, *, cwd, log, on_line, on_end):
        self.on_line, self.on_end = on_line, on_end

    def stop(self):
        self.on_end(130)

    def wait(self, timeout_sec):
        return True


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.Process", FakeProcess)


def test_start_stop_resume_forget(client):
    job = client.post("/api/home/samples", json={}).json()
    assert (job["state"], job["command"]) == ("running", "inkloop demo --out demo")
    path = f"/api/jobs/{job['id']}"
    assert client.post("/api/home/samples", json={}).status_code == 400  # runs already
    assert client.request("DELETE", path, json={}).status_code == 400
    assert client.post(f"{path}/stop", json={}).json()["state"] == "stopped"
    assert client.get(f"{path}/log").json()["log"] == "$ inkloop demo --out demo"
    assert client.post(f"{path}/again", json={}).json()["state"] == "running"
    client.post(f"{path}/stop", json={})
    assert client.request("DELETE", path, json={}).status_code == 200
    assert client.get("/api/jobs").json() == {"jobs": []}
    assert client.post(f"{path}/stop", json={}).status_code == 404


def test_cards_follow_a_job_and_a_second_tab_sees_it(open_page, served):
    from playwright.sync_api import expect

    pages = [open_page("/") for _ in range(2)]
    jobs = served.studio.jobs
    job = jobs.start(["fill", "blob"], title="Colour")
    process = jobs._processes[job.id]
    for page in pages:
        expect(page.locator(".job .state")).to_have_text("Running")
    jobs._published.clear()
    process.on_line("", Progress("cut", 0.5, "2", "4", "00:10", "5img/s"))
    expect(pages[0].locator(".job .detail")).to_have_text("cut 2 of 4 · 5img/s · 00:10 left")
    pages[1].get_by_role("button", name="Stop").click()
    for page in pages:
        expect(page.locator(".job .state")).to_have_text("Stopped")
    pages[0].get_by_role("button", name="Resume").click()
    expect(pages[1].locator(".job .state")).to_have_text("Running")
    process = jobs._processes[job.id]
    process.on_line("left out: a.png", None)
    process.on_end(1)
    expect(pages[0].locator(".job .state")).to_have_text("Failed")
    expect(pages[0].locator(".job .message")).to_have_text("left out: a.png")
    pages[0].get_by_role("button", name="Log").click()
    expect(pages[0].locator(".job .log")).to_contain_text("$ inkloop fill blob")
