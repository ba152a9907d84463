"""THE WORDS A USER TYPES: one file a command, typer and rich, no arithmetic.

Errors of the user end with exit code 2 and all problems at once; an interrupt ends with 130.
"""
