"""Comics and their videos: pages and panels, frames as records, pages aligned with frames."""
