"""Other people's files, read without running them: weights, and whole networks that become runs of ours."""
