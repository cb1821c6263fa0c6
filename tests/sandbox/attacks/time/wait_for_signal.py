"""Wait for a signal that never comes, with all of them blocked."""

import signal

STATUS = ["timeout"]


def f(x):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
    while True:
        signal.sigwait([signal.SIGUSR1])
