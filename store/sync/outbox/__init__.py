"""What is written here, on its way out: dirty marks, batches, acknowledgements.

outgoing    what waits, in batches; what became of them
composing   records as changes on the wire
forms       what is sealed on the way, and how
resending   sending again what already was there: another key, another form
"""
