"""What holds for all tests."""

import signal

# A shell starts what runs in the background with ^C ignored, and every process that a test starts
# would inherit that: those that wait for ^C would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
