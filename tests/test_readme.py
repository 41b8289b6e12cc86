"""The README: every command in it parses, and a small session of its commands and programs runs."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import inkloop
from data_prep import cli
from data_prep.images import write_image
from data_prep.video.codec import write_video
from tests.data_prep.comic_videos import draw_pages, render
from tests.fill.conftest import draw_web

ROOT = Path(inkloop.__file__).parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PLACEHOLDERS = {"PRESET": "demo", "STYLE": "bezier", "I": "0"}  # capital words that are not paths
FLAG_ROWS = {  # section -> the command whose flags its tables list
    "Animate": "inkloop animate bezier run --out loop.mp4",
    "Colour": "inkloop fill film loop.mp4 --out coloured.mp4 --palette photo.jpg",
}
SESSION = (  # beginnings of README commands, in the order in which they run; flags that make them small
    ("inkloop data-prep grid SCANS", ""),
    ("inkloop data-prep blob SCANS", "--size 16"),
    ("inkloop data-prep symmetries tiles", ""),
    ("inkloop data-prep verify eight --report", ""),
    ("inkloop data-prep verify eight --exclude-blank", ""),
    ("inkloop data-prep pack PAGES --pages", ""),
    ("inkloop gan sample run --seeds 0-63", ""),
    ("inkloop animate explore run", ""),
    ("inkloop animate bezier run --out loop.webm", "--frames 24"),
    ("inkloop animate render path.npz run", ""),
    ("inkloop animate bezier run --out loop.mp4 --seconds 60", "--seconds 0.3 --scale 2"),
    ("inkloop fill film loop.mp4", ""),
    ("inkloop fill blob DRAWINGS --out coloured --palette photo.jpg --keep-lines", ""),
    ("inkloop animate compose loop.mp4", ""),
    ("inkloop animate path bezier", "--latent-size 8"),
    ("inkloop animate plot free.npz", ""),
    ("inkloop animate summary loop.mp4", ""),
    ("inkloop gan export run", ""),
    ("inkloop data-prep comic COMICS --out panels", ""),
    ("inkloop data-prep pack panels", ""),
    ("inkloop data-prep frames episode.mp4", ""),
    ("inkloop data-prep cuts episode.mp4", ""),
    ("inkloop data-prep tags episode.mp4 COMICS --align", ""),
    ("inkloop data-prep comic COMICS --out pages", ""),
    ("inkloop data-prep video index", ""),
    ("inkloop data-prep find EPISODES/1.mp4 EPISODES/2.mp4", ""),
    ("inkloop data-prep find EPISODES/1.mp4 --image", ""),
    ("inkloop data-prep frames EPISODES/1.mp4", "--overwrite"),
    ("inkloop data-prep tags episode.mp4 COMICS --tags", ""),
    ("inkloop animate compose episode.mp4", ""),
    ("inkloop animate summary episode.mp4", ""),
)


def sections() -> dict[str, list[str]]:
    """Title -> lines of each second-level section."""
    found: dict[str, list[str]] = {"": []}
    title = ""
    for line in TEXT.splitlines():
        if line.startswith("## "):
            found[title := line[3:]] = []
        else:
            found[title].append(line)
    return found


def block_commands(lines: list[str]) -> list[str]:
    """Commands of indented blocks, without comments, redirections and what starts them (srun)."""
    found = []
    for line in lines:
        if match := re.match(r" {4}(?:srun )?(inkloop .*)", line):
            words = shlex.split(match[1], comments=True)
            found.append(shlex.join(words[: words.index(">")] if ">" in words else words))
    return found


def table_commands(title: str, lines: list[str]) -> list[str]:
    """Commands of tables: those under a header `inkloop PACKAGE ...`, and rows of flags."""
    found, package = [], None
    for line in lines:
        if not line.startswith("|"):
            package = None
        elif match := re.search(r"`inkloop ([a-z-]+) \.\.\.`", line):
            package = match[1]
        elif package and (spans := re.findall(r"`([a-z-]+ [A-Z][^`]*|[a-z]+ run [^`]*)`", line)):
            found += [shlex.join(shlex.split(f"inkloop {package} {span}")) for span in spans]
        elif title in FLAG_ROWS and (match := re.match(r"\| `(--[^`]+)` ", line)):
            found.append(shlex.join(shlex.split(f"{FLAG_ROWS[title]} {match[1]}")))
    return found


def inline_commands(lines: list[str]) -> list[str]:
    """Commands in running text that are complete: `inkloop PACKAGE COMMAND ... --FLAG ...`."""
    spans = re.findall(r"`(inkloop [^`]*--[^`]*)`", "\n".join(lines))
    return [span for span in spans if not span.startswith("inkloop --")]


COMMANDS = [
    command
    for title, lines in sections().items()
    for command in block_commands(lines) + table_commands(title, lines) + inline_commands(lines)
]
PROGRAMS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_extraction_finds_blocks_tables_and_text():
    assert len(COMMANDS) > 60
    assert "inkloop data-prep doodles FILE_OR_FOLDER --out TILES --size 64" in COMMANDS
    assert "inkloop gan dream run --out dream" in COMMANDS
    assert "inkloop gan train PRESET --data DATASET --run RUN" in COMMANDS
    assert any(command.endswith("--min-region-px 20") for command in COMMANDS)
    packages = {command.split()[1] for command in COMMANDS}
    assert packages >= {"demo", "data-prep", "gan", "animate", "fill"}


@pytest.fixture
def recorded(monkeypatch, tmp_path):
    """Parse for real, but replace every command function by a recorder of its arguments."""
    calls: list[str] = []

    def parse(command, *, prog, words):
        parsed = original(command, prog=prog, words=words)
        return lambda: calls.append(parsed.func.__name__)

    original = cli.parse
    monkeypatch.setattr(cli, "parse", parse)
    monkeypatch.chdir(tmp_path)
    return calls


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_command_parses(recorded, command, capsys):
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)[1:]]
    if words[0].startswith("--"):
        return  # completion and --version: tests of the entry point
    assert inkloop.main(words) == 0, f"README: {command}\n{capsys.readouterr()}"
    assert len(recorded) == 1


def test_flags_in_the_text_exist(capsys):
    """Flags named outside of commands belong to some command, by the list that shell completion has."""
    assert inkloop.main(["--tyro-print-completion", "bash"]) == 0
    known = set(re.findall(r"--[a-z0-9-]+", capsys.readouterr().out)) | {"--cfg", "--version"}
    named = set(re.findall(r"(?<![\w=-])--[a-z][a-z0-9-]+", TEXT))
    assert named - known - {"--tyro-print-completion"} == set()


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:^    |`)make (?:[A-Z]+=\S+ )?([a-z-]+)", TEXT, re.MULTILINE))
    assert targets >= {"demo", "test", "venv"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_linked_files_exist():
    links = re.findall(r'src="([^"]+)"', TEXT) + re.findall(r"\]\(([^)]+)\)", TEXT)
    packages = re.findall(r"^\| `(\w+/)` \|.*\| (.+) \|$", TEXT, re.MULTILINE)
    links += [folder + name for folder, cell in packages for name in re.findall(r"`([^`]+)`", cell)]
    assert len(packages) >= 7
    headings = {
        "#" + heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    for name in links:
        assert name in headings or (ROOT / name).exists(), name


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the README takes for granted: scans, drawings, a photo, an untrained run."""
    import jax

    from configs.gan import CONFIGS
    from gan.config import ProganConfig, TrainConfig
    from gan.families import build
    from gan.sample import save_generator

    folder = tmp_path_factory.mktemp("readme")
    page = np.tile(draw_web(300, 0.0), (2, 2, 1))
    for name in ("SCANS", "PAGES"):
        write_image(folder / name / "01.png", page)
    write_image(folder / "DRAWINGS" / "web.png", page[:64, :64])
    write_image(folder / "photo.jpg", np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    rng = np.random.default_rng(0)
    comic = draw_pages(rng, 2)
    for number, drawn in enumerate(comic):
        write_image(folder / "COMICS" / f"{number}.png", drawn.image)
    titles, episode = (render(rng, comic, shot_frames=(8, 9)).frames for _ in range(2))
    write_video(iter(episode), folder / "episode.mp4", fps=12)
    for number in (1, 2):
        frames = np.concatenate([titles, episode[30 * number : 30 * number + 24]])
        write_video(iter(frames), folder / "EPISODES" / f"{number}.mp4", fps=12)
    write_image(folder / "intro.png", titles[40])
    network = ProganConfig(z_dim=512, channel_base=64, channel_max=8)
    config = TrainConfig(preset="tiny", network=network, compute_dtype="float32")
    assert config.preset in CONFIGS
    params = jax.jit(build(config, (16, 16, 1)).init_generator)(jax.random.key(0))
    save_generator(folder / "run", params, config=config, shape=(16, 16, 1), nimg=0)
    return folder


def test_session_of_commands_and_programs(home, monkeypatch, capsys):
    """A user's way through the README, small; one test, because each command reads what others wrote."""
    monkeypatch.chdir(home)
    for start, flags in SESSION:
        matching = [command for command in COMMANDS if command.startswith(start)]
        assert len(matching) >= 1, f"README has no command {start!r}"
        words = shlex.split(f"{matching[0]} {flags}")[1:]
        assert inkloop.main(words) == 0, f"README: {matching[0]}\n{capsys.readouterr().err[-2000:]}"
        if "--out" in words:
            assert Path(words[words.index("--out") + 1]).exists(), matching[0]
    exported, library = PROGRAMS
    names: dict[str, object] = {}
    exec(compile(exported, "README.md, Import and export", "exec"), names)
    assert np.shape(names["images"]) == (4, 16, 16, 1)
    names = {}
    exec(compile(library, "README.md, Use as a library", "exec"), names)
    assert np.shape(names["frames"]) == (8, 16, 16, 1)
    assert np.shape(names["z"]) == (120, 512)
