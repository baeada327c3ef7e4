"""Whylight beside the other libraries, example by example: `python -m tests.agreement`; the table is docs/agreement.md."""
