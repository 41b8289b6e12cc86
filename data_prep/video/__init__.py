"""Video files in and out: decoding, encoding, resumable segments, metadata. The only users of ffmpeg."""
