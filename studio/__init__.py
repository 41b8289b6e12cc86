"""The local web application over the packages: `inkloop studio`. It loads no heavy library when imported."""
