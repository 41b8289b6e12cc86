"""Commands of gan, one file each: parse, call, print."""
