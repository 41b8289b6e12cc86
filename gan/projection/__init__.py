"""Where in a generator's latent space a picture or a clip lies."""
