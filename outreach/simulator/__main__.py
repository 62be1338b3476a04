"""`python -m outreach.simulator`."""

from outreach.simulator.server import main

if __name__ == "__main__":
    main()
