"""`python -m langprop` is the command `langprop`."""

from langprop.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
