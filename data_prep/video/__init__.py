"""Video files in and out: decoding, encoding, resumable segments, metadata. All uses of ffmpeg."""
