"""A live session, its widget and its messages. The only package that knows Jupyter and threads."""
