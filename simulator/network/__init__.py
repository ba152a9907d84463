"""THE SIMPY ROOM: requests over time, on a SimPy environment that counts int64 nanoseconds.

Failures are known timelines, so a job's fate is settled when it enters a queue: one event a part run, nothing is ever
cancelled. Machines are FIFO queues, or live through instants of their own (sharing, priority, batches); links have
propagation, transmission, queueing and loss; joins wait by perfect detection, timeout or deadline. Each request ends
in one log row: end, delivery, ending and the component to blame.
Nobody else imports SimPy; this room knows no Keras, opens no file and never looks at the wall clock.
"""
