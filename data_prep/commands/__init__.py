"""The commands of data_prep, one door each: parse, call, print where the result lies."""
