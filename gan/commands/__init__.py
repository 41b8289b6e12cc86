"""The commands of gan, one door each: parse, call, print where the result lies."""
