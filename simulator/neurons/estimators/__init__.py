"""One file an estimator: what it says of mean and variance of the error, when that holds, and what it costs."""
