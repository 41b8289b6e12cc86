"""Commands of `inkloop fill`, one file each."""
