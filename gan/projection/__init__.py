"""From pictures to latents."""
