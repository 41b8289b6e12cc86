"""Where datasets come from besides pages: images, photos, doodles, TFRecord shards; duplicates among them."""
