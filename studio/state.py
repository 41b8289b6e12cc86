"""What is common to all handlers: the project, its jobs, caches and the device thread."""

import hashlib
import os
from pathlib import Path

from studio.device import DeviceThread
from studio.events import Events
from studio.jobs.queue import Jobs
from studio.project import Project
from studio.pyramid import Pyramids
from studio.specimen_cache import SpecimenCache
from studio.thumbnails import Thumbnails
from studio.versions import Versions


class Studio:
    """An open studio. `close` ends its jobs and threads.

    Attributes: project, versions, thumbnails, pyramids, specimens, device, events, jobs; `folder`, of caches
    and logs, outside of ROOT.
    """

    def __init__(self, root: Path, *, folder: Path | None = None, jobs: str = "jobs") -> None:
        """Args: root: ROOT. folder: None: in the user's cache folder. jobs: folder of jobs in it."""
        self.project = Project(root)
        self.folder = folder or state_folder(self.project.root)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events = Events()
        self.versions = Versions(inside=self.project.inside)
        self.thumbnails = Thumbnails(self.folder / "thumbnails")
        self.pyramids = Pyramids(self.folder / "tiles")
        self.specimens = SpecimenCache(self.folder / "specimens")
        self.device = DeviceThread()
        self.jobs = Jobs(self.project.root, self.folder / jobs, on_change=self.events.publish)

    def close(self) -> None:
        """Interrupt all jobs and wait for them; end the threads."""
        self.events.close()
        self.jobs.close()
        self.device.close()


def state_folder(root: Path) -> Path:
    """Folder of the studio's caches and logs for one ROOT, in the user's cache folder."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "inkloop" / "studio" / hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()
