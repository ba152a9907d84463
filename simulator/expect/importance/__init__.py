"""WHICH COMPONENT MATTERS: importance measures of nodes, links and whatever else is a bit of a table of accuracies.

``table`` holds f, the accuracy of every pattern, and P, the probability of every pattern; ``measures`` has one entry a
measure, from which its exact value, its sampled value and both intervals follow; ``variance`` shares out the variance,
``pairs`` has interactions, ``along`` the curves, ``sampled`` what is done when the table does not fit.
A *player* is a component that is ranked; the *others* fail as they do and are averaged out.
"""
