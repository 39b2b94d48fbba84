"""`python -m checks`: the same program as `skillgate`."""

from checks.cli import main

if __name__ == "__main__":
    main()
