"""A local page for people who want no command line.

`focale app` opens a page in the browser of the same computer: drop a file, see what is
wrong with it, declare a protocol, see the decision, run, read. The page is served by the
standard library, to this computer only (`server`, `guard`). What it does is what the
commands do, by the same functions: `inspect`, `assess` and `run_into`; there is no second
way to compute anything. How it is kept from others: docs/app.md.
"""
