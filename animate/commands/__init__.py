"""Commands of `inkloop animate`, one file each."""
