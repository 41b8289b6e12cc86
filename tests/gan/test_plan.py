"""What `gan plan` says is what a run finds."""

import jax
import pytest

from gan import plan as planning
from gan.config import replace
from gan.devices.sharding import make_mesh
from gan.plan import make_plan
from gan.steps import compiled_steps
from gan.steps.compiled_steps import Dispatcher, needed_bytes


@pytest.mark.slow
def test_memory_is_that_of_the_calls_a_run_makes(tiny, monkeypatch):
    """A GPU runs several iterations a call, and their images take more room; work is counted one by one."""
    made = []

    class Kept(Dispatcher):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            made.append(self)

    monkeypatch.setattr(planning, "Dispatcher", Kept)
    monkeypatch.setattr(planning, "measured_flops", lambda dtype, *, side: 1e9)
    monkeypatch.setattr(compiled_steps, "on_cpu", lambda mesh: False)
    config = replace(tiny, iterations_per_dispatch=2, r1_interval=2)
    plan = make_plan(config, (8, 8, 1), make_mesh(devices=jax.devices()[:1]), num_classes=0)
    (dispatch,) = made
    needed = {program: needed_bytes(compiled) for program, compiled in dispatch.programs.items()}
    assert {program.iterations for program in needed} == {1, 2}
    assert plan.needed_bytes == max(needed.values())
    assert plan.needed_bytes > max(size for program, size in needed.items() if program.iterations == 1)
    with_r1, without = (
        sum(flops_of(dispatch, due)) for due in planning.due_in_calls(dispatch.recipe, every=1)
    )
    assert plan.flops_per_image == (with_r1 + without) / 2 / config.batch_size


def flops_of(dispatch, due):
    return [program.cost_analysis()["flops"] for program in dispatch.programs_of(due, 1)]
