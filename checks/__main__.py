"""`python -m checks`: the same program as `skillgate`."""

from checks.start import skillgate

if __name__ == "__main__":
    skillgate()
