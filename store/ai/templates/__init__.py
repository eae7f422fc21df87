"""Templates: an agent, a scene, missions and first records, applied in one step.

shape       what a template is
whole       those of the program that are whole with tasks, notes and contacts
known       those that compatible clients have too
gallery     which there are, and which were applied
applying    from a template to records
files       from a file to a template and back
exporting   from a scene to a template
"""
