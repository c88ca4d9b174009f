"""``python -m focale`` is the command ``focale``."""

from focale.cli import main

main()
