"""Long random tests: `make fuzz`. A sample of each is in `make test`; these run for as long as one likes."""
