"""Commands of `inkloop data-prep`, one file each: parse, call, print the path of the result."""
