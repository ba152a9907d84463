"""The headings of figures on the page, by the name of the figure."""

from __future__ import annotations

HEADINGS = {
    "topology": "Topology and placement",
    "accuracy_vs_failure": "Accuracy against failure probability",
    "accuracy_exceedance": "Distribution of accuracy",
    "endings": "How requests end",
    "latency": "Latency",
    "accuracy_over_time": "Accuracy over time",
    "accuracy_against_bytes": "Accuracy against bytes",
    "certificate": "Certificate, training by training",
    "slopes_along": "Along the sweep, on logarithmic scales",
    "search": "Search: value against each setting",
    "design_front": "Designs: accuracy against bytes",
    "accuracy_around_outages": "Accuracy around an outage",
    "silent_errors": "Silent errors, along the sweep",
    "importance": "Importance",
    "component_curves": "Accuracy along each failure probability",
    "failure_counts": "Accuracy by the number of failures",
    "interactions": "Interactions",
    "predicted_failures": "Predicted against exact",
    "neuron_scatter": "Estimates against draws",
    "neuron_histogram": "Errors that crashes make",
    "accuracy_vs_deadline": "Accuracy against deadline",
    "connections_ranked": "Which hyperconnections matter, ranked",
    "connections_network": "The network, hyperconnections as thick as they are worth",
    "connections_interactions": "Which hyperconnections stand in for each other",
    "repeats": "Expected accuracy, side by side",
    "study": "The study",
    "repeats_lines": "Expected accuracy, along the sweep",
}
