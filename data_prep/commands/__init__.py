"""The commands of data_prep: parse, call, print the path of the result."""
