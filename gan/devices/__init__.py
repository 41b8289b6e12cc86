"""Devices and processes: batches of one shape, compute dtype, shardings, training in several processes."""
