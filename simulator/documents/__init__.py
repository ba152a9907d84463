"""TEXT → BLOCKS: YAML with the place of each key, and everything that is wrong with a file, told at once.

``yaml_text`` reads a file into plain values and remembers the line of each key; ``complaints`` turns what pydantic
refuses into problems that name the place, quote the value and give the way out. Every file of ours is read this way.
"""
