"""DELIVERY → OUTCOME: the predicted class for every (delivery, sample), computed part by part and remembered.

A part's output is remembered by (part, taken edges behind it), computed in large padded batches for the distinct
deliveries asked for, in chunks of samples, and freed when no later part needs it. Outcomes may also come from a table.
This room knows neither probability nor SimPy nor Keras: parts are run by whatever fulfils ``PartRunner``.
"""
