"""Speed, as ratios to a floor measured beside it in the same run; never asserted as times.

python -m tests.bench              everything, about eight minutes on two cores
python -m tests.bench writes lists only these
python -m tests.bench --quick      a tenth of the records, for a look
"""
